/// An IPv4 address, held as the number that its dotted form spells (host order).
@usableFromInline package struct IPv4Address: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The address as a number: 10.0.0.1 is 0x0A000001.
  @usableFromInline package var rawValue: UInt32

  @inlinable package init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// 0.0.0.0, which no host may send from except while it has no address (RFC 1122 section 3.2.1.3).
  @usableFromInline package static let unspecified = IPv4Address(0)
  /// 255.255.255.255.
  @usableFromInline package static let broadcast = IPv4Address(UInt32.max)

  @inlinable package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// Whether the address is in 224.0.0.0/4 (RFC 5771).
  @inlinable package var isMulticast: Bool { rawValue >> 28 == 0xE }
  /// Whether the address is in 127.0.0.0/8.
  @inlinable package var isLoopback: Bool { rawValue >> 24 == 127 }
  /// Whether no unicast packet may carry the address as its source: 0/8, 127/8, multicast, reserved and broadcast
  /// (RFC 1812 section 5.3.7).
  @inlinable package var isMartianSource: Bool {
    let top = rawValue >> 24
    return top == 0 || top == 127 || top >= 224
  }
  /// Whether a packet can surely come from the address, or go to it alone: one bit for each thirty-second of all
  /// addresses, 0 for the two with 0/8 and 127/8 in them and for the four from 224/8 on.
  @inlinable @inline(__always) package var isSurelyUnicast: Bool {
    (0x0FFF_7FFE as UInt32) &>> (rawValue >> 27) & 1 != 0
  }
}

extension IPv4Address: CustomStringConvertible, LosslessStringConvertible {
  @usableFromInline package var description: String {
    "\(rawValue >> 24).\(rawValue >> 16 & 255).\(rawValue >> 8 & 255).\(rawValue & 255)"
  }

  /// Reads four decimal numbers from 0 to 255 with dots between them, and nothing else; leading zeros are refused
  /// because some readers take them for octal.
  package init?(_ description: some StringProtocol) {
    var value: UInt32 = 0
    var octets = 0
    for part in description.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard octets < 4, (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else {
        return nil
      }
      var octet: UInt32 = 0
      for digit in part {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        octet = octet * 10 + UInt32(digit - UInt8(ascii: "0"))
      }
      guard octet <= 255 else { return nil }
      value = value << 8 | octet
      octets += 1
    }
    guard octets == 4 else { return nil }
    self.init(value)
  }

  @usableFromInline package init?(_ description: String) { self.init(description[...]) }
}
