import Forwarding
import Gateways
import Translation
import WireFormats

/// Which hosts are inside and which outside, and by which interfaces they come.
struct Sides {
  private let inside: [(network: IPv4Prefix, interface: NetworkInterface)]
  private let outside: [NetworkInterface]
  private let routes: RoutingTable

  /// Routes that the networks need so that inside hosts can be reached; they are the plan's from now on.
  init(_ plan: inout ReplayPlan) throws(ReplayError) {
    let insides = plan.interfaces.filter { $0.realm == .inside && $0.address != nil }
    outside = plan.interfaces.filter { $0.realm == .outside && $0.address != nil }
    guard let first = insides.first else { throw .noInterface(.inside) }
    guard !outside.isEmpty else { throw .noInterface(.outside) }
    var networks: [(network: IPv4Prefix, interface: NetworkInterface)] = []
    if plan.insideNetworks.isEmpty {
      networks = insides.compactMap { interface in interface.connected.map { ($0, interface) } }
      for route in plan.routes where route.leaksTo == nil && route.gateway != nil && route.prefix.length > 0 {
        if let interface = insides.first(where: { $0.id == route.interface }) {
          networks.append((route.prefix, interface))
        }
      }
    } else {
      let table = RoutingTable(plan.routes)
      for network in plan.insideNetworks {
        let interface =
          insides.first { table.nextHop(to: network.address, in: $0.instance)?.interface == $0.id } ?? first
        networks.append((network, interface))
        if table.nextHop(to: network.address, in: interface.instance)?.interface != interface.id {
          plan.routes.append(Route(instance: interface.instance, prefix: network, interface: interface.id))
        }
      }
    }
    inside = networks.sorted { $0.network.length > $1.network.length }
    routes = RoutingTable(plan.routes)
  }

  /// The interface that an inside host comes by; nil for one that is not inside.
  func inside(_ host: IPv4Address) -> NetworkInterface? { inside.first { $0.network.contains(host) }?.interface }

  /// The interface that an outside host comes by, to talk to those behind `interface`.
  func outside(_ host: IPv4Address, for interface: NetworkInterface) -> NetworkInterface {
    let hop = routes.nextHop(to: host, in: interface.instance)
    return outside.first { $0.id == hop?.interface } ?? outside.first { $0.instance == interface.instance }
      ?? outside[0]
  }

  /// The station on an interface's link that the packets of a host come from.
  func neighbor(of host: IPv4Address, on interface: NetworkInterface) -> IPv4Address {
    guard let hop = routes.nextHop(to: host, in: interface.instance), hop.interface == interface.id else { return host }
    return hop.neighbor
  }
}
