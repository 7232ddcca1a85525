import Forwarding
import WireFormats

extension Analysis {
  /// The connected networks, then the static routes, each with the interface that it leaves through.
  mutating func resolveRoutes() {
    for interface in result.interfaces {
      guard let network = interface.connected else { continue }
      result.routes.append(Route(instance: interface.instance, prefix: network, interface: interface.id))
    }
    var seen: [IPv4Prefix: Int] = [:]
    for route in draft.routes {
      let prefix = route.prefix.value
      if let connected = result.interfaces.first(where: { $0.connected == prefix }) {
        report(route.prefix.place, "\(prefix) is the network of interface \(quoted(connected.name))")
      } else if let line = seen[prefix] {
        report(
          route.prefix.place,
          "line \(line) already has a route to \(prefix); several routes to one network are not supported by this "
            + "version")
      } else if let interface = outgoingInterface(of: route) {
        result.routes.append(Route(prefix: prefix, interface: interface, gateway: route.gateway?.value))
      }
      seen[prefix] = seen[prefix] ?? route.prefix.place.line
    }
  }

  /// The interface that a route names, or the one whose network its gateway is in; nil after a report.
  private mutating func outgoingInterface(of route: RouteDraft) -> InterfaceID? {
    if let gateway = route.gateway, let own = result.interfaces.first(where: { $0.address == gateway.value }) {
      report(gateway.place, "\(gateway.value) is the gateway's own address on interface \(quoted(own.name))")
      return nil
    }
    if let name = route.interface {
      guard let id = interface(name.value, at: name.place) else { return nil }
      guard result.interfaces[Int(id.rawValue)].address != nil else {
        reportMissing(name.place, "interface \(quoted(name.value)) has no address to ask for neighbours with")
        return nil
      }
      return id
    }
    guard let gateway = route.gateway else { return nil }
    guard let neighbor = result.interfaces.first(where: { $0.connected?.contains(gateway.value) == true }),
      let network = neighbor.connected
    else {
      reportMissing(
        gateway.place, "the gateway \(gateway.value) is not in the network of any interface",
        expected: names(result.interfaces.compactMap { $0.connected.map { "an address in \($0)" } }))
      return nil
    }
    guard network.length >= 31 || gateway.value != network.address && gateway.value != network.broadcast else {
      report(gateway.place, "\(gateway.value) is the network or broadcast address of \(network)")
      return nil
    }
    return neighbor.id
  }
}
