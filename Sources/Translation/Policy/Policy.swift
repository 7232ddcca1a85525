package import Forwarding
package import WireFormats

/// The rules in force: an immutable value, compiled from a checked configuration. Each worker has its own copy, so
/// that looking something up in it shares no reference count with another core.
package struct Policy: Sendable {
  package let interfaces: [NetworkInterface]
  package let routes: RoutingTable
  package let timeouts: Timeouts
  package let limits: EntryLimits
  package let settings: TranslationSettings
  package let logging: TranslationLogging
  /// The rules of `ip nat inside source {list|route-map}`, in the order in which they are asked.
  package let rules: [CompiledRule]
  package let statics: [CompiledStatic]
  package let outsideStatics: [OutsideStatic]
  package let outsideRules: [CompiledOutsideRule]
  package let destinationRules: [CompiledDestinationRule]
  /// Every inside global address of rules, static entries and virtual hosts.
  package let globalAddresses: GlobalAddresses
  package let maximumEntries: Int
  package let doorLimits: DoorLimits
  /// IPv6, which is routed and not translated.
  package let ipv6: IPv6Links
  /// The gateways of sessions over IPv6.
  package let ipv6Services: IPv6Services
  let gatewayServices: GatewayServiceTable

  let facts: [InterfaceFacts]
  let conditions: ConditionTable
  /// What the packet path asks of each rule, flat.
  let ruleFacts: [RuleFacts]
  /// Whether a rule admits packets from outside by their source address alone.
  let filtersByAddress: Bool
  private let ruleNumbers: [Int32]
  let staticLocals: StaticTable
  let staticGlobals: StaticTable
  let outsideLocals: StaticTable
  let outsideGlobals: StaticTable
  let limitedLists: [(list: Int, maximum: Int)]
  let destinationMembers: Set<IPv4Address>
  /// Addresses that the gateway answers ARP requests for: inside global ones, and outside local ones.
  let aliases: GlobalAddresses
  let outsideAliases: GlobalAddresses
  private let ownAddresses: [(address: IPv4Address, instance: RoutingInstance)]

  /// Compiles a configuration that has been checked: names that rules use exist, interfaces have addresses.
  ///
  /// - Parameters:
  ///   - book: gives the dynamic rules their numbers; keep it for the next policy.
  ///   - earlier: the policy that this one replaces, whose addresses keep their numbers.
  package init(
    interfaces: [NetworkInterface], routes: RoutingTable, translation: TranslationConfiguration,
    ipv6Routes: [IPv6Route] = [], book: inout RuleBook, replacing earlier: Policy? = nil
  ) {
    self.interfaces = interfaces
    ipv6 = IPv6Links(interfaces, routes: ipv6Routes)
    ipv6Services = IPv6Services(translation)
    self.routes = routes
    timeouts = translation.timeouts
    limits = translation.limits
    settings = translation.settings
    logging = translation.logging
    maximumEntries = translation.maximumEntries
    doorLimits = translation.doorLimits
    ownAddresses = interfaces.compactMap { interface in interface.address.map { ($0, interface.instance) } }
    let conditions = ConditionTable(translation)
    self.conditions = conditions
    gatewayServices = GatewayServiceTable(translation, conditions.lists)
    let compiler = PolicyCompiler(interfaces: interfaces, translation: translation, conditions: conditions)
    statics = compiler.statics
    rules = compiler.rules(numbers: book.numbers(of: translation.dynamicRules, translation))
    ruleFacts = rules.map { compiler.ruleFacts($0) }
    filtersByAddress = ruleFacts.contains { $0.filtering == .addressDependent }
    outsideStatics = translation.outsideStatics
    outsideRules = compiler.outsideRules
    destinationRules = compiler.destinationRules
    destinationMembers = Set(destinationRules.flatMap(\.members))
    limitedLists = translation.limits.lists.prefix(EntryLimits.maximumLists).map {
      (conditions.lists.number(of: $0.accessList), $0.maximum)
    }
    facts = compiler.facts(rules)
    var numbers = Array(repeating: Int32(-1), count: Int(rules.map(\.id).max() ?? 0) + 1)
    for (index, rule) in rules.enumerated() { numbers[Int(rule.id)] = Int32(index) }
    ruleNumbers = numbers
    staticLocals = StaticTable(statics.map(\.localSide))
    staticGlobals = StaticTable(statics.map(\.globalSide))
    outsideLocals = StaticTable(outsideStatics.map(\.localSide))
    outsideGlobals = StaticTable(outsideStatics.map(\.globalSide))
    globalAddresses = GlobalAddresses(
      compiler.globalRanges(rules, statics), after: earlier?.globalAddresses)
    aliases = GlobalAddresses(compiler.globalRanges(rules, statics.filter { !$0.entry.noAlias }))
    outsideAliases = GlobalAddresses(compiler.outsideRanges)
  }

  /// Compiles a configuration whose rules need no numbers from before.
  package init(interfaces: [NetworkInterface], routes: RoutingTable, translation: TranslationConfiguration) {
    var book = RuleBook()
    self.init(interfaces: interfaces, routes: routes, translation: translation, book: &book)
  }

  /// The place in `rules` of the rule with a number, or nil when it is gone.
  @inline(__always)
  package func ruleNumber(ofID id: UInt16) -> Int? {
    guard Int(id) < ruleNumbers.count, ruleNumbers[Int(id)] >= 0 else { return nil }
    return Int(ruleNumbers[Int(id)])
  }

  /// Seconds for which an unsolicited SYN waits; 0 for never telling its sender.
  package var unsolicitedSYN: UInt32 { settings.unsolicitedSYN }

  /// One more than the highest number of a rule.
  var ruleIDCount: Int { ruleNumbers.count }

  /// Whether `address` is one of the gateway's own in an instance.
  package func isOwn(_ address: IPv4Address, in instance: RoutingInstance = .global) -> Bool {
    for own in ownAddresses where own.address == address && own.instance == instance { return true }
    return false
  }

  /// Whether the gateway answers an ARP request for `address` that arrived on `interface`: its own address there, an
  /// inside global address of an outside interface's network (RFC 1027's proxy, as IOS does for pools and static
  /// entries), or an outside local address of an inside interface's.
  package func answersARP(for address: IPv4Address, on interface: InterfaceID) -> Bool {
    guard let own = interfaces.first(where: { $0.id == interface }) else { return false }
    if own.address == address { return true }
    guard own.connected?.contains(address) == true, !isOwn(address, in: own.instance) else { return false }
    switch own.realm {
    case .outside: return aliases.contains(address, in: own.instance)
    case .inside: return outsideAliases.contains(address, in: own.instance)
    case .none: return false
    }
  }

  /// The addresses that `answersARP` stands for on an outside interface, for gratuitous announcements.
  package func aliases(on interface: NetworkInterface) -> some Sequence<IPv4Address> {
    let connected = interface.realm == .outside ? interface.connected : nil
    return aliases.ranges(in: interface.instance).lazy.flatMap { range in
      (range.lowerBound.rawValue...range.upperBound.rawValue).lazy.map { IPv4Address($0) }
    }.filter { connected?.contains($0) == true && !isOwn($0, in: interface.instance) }
  }
}
