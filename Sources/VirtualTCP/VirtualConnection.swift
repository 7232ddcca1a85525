package import Translation
import WireFormats

/// A TCP connection that goes through the gateway as octet streams: segments of both ends in, octets in order for whoever
/// reads and edits them, segments for both ends out.
///
/// The handshake passes from end to end, so sequence numbers, window scale, timestamps and selective acknowledgement are
/// what the two ends agree on; the proxy keeps to it. Numbers differ behind it by what the edits have added. An octet is
/// acknowledged to its sender when its receiver has acknowledged it, so that nothing is lost that the sender believes
/// delivered if the proxy goes away; only octets of a message that is not complete, which nobody else can acknowledge, are
/// acknowledged on its own account.
package struct VirtualConnection: Sendable {
  let limits: StreamLimits
  /// From inside to outside, and back.
  var outbound = Pipe()
  var inbound = Pipe()
  var outgoing: [OutgoingSegment] = []
  private var nextOutgoing = 0
  var tally = StreamTally()
  /// Whether both SYNs were seen and acknowledged.
  package internal(set) var isEstablished = false
  /// Whether a reset ended it.
  package internal(set) var isReset = false
  package internal(set) var isPassingThrough = false
  /// Whether octets had to be refused because the limit was reached.
  package internal(set) var overflowed = false
  /// Who opened it; nil before the first SYN.
  var opener: Direction?

  package init(limits: StreamLimits = StreamLimits()) { self.limits = limits }

  subscript(direction: Direction) -> Pipe {
    get { direction == .outbound ? outbound : inbound }
    _modify {
      if direction == .outbound { yield &outbound } else { yield &inbound }
    }
  }

  // MARK: What it is

  /// How far the streams differ behind the gateway.
  package var shift: SequenceShift {
    SequenceShift(
      outbound: Int32(clamping: outbound.map.shift), inbound: Int32(clamping: inbound.map.shift))
  }

  /// Whether a constant shift describes it: nothing is held, everything that was passed is acknowledged.
  package var isQuiet: Bool { isReset || outbound.isQuiet && inbound.isQuiet }

  /// Whether both ends have ended their streams, or a reset has ended both.
  package var isClosed: Bool { isReset || outbound.isFinished && inbound.isFinished }

  /// Octets that are held.
  package var bufferedOctets: Int { outbound.held + inbound.held }

  /// When `turn` is due; never after a reset.
  package var deadline: UInt64? {
    guard !isReset else { return nil }
    var earliest: UInt64?
    for time in [
      outbound.retransmitAt, outbound.probeAt, outbound.acknowledgeHeldAt, inbound.retransmitAt, inbound.probeAt,
      inbound.acknowledgeHeldAt,
    ] {
      guard let time else { continue }
      earliest = min(earliest ?? time, time)
    }
    return earliest
  }

  // MARK: Reading and passing on

  /// Octets in order that were not passed on.
  package func unreadCount(_ direction: Direction) -> Int { self[direction].unread.count }

  /// The unread octets, in one piece.
  package func withUnread<Result>(_ direction: Direction, _ body: (Span<UInt8>) -> Result) -> Result {
    direction == .outbound ? outbound.unread.withSpan(body) : inbound.unread.withSpan(body)
  }

  /// Whether the sender has ended its stream behind the unread octets.
  package func hasEnded(_ direction: Direction) -> Bool { self[direction].hasFIN }

  /// Passes the first unread octets on, with edits in ascending order.
  package mutating func pass(_ count: Int, edits: [StreamEdit], _ direction: Direction, now: UInt64) {
    precondition(count >= 0 && count <= self[direction].unread.count)
    self[direction].pass(count, edits)
    flush(now: now)
  }

  /// Passes a message on as nothing at all.
  package mutating func discard(_ count: Int, _ direction: Direction, now: UInt64) {
    pass(count, edits: [StreamEdit(range: 0..<count, octets: [])], direction, now: now)
  }

  /// Passes everything on as it is from now on, and what is unread first.
  package mutating func passEverything(now: UInt64) {
    isPassingThrough = true
    overflowed = false
    for direction in [Direction.outbound, .inbound] { self[direction].pass(self[direction].unread.count, []) }
    flush(now: now)
  }

  /// Says by what way segments of a direction leave.
  package mutating func setPath(_ direction: Direction, mtu: Int, superFrames: Bool) {
    self[direction].superFrames = superFrames
    self[direction].pathMTU = min(mtu, self[direction].learntMTU ?? mtu)
  }

  /// Takes a smaller MTU of the way of a direction (RFC 1191), and sends again what was too large for it.
  package mutating func reduceSegmentSize(_ direction: Direction, to mtu: Int, now: UInt64) {
    guard mtu < self[direction].pathMTU, isEstablished else { return }
    self[direction].learntMTU = max(mtu, 68)
    self[direction].pathMTU = max(mtu, 68)
    resendFirst(direction, now: now)
  }

  // MARK: Out

  /// The oldest segment that is to be sent.
  package mutating func takeOutgoing() -> OutgoingSegment? {
    guard nextOutgoing < outgoing.count else {
      if !outgoing.isEmpty { outgoing = [] }
      nextOutgoing = 0
      return nil
    }
    defer { nextOutgoing += 1 }
    return outgoing[nextOutgoing]
  }

  /// What was counted since the last call.
  package mutating func takeTally() -> StreamTally {
    defer { tally = StreamTally() }
    return tally
  }

  // MARK: Numbers, for messages about segments

  /// The sequence number that the receiver knows for the sender's.
  package func map(sequence: UInt32, _ direction: Direction) -> UInt32 {
    let pipe = self[direction]
    return pipe.sequence(of: pipe.map.output(ofInput: pipe.place(ofInput: sequence)))
  }

  /// The sender's sequence number for one that the receiver knows.
  package func unmap(sequence: UInt32, _ direction: Direction) -> UInt32 {
    let pipe = self[direction]
    return pipe.sequence(of: pipe.map.input(ofOutput: pipe.place(ofOutput: sequence)))
  }
}

extension Pipe {
  /// Moves the first unread octets to the queue for the receiver, edited.
  mutating func pass(_ count: Int, _ edits: [StreamEdit]) {
    var from = 0
    let start = unreadStart
    for edit in edits {
      precondition(edit.range.lowerBound >= from && edit.range.upperBound <= count, "an edit out of order or range")
      queue.append(unread.part(from..<edit.range.lowerBound))
      let output = outAcknowledged + queue.count
      queue.append(edit.octets)
      map.add(
        input: start + edit.range.lowerBound..<start + edit.range.upperBound,
        output: output..<output + edit.octets.count)
      from = edit.range.upperBound
    }
    queue.append(unread.part(from..<count))
    unread.removeFirst(count)
    if unread.isEmpty { acknowledgeHeldAt = nil }
    passFIN()
  }

  /// Passes the FIN on when all before it has been passed.
  mutating func passFIN() {
    guard hasFIN, unread.isEmpty, !passedFIN else { return }
    outFIN = outAcknowledged + queue.count
    passedFIN = true
  }
}
