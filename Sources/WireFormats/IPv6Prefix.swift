/// An IPv6 network: an address whose host bits are zero, and the number of its network bits.
package struct IPv6Prefix: Hashable, Sendable, BitwiseCopyable {
  package let address: IPv6Address
  /// 0 to 128.
  package let length: UInt8

  /// The network that `address` lies in.
  package init(containing address: IPv6Address, length: UInt8) {
    precondition(length <= 128)
    self.length = length
    let mask = Self.mask(length)
    self.address = IPv6Address(address.high & mask.high, address.low & mask.low)
  }

  /// The mask of a prefix of `length` bits, 0 to 128.
  package static func mask(_ length: UInt8) -> IPv6Address {
    func ones(_ count: Int) -> UInt64 { count <= 0 ? 0 : count >= 64 ? .max : .max << UInt64(64 - count) }
    return IPv6Address(ones(Int(length)), ones(Int(length) - 64))
  }

  package func contains(_ other: IPv6Address) -> Bool {
    let mask = Self.mask(length)
    return other.high & mask.high == address.high && other.low & mask.low == address.low
  }
}

extension IPv6Prefix: CustomStringConvertible, LosslessStringConvertible {
  package var description: String { "\(address)/\(length)" }

  /// Reads `ADDRESS/LENGTH` whose host bits are zero.
  package init?(_ description: String) {
    guard let (address, length) = Self.parts(description) else { return nil }
    self.init(containing: address, length: length)
    guard self.address == address else { return nil }
  }

  /// The two parts of `ADDRESS/LENGTH`.
  package static func parts(_ text: String) -> (IPv6Address, UInt8)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPv6Address(String(parts[0])), (1...3).contains(parts[1].utf8.count),
      parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), let length = UInt8(parts[1]), length <= 128
    else { return nil }
    return (address, length)
  }
}
