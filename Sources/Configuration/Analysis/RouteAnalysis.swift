import Forwarding
import WireFormats

extension Analysis {
  /// The connected networks, then the static routes, each with the interface that it leaves through.
  mutating func resolveRoutes() {
    for interface in result.interfaces {
      guard let network = interface.connected else { continue }
      result.routes.append(Route(instance: interface.instance, prefix: network, interface: interface.id))
    }
    var connected: [Destination: String] = [:]
    for interface in result.interfaces {
      guard let network = interface.connected else { continue }
      connected[Destination(instance: interface.instance, prefix: network)] = interface.name
    }
    var seen: [Destination: Int] = [:]
    for route in draft.routes {
      guard let instance = instance(route.instance) else { continue }
      let prefix = route.prefix.value
      let destination = Destination(instance: instance, prefix: prefix)
      if let name = connected[destination] {
        report(route.prefix.place, "\(prefix) is the network of interface \(quoted(name))")
      } else if let line = seen[destination] {
        report(
          route.prefix.place,
          "line \(line) already has a route to \(prefix); a network has one route, because nothing watches gateways")
      } else if route.leaks {
        result.routes.append(Route(instance: instance, prefix: prefix, leaksTo: .global))
      } else if let interface = outgoingInterface(of: route, in: route.isGlobal ? .global : instance) {
        result.routes.append(
          Route(instance: instance, prefix: prefix, interface: interface, gateway: route.gateway?.value))
      }
      seen[destination] = seen[destination] ?? route.prefix.place.line
    }
  }

  /// The interface that a route names, or the one whose network its gateway is in; nil after a report.
  private mutating func outgoingInterface(of route: RouteDraft, in instance: RoutingInstance) -> InterfaceID? {
    if let gateway = route.gateway, let own = owner(of: gateway.value, in: instance) {
      report(gateway.place, "\(gateway.value) is the gateway's own address on interface \(quoted(own.name))")
      return nil
    }
    if let name = route.interface {
      guard let id = interface(name.value, at: name.place) else { return nil }
      let found = result.interfaces[Int(id.rawValue)]
      guard found.address != nil else {
        reportMissing(name.place, "interface \(quoted(name.value)) has no address to ask for neighbours with")
        return nil
      }
      guard found.instance == instance else {
        report(
          name.place, "interface \(quoted(name.value)) is in \(named(found.instance)), not in \(named(instance))")
        return nil
      }
      return id
    }
    guard let gateway = route.gateway else { return nil }
    let candidates = result.interfaces.filter { $0.instance == instance }
    guard let neighbor = candidates.first(where: { $0.connected?.contains(gateway.value) == true }),
      let network = neighbor.connected
    else {
      let place = instance == .global ? "" : " in \(named(instance))"
      reportMissing(
        gateway.place, "the gateway \(gateway.value) is not in the network of any interface\(place)",
        expected: names(candidates.compactMap { $0.connected.map { "an address in \($0)" } }))
      return nil
    }
    guard network.length >= 31 || gateway.value != network.address && gateway.value != network.broadcast else {
      report(gateway.place, "\(gateway.value) is the network or broadcast address of \(network)")
      return nil
    }
    return neighbor.id
  }
}

/// What a route leads to.
private struct Destination: Hashable {
  var instance: RoutingInstance
  var prefix: IPv4Prefix
}
