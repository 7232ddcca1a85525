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
/// and not translated. The packet path reads a copy (`IPv6Table`).
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

  /// By the interfaces' numbers, `NetworkInterface.maximumCount` of them.
  let links: [Link?]
  /// The longest prefix first, and those of one length in the order of their networks; one a network.
  let routes: [IPv6Route]

  /// The links of the interfaces that have an IPv6 address, and `routes` beside those to their networks; of two for the
  /// same network the later one wins.
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
    var latest: [IPv6Prefix: IPv6Route] = [:]
    for route in all + routes { latest[route.prefix] = route }
    self.routes = latest.values.sorted {
      ($1.prefix.length, $0.prefix.address) < ($0.prefix.length, $1.prefix.address)
    }
  }

  /// The link of an interface, or nil when it carries no IPv6.
  package subscript(interface: InterfaceID) -> Link? { links[Int(interface.rawValue) % links.count] }
}
