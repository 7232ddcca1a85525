import Forwarding
import Translation
import WireFormats

extension GatewayConfiguration {
  /// A pool in one line when it has one range and nothing is excluded, otherwise with its ranges below it.
  func poolLines(_ name: String) -> [String] {
    guard let pool = translation.pools[name] else { return [] }
    var tail = "prefix-length \(pool.prefixLength)"
    switch pool.selection {
    case .generic: break
    case .matchHost: tail += " type match-host"
    case .rotary: tail += " type rotary"
    }
    if pool.addRoute { tail += " add-route" }
    if let range = pool.ranges.first, pool.ranges.count == 1, pool.exclusions.isEmpty {
      return ["ip nat pool \(name) \(range.lowerBound) \(range.upperBound) \(tail)"]
    }
    let ranges = pool.ranges.map { " address \($0.lowerBound) \($0.upperBound)" }
    let exclusions = pool.exclusions.map { range in
      " exclude \(range.lowerBound)" + (range.lowerBound == range.upperBound ? "" : " \(range.upperBound)")
    }
    return ["ip nat pool \(name) \(tail)"] + ranges + exclusions + ["!"]
  }

  private func words(of condition: RuleCondition) -> String {
    switch condition {
    case .accessList(let name): "list \(name)"
    case .routeMap(let name): "route-map \(name)"
    }
  }

  /// ` vrf V [match-in-vrf]`, or nothing for the global instance.
  private func instanceWords(_ instance: RoutingInstance, _ matchInVRF: Bool) -> String {
    instance == .global ? "" : " vrf \(instanceName(instance))" + (matchInVRF ? " match-in-vrf" : "")
  }

  private static func name<Value: Equatable>(_ value: Value, in names: KeyValuePairs<String, Value>) -> String {
    names.name(of: value) ?? ""
  }

  /// `ip nat inside source list` or `route-map`.
  func ruleLine(_ rule: DynamicRule) -> String {
    let source =
      switch rule.source {
      case .pool(let name): "pool \(name)"
      case .interface(let id): "interface \(interfaceName(id))"
      }
    var line = "ip nat inside source \(words(of: rule.condition)) \(source)"
    line += instanceWords(rule.instance, rule.matchInVRF)
    if let egress = rule.egressInterface { line += " egress-interface \(interfaceName(egress))" }
    if rule.overload { line += " overload" }
    if rule.reversible { line += " reversible" }
    if rule.mapping != ruleDefaults.mapping {
      line += " mapping \(Self.name(rule.mapping, in: MappingBehavior.names))"
    }
    if rule.filtering != ruleDefaults.filtering {
      line += " filtering \(Self.name(rule.filtering, in: FilteringBehavior.names))"
    }
    if rule.pooling != ruleDefaults.pooling {
      line += " pooling \(Self.name(rule.pooling, in: PoolingBehavior.names))"
    }
    guard rule.ports != ruleDefaults.ports else { return line }
    guard case .deterministic(let count, let reserved) = rule.ports else {
      return line + " ports \(Self.name(rule.ports, in: PortAssignment.names))"
    }
    return line + " deterministic ports-per-host \(count)" + (reserved > 0 ? " reserved \(reserved)" : "")
  }

  /// `ip nat inside source static`.
  func staticLine(_ entry: StaticTranslation) -> String {
    let global =
      switch entry.global {
      case .address(let address): "\(address)"
      case .interface(let id): "interface \(interfaceName(id))"
      }
    var line = "ip nat inside source static "
    if let ports = entry.ports, ports.transport == securityPayload {
      line += "esp \(entry.local) \(global)"
    } else if let ports = entry.ports {
      line += "\(ports.transport) \(entry.local) \(ports.local) \(global) \(ports.global)"
    } else if entry.prefixLength < 32 {
      line += "network \(entry.local) \(global) /\(entry.prefixLength)"
    } else {
      line += "\(entry.local) \(global)"
    }
    line += instanceWords(entry.instance, entry.matchInVRF)
    if let map = entry.routeMap { line += " route-map \(map)" + (entry.reversible ? " reversible" : "") }
    if let egress = entry.egressInterface { line += " egress-interface \(interfaceName(egress))" }
    if entry.extendable { line += " extendable" }
    if entry.noAlias { line += " no-alias" }
    if entry.noPayload { line += " no-payload" }
    return line
  }

  /// `ip nat outside source list` or `route-map`.
  func outsideRuleLine(_ rule: OutsideRule) -> String {
    "ip nat outside source \(words(of: rule.condition)) pool \(rule.pool)"
      + instanceWords(rule.instance, rule.matchInVRF) + (rule.addRoute ? " add-route" : "")
  }

  /// `ip nat outside source static`.
  func outsideStaticLine(_ entry: OutsideStatic) -> String {
    var line = "ip nat outside source static "
    if let ports = entry.ports {
      line += "\(ports.transport) \(entry.global) \(ports.global) \(entry.local) \(ports.local)"
    } else if entry.prefixLength < 32 {
      line += "network \(entry.global) \(entry.local) /\(entry.prefixLength)"
    } else {
      line += "\(entry.global) \(entry.local)"
    }
    line += instanceWords(entry.instance, entry.matchInVRF)
    if entry.addRoute { line += " add-route" }
    if entry.extendable { line += " extendable" }
    if entry.noAlias { line += " no-alias" }
    if entry.noPayload { line += " no-payload" }
    return line
  }
}
