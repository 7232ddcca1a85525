import Forwarding
import WireFormats

extension Analysis {
  /// Gives the interfaces their IPv6 addresses, and finds the interface of each static route.
  mutating func resolveIPv6() {
    result.routesIPv6 = draft.routesIPv6
    for number in draft.interfaces.indices { resolveIPv6(ofInterface: number) }
    checkIPv6Networks()
    var seen: [IPv6Prefix: Int] = [:]
    for route in draft.ipv6Routes {
      let prefix = route.prefix.value
      if let owner = result.interfaces.first(where: { $0.ipv6?.network == prefix }) {
        report(route.prefix.place, "\(prefix) is the network of interface \(quoted(owner.name))")
      } else if let line = seen[prefix] {
        report(
          route.prefix.place,
          "line \(line) already has a route to \(prefix); a network has one route, because nothing watches gateways")
      } else if let interface = outgoingInterface(of: route) {
        result.ipv6Routes.append(IPv6Route(prefix: prefix, interface: interface, gateway: route.gateway?.value))
      }
      seen[prefix] = seen[prefix] ?? route.prefix.place.line
    }
    if let first = draft.ipv6Routes.first, !draft.routesIPv6 {
      report(
        first.prefix.place, "without 'ipv6 unicast-routing' no IPv6 packet is forwarded",
        expected: ["an 'ipv6 unicast-routing' statement"])
    }
  }

  private mutating func resolveIPv6(ofInterface number: Int) {
    let interface = draft.interfaces[number]
    guard var address = interface.ipv6?.value, let place = interface.ipv6?.place else { return }
    address.advertises = !interface.suppressesAdvertisements
    result.interfaces[number].ipv6 = address
    if !draft.routesIPv6 {
      report(
        place, "without 'ipv6 unicast-routing' no IPv6 packet is forwarded",
        expected: ["an 'ipv6 unicast-routing' statement"])
    }
    if result.interfaces[number].instance != .global {
      report(place, "IPv6 is routed in the global instance only, and the interface is in a VRF")
    }
    if Int(result.interfaces[number].mtu) < IPv6Field.minimumMTU {
      report(
        place,
        "a link that carries IPv6 has an MTU of \(IPv6Field.minimumMTU) at least, and this one has "
          + "\(result.interfaces[number].mtu)")
    }
  }

  /// Networks may not overlap: a destination is on one link.
  private mutating func checkIPv6Networks() {
    for (number, interface) in result.interfaces.enumerated() {
      guard let network = interface.ipv6?.network, let place = draft.interfaces[number].ipv6?.place else { continue }
      let overlapping = result.interfaces[..<number].first { other in
        guard let theirs = other.ipv6?.network else { return false }
        return theirs.contains(network.address) || network.contains(theirs.address)
      }
      if let overlapping, let theirs = overlapping.ipv6?.network {
        report(place, "\(network) overlaps with \(theirs) of interface \(quoted(overlapping.name))")
      }
    }
  }

  /// The interface that a route names, or the one whose network its gateway is in; nil after a report.
  private mutating func outgoingInterface(of route: IPv6RouteDraft) -> InterfaceID? {
    if let gateway = route.gateway, let own = result.interfaces.first(where: { $0.ipv6?.address == gateway.value }) {
      report(gateway.place, "\(gateway.value) is the gateway's own address on interface \(quoted(own.name))")
      return nil
    }
    if let name = route.interface {
      guard let id = interface(name.value, at: name.place) else { return nil }
      guard result.interfaces[Int(id.rawValue)].ipv6 != nil else {
        reportMissing(name.place, "interface \(quoted(name.value)) has no IPv6 address to ask for neighbours with")
        return nil
      }
      return id
    }
    guard let gateway = route.gateway else { return nil }
    guard !gateway.value.isLinkLocal else {
      report(
        gateway.place, "every link has addresses such as \(gateway.value)",
        expected: ["INTERFACE before the gateway"])
      return nil
    }
    guard let near = result.interfaces.first(where: { $0.ipv6?.network.contains(gateway.value) == true }) else {
      reportMissing(
        gateway.place, "the gateway \(gateway.value) is not in the network of any interface",
        expected: names(result.interfaces.compactMap { $0.ipv6.map { "an address in \($0.network)" } }))
      return nil
    }
    return near.id
  }
}
