import Forwarding
import Translation
import WireFormats

extension GatewayConfiguration {
  /// The configuration in IOS's form, as `show running-config` prints it: what differs from a default, in a fixed
  /// order. Reading the text again gives an equal value. Ends with a line end.
  package func render() -> String {
    var lines: [String] = []
    if let hostname { lines += ["hostname \(hostname)", "!"] }
    if conformance != .ios { lines += ["conformance \(conformance.rawValue)", "!"] }
    lines += dataplaneLines()
    if routesIPv6 { lines += ["ipv6 unicast-routing", "!"] }
    lines += instanceLines()
    for interface in interfaces { lines += interfaceLines(interface) }
    lines += routes.compactMap(routeLine)
    lines += ipv6Routes.map(ipv6RouteLine)
    for name in translation.accessLists.keys.sorted(by: Self.listOrder) { lines += accessListLines(name) }
    for name in translation.ipv6AccessLists.keys.sorted() { lines += ipv6AccessListLines(name) }
    for name in translation.routeMaps.keys.sorted() { lines += routeMapLines(name) }
    for name in translation.pools.keys.sorted() { lines += poolLines(name) }
    lines += translation.dynamicRules.map(ruleLine)
    lines += translation.staticTranslations.map(staticLine)
    lines += translation.outsideRules.map(outsideRuleLine)
    lines += translation.outsideStatics.map(outsideStaticLine)
    lines += translation.destinationRules.map { "ip nat inside destination list \($0.accessList) pool \($0.pool)" }
    lines += timerLines() + limitLines() + settingLines() + serviceLines() + logLines()
    if controlSocket != Self.defaultControlSocket { lines.append("control-socket \(controlSocket)") }
    lines.append("end")
    return lines.joined(separator: "\n") + "\n"
  }

  private func dataplaneLines() -> [String] {
    let standard = DataplaneSettings()
    guard dataplane != standard else { return [] }
    var lines = ["dataplane"]
    if !dataplane.workerCores.isEmpty { lines.append(" worker-cores \(Self.list(dataplane.workerCores))") }
    if !dataplane.algCores.isEmpty { lines.append(" alg-cores \(Self.list(dataplane.algCores))") }
    if dataplane.algMemory != standard.algMemory { lines.append(" alg-memory \(dataplane.algMemory)") }
    if dataplane.algHostMemory != standard.algHostMemory {
      lines.append(" alg-host-memory \(dataplane.algHostMemory)")
    }
    if dataplane.algOverflow != standard.algOverflow {
      lines.append(" alg-overflow \(dataplane.algOverflow.rawValue)")
    }
    if dataplane.ringEntries != standard.ringEntries { lines.append(" ring-entries \(dataplane.ringEntries)") }
    if dataplane.burst != standard.burst { lines.append(" burst \(dataplane.burst)") }
    if dataplane.poll != standard.poll { lines.append(" poll \(dataplane.poll.rawValue)") }
    if dataplane.offload != standard.offload { lines.append(" offload \(dataplane.offload.rawValue)") }
    if dataplane.memory != standard.memory { lines.append(" memory \(dataplane.memory.rawValue)") }
    if let directory = dataplane.stateDirectory { lines.append(" state-directory \(directory)") }
    return lines + ["!"]
  }

  /// Numbers with runs shortened to `FIRST-LAST`, in their order.
  private static func list(_ numbers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = runs.last, last.upperBound + 1 == number {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
  }

  private func interfaceLines(_ interface: NetworkInterface) -> [String] {
    let device = devices[interface.device]
    var lines = ["interface \(interface.name)"]
    if let text = annotations.descriptions[interface.id] { lines.append(" description \(text)") }
    if let vlan = interface.vlan {
      lines.append(" encapsulation dot1Q \(vlan)")
    } else {
      let namespace = device.networkNamespace.map { " netns \($0)" } ?? ""
      lines.append(" device tap \(device.name)\(namespace)\(device.persistent ? " persistent" : "")")
      if interface.hardwareAddress != .zero { lines.append(" mac-address \(interface.hardwareAddress.dotted)") }
      if device.mtu != DeviceSettings.defaultMTU { lines.append(" mtu \(device.mtu)") }
    }
    if interface.instance != .global { lines.append(" vrf forwarding \(instanceName(interface.instance))") }
    if let address = interface.address {
      lines.append(" ip address \(address) \(IPv4Address(IPv4Prefix.mask(interface.prefixLength)))")
    }
    lines += ipv6Lines(interface)
    if interface.mtu != device.mtu { lines.append(" ip mtu \(interface.mtu)") }
    switch interface.realm {
    case .none: break
    case .inside: lines.append(" ip nat inside")
    case .outside: lines.append(" ip nat outside")
    }
    if interface.reassembly != ReassemblyLimits() { lines.append(Self.reassemblyLine(interface.reassembly)) }
    if interface.maximumSegmentSize > 0 { lines.append(" ip tcp adjust-mss \(interface.maximumSegmentSize)") }
    if !interface.unreachables { lines.append(" no ip unreachables") }
    return lines + ["!"]
  }

  private static func reassemblyLine(_ limits: ReassemblyLimits) -> String {
    let standard = ReassemblyLimits()
    var line = " ip virtual-reassembly in"
    if limits.maximumDatagrams != standard.maximumDatagrams { line += " max-reassemblies \(limits.maximumDatagrams)" }
    if limits.maximumFragments != standard.maximumFragments { line += " max-fragments \(limits.maximumFragments)" }
    if limits.timeout != standard.timeout { line += " timeout \(limits.timeout)" }
    return line + (limits.dropsFragments ? " drop-fragments" : "")
  }

  /// The name of a routing instance.
  func instanceName(_ instance: RoutingInstance) -> String { translation.instanceNames[Int(instance.rawValue)] }

  /// The name of an interface.
  func interfaceName(_ interface: InterfaceID) -> String { interfaces[Int(interface.rawValue)].name }

  private func instanceLines() -> [String] {
    translation.instanceNames.indices.dropFirst().flatMap { number -> [String] in
      let instance = RoutingInstance(rawValue: UInt16(number))
      var lines = ["ip vrf \(instanceName(instance))"]
      if let text = annotations.instanceDescriptions[instance] { lines.append(" description \(text)") }
      if let text = annotations.routeDistinguishers[instance] { lines.append(" rd \(text)") }
      return lines + ["!"]
    }
  }

  /// The line of a static route; nil for a connected network, which its interface implies.
  private func routeLine(_ route: Route) -> String? {
    let vrf = route.instance == .global ? "" : " vrf \(instanceName(route.instance))"
    let network = "\(route.prefix.address) \(IPv4Address(route.prefix.mask))"
    if route.leaksTo != nil { return "ip nat route\(vrf) \(network) global" }
    let interface = interfaces[Int(route.interface.rawValue)]
    let isForeign = interface.instance != route.instance
    guard route.gateway != nil || interface.connected != route.prefix || isForeign else { return nil }
    let start = "ip route\(vrf) \(network)"
    guard let gateway = route.gateway else { return "\(start) \(interface.name)" }
    // Only a gateway outside of the interface's network needs the interface named.
    let isNear = interface.connected.map { $0.contains(gateway) && gateway != $0.address && gateway != $0.broadcast }
    let hop = isNear == true ? "\(gateway)" : "\(interface.name) \(gateway)"
    return "\(start) \(hop)\(isForeign ? " global" : "")"
  }
}

extension MACAddress {
  /// Cisco's form: three groups of four digits.
  fileprivate var dotted: String {
    let digits = String(rawValue, radix: 16)
    let padded = Array(String(repeating: "0", count: 12 - digits.count) + digits)
    return [padded[0..<4], padded[4..<8], padded[8..<12]].map { String($0) }.joined(separator: ".")
  }
}
