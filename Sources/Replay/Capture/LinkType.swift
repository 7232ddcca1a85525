import WireFormats

/// What stands before the packets of a capture: the link types (tcpdump.org's LINKTYPE_ values) that are understood.
enum LinkType: Hashable, Sendable {
  /// LINKTYPE_NULL: the address family, in the byte order of whoever captured.
  case null
  /// LINKTYPE_LOOP: the address family, in network order.
  case loop
  case ethernet
  /// LINKTYPE_RAW and LINKTYPE_IPV4: nothing.
  case raw
  /// LINKTYPE_LINUX_SLL, what Linux calls "cooked".
  case cooked
  /// LINKTYPE_LINUX_SLL2, the same with an interface number.
  case cooked2

  /// Nil for a number of another link type.
  init?(number: UInt32) {
    switch number {
    case 0: self = .null
    case 1: self = .ethernet
    // What systems wrote as raw IP before the number 101 was agreed upon.
    case 12, 14, 101, 228: self = .raw
    case 108: self = .loop
    case 113: self = .cooked
    case 276: self = .cooked2
    default: return nil
    }
  }

  /// Where a frame's IPv4 header begins, or why it has none.
  func network(of frame: Span<UInt8>) -> Result<Int, SkipReason> {
    switch self {
    case .raw: return Self.version(of: frame, at: 0)
    case .null, .loop: return Self.version(of: frame, at: 4)
    case .ethernet: return Self.payload(of: frame, type: 12)
    case .cooked: return Self.payload(of: frame, type: 14)
    case .cooked2: return Self.payload(of: frame, type: 0, from: 20)
    }
  }

  /// A header without EtherType says little; the packet's own version says it all.
  private static func version(of frame: Span<UInt8>, at offset: Int) -> Result<Int, SkipReason> {
    guard offset < frame.count else { return .failure(.truncated) }
    switch frame[offset] >> 4 {
    case 4: return .success(offset)
    case 6: return .failure(.ipv6)
    default: return .failure(.notIP)
    }
  }

  /// Follows the EtherType at `type` through 802.1Q and 802.1ad tags; what it names begins at `start`, or behind it.
  private static func payload(
    of frame: Span<UInt8>, type: Int, from start: Int? = nil
  ) -> Result<Int, SkipReason> {
    var type = type
    var start = start ?? type + 2
    // Two tags are the most that a standard knows.
    for _ in 0...2 {
      guard type + 2 <= frame.count, start <= frame.count else { return .failure(.truncated) }
      switch UInt16(frame[type]) << 8 | UInt16(frame[type + 1]) {
      case Ethernet.typeIPv4: return start < frame.count ? .success(start) : .failure(.truncated)
      case Ethernet.typeIPv6: return .failure(.ipv6)
      case Ethernet.typeARP: return .failure(.arp)
      case Ethernet.typeVLAN, 0x88A8: (type, start) = (start + 2, start + 4)
      default: return .failure(.notIP)
      }
    }
    return .failure(.notIP)
  }
}

/// Why a frame of a capture is not played.
package enum SkipReason: String, Error, CaseIterable, Hashable, Sendable {
  case arp
  case ipv6
  case notIP = "not-ip"
  case linkType = "link-type"
  case truncated
  case malformed
  case bothInside = "both-inside"
  case bothOutside = "both-outside"
  case unaddressed
  case unprompted
  case redundant

  /// What it means, for whoever reads the report.
  package var sentence: String {
    switch self {
    case .arp: "ARP: the hosts of a replay know each other."
    case .ipv6: "IPv6, which this gateway does not forward."
    case .notIP: "Neither IPv4 nor IPv6 nor ARP."
    case .linkType: "Captured on a link whose headers are not understood."
    case .truncated: "Cut off before the end of the headers."
    case .malformed: "The IPv4 header's lengths are wrong."
    case .bothInside: "Both ends are inside: it does not cross the gateway."
    case .bothOutside: "Both ends are outside: it does not cross the gateway."
    case .unaddressed: "A host outside sent it to an inside endpoint that no mapping, door or static entry stands for."
    case .unprompted: "It answers what never arrived: the gateway let the packet before it not pass."
    case .redundant: "An acknowledgement of what the host had not received, or had acknowledged already."
    }
  }
}
