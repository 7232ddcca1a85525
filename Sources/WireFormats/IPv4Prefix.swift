/// An IPv4 network: an address whose host bits are zero, and the number of its network bits.
@usableFromInline package struct IPv4Prefix: Hashable, Sendable, BitwiseCopyable {
  /// The network address.
  @usableFromInline package let address: IPv4Address
  /// The number of network bits, 0 to 32.
  @usableFromInline package let length: UInt8

  /// The network that `address` lies in.
  package init(containing address: IPv4Address, length: UInt8) {
    precondition(length <= 32)
    self.length = length
    self.address = IPv4Address(address.rawValue & Self.mask(length))
  }

  /// The mask of a prefix of `length` bits, 0 to 32.
  @inlinable package static func mask(_ length: UInt8) -> UInt32 {
    length == 0 ? 0 : UInt32.max << (32 - UInt32(length))
  }

  /// The length of a contiguous mask such as 255.255.255.0, or nil for any other pattern.
  package static func length(ofMask mask: IPv4Address) -> UInt8? {
    let ones = (~mask.rawValue).leadingZeroBitCount
    return Self.mask(UInt8(ones)) == mask.rawValue ? UInt8(ones) : nil
  }

  /// The network mask.
  @inlinable package var mask: UInt32 { Self.mask(length) }

  @inlinable package func contains(_ other: IPv4Address) -> Bool { other.rawValue & mask == address.rawValue }

  /// The directed broadcast address; prefixes of 31 and 32 bits have none (RFC 3021).
  @inlinable package var broadcast: IPv4Address? {
    length >= 31 ? nil : IPv4Address(address.rawValue | ~mask)
  }

  /// First and last address.
  package var range: ClosedRange<IPv4Address> { address...IPv4Address(address.rawValue | ~mask) }
}

extension IPv4Prefix: CustomStringConvertible {
  @usableFromInline package var description: String { "\(address)/\(length)" }
}
