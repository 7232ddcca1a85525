import Translation
import VirtualTCP
import WireFormats

/// One TCP session of a gateway: the proxied connection, and what looks into it.
final class StreamSession {
  /// What belongs to one direction.
  struct Way {
    /// How its packets arrive; nil before the first.
    var arrival: Arrival?
    var pattern = HeaderPattern()
    /// Whether the message at its head waits for a door.
    var isParked = false
    /// The answers that the message at its head has had so far.
    var answers: [DoorAnswer] = []

    /// A packet came: those that are made look like it.
    mutating func note(_ arrival: Arrival, _ pattern: HeaderPattern) {
      self.arrival = arrival
      self.pattern = pattern
    }
  }

  let session: ControlSession
  let connection: VirtualConnection
  /// Nil once the gateway has stepped aside.
  var inspector: (any PayloadInspector)?
  /// Whether the order that gives the session back to the fast path is on its way.
  var isReleasing = false
  /// The shift that the worker knows of.
  var notedShift = SequenceShift()
  /// The moment for which a timer is set.
  var timerAt = UInt64.max
  /// Whether it is among those of the burst that have something to send (`GatewayEngine.flush`).
  var isWaitingForBurst = false
  /// Octets that the engine has counted as this connection's.
  var countedOctets = 0
  /// What the connections of its inside host hold.
  let share: HostShare
  /// The gateway's answer to why it stepped aside.
  var steppedAside: StepAsideReason?
  private var outbound = Way()
  private var inbound = Way()

  init(_ session: ControlSession, limits: StreamLimits, share: HostShare) {
    self.session = session
    self.share = share
    connection = VirtualConnection(limits: limits)
  }

  subscript(direction: Direction) -> Way {
    get { direction.isOutbound ? outbound : inbound }
    set { if direction.isOutbound { outbound = newValue } else { inbound = newValue } }
    _modify {
      if direction.isOutbound { yield &outbound } else { yield &inbound }
    }
  }
}
