import Forwarding
import Translation
import WireFormats

extension Analysis {
  /// Checks that the rules' lists, pools and interfaces exist and that each rule can ever apply.
  mutating func resolveDynamicRules() {
    var firstUse: [DynamicRuleDraft.Key: Int] = [:]
    var overloads: [String: DynamicRuleDraft] = [:]
    result.translation.dynamicRules.reserveCapacity(draft.dynamicRules.count)
    for rule in draft.dynamicRules {
      check(rule.condition)
      if let line = firstUse[rule.key] {
        report(
          rule.condition.place,
          "\(described(rule.condition.value)) already has a rule in line \(line), so this one can never apply")
      }
      firstUse[rule.key] = firstUse[rule.key] ?? rule.condition.place.line
      checkOptions(of: rule)
      guard let (instance, outside) = instances(of: rule.instance),
        let source = globalSource(of: rule, in: outside)
      else { continue }
      if case .pool(let name) = source, let other = overloads.updateValue(rule, forKey: name),
        other.overload != rule.overload
      {
        report(
          rule.source.place,
          "pool \(quoted(name)) is used with and without 'overload' (line \(other.source.place.line))")
      }
      append(rule, source, instance)
    }
  }

  private mutating func append(_ draft: DynamicRuleDraft, _ source: GlobalSource, _ instance: RoutingInstance) {
    var rule = DynamicRule(
      condition: draft.condition.value, source: source, overload: draft.overload, instance: instance)
    rule.matchInVRF = draft.instance.matchInVRF != nil
    rule.egressInterface = draft.egress.flatMap { interface($0.value, at: $0.place) }
    rule.reversible = draft.reversible != nil
    rule.mapping = draft.mapping?.value ?? result.ruleDefaults.mapping
    rule.filtering = draft.filtering?.value ?? result.ruleDefaults.filtering
    rule.pooling = draft.pooling?.value ?? result.ruleDefaults.pooling
    rule.ports = draft.ports?.value ?? result.ruleDefaults.ports
    result.translation.dynamicRules.append(rule)
  }

  /// Options that go with `overload`, and the one that goes without.
  private mutating func checkOptions(of rule: DynamicRuleDraft) {
    if rule.overload, let reversible = rule.reversible {
      report(
        reversible.place,
        "'reversible' goes without 'overload': which of the hosts that share an address would a session be for")
    }
    if !rule.overload, let (place, word) = rule.sharingOption {
      report(place, "'\(word)' goes with 'overload': a host with an address of its own keeps its ports")
    }
  }

  /// A rule's condition as messages name it.
  func described(_ condition: RuleCondition) -> String {
    switch condition {
    case .accessList(let name): "access list \(quoted(name))"
    case .routeMap(let name): "route map \(quoted(name))"
    }
  }

  /// The instances of the inside and of the translated addresses; nil after a report.
  mutating func instances(of choice: InstanceChoice) -> (inside: RoutingInstance, outside: RoutingInstance)? {
    if let place = choice.matchInVRF?.place, choice.name == nil {
      report(place, "'match-in-vrf' goes with 'vrf'", expected: ["vrf NAME match-in-vrf"])
      return nil
    }
    guard let inside = instance(choice.name) else { return nil }
    return (inside, choice.matchInVRF == nil ? .global : inside)
  }

  /// Where a rule takes addresses from, or nil after a report.
  private mutating func globalSource(of rule: DynamicRuleDraft, in outside: RoutingInstance) -> GlobalSource? {
    let place = rule.source.place
    switch rule.source.value {
    case .pool(let name): return pool(Located(value: name, place: place), isRotary: false) ? .pool(name) : nil
    case .interface(let name): return addressedInterface(name, in: outside, at: place).map { .interface($0) }
    case .address: preconditionFailure("a rule takes its addresses from a pool or an interface")
    }
  }

  /// Whether a pool is there and of the type that a rule needs; otherwise it is reported.
  private mutating func pool(_ name: Located<String>, isRotary: Bool) -> Bool {
    guard let pool = draft.pools[name.value] else {
      reportMissing(
        name.place, "there is no pool \(quoted(name.value))", name: name.value,
        expected: names(draft.pools.keys.sorted()))
      return false
    }
    guard (pool.selection == .rotary) == isRotary else {
      report(
        name.place,
        isRotary
          ? "pool \(quoted(name.value)) is not of type rotary, whose hosts take connections in turn"
          : "pool \(quoted(name.value)) is of type rotary, which holds the hosts behind an inside destination")
      return false
    }
    return true
  }

  /// The interface that lends its address, or nil after a report.
  mutating func addressedInterface(
    _ name: String, in instance: RoutingInstance, at place: Place
  ) -> InterfaceID? {
    guard let id = interface(name, at: place) else { return nil }
    let found = result.interfaces[Int(id.rawValue)]
    guard found.address != nil else {
      reportMissing(place, "interface \(quoted(name)) has no address to translate to")
      return nil
    }
    guard found.instance == instance else {
      report(
        place, "interface \(quoted(name)) is in \(named(found.instance)), but the addresses are of \(named(instance))")
      return nil
    }
    return id
  }

  /// Resolves the rules for outside hosts.
  mutating func resolveOutsideRules() {
    struct Key: Hashable {
      var condition: RuleCondition
      var instance: RoutingInstance
    }
    var firstUse: [Key: Int] = [:]
    for draft in draft.outsideRules {
      check(draft.condition)
      guard let (instance, _) = instances(of: draft.instance), pool(draft.pool, isRotary: false) else { continue }
      let place = draft.condition.place
      if let line = firstUse.updateValue(
        place.line, forKey: Key(condition: draft.condition.value, instance: instance))
      {
        report(
          place, "\(described(draft.condition.value)) already has a rule in line \(line), so this one can never apply")
      }
      var rule = OutsideRule(condition: draft.condition.value, pool: draft.pool.value)
      rule.instance = instance
      rule.matchInVRF = draft.instance.matchInVRF != nil
      rule.addRoute = draft.addRoute
      result.translation.outsideRules.append(rule)
    }
  }

  /// Resolves the rules for virtual hosts.
  mutating func resolveDestinationRules() {
    var firstUse: [String: Int] = [:]
    for draft in draft.destinationRules {
      let list = draft.accessList
      checkAccessList(list)
      guard pool(draft.pool, isRotary: true) else { continue }
      if let line = firstUse.updateValue(list.place.line, forKey: list.value) {
        report(
          list.place,
          "access list \(quoted(list.value)) already has a rule in line \(line), so this one can never apply")
      }
      result.translation.destinationRules.append(
        DestinationRule(accessList: list.value, pool: draft.pool.value))
    }
  }
}
