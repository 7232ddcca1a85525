import Forwarding
import WireFormats

extension GatewayConfiguration {
  /// The lines of an interface's IPv6.
  func ipv6Lines(_ interface: NetworkInterface) -> [String] {
    guard let own = interface.ipv6 else { return [] }
    return [" ipv6 address \(own.address)/\(own.prefixLength)"] + (own.advertises ? [] : [" ipv6 nd ra suppress"])
  }

  /// The line of a static route.
  func ipv6RouteLine(_ route: IPv6Route) -> String {
    let interface = interfaces[Int(route.interface.rawValue)]
    guard let gateway = route.gateway else { return "ipv6 route \(route.prefix) \(interface.name)" }
    let isNear = interface.ipv6?.network.contains(gateway) == true
    return "ipv6 route \(route.prefix) \(isNear ? "" : interface.name + " ")\(gateway)"
  }
}
