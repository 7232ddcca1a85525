import Configuration
import Forwarding
import Translation
import WireFormats

/// The dynamic rules in `show ip nat statistics`: what each has made, and what it has given out of its pool.
struct RuleStatistics {
  private let configuration: GatewayConfiguration
  private let survey: UsageSurvey
  private let rules: [RuleSummary]
  /// Pools are numbered by the alphabet, from 1: the configuration holds them by name.
  private let poolNumbers: [String: Int]

  init(_ configuration: GatewayConfiguration, _ survey: UsageSurvey) {
    self.configuration = configuration
    self.survey = survey
    rules = RuleSummary.all(of: configuration.translation)
    poolNumbers = PoolListing.numbers(of: configuration.translation)
  }

  /// The sections that have rules, under their headings.
  var text: String {
    guard !rules.isEmpty else { return "" }
    var text = "Dynamic mappings:\n"
    for section in RuleSummary.Section.allCases {
      let ofSection = rules.filter { $0.section == section }
      guard !ofSection.isEmpty else { continue }
      text += "-- \(section.rawValue)\n"
      for rule in ofSection { text += self.text(of: rule) }
    }
    return text
  }

  private func text(of rule: RuleSummary) -> String {
    let used = survey.rules[rule.number] ?? UsageSurvey.Rule()
    let condition =
      switch rule.condition {
      case .accessList(let name): "access-list \(name)"
      case .routeMap(let name): "route-map \(name)"
      }
    let vrf = name(of: rule.instance).map { " vrf \($0)" } ?? ""
    let head = "[Id: \(rule.number)] \(condition)"
    switch rule.source {
    case .interface(let interface):
      return "\(head) interface \(name(of: interface))\(vrf) refcount \(used.references)\n"
    case .pool(let name):
      let head = "\(head) pool \(name)\(vrf) refcount \(used.references)\n"
      guard let pool = configuration.translation.pools[name] else { return head }
      return head + text(of: pool, used)
    }
  }

  private func text(of pool: AddressPool, _ used: UsageSurvey.Rule) -> String {
    let mask = IPv4Address(IPv4Prefix.mask(pool.prefixLength))
    var text = " pool \(pool.name): id \(poolNumbers[pool.name] ?? 0), netmask \(mask)\n"
    for range in pool.ranges { text += "        start \(range.lowerBound) end \(range.upperBound)\n" }
    for range in pool.exclusions { text += "        exclude \(range.lowerBound) end \(range.upperBound)\n" }
    let count = pool.count
    let percent = used.addresses.count * 100 / max(1, count)
    return text + "        type \(PoolListing.type(of: pool)), total addresses \(count), "
      + "allocated \(used.addresses.count) (\(percent)%)\n"
  }

  private func name(of interface: InterfaceID) -> String {
    configuration.interfaces.first { $0.id == interface }?.name ?? "?"
  }

  private func name(of instance: RoutingInstance) -> String? {
    let names = configuration.translation.instanceNames
    let number = Int(instance.rawValue)
    return number > 0 && names.indices.contains(number) ? names[number] : nil
  }

  /// The member `rules`.
  func write(to json: inout JSONText) {
    json.member("rules", each: rules) { json, rule in
      let used = survey.rules[rule.number] ?? UsageSurvey.Rule()
      json.object { json in
        json.member("id", rule.number)
        json.member("section", rule.section.rawValue)
        switch rule.condition {
        case .accessList(let name): json.member("accessList", name)
        case .routeMap(let name): json.member("routeMap", name)
        }
        json.member("vrf", name(of: rule.instance))
        json.member("overload", rule.overload)
        json.member("references", used.references)
        json.member("allocatedAddresses", used.addresses.count)
        switch rule.source {
        case .interface(let interface): json.member("interface", name(of: interface))
        case .pool(let name):
          json.member("pool", name)
          json.member("totalAddresses", configuration.translation.pools[name]?.count ?? 0)
        }
      }
    }
  }
}
