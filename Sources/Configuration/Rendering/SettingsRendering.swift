import Forwarding
import Translation
import WireFormats

extension GatewayConfiguration {
  /// `ip nat translation` with the idle times that are not the defaults.
  func timerLines() -> [String] {
    let standard = conformance.timeouts
    func text(_ time: UInt32) -> String { time == Timeouts.never ? "never" : "\(time)" }
    let lines = TranslationTimer.allCases.compactMap { timer -> String? in
      let time = translation.timeouts[keyPath: timer.field]
      return time == standard[keyPath: timer.field] ? nil : "ip nat translation \(timer.rawValue) \(text(time))"
    }
    return lines
      + translation.timeouts.ports.map {
        "ip nat translation port-timeout \($0.transport) \($0.port) \(text($0.time))"
      }
  }

  /// `ip nat translation max-entries` and its like.
  func limitLines() -> [String] {
    let limits = translation.limits
    let start = "ip nat translation max-entries"
    var lines: [String] = []
    if translation.maximumEntries != TranslationConfiguration.defaultMaximumEntries {
      lines.append("\(start) \(translation.maximumEntries)")
    }
    if let limit = limits.allHosts, limit != conformance.sessionsPerHost { lines.append("\(start) all-host \(limit)") }
    for (host, limit) in limits.hosts.sorted(by: { $0.key < $1.key }) { lines.append("\(start) host \(host) \(limit)") }
    if let limit = limits.allInstances { lines.append("\(start) all-vrf \(limit)") }
    for (instance, limit) in limits.instances.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      lines.append("\(start) vrf \(instanceName(instance)) \(limit)")
    }
    lines += limits.lists.map { "\(start) list \($0.accessList) \($0.maximum)" }
    if let rate = limits.newSessionsPerSecond {
      lines.append("ip nat translation new-sessions-per-second \(rate)")
    }
    return lines
  }

  /// `ip nat settings`.
  func settingLines() -> [String] {
    let settings = translation.settings
    let standard = conformance.settings
    var lines = ruleDefaultLines()
    if let limit = settings.hostsPerAddress { lines.append("pap limit \(limit)" + portBlockWords()) }
    if settings.holdDown != standard.holdDown { lines.append("hold-down \(settings.holdDown)") }
    if settings.refusalCode != standard.refusalCode,
      let name = TranslationSettings.refusals.name(of: settings.refusalCode)
    {
      lines.append("refusal \(name)")
    }
    if settings.unsolicitedSYN != standard.unsolicitedSYN {
      lines.append("unsolicited-syn \(settings.unsolicitedSYN)")
    }
    lines += settings.blockedPorts.map { "interface-overload block port \($0.transport) \($0.port)" }
    if let range = settings.interfacePorts {
      lines.append("interface-overload port range \(range.lowerBound) \(range.upperBound)")
    }
    return lines.map { "ip nat settings \($0)" }
      + (settings.inboundRefresh ? [] : ["no ip nat settings inbound-refresh"])
  }

  private func portBlockWords() -> String {
    guard let blocks = translation.settings.portBlocks else { return "" }
    return " bpa set-size \(blocks.setSize) step-size \(blocks.stepSize)" + (blocks.singleSet ? " single-set" : "")
  }

  private func ruleDefaultLines() -> [String] {
    let standard = conformance.rules
    var lines: [String] = []
    if ruleDefaults.mapping != standard.mapping, let name = MappingBehavior.names.name(of: ruleDefaults.mapping) {
      lines.append("mapping \(name)")
    }
    if ruleDefaults.filtering != standard.filtering,
      let name = FilteringBehavior.names.name(of: ruleDefaults.filtering)
    {
      lines.append("filtering \(name)")
    }
    if ruleDefaults.pooling != standard.pooling, let name = PoolingBehavior.names.name(of: ruleDefaults.pooling) {
      lines.append("pooling \(name)")
    }
    if ruleDefaults.ports != portsOfServices, let name = PortAssignment.names.name(of: ruleDefaults.ports) {
      lines.append("ports \(name)")
    }
    return lines
  }

  /// How ports are given out when `ip nat settings ports` does not say it.
  private var portsOfServices: PortAssignment {
    let isRandom = translation.services.contains { $0.isOn && $0.words == ["port-randomization"] }
    let isPreserved = translation.services.contains { $0.isOn && $0.words == ["preserve-port"] }
    return isRandom ? .random : isPreserved ? .preserve : conformance.rules.ports
  }

  /// `ip nat service`.
  func serviceLines() -> [String] {
    translation.services.map { "\($0.isOn ? "" : "no ")ip nat service " + $0.words.joined(separator: " ") }
      + translation.settings.fullRange.map { "ip nat service fullrange \($0.transport) port \($0.port)" }
  }

  /// `ip nat log translations`.
  func logLines() -> [String] {
    func tail(_ scope: TranslationLogging.Scope) -> String { scope == .bindings ? " bind-only" : "" }
    let start = "ip nat log translations"
    let syslog = translation.logging.syslog.map { ["\(start) syslog\(tail($0))"] } ?? []
    return syslog
      + translation.logging.collectors.map {
        "\(start) flow-export v9 udp destination \($0.address) \($0.port) source \(interfaceName($0.source))"
          + tail($0.scope)
      }
  }
}
