import WireFormats

/// One direction of a connection: the stream of its sender, what has become of it, and what its receiver has of it.
///
/// Places count from the sender's SYN, which has place 0, so that the first octet has place 1. `in` is before the gateway's
/// edits, `out` behind them.
struct Pipe {
  // MARK: The sender's side

  /// The sender's initial sequence number; nil before its SYN.
  var initialSequence: UInt32?
  var offered = TCPOptions()
  /// The place of the next octet in order.
  var received = 1
  /// In order, and not passed on yet.
  var unread = OctetQueue()
  var early = Reassembly()
  /// A place in what came out of order last.
  var newestEarly: Int?
  /// The place of the sender's FIN.
  var finPlace: Int?
  /// Whether everything up to the FIN is in order.
  var hasFIN = false
  /// How far the sender has been told that its octets arrived.
  var acknowledged = 1
  /// The moment at which unread octets are acknowledged on the proxy's own account.
  var acknowledgeHeldAt: UInt64?
  /// How far unread octets are acknowledged on its own account.
  var heldAcknowledged = 0
  /// Whether a complete message waits for something, which is not acknowledged before it is on its way.
  var isWaiting = false
  /// The sender's newest timestamp, which goes on to the receiver.
  var timestamp: UInt32?
  /// The timestamp of the segment that continued the stream last, and when that was (RFC 7323 section 5.3).
  var recent: (timestamp: UInt32, at: UInt64)?
  /// The sender's timestamp that is echoed to it: the one that its receiver echoed (section 4.3).
  var echo: UInt32?
  /// One behind the last octet of urgent data.
  var urgentEnd: Int?

  // MARK: The receiver's side

  /// What was passed and is not acknowledged, from `queueStart` on.
  var queue = ChunkQueue()
  /// The place of the queue's first octet, or where it would be. What lies before it and is not acknowledged has passed in
  /// packets of its own (`Passing.swift`): only its sender has it.
  var queueStart = 1
  var map = EditMap()
  var outAcknowledged = 1
  /// The next place to be sent for the first time.
  var outNext = 1
  /// One behind the last place that was ever sent.
  var outSent = 1
  /// Whether the FIN is in the queue, behind its octets.
  var passedFIN = false
  /// One behind the last place that the receiver takes.
  var windowEnd = 1
  /// The segment that said so: its place in its own stream (SND.WL1 of RFC 9293).
  var windowFrom = 0
  /// The largest window that the receiver ever had.
  var largestWindow = 0
  var windowScale: UInt8 = 0
  /// Payload octets that one segment to the receiver may have, options among them.
  var segmentSize = 536
  var path = Path()

  // MARK: Getting it there

  var roundTrip = RoundTrip()
  var congestion = Congestion()
  /// What is being timed: a place, and when it was sent.
  var timed: (place: Int, sentAt: UInt64)?
  var retransmitAt: UInt64?
  /// How often the timer has run out since the receiver last acknowledged something.
  var attempts = 0
  var probeAt: UInt64?
  /// Probes since the receiver last said anything, and how far their interval has grown.
  var probes = 0
  var probeWait = 0
  var duplicateAcknowledgments = 0
  var recovery: Recovery?
  /// What the receiver has beyond its acknowledgement, in order.
  var selective: [Range<Int>] = []
  /// Whether the sender awaits an acknowledgement as soon as there is one.
  var owesAcknowledgment = false
  /// Whether the sender has to be answered, even if there is nothing new to say.
  var owesAnswer = false
  /// Whether the sender asked with a keep-alive whether the receiver is there.
  var answersKeepAlive = false
  /// The window's end as the sender was told it; it never goes back (RFC 9293 section 3.8.6).
  var announcedEnd = 1
  /// Octets that it may hold beyond the connection's limits (`VirtualConnection.grow`).
  var growth = 0
  /// Whether it has been seen to fill what it may hold.
  var isCramped = false

  /// The way to the receiver.
  struct Path: Sendable {
    var mtu = 1500
    /// Octets of the network header: 20 for IPv4, 40 for IPv6.
    var networkHeader = 20
    /// What a message of the way said (RFC 1191); nil for nothing.
    var learntMTU: Int?
    var superFrames = false
  }

  /// While octets that were lost are sent again.
  struct Recovery: Sendable {
    /// Up to where.
    var until: Int
    /// From where the next hole is looked for.
    var next: Int
    /// Whether the timer began it, and not the receiver's acknowledgements.
    var isAfterTimeout: Bool
  }

  /// One behind the last octet of the queue.
  var queueEnd: Int { queueStart + queue.count }

  /// One behind the last place of the queue.
  var outEnd: Int { queueEnd + (passedFIN && !isFinished ? 1 : 0) }

  /// Whether the oldest octets under way are such that only their sender has them.
  var isFrontLent: Bool { queueStart > outAcknowledged }

  /// The place of the FIN behind the gateway, once it is passed.
  var outFIN: Int?

  /// Whether the receiver has acknowledged everything, the FIN too.
  var isFinished: Bool { outFIN.map { outAcknowledged > $0 } ?? false }

  /// The first place of the unread octets.
  var unreadStart: Int { received - (hasFIN ? 1 : 0) - unread.count }

  var held: Int { unread.count + early.count + queue.count }

  /// How far the receiver has acknowledged, as the sender counts.
  var delivered: Int { isFinished ? received : min(map.input(ofOutput: outAcknowledged), received) }

  /// Whether nothing is held, and the two sides' numbers differ by a constant.
  var isQuiet: Bool {
    unread.isEmpty && early.isEmpty && queue.isEmpty && !isFrontLent && map.isSettled && (!hasFIN || isFinished)
  }

  /// Whether a constant describes everything that is under way, all of which its sender still holds: whatever is lost of
  /// it, it sends again.
  var isTransparent: Bool {
    unread.isEmpty && early.isEmpty && map.isSettled && outNext == outEnd && heldAcknowledged <= delivered
      && recovery == nil && duplicateAcknowledgments == 0 && !answersKeepAlive
  }

  // MARK: Numbers

  /// The place that a sender's sequence number means, near `received`.
  func place(ofInput sequence: UInt32) -> Int { Self.place(sequence, initialSequence ?? 0, near: received) }

  /// The place that a receiver's acknowledgement number means.
  func place(ofOutput sequence: UInt32) -> Int { Self.place(sequence, initialSequence ?? 0, near: outAcknowledged) }

  func sequence(of place: Int) -> UInt32 { (initialSequence ?? 0) &+ UInt32(truncatingIfNeeded: place) }

  private static func place(_ sequence: UInt32, _ initial: UInt32, near known: Int) -> Int {
    let reference = initial &+ UInt32(truncatingIfNeeded: known)
    return known + Int(Int32(bitPattern: sequence &- reference))
  }
}
