import Translation

/// Kinds of places that a host writes in the same form every time.
enum SIPFormKind: UInt8, Hashable {
  case via, contact, route, own, peer, referTo, identity
}

/// How a host writes its own address in a kind of places.
enum SIPForm: UInt8, Hashable {
  /// It has not written it yet.
  case unknown
  /// Without a port, which is 5060 then.
  case bare
  case explicit
  /// It writes the global one itself: it knows that from STUN or `rport`.
  case global
}

/// What is known of an inside host beyond its calls: how it writes itself, so that what comes back to it is what it wrote.
struct SIPHost: Hashable {
  /// Ports that left as they were, since no door leads to them.
  static let maximumKept = 8

  /// Seconds without a message after which the way a host writes is forgotten, and between two notes of a message.
  static let longestSilence: UInt32 = 3600
  static let freshness: UInt32 = 600

  private var forms: UInt32 = 0
  /// Seconds.
  var touched: UInt32 = 0
  private(set) var kept: [UInt16] = []
  /// Its calls, how many of them are not answered, and its registrations.
  var calls = 0
  var earlyCalls = 0
  var registrations = 0

  subscript(kind: SIPFormKind) -> SIPForm {
    get { SIPForm(rawValue: UInt8(forms >> (2 * UInt32(kind.rawValue)) & 3)) ?? .unknown }
    set {
      let shift = 2 * UInt32(kind.rawValue)
      forms = forms & ~(3 << shift) | UInt32(newValue.rawValue) << shift
    }
  }

  mutating func keep(_ port: UInt16) {
    guard !kept.contains(port) else { return }
    if kept.count == Self.maximumKept { kept.removeFirst() }
    kept.append(port)
  }

  /// Whether nothing would be lost with it.
  var isIdle: Bool { calls == 0 && registrations == 0 }
}
