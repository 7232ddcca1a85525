import Forwarding
import WireFormats

/// Compiles the parts of a policy from a checked configuration.
struct PolicyCompiler {
  let interfaces: [NetworkInterface]
  let translation: TranslationConfiguration
  let conditions: ConditionTable
  let statics: [CompiledStatic]

  init(interfaces: [NetworkInterface], translation: TranslationConfiguration, conditions: ConditionTable) {
    self.interfaces = interfaces
    self.translation = translation
    self.conditions = conditions
    statics = translation.staticTranslations.compactMap { entry in
      let global: IPv4Address? =
        switch entry.global {
        case .address(let address): address
        case .interface(let id): interfaces.first { $0.id == id }?.address
        }
      return global.map {
        CompiledStatic(entry: entry, global: $0, condition: entry.routeMap.map { conditions.condition(.routeMap($0)) })
      }
    }
  }

  func rules(numbers: [UInt16]) -> [CompiledRule] {
    // A host with an address of its own gets one of which no static entry holds as much as a port.
    let any = Set(statics.map { StaticAddress(address: $0.global, instance: $0.entry.outsideInstance) })
    let whole = Set(
      statics.filter { $0.entry.ports == nil && $0.entry.prefixLength == 32 }
        .map { StaticAddress(address: $0.global, instance: $0.entry.outsideInstance) })
    let networks = statics.filter { $0.entry.prefixLength < 32 }
    var cache: [PoolUse: [IPv4Address]] = [:]
    return zip(translation.dynamicRules, numbers).map { rule, number in
      var pool: AddressPool?
      var addresses: [IPv4Address] = []
      switch rule.source {
      case .interface(let id): addresses = interfaces.first { $0.id == id }?.address.map { [$0] } ?? []
      case .pool(let name):
        pool = translation.pools[name]
        let use = PoolUse(pool: name, overload: rule.overload, instance: rule.outsideInstance)
        if let known = cache[use] {
          addresses = known
        } else {
          let taken = rule.overload ? whole : any
          addresses = Self.addresses(pool).filter { address in
            !taken.contains(StaticAddress(address: address, instance: rule.outsideInstance))
              && !networks.contains {
                $0.entry.outsideInstance == rule.outsideInstance && $0.globalRange.contains(address)
              }
          }
          cache[use] = addresses
        }
      }
      return compile(rule, number, addresses, pool)
    }
  }

  private struct StaticAddress: Hashable {
    var address: IPv4Address
    var instance: RoutingInstance
  }

  private struct PoolUse: Hashable {
    var pool: String
    var overload: Bool
    var instance: RoutingInstance
  }

  private static func addresses(_ pool: AddressPool?) -> [IPv4Address] {
    (pool?.usableRanges ?? []).flatMap { range in
      (range.lowerBound.rawValue...range.upperBound.rawValue).map { IPv4Address($0) }
    }
  }

  private func compile(
    _ rule: DynamicRule, _ number: UInt16, _ addresses: [IPv4Address], _ pool: AddressPool?
  ) -> CompiledRule {
    CompiledRule(
      rule: rule, id: number, accessList: rule.accessList.flatMap { translation.accessLists[$0] },
      addresses: addresses, pool: pool,
      deterministic: DeterministicPorts(
        rule, lists: translation.accessLists, pools: translation.pools, interface: addresses.first))
  }

  func ruleFacts(_ compiled: CompiledRule) -> RuleFacts {
    let rule = compiled.rule
    let settings = translation.settings
    var choice = PortChoice()
    choice.preserves = rule.ports == .preserve
    if case .interface = rule.source { choice.range = settings.interfacePorts }
    let isDeterministic = compiled.deterministic != nil
    let blocks = rule.overload && !isDeterministic ? settings.portBlocks : nil
    return RuleFacts(
      instance: rule.instance, outsideInstance: rule.outsideInstance, egress: rule.egressInterface,
      condition: conditions.condition(rule.condition), id: compiled.id, overload: rule.overload, mapping: rule.mapping,
      filtering: rule.filtering, isReversible: rule.accessList != nil || rule.reversible,
      isPaired: rule.pooling == .paired && !isDeterministic
        && (compiled.addresses.count > 1 || settings.hostsPerAddress != nil || blocks != nil),
      isDeterministic: isDeterministic, matchesHost: compiled.pool?.selection == .matchHost,
      addressCount: compiled.addresses.count, choice: choice, portBlocks: blocks)
  }

  var outsideRules: [CompiledOutsideRule] {
    translation.outsideRules.map { rule in
      CompiledOutsideRule(
        rule: rule, condition: conditions.condition(rule.condition),
        addresses: Self.addresses(translation.pools[rule.pool]))
    }
  }

  var destinationRules: [CompiledDestinationRule] {
    translation.destinationRules.map { rule in
      let entries = translation.accessLists[rule.accessList]?.entries ?? []
      let hosts = entries.filter(\.permits).compactMap { entry -> ClosedRange<IPv4Address>? in
        let match = entry.isAboutSourceOnly ? entry.source : entry.destination
        // A wildcard that is no host part names no range; such virtual hosts are reached but not announced.
        guard match.wildcard & (match.wildcard &+ 1) == 0, match.wildcard <= 0xFFFF else { return nil }
        let first = match.address.rawValue & ~match.wildcard
        return IPv4Address(first)...IPv4Address(first | match.wildcard)
      }
      return CompiledDestinationRule(
        rule: rule, list: conditions.lists.number(of: rule.accessList), virtualHosts: hosts,
        members: Self.addresses(translation.pools[rule.pool]))
    }
  }

  func facts(_ rules: [CompiledRule]) -> [InterfaceFacts] {
    var facts = Array(repeating: InterfaceFacts(), count: NetworkInterface.maximumCount)
    for interface in interfaces {
      var record = InterfaceFacts(realm: interface.realm, instance: interface.instance)
      record.mtu = interface.mtu
      record.maximumSegmentSize = interface.maximumSegmentSize
      record.likelyRule = rules.first { $0.rule.instance == interface.instance }?.id ?? 0
      record.address = interface.address ?? .unspecified
      record.reassembly = interface.reassembly
      facts[Int(interface.id.rawValue)] = record
    }
    return facts
  }

  /// The inside global addresses of rules, of the given static entries, and of virtual hosts.
  func globalRanges(_ rules: [CompiledRule], _ statics: [CompiledStatic]) -> [GlobalAddresses.Range] {
    var ranges = rules.flatMap { rule in
      (rule.pool?.usableRanges ?? rule.addresses.map { $0...$0 }).map {
        GlobalAddresses.Range($0, in: rule.rule.outsideInstance)
      }
    }
    ranges += statics.map { GlobalAddresses.Range($0.globalRange, in: $0.entry.outsideInstance) }
    for rule in destinationRules { ranges += rule.virtualHosts.map { GlobalAddresses.Range($0) } }
    return ranges
  }

  /// The outside local addresses that inside hosts may ask for by ARP.
  var outsideRanges: [GlobalAddresses.Range] {
    translation.outsideStatics.filter { !$0.noAlias }.map { entry in
      let mask = IPv4Prefix.mask(entry.prefixLength)
      let first = entry.local.rawValue & mask
      return GlobalAddresses.Range(IPv4Address(first)...IPv4Address(first | ~mask), in: entry.instance)
    }
      + outsideRules.flatMap { rule in
        rule.addresses.map { GlobalAddresses.Range($0...$0, in: rule.rule.instance) }
      }
  }
}
