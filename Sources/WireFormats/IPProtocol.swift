/// The "Protocol" field of an IPv4 header.
@usableFromInline package struct IPProtocol: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  @usableFromInline package var rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

  @inlinable package static var icmp: Self { Self(rawValue: 1) }
  @inlinable package static var tcp: Self { Self(rawValue: 6) }
  @inlinable package static var udp: Self { Self(rawValue: 17) }
}

extension IPProtocol: CustomStringConvertible {
  /// The name IOS prints: `icmp`, `tcp`, `udp`, `gre`, `esp`, or the number.
  @usableFromInline package var description: String {
    switch rawValue {
    case 1: "icmp"
    case 6: "tcp"
    case 17: "udp"
    case 47: "gre"
    case 50: "esp"
    default: String(rawValue)
    }
  }
}
