package import WireFormats

/// A pool of inside global addresses (`ip nat pool`).
package struct AddressPool: Hashable, Sendable {
  /// How a host's address is picked from the pool.
  package enum Selection: Hashable, Sendable {
    /// Any free address.
    case generic
    /// The address whose host part equals the inside local one's (`type match-host`).
    case matchHost
  }

  /// Addresses that one pool may hold.
  package static let maximumAddresses = 65_536

  package var name: String
  /// The addresses; a pool may have several ranges with gaps between them (RFC 6888 REQ-3).
  package var ranges: [ClosedRange<IPv4Address>]
  /// The prefix length that `netmask` or `prefix-length` gave, 1 to 32.
  package var prefixLength: UInt8
  package var selection: Selection

  package init(
    name: String, ranges: [ClosedRange<IPv4Address>], prefixLength: UInt8, selection: Selection = .generic
  ) {
    self.name = name
    self.ranges = ranges
    self.prefixLength = prefixLength
    self.selection = selection
  }

  /// The number of addresses.
  package var count: Int {
    ranges.reduce(0) { $0 + Int($1.upperBound.rawValue - $1.lowerBound.rawValue) + 1 }
  }
}
