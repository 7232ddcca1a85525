package import WireFormats

/// A standard access list: an ordered list of source addresses to permit or deny, with an implicit deny at its end.
package struct AccessList: Hashable, Sendable {
  /// One line of the list.
  package struct Entry: Hashable, Sendable, BitwiseCopyable {
    package var permits: Bool
    package var address: IPv4Address
    /// Cisco's inverse mask: a set bit is not compared; need not be contiguous.
    package var wildcard: UInt32

    package init(permits: Bool, address: IPv4Address, wildcard: UInt32) {
      self.permits = permits
      self.address = address
      self.wildcard = wildcard
    }

    /// Whether the line speaks of `source`.
    package func matches(_ source: IPv4Address) -> Bool {
      (source.rawValue ^ address.rawValue) & ~wildcard == 0
    }
  }

  /// The number or name, such as `10` or `INSIDE`.
  package var name: String
  package var entries: [Entry]

  package init(name: String, entries: [Entry] = []) {
    self.name = name
    self.entries = entries
  }

  /// Whether the first line that speaks of `source` permits it.
  package func permits(_ source: IPv4Address) -> Bool {
    for entry in entries where entry.matches(source) { return entry.permits }
    return false
  }
}
