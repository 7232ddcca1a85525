package import WireFormats

/// An access list of IPv6 (`ipv6 access-list`): an ordered list of what to permit or deny, with an implicit deny at its end.
package struct IPv6AccessList: Hashable, Sendable {
  package var name: String
  package var entries: [Entry]

  package init(name: String, entries: [Entry] = []) {
    self.name = name
    self.entries = entries
  }

  /// One line of a list.
  package struct Entry: Hashable, Sendable, BitwiseCopyable {
    package var permits: Bool
    /// The line's number, by which it is ordered, replaced and removed.
    package var sequence: UInt32 = 0
    /// TCP or UDP, or nil for `ipv6`.
    package var transport: IPProtocol?
    package var source: IPv6Prefix
    /// `eq PORT`; nil for any.
    package var sourcePort: UInt16?
    package var destination: IPv6Prefix
    package var destinationPort: UInt16?

    package init(permits: Bool, source: IPv6Prefix, destination: IPv6Prefix, transport: IPProtocol? = nil) {
      self.permits = permits
      self.source = source
      self.destination = destination
      self.transport = transport
    }

    /// Whether the line speaks of a flow.
    func matches(_ flow: IPv6Flow) -> Bool {
      if let transport, transport != flow.transport { return false }
      if let sourcePort, sourcePort != flow.sourcePort { return false }
      if let destinationPort, destinationPort != flow.destinationPort { return false }
      return source.contains(flow.source) && destination.contains(flow.destination)
    }
  }
}
