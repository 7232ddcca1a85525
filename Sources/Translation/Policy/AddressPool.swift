package import WireFormats

/// A pool of addresses (`ip nat pool`).
package struct AddressPool: Hashable, Sendable {
  /// How a host's address is picked from the pool.
  package enum Selection: Hashable, Sendable {
    /// Any free address.
    case generic
    /// The address whose host part equals the inside local one's (`type match-host`).
    case matchHost
    /// One after the other: the real hosts behind a virtual one (`type rotary`).
    case rotary
  }

  /// Addresses that one pool may hold.
  package static let maximumAddresses = 65_536

  package var name: String
  /// The addresses as configured; a pool may have several ranges with gaps between them (RFC 6888 REQ-3).
  package var ranges: [ClosedRange<IPv4Address>]
  /// Addresses of `ranges` that are not given out (`exclude`).
  package var exclusions: [ClosedRange<IPv4Address>] = []
  /// The prefix length that `netmask` or `prefix-length` gave, 1 to 32.
  package var prefixLength: UInt8
  package var selection: Selection
  /// Outside local addresses of the pool need no route of their own (`add-route`).
  package var addRoute = false

  package init(
    name: String, ranges: [ClosedRange<IPv4Address>], prefixLength: UInt8, selection: Selection = .generic
  ) {
    self.name = name
    self.ranges = ranges
    self.prefixLength = prefixLength
    self.selection = selection
  }

  /// The ranges without the exclusions, in the order of `ranges`.
  package var usableRanges: [ClosedRange<IPv4Address>] {
    var result = ranges.map { $0.lowerBound.rawValue...$0.upperBound.rawValue }
    for exclusion in exclusions {
      let (low, high) = (exclusion.lowerBound.rawValue, exclusion.upperBound.rawValue)
      result = result.flatMap { range -> [ClosedRange<UInt32>] in
        guard range.overlaps(low...high) else { return [range] }
        var left: [ClosedRange<UInt32>] = []
        if range.lowerBound < low { left.append(range.lowerBound...low - 1) }
        if range.upperBound > high { left.append(high + 1...range.upperBound) }
        return left
      }
    }
    return result.map { IPv4Address($0.lowerBound)...IPv4Address($0.upperBound) }
  }

  /// The number of addresses that can be given out.
  package var count: Int {
    usableRanges.reduce(0) { $0 + Int($1.upperBound.rawValue - $1.lowerBound.rawValue) + 1 }
  }
}
