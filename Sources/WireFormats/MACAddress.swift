/// An Ethernet address, in the lower 48 bits of a number whose most significant octet is sent first.
@usableFromInline package struct MACAddress: Hashable, Sendable, BitwiseCopyable {
  /// The address as a number: 02:00:00:00:00:01 is 0x020000000001.
  @usableFromInline package var rawValue: UInt64

  @inlinable package init(_ rawValue: UInt64) { self.rawValue = rawValue & 0xFFFF_FFFF_FFFF }

  /// ff:ff:ff:ff:ff:ff.
  @usableFromInline package static let broadcast = MACAddress(0xFFFF_FFFF_FFFF)
  /// 00:00:00:00:00:00, which ARP requests carry as the unknown target.
  @usableFromInline package static let zero = MACAddress(0)

  /// Whether the group bit is set: multicast or broadcast.
  @inlinable package var isGroup: Bool { rawValue >> 40 & 1 == 1 }
}

extension MACAddress: CustomStringConvertible {
  @usableFromInline package var description: String {
    (0..<6).map { index in
      let octet = UInt8(truncatingIfNeeded: rawValue >> (40 - 8 * UInt64(index)))
      return (octet < 16 ? "0" : "") + String(octet, radix: 16)
    }.joined(separator: ":")
  }

  /// Reads six pairs of hexadecimal digits with colons between them.
  package init?(_ description: String) {
    let parts = description.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6 else { return nil }
    var value: UInt64 = 0
    for part in parts {
      // The standard library's reader takes signs, too: "-0" is two characters and a number.
      guard part.utf8.count == 2, part.allSatisfy(\.isHexDigit), let octet = UInt8(part, radix: 16) else { return nil }
      value = value << 8 | UInt64(octet)
    }
    self.init(value)
  }
}
