package import Forwarding
package import WireFormats

/// What the packet path needs of an interface, in one small record.
struct InterfaceFacts: BitwiseCopyable, Sendable {
  var realm = Realm.none
  var instance = RoutingInstance.global
  var mtu: UInt16 = 0
  var address = IPv4Address(0)
}

/// A dynamic rule with its access list and addresses at hand.
package struct CompiledRule: Sendable {
  package let rule: DynamicRule
  package let accessList: AccessList
  /// The addresses that the rule may give out; those that static entries hold are left out.
  package let addresses: [IPv4Address]
  package let pool: AddressPool?
}

/// A static entry whose global address is known.
package struct CompiledStatic: Sendable {
  package let entry: StaticTranslation
  package let global: IPv4Address
}

/// The rules in force: an immutable value, compiled from a checked configuration. Each worker has its own copy, so
/// that looking something up in it shares no reference count with another core.
package struct Policy: Sendable {
  package let interfaces: [NetworkInterface]
  package let routes: RoutingTable
  package let timeouts: Timeouts
  package let rules: [CompiledRule]
  package let statics: [CompiledStatic]
  /// Every inside global address of rules and static entries.
  package let globalAddresses: GlobalAddresses
  package let maximumEntries: Int

  let facts: [InterfaceFacts]
  /// What each rule's access list says, flat: the packet path looks at numbers, not at values with storage of their own.
  private let matchers: [RuleMatcher]
  private let lines: [AccessList.Entry]
  private let staticLocals: [StaticKey: Int]
  fileprivate let staticGlobals: [StaticKey: Int]
  /// Global addresses that the gateway answers ARP requests for.
  private let aliases: GlobalAddresses
  private let ownAddresses: [IPv4Address]
  /// The global addresses of all static entries.
  private let anyStatics: Set<IPv4Address>

  private struct RuleMatcher: BitwiseCopyable {
    var instance: RoutingInstance
    /// Its lines of `lines`.
    var first: Int
    var end: Int
  }

  fileprivate struct StaticKey: Hashable {
    var address: IPv4Address
    var transport: UInt8
    var port: UInt16
    var instance: UInt16
  }

  /// Compiles a configuration that has been checked: names that rules use exist, interfaces have addresses.
  ///
  /// - Parameter earlier: the policy that this one follows in a running gateway, whose addresses keep their numbers.
  package init(
    interfaces: [NetworkInterface], routes: RoutingTable, translation: TranslationConfiguration,
    after earlier: Policy? = nil
  ) {
    self.interfaces = interfaces
    self.routes = routes
    timeouts = translation.timeouts
    maximumEntries = translation.maximumEntries
    facts = Self.facts(of: interfaces)
    ownAddresses = interfaces.compactMap(\.address)
    func address(of interface: InterfaceID) -> IPv4Address? {
      interfaces.first { $0.id == interface }?.address
    }
    let statics = translation.staticTranslations.compactMap { entry -> CompiledStatic? in
      switch entry.global {
      case .address(let global): CompiledStatic(entry: entry, global: global)
      case .interface(let interface): address(of: interface).map { CompiledStatic(entry: entry, global: $0) }
      }
    }
    self.statics = statics
    let wholeStatics = Set(statics.filter { $0.entry.ports == nil }.map(\.global))
    let anyStatics = Set(statics.map(\.global))
    self.anyStatics = anyStatics
    rules = translation.dynamicRules.map { rule in
      var addresses: [IPv4Address] = []
      var pool: AddressPool?
      switch rule.source {
      case .interface(let interface): addresses = address(of: interface).map { [$0] } ?? []
      case .pool(let name):
        pool = translation.pools[name]
        for range in pool?.ranges ?? [] {
          addresses += (range.lowerBound.rawValue...range.upperBound.rawValue).map { IPv4Address($0) }
        }
      }
      // A host with an address of its own gets one of which no static entry holds as much as a port.
      let taken = rule.overload ? wholeStatics : anyStatics
      return CompiledRule(
        rule: rule, accessList: translation.accessLists[rule.accessList ?? ""] ?? AccessList(name: rule.accessList ?? ""),
        addresses: addresses.filter { !taken.contains($0) }, pool: pool)
    }
    var matchers: [RuleMatcher] = []
    var lines: [AccessList.Entry] = []
    for rule in rules {
      let first = lines.count
      lines += rule.accessList.entries
      matchers.append(RuleMatcher(instance: rule.rule.instance, first: first, end: lines.count))
    }
    self.matchers = matchers
    self.lines = lines
    let ruleRanges = rules.flatMap { rule in rule.pool?.ranges ?? rule.addresses.map { $0...$0 } }
    globalAddresses = GlobalAddresses(
      ruleRanges + statics.map { $0.global...$0.global }, after: earlier?.globalAddresses)
    aliases = GlobalAddresses(
      ruleRanges + statics.filter { !$0.entry.noAlias }.map { $0.global...$0.global })
    staticLocals = Self.index(statics) { ($0.entry.local, $0.entry.ports?.local ?? 0, $0.entry.instance.rawValue) }
    staticGlobals = Self.index(statics) { ($0.global, $0.entry.ports?.global ?? 0, 0) }
  }

  private static func facts(of interfaces: [NetworkInterface]) -> [InterfaceFacts] {
    var facts = Array(repeating: InterfaceFacts(), count: NetworkInterface.maximumCount)
    for interface in interfaces {
      facts[Int(interface.id.rawValue)] = InterfaceFacts(
        realm: interface.realm, instance: interface.instance, mtu: interface.mtu,
        address: interface.address ?? .unspecified)
    }
    return facts
  }

  private static func index(
    _ statics: [CompiledStatic], by side: (CompiledStatic) -> (IPv4Address, UInt16, UInt16)
  ) -> [StaticKey: Int] {
    var result: [StaticKey: Int] = [:]
    for (number, entry) in statics.enumerated() {
      let (address, port, instance) = side(entry)
      let key = StaticKey(
        address: address, transport: entry.entry.ports?.transport.rawValue ?? 0, port: port, instance: instance)
      // Of several globals for one local (`extendable`) the first is the one that outbound packets get.
      if result[key] == nil { result[key] = number }
    }
    return result
  }

  /// The static entry of an inside local endpoint: a port entry before a one-to-one entry.
  func staticEntry(
    local: IPv4Address, _ number: IPProtocol, port: UInt16, in instance: RoutingInstance
  ) -> Int? {
    if staticLocals.isEmpty { return nil }
    return staticLocals[
      StaticKey(address: local, transport: number.rawValue, port: port, instance: instance.rawValue)]
      ?? staticLocals[StaticKey(address: local, transport: 0, port: 0, instance: instance.rawValue)]
  }

  /// The static entry of an inside global endpoint.
  func staticEntry(global: IPv4Address, _ number: IPProtocol, port: UInt16) -> Int? {
    if staticGlobals.isEmpty { return nil }
    return staticGlobals[StaticKey(address: global, transport: number.rawValue, port: port, instance: 0)]
      ?? staticGlobals[StaticKey(address: global, transport: 0, port: 0, instance: 0)]
  }

  /// The first dynamic rule whose access list permits `source`.
  func rule(for source: IPv4Address, in instance: RoutingInstance) -> Int? {
    for index in matchers.indices where matchers[index].instance == instance {
      for line in matchers[index].first..<matchers[index].end where lines[line].source.matches(source) {
        if lines[line].permits { return index }
        break
      }
    }
    return nil
  }

  /// Whether a static entry has the global address, or a port of it.
  func isStatic(global address: IPv4Address) -> Bool { anyStatics.contains(address) }

  /// Whether outside hosts reach `local` only through translation.
  func translates(_ local: IPv4Address, in instance: RoutingInstance) -> Bool {
    rule(for: local, in: instance) != nil
      || statics.contains { $0.entry.local == local && $0.entry.instance == instance }
  }

  /// Whether `address` is one of the gateway's own.
  package func isOwn(_ address: IPv4Address) -> Bool { ownAddresses.contains(address) }

  /// Whether the gateway answers an ARP request for `address` that arrived on `interface`: its own address there, or
  /// an inside global address of the interface's network (RFC 1027's proxy, as IOS does for pools and static entries).
  package func answersARP(for address: IPv4Address, on interface: InterfaceID) -> Bool {
    guard let own = interfaces.first(where: { $0.id == interface }) else { return false }
    if own.address == address { return true }
    return own.realm == .outside && own.connected?.contains(address) == true && !isOwn(address)
      && aliases.contains(address)
  }

  /// The addresses that `answersARP` stands for on an interface, for gratuitous announcements.
  package func aliases(on interface: NetworkInterface) -> [IPv4Address] {
    guard interface.realm == .outside, let connected = interface.connected else { return [] }
    return aliases.ranges.flatMap { range in
      (range.lowerBound.rawValue...range.upperBound.rawValue).lazy.map { IPv4Address($0) }
        .filter { connected.contains($0) && !isOwn($0) }
    }
  }
}

extension Policy {
  /// Marks the ports of static port entries as taken, so that no dynamic mapping gets them.
  package func reserveStaticPorts(in map: PortMap) {
    for entry in statics {
      guard let ports = entry.entry.ports, let number = globalAddresses.number(of: entry.global) else { continue }
      _ = map.claim(address: number, protocol: ports.transport, port: ports.global, for: PortMap.reserved)
    }
  }

  /// Gives back the ports that static entries of this policy hold and those of `next`, which follows it, do not.
  package func releaseStaticPorts(in map: PortMap, keptBy next: Policy) {
    for entry in statics {
      guard let ports = entry.entry.ports, let number = next.globalAddresses.lastingNumber(of: entry.global),
        next.staticGlobals[
          StaticKey(
            address: entry.global, transport: ports.transport.rawValue, port: ports.global, instance: 0)] == nil
      else { continue }
      map.free(address: number, protocol: ports.transport, port: ports.global, of: PortMap.reserved)
    }
  }
}
