package import WireFormats

/// One way to an IPv6 network.
package struct IPv6Route: Hashable, Sendable {
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

/// An immutable longest-prefix-match table: the routes of each length in the order of their networks, so that a look-up is
/// one binary search a length that occurs.
package struct IPv6RoutingTable: Sendable {
  private struct Length: Sendable {
    var mask: IPv6Address
    var routes: Range<Int>
  }

  /// The routes, longest prefix first.
  package let routes: [IPv6Route]
  private let lengths: [Length]

  /// A table of `routes`; of two for the same network the later one wins.
  package init(_ routes: [IPv6Route] = []) {
    var latest: [IPv6Prefix: IPv6Route] = [:]
    for route in routes { latest[route.prefix] = route }
    let sorted = latest.values.sorted {
      ($1.prefix.length, $0.prefix.address) < ($0.prefix.length, $1.prefix.address)
    }
    var lengths: [Length] = []
    for (place, route) in sorted.enumerated() {
      let mask = IPv6Prefix.mask(route.prefix.length)
      if let last = lengths.indices.last, lengths[last].mask == mask {
        lengths[last].routes = lengths[last].routes.lowerBound..<place + 1
      } else {
        lengths.append(Length(mask: mask, routes: place..<place + 1))
      }
    }
    self.routes = sorted
    self.lengths = lengths
  }

  /// The next hop towards `destination`, or nil when the network is unreachable.
  package func nextHop(to destination: IPv6Address) -> IPv6NextHop? {
    for index in lengths.indices {
      let network = IPv6Address(destination.high & lengths[index].mask.high, destination.low & lengths[index].mask.low)
      var low = lengths[index].routes.lowerBound
      var high = lengths[index].routes.upperBound
      while low < high {
        let middle = (low + high) / 2
        if routes[middle].prefix.address < network { low = middle + 1 } else { high = middle }
      }
      guard low < lengths[index].routes.upperBound, routes[low].prefix.address == network else { continue }
      return IPv6NextHop(interface: routes[low].interface, neighbor: routes[low].gateway ?? destination)
    }
    return nil
  }
}
