package import WireFormats

/// What a running gateway is to IPv6.
package struct IPv6Status: Hashable, Sendable {
  /// An interface with its addresses.
  package struct Link: Hashable, Sendable {
    package var interface: String
    package var address: IPv6Address
    package var linkLocal: IPv6Address
    package var network: IPv6Prefix
  }

  /// A neighbour.
  package struct Neighbor: Hashable, Sendable {
    package var address: IPv6Address
    package var interface: String
    /// Nil while it has not answered.
    package var hardwareAddress: MACAddress?
    /// Seconds since it last answered, or since the first question.
    package var age: UInt32
  }

  /// In the configuration's order.
  package var links: [Link] = []
  /// In no particular order.
  package var neighbors: [Neighbor] = []

  package init() {}
}
