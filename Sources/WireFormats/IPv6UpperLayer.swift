/// What an IPv6 packet carries behind its extension headers (RFC 8200 section 4).
package struct IPv6UpperLayer: BitwiseCopyable, Sendable {
  /// The last "Next Header".
  package let protocolNumber: UInt8
  /// Where it begins.
  package let offset: Int
  /// Whether what follows of it lies in other packets.
  package let isFragment: Bool
  /// Whether its checksum counts other addresses than the IPv6 header's (section 8.1): the last destination of a routing
  /// header, or the home address of a mobile host (RFC 6275 section 6.3).
  package let hasOtherEnds: Bool

  private static let hopByHop: UInt8 = 0
  private static let routing: UInt8 = 43
  private static let fragment: UInt8 = 44
  private static let destination: UInt8 = 60
  private static let mobility: UInt8 = 135
  private static let homeAddress: UInt8 = 201
  /// A packet has each extension header once or twice; what has more is not looked into.
  private static let maximumHeaders = 8

  /// Walks the extension headers of a packet from `start` on, of which the first is of the kind `nextHeader`; what lies
  /// from `end` on is not the packet's. Nil for a later fragment, whose protocol nobody can tell, and for headers that are
  /// not whole.
  package init?(_ octets: Span<UInt8>, nextHeader: UInt8, from start: Int, to end: Int) {
    guard start >= 0, end <= octets.count else { return nil }
    var next = nextHeader
    var at = start
    var isFragment = false
    var hasOtherEnds = false
    for _ in 0..<Self.maximumHeaders {
      switch next {
      case Self.hopByHop, Self.routing, Self.destination, Self.mobility:
        guard at + 8 <= end else { return nil }
        let length = 8 + Int(octets[at + 1]) * 8
        guard at + length <= end else { return nil }
        if next == Self.routing, octets[at + 3] != 0 { hasOtherEnds = true }
        if next == Self.destination, Self.hasHomeAddress(octets.extracting(at + 2..<at + length)) {
          hasOtherEnds = true
        }
        next = octets[at]
        at += length
      case Self.fragment:
        guard at + 8 <= end, octets[at + 2] == 0, octets[at + 3] & 0xF8 == 0 else { return nil }
        if octets[at + 3] & 1 != 0 { isFragment = true }
        next = octets[at]
        at += 8
      default:
        guard at <= end else { return nil }
        protocolNumber = next
        offset = at
        self.isFragment = isFragment
        self.hasOtherEnds = hasOtherEnds
        return
      }
    }
    return nil
  }

  private static func hasHomeAddress(_ options: Span<UInt8>) -> Bool {
    var at = 0
    while at < options.count {
      // "Pad1" is the only option without a length (section 4.2).
      if options[at] == 0 {
        at += 1
        continue
      }
      if options[at] == homeAddress { return true }
      guard at + 1 < options.count else { return false }
      at += 2 + Int(options[at + 1])
    }
    return false
  }
}

extension IPv6Header {
  /// What the packet carries behind its extension headers; nil where nobody can tell.
  package func upperLayer(in octets: PacketOctets) -> IPv6UpperLayer? {
    octets.withSpan { IPv6UpperLayer($0, nextHeader: nextHeader, from: payload, to: end) }
  }
}
