import Synchronization
package import Translation

/// What the engine counts of each gateway.
package enum GatewayCounter: Int, CaseIterable, Sendable {
  /// Sessions that the gateway has looked into.
  case sessions
  /// Sessions that it looks into now.
  case openSessions
  /// Packets of its sessions that came by the slow path.
  case packets
  /// Whole messages.
  case messages
  /// Fields replaced.
  case edits
  /// Fields that would have been replaced (`dry-run`).
  case dryEdits
  /// Doors opened.
  case doors
  /// Doors refused.
  case doorsRefused
  /// Messages that did not parse and went on as they were.
  case malformed
  /// Messages that the gateway let go no further.
  case dropped
  /// Something in a message was left alone for a reason (`sallyport trace` tells it).
  case remarks

  /// The word of listings.
  package var name: String {
    switch self {
    case .sessions: "sessions"
    case .openSessions: "open-sessions"
    case .packets: "control-packets"
    case .messages: "messages"
    case .edits: "edits"
    case .dryEdits: "dry-edits"
    case .doors: "doors"
    case .doorsRefused: "doors-refused"
    case .malformed: "parse-errors"
    case .dropped: "dropped"
    case .remarks: "remarks"
    }
  }
}

/// What virtual TCP and the slow path as a whole count.
package enum SlowPathCounter: Int, CaseIterable, Sendable {
  /// TCP connections that are proxied now.
  case connections
  /// TCP connections proxied in all.
  case connectionsOpened
  /// Octets that connections hold now.
  case bufferedOctets
  /// Segments that were sent again.
  case retransmissions
  /// Segments that came out of order and waited.
  case outOfOrder
  /// Segments that came twice.
  case duplicates
  /// Connections that lost their gateway because a bound was near: their own, their host's or that of all.
  case overflows
  /// Those of them whose inside host's connections held too much.
  case hostOverflows
  /// Connections that a bound reset.
  case resets
  /// Resets that were not believed (RFC 5961 section 3).
  case challenges
  /// Connections given back to the fast path.
  case released
  /// Datagrams put together from fragments.
  case reassembled
  /// Packets that could not be used: malformed, of no session, in fragments that did not fit together.
  case discarded
  /// Orders that the owner of a session did not answer in time.
  case ordersLost
  /// Frames that there was no room for on the way to the slow path or back.
  case ringFull
  /// Sessions over IPv6 that there are now.
  case ipv6Sessions
  /// Sessions over IPv6 that pass unread, for want of room.
  case ipv6Unread

  /// The word of listings.
  package var name: String {
    var result = ""
    for letter in "\(self)" {
      if letter.isUppercase { result += "-" }
      result += letter.lowercased()
    }
    return result
  }
}

/// The counters of one slow-path worker: written by its thread, read by anybody.
package final class GatewayCounters: Sendable {
  /// Gateways have numbers below this.
  package static let maximumGateways = 32

  private let counts: InlineArray<512, Atomic<UInt64>>
  private let asides: InlineArray<256, Atomic<UInt64>>
  private let slowPath: InlineArray<32, Atomic<UInt64>>
  private let kinds = Mutex(MessageKinds())

  package init() {
    counts = InlineArray { _ in Atomic(0) }
    asides = InlineArray { _ in Atomic(0) }
    slowPath = InlineArray { _ in Atomic(0) }
    precondition(GatewayCounter.allCases.count <= 16 && StepAsideReason.allCases.count <= 8)
    precondition(SlowPathCounter.allCases.count <= 32)
  }

  private func place(_ gateway: GatewayID) -> Int { Int(gateway.rawValue) % Self.maximumGateways }

  package func add(_ amount: Int = 1, to counter: GatewayCounter, of gateway: GatewayID) {
    counts[place(gateway) * 16 + counter.rawValue].wrappingAdd(UInt64(bitPattern: Int64(amount)), ordering: .relaxed)
  }

  package func add(_ amount: Int = 1, to counter: SlowPathCounter) {
    slowPath[counter.rawValue].wrappingAdd(UInt64(bitPattern: Int64(amount)), ordering: .relaxed)
  }

  package func set(_ counter: SlowPathCounter, to value: Int) {
    slowPath[counter.rawValue].store(UInt64(clamping: value), ordering: .relaxed)
  }

  package func count(_ reason: StepAsideReason, of gateway: GatewayID) {
    asides[place(gateway) * 8 + Int(reason.rawValue)].add(1, ordering: .relaxed)
  }

  /// Counts a message of a kind; kinds beyond a bound, which come from the wire, are counted together.
  package func count(kind: String, of gateway: GatewayID) { kinds.withLock { $0.count(kind, of: gateway) } }

  package func value(of counter: GatewayCounter, _ gateway: GatewayID) -> UInt64 {
    counts[place(gateway) * 16 + counter.rawValue].load(ordering: .relaxed)
  }

  package func value(of counter: SlowPathCounter) -> UInt64 { slowPath[counter.rawValue].load(ordering: .relaxed) }

  package func value(of reason: StepAsideReason, _ gateway: GatewayID) -> UInt64 {
    asides[place(gateway) * 8 + Int(reason.rawValue)].load(ordering: .relaxed)
  }

  /// Messages by their kinds.
  package func messageKinds(of gateway: GatewayID) -> [String: UInt64] {
    kinds.withLock { $0.counts(of: gateway) }
  }
}
