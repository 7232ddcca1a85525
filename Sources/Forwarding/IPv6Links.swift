package import WireFormats

/// An interface's IPv6 address with its network.
package struct IPv6InterfaceAddress: Hashable, Sendable {
  package var address: IPv6Address
  /// The length of the network's prefix, 1 to 128.
  package var prefixLength: UInt8
  /// Whether hosts are told that there is a router (`ipv6 nd ra suppress` says no).
  package var advertises = true

  package init(address: IPv6Address, prefixLength: UInt8) {
    self.address = address
    self.prefixLength = prefixLength
  }

  package var network: IPv6Prefix { IPv6Prefix(containing: address, length: prefixLength) }
}

/// What the gateway is to IPv6: its addresses on each link, and its routes. IPv6 is routed beside the translation of IPv4,
/// and not translated.
package struct IPv6Links: Sendable {
  /// One interface that carries IPv6.
  package struct Link: Sendable, BitwiseCopyable {
    package let address: IPv6Address
    package let linkLocal: IPv6Address
    package let network: IPv6Prefix
    /// Octets of the largest packet that leaves here.
    package let mtu: UInt16
    /// Whether hosts here are told that there is a router.
    package let advertises: Bool

    /// Whether an address is the gateway's own on this link.
    package func isOwn(_ other: IPv6Address) -> Bool { other == address || other == linkLocal }
    /// Whether an address can be a neighbour's.
    package func isNear(_ other: IPv6Address) -> Bool { other.isLinkLocal || network.contains(other) }
  }

  private let links: [Link?]
  package let routes: IPv6RoutingTable

  /// The links of the interfaces that have an IPv6 address, and `routes` beside those to their networks.
  package init(_ interfaces: [NetworkInterface], routes: [IPv6Route]) {
    var links = [Link?](repeating: nil, count: NetworkInterface.maximumCount)
    var all: [IPv6Route] = []
    for interface in interfaces {
      guard let own = interface.ipv6 else { continue }
      links[Int(interface.id.rawValue)] = Link(
        address: own.address, linkLocal: .linkLocal(of: interface.hardwareAddress), network: own.network,
        mtu: interface.mtu, advertises: own.advertises && interface.realm != .outside)
      all.append(IPv6Route(prefix: own.network, interface: interface.id))
    }
    self.links = links
    self.routes = IPv6RoutingTable(all + routes)
  }

  /// The link of an interface, or nil when it carries no IPv6.
  package subscript(interface: InterfaceID) -> Link? { links[Int(interface.rawValue) % links.count] }

  /// Whether an address is the gateway's own, for a packet that arrives on an interface: any of its global ones, and the
  /// link-local one there.
  package func isOwn(_ address: IPv6Address, on interface: InterfaceID) -> Bool {
    if self[interface]?.isOwn(address) == true { return true }
    for link in links where link?.address == address { return true }
    return false
  }
}
