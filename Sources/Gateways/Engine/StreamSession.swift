import Translation
import VirtualTCP
import WireFormats

/// One TCP session of a gateway: the proxied connection, and what looks into it.
///
/// What is asked for each packet has a place of its own in memory, as in `VirtualConnection`. Invariant: `ways` is two
/// initialized ways, outbound and inbound, and `standing` one initialized standing, for as long as the session lives.
@safe final class StreamSession {
  /// What belongs to one direction.
  struct Way {
    /// How its packets arrive; nil before the first.
    var arrival: Arrival?
    var pattern = HeaderPattern()
    /// Whether the message at its head waits for a door.
    var isParked = false
    /// The answers that the message at its head has had so far.
    var answers: [DoorAnswer] = []
    /// What the gateway has said already of the octets that are about to be received.
    var framing: Framing?

    mutating func takeFraming() -> Framing? {
      defer { framing = nil }
      return framing
    }

    /// A packet came: those that are made look like it.
    mutating func note(_ arrival: Arrival, _ pattern: HeaderPattern) {
      self.arrival = arrival
      self.pattern = pattern
    }
  }

  /// What is asked for each packet.
  private struct Standing: BitwiseCopyable {
    var isRead = false
    var isReleasing = false
    var isWaitingForBurst = false
  }

  let session: ControlSession
  let connection: VirtualConnection
  /// Nil once the gateway has stepped aside.
  var inspector: (any PayloadInspector)? {
    didSet { unsafe standing.pointee.isRead = inspector != nil }
  }
  /// The shift that the worker knows of.
  var notedShift = SequenceShift()
  /// The moment for which a timer is set.
  var timerAt = UInt64.max
  /// Octets that the engine has counted as this connection's.
  var countedOctets = 0
  /// Octets that it may hold beyond what each connection may.
  var grantedOctets = 0
  /// What the connections of its inside host hold.
  let share: HostShare
  /// The gateway's answer to why it stepped aside.
  var steppedAside: StepAsideReason?
  private let ways: UnsafeMutablePointer<Way>
  private let standing: UnsafeMutablePointer<Standing>

  init(_ session: ControlSession, limits: StreamLimits, share: HostShare) {
    self.session = session
    self.share = share
    connection = VirtualConnection(limits: limits)
    unsafe ways = .allocate(capacity: 2)
    unsafe ways.initialize(repeating: Way(), count: 2)
    unsafe standing = .allocate(capacity: 1)
    unsafe standing.initialize(to: Standing())
  }

  deinit {
    unsafe ways.deinitialize(count: 2)
    unsafe ways.deallocate()
    unsafe standing.deallocate()
  }

  /// Whether a gateway looks into it.
  var isRead: Bool { unsafe standing.pointee.isRead }

  /// Whether the order that gives the session back to the fast path is on its way.
  var isReleasing: Bool {
    get { unsafe standing.pointee.isReleasing }
    set { unsafe standing.pointee.isReleasing = newValue }
  }

  /// Whether it is among those of the burst that have something to send (`GatewayEngine.flush`).
  var isWaitingForBurst: Bool {
    get { unsafe standing.pointee.isWaitingForBurst }
    set { unsafe standing.pointee.isWaitingForBurst = newValue }
  }

  subscript(direction: Direction) -> Way {
    unsafeAddress { unsafe UnsafePointer(direction.isOutbound ? ways : ways + 1) }
    unsafeMutableAddress { unsafe direction.isOutbound ? ways : ways + 1 }
  }
}
