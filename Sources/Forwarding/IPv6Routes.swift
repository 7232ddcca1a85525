package import WireFormats

/// One way to an IPv6 network.
package struct IPv6Route: Hashable, Sendable, BitwiseCopyable {
  package var prefix: IPv6Prefix
  package var interface: InterfaceID
  /// The router to hand packets to, or nil when the destination itself is on the interface's link.
  package var gateway: IPv6Address?

  package init(prefix: IPv6Prefix, interface: InterfaceID, gateway: IPv6Address? = nil) {
    self.prefix = prefix
    self.interface = interface
    self.gateway = gateway
  }
}

/// Where an IPv6 packet goes next.
package struct IPv6NextHop: Hashable, Sendable, BitwiseCopyable {
  package var interface: InterfaceID
  /// The neighbour whose Ethernet address the frame needs.
  package var neighbor: IPv6Address

  package init(interface: InterfaceID, neighbor: IPv6Address) {
    self.interface = interface
    self.neighbor = neighbor
  }
}
