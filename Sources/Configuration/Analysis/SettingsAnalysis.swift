import Forwarding
import Translation
import WireFormats

extension Analysis {
  /// Settings that hold for all rules, and the rules' defaults; both depend on `conformance`.
  mutating func resolveSettings() {
    let said = draft.settings
    var settings = draft.conformance.settings
    settings.hostsPerAddress = said.hostsPerAddress
    settings.portBlocks = said.portBlocks
    settings.holdDown = said.holdDown ?? settings.holdDown
    settings.blockedPorts = said.blockedPorts
    settings.interfacePorts = said.interfacePorts
    settings.refusalCode = said.refusalCode ?? settings.refusalCode
    settings.unsolicitedSYN = said.unsolicitedSYN ?? settings.unsolicitedSYN
    settings.fullRange = said.fullRange
    settings.inboundRefresh = said.inboundRefresh
    result.translation.settings = settings

    var rules = draft.conformance.rules
    rules.mapping = said.mapping ?? rules.mapping
    rules.filtering = said.filtering ?? rules.filtering
    rules.pooling = said.pooling ?? rules.pooling
    rules.ports = said.ports ?? portsOfServices ?? rules.ports
    result.ruleDefaults = rules
  }

  /// How ports are given out when a service says it.
  private var portsOfServices: PortAssignment? {
    if draft.services.placeOfSwitch(["port-randomization"]) != nil { return .random }
    return draft.services.placeOfSwitch(["preserve-port"]) != nil ? .preserve : nil
  }

  /// Idle times.
  mutating func resolveTimers() {
    var timeouts = draft.conformance.timeouts
    for (timer, time) in draft.timers { timeouts[keyPath: timer.field] = time }
    timeouts.ports = draft.portTimers
    result.translation.timeouts = timeouts
  }

  /// How many entries there may be.
  mutating func resolveLimits() {
    let said = draft.limits
    result.translation.maximumEntries = said.total ?? TranslationConfiguration.defaultMaximumEntries
    result.translation.limits.hosts = said.hosts
    result.translation.limits.allHosts = said.allHosts ?? draft.conformance.sessionsPerHost
    result.translation.limits.allInstances = said.allInstances
    result.translation.limits.newSessionsPerSecond = said.newSessionsPerSecond
    for (name, limit) in said.instances.sorted(by: { $0.value.place < $1.value.place }) {
      guard let instance = instance(Located(value: name, place: limit.place)) else { continue }
      result.translation.limits.instances[instance] = limit.value
    }
    for limit in said.lists {
      checkAccessList(limit.accessList)
      result.translation.limits.lists.append(
        EntryLimits.ListLimit(accessList: limit.accessList.value, maximum: limit.maximum))
    }
  }

  /// What is written down of translations.
  mutating func resolveLogging() {
    result.translation.logging.syslog = draft.logging.syslog
    for collector in draft.logging.collectors {
      if let own = owner(of: collector.address.value, in: .global) {
        report(
          collector.address.place,
          "\(collector.address.value) is the gateway's own address on interface \(quoted(own.name))")
      }
      let place = collector.source.place
      guard let source = interface(collector.source.value, at: place) else { continue }
      let found = result.interfaces[Int(source.rawValue)]
      guard found.address != nil else {
        reportMissing(place, "interface \(quoted(found.name)) has no address to send from")
        continue
      }
      guard found.instance == .global else {
        report(
          place,
          "interface \(quoted(found.name)) is in \(named(found.instance)); records are sent in the global instance")
        continue
      }
      result.translation.logging.collectors.append(
        TranslationLogging.Collector(
          address: collector.address.value, port: collector.port, scope: collector.scope, source: source))
    }
  }

  private mutating func checkDNSOverIPv6() {
    guard let (place, list) = draft.services.dnsOverIPv6 else { return }
    if let list { checkIPv6AccessList(list) }
    if !draft.routesIPv6 {
      report(
        place, "without 'ipv6 unicast-routing' no IPv6 packet is forwarded",
        expected: ["an 'ipv6 unicast-routing' statement"])
    }
  }

  /// Switches of gateways for applications.
  mutating func resolveServices() {
    for service in draft.services.switches {
      if let list = service.accessList, service.statement.isOn, service.statement.words.first == "list" {
        checkAccessList(list)
      }
      result.translation.services.append(service.statement)
    }
    checkDNSOverIPv6()
    let switches = result.gatewaySwitches
    result.translation.ipv6Services = switches.ipv6Services
    (result.translation.gatewayServices, result.translation.thirdParties) = (switches.services, switches.thirdParties)
    guard let random = draft.services.placeOfSwitch(["port-randomization"]),
      let preserve = draft.services.placeOfSwitch(["preserve-port"])
    else { return }
    report(
      max(random, preserve),
      "ports are either random or preserved, and line \(min(random, preserve).line) says the other")
  }
}
