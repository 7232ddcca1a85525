package import Forwarding

/// A route map as far as translation asks it: whether packets on their way to an interface match.
package struct RouteMap: Hashable, Sendable {
  /// One `route-map NAME {permit|deny} SEQUENCE` with its matches. All kinds of match that it has must hold; within a
  /// kind, one of the values.
  package struct Entry: Hashable, Sendable {
    package var sequence: UInt32
    package var permits: Bool
    /// `match ip address`: names of access lists.
    package var accessLists: [String] = []
    /// `match interface`: where the packet leaves.
    package var interfaces: [InterfaceID] = []
    /// `match ip next-hop`: access lists that permit the next router's address as their source.
    package var nextHops: [String] = []

    package init(sequence: UInt32, permits: Bool) {
      self.sequence = sequence
      self.permits = permits
    }
  }

  package var name: String
  /// In the order of their sequence numbers. What no entry matches is denied.
  package var entries: [Entry]

  package init(name: String, entries: [Entry] = []) {
    self.name = name
    self.entries = entries
  }
}
