import Configuration
import Forwarding
import Translation
import WireFormats

/// `show ip nat statistics`, in IOS XE's shape as far as its lines have a meaning here.
struct StatisticsListing {
  private let view: any GatewayView
  private let usage: TranslationUsage
  private let workers: [WorkerStatus]

  /// Asks every worker for what its tables say.
  init(of view: some GatewayView) async {
    var usage = TranslationUsage()
    for worker in view.workers { usage.merge(await view.usage(of: worker.index)) }
    self.view = view
    self.usage = usage
    workers = view.workers
  }

  private func sum(_ counter: TranslationCounter) -> UInt64 {
    workers.reduce(0) { $0 &+ ($1.translation[counter] ?? 0) }
  }

  private func drops(_ reasons: DropReason...) -> UInt64 {
    reasons.reduce(0) { total, reason in total &+ workers.reduce(0) { $0 &+ ($1.drops[reason] ?? 0) } }
  }

  private func interfaces(_ realm: Realm) -> [String] {
    view.interfaces.filter { $0.interface.realm == realm }.map(\.interface.name)
  }

  private var dynamic: Int { usage.sessions + usage.addressMappings }
  private var statics: Int { view.staticRows.count }

  // MARK: Text

  var text: String {
    let limit = view.limit
    var text = "Total active translations: \(statics + dynamic) "
    text += "(\(statics) static, \(dynamic) dynamic; \(usage.sessions) extended)\n"
    text += "Peak translations: \(limit.peak)\n"
    for (title, realm) in [("Outside", Realm.outside), ("Inside", .inside)] {
      text += "\(title) interfaces:\n" + interfaces(realm).map { "  \($0)\n" }.joined()
    }
    text += "Hits: \(sum(.hits))  Misses: \(sum(.misses))\n"
    text += "Expired translations: \(sum(.sessionsExpired))\n"
    let rules = view.configuration.translation.dynamicRules
    if !rules.isEmpty {
      text += "Dynamic mappings:\n-- Inside Source\n"
      for number in rules.indices { text += self.text(of: number, rules[number]) }
    }
    text += "nat-limit statistics:\n"
    text += " max entry: max allowed \(limit.maximum), used \(limit.used), missed \(limit.missed)\n"
    text += "Pool stats drop: \(drops(.portsExhausted, .addressesExhausted))"
    text += "  Mapping stats drop: \(drops(.mappingsExhausted))\n"
    return text
  }

  private func text(of number: Int, _ rule: DynamicRule) -> String {
    let used = usage.rules[number] ?? TranslationUsage.Rule()
    let head = "[Id: \(number + 1)] access-list \(rule.accessList ?? "")"
    switch rule.source {
    case .interface(let interface): return "\(head) interface \(name(of: interface)) refcount \(used.references)\n"
    case .pool(let name):
      guard let pool = view.configuration.translation.pools[name] else { return "" }
      var text = "\(head) pool \(name) refcount \(used.references)\n"
      text += " pool \(name): id \(poolNumber(name)), netmask \(IPv4Address(IPv4Prefix.mask(pool.prefixLength)))\n"
      for range in pool.ranges { text += "        start \(range.lowerBound) end \(range.upperBound)\n" }
      let type = pool.selection == .matchHost ? "match-host" : "generic"
      let percent = used.addresses.count * 100 / max(1, pool.count)
      return text + "        type \(type), total addresses \(pool.count), allocated \(used.addresses.count) "
        + "(\(percent)%)\n"
    }
  }

  private func name(of interface: InterfaceID) -> String {
    view.interfaces.first { $0.interface.id == interface }?.interface.name ?? "?"
  }

  /// Pools are numbered by the alphabet, from 1: the configuration holds them by name.
  private func poolNumber(_ name: String) -> Int {
    (view.configuration.translation.pools.keys.sorted().firstIndex(of: name) ?? 0) + 1
  }

  // MARK: JSON

  func write(to json: inout JSONText) {
    let limit = view.limit
    json.object { json in
      json.member("translations") { json in
        json.member("total", statics + dynamic)
        json.member("static", statics)
        json.member("dynamic", dynamic)
        json.member("extended", usage.sessions)
        json.member("peak", limit.peak)
      }
      json.member("outsideInterfaces", each: interfaces(.outside)) { $0.value($1) }
      json.member("insideInterfaces", each: interfaces(.inside)) { $0.value($1) }
      for counter in TranslationCounter.allCases { json.member("\(counter)", sum(counter)) }
      let rules = view.configuration.translation.dynamicRules
      json.member("rules", each: rules.indices) { json, number in write(number, rules[number], to: &json) }
      json.member("limit") { json in
        json.member("maximum", limit.maximum)
        json.member("used", limit.used)
        json.member("missed", limit.missed)
      }
      json.member("poolDrops", drops(.portsExhausted, .addressesExhausted))
      json.member("mappingDrops", drops(.mappingsExhausted))
    }
  }

  private func write(_ number: Int, _ rule: DynamicRule, to json: inout JSONText) {
    let used = usage.rules[number] ?? TranslationUsage.Rule()
    json.object { json in
      json.member("id", number + 1)
      json.member("accessList", rule.accessList ?? "")
      json.member("overload", rule.overload)
      json.member("references", used.references)
      json.member("allocatedAddresses", used.addresses.count)
      switch rule.source {
      case .interface(let interface): json.member("interface", name(of: interface))
      case .pool(let name):
        json.member("pool", name)
        json.member("totalAddresses", view.configuration.translation.pools[name]?.count ?? 0)
      }
    }
  }
}
