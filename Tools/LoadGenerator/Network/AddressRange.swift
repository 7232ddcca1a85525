import ArgumentParser
import WireFormats

/// Consecutive addresses on the command line, written `FIRST+COUNT`, or `FIRST` for one.
struct AddressRange: ExpressibleByArgument, Equatable {
  let first: IPv4Address
  let count: Int

  init(first: IPv4Address, count: Int) {
    precondition(count >= 1 && UInt64(first.rawValue) + UInt64(count) <= 1 << 32)
    self.first = first
    self.count = count
  }

  init?(argument: String) {
    let parts = argument.split(separator: "+", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let first = IPv4Address(parts[0]), !first.isMartianSource,
      let count = parts.count == 2 ? Int(parts[1]) : 1, (1...Limits.addresses).contains(count),
      UInt64(first.rawValue) + UInt64(count) <= 1 << 32,
      !IPv4Address(first.rawValue + UInt32(count - 1)).isMartianSource
    else { return nil }
    self.init(first: first, count: count)
  }

  subscript(index: Int) -> IPv4Address { IPv4Address(first.rawValue &+ UInt32(index)) }

  /// Where in the range an address is.
  func index(of address: IPv4Address) -> Int? {
    let offset = Int(address.rawValue &- first.rawValue)
    return offset < count ? offset : nil
  }

  func contains(_ address: IPv4Address) -> Bool { index(of: address) != nil }

  func overlaps(_ other: AddressRange) -> Bool { contains(other.first) || other.contains(first) }
}

/// An address in dotted decimal on the command line.
struct HostAddress: ExpressibleByArgument {
  let value: IPv4Address

  init?(argument: String) {
    guard let value = IPv4Address(argument), !value.isMartianSource else { return nil }
    self.value = value
  }
}
