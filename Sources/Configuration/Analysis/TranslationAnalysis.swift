import Forwarding
import Translation
import WireFormats

extension Analysis {
  /// Checks that the rules' lists, pools and interfaces exist and that each rule can ever apply.
  mutating func resolveDynamicRules() {
    var firstUse: [String: Int] = [:]
    var overloads: [String: DynamicRuleDraft] = [:]
    for rule in draft.dynamicRules {
      let list = rule.accessList
      if draft.accessLists[list.value] == nil {
        reportMissing(
          list.place, "there is no access list \(quoted(list.value))", name: list.value,
          expected: names(draft.accessLists.keys.sorted(by: GatewayConfiguration.listOrder)))
      }
      if let line = firstUse[list.value] {
        report(
          list.place,
          "access list \(quoted(list.value)) already has a rule in line \(line), so this one can never apply")
      }
      firstUse[list.value] = firstUse[list.value] ?? list.place.line
      guard let source = globalSource(of: rule) else { continue }
      if case .pool(let name) = source, let other = overloads.updateValue(rule, forKey: name),
        other.overload != rule.overload
      {
        report(
          rule.source.place,
          "pool \(quoted(name)) is used with and without 'overload' (line \(other.source.place.line))")
      }
      result.translation.dynamicRules.append(
        DynamicRule(accessList: list.value, source: source, overload: rule.overload))
    }
  }

  /// Where a rule takes addresses from, or nil after a report.
  private mutating func globalSource(of rule: DynamicRuleDraft) -> GlobalSource? {
    let place = rule.source.place
    switch rule.source.value {
    case .pool(let name):
      guard draft.pools[name] != nil else {
        reportMissing(
          place, "there is no pool \(quoted(name))", name: name, expected: names(draft.pools.keys.sorted()))
        return nil
      }
      return .pool(name)
    case .interface(let name): return addressedInterface(name, at: place).map { .interface($0) }
    }
  }

  /// The interface that lends its address, or nil after a report.
  private mutating func addressedInterface(_ name: String, at place: Place) -> InterfaceID? {
    guard let id = interface(name, at: place) else { return nil }
    guard result.interfaces[Int(id.rawValue)].address != nil else {
      reportMissing(place, "interface \(quoted(name)) has no address to translate to")
      return nil
    }
    return id
  }

  /// Resolves static entries and checks them against each other.
  mutating func resolveStaticTranslations() {
    var locals: [IPv4Address: StaticDraft] = [:]
    var globals: [GlobalKey: StaticDraft] = [:]
    for entry in draft.staticTranslations {
      let global: StaticGlobal
      let address: IPv4Address
      switch entry.global.value {
      case .address(let literal):
        (global, address) = (.address(literal), literal)
        if entry.ports == nil, let own = result.interfaces.first(where: { $0.address == literal }) {
          report(
            entry.global.place, "\(literal) is the gateway's own address on interface \(quoted(own.name))",
            expected: ["interface \(own.name)"])
        }
      case .interface(let name):
        guard let id = addressedInterface(name, at: entry.global.place) else { continue }
        (global, address) = (.interface(id), result.interfaces[Int(id.rawValue)].address ?? .unspecified)
      }
      if let own = result.interfaces.first(where: { $0.address == entry.local.value }) {
        report(
          entry.local.place, "\(entry.local.value) is the gateway's own address on interface \(quoted(own.name))")
      }
      let globalKey = GlobalKey(address: address, transport: entry.ports?.transport, port: entry.ports?.global ?? 0)
      if let other = globals[globalKey] { refuseDuplicate(entry, of: other, at: address) }
      globals[globalKey] = globals[globalKey] ?? entry
      checkExtendable(entry, &locals)
      result.translation.staticTranslations.append(
        StaticTranslation(
          local: entry.local.value, global: global, ports: entry.ports, extendable: entry.extendable,
          noAlias: entry.noAlias, noPayload: entry.noPayload))
    }
  }

  /// One global endpoint leads to one local one.
  private mutating func refuseDuplicate(_ entry: StaticDraft, of other: StaticDraft, at address: IPv4Address) {
    let what = entry.ports.map { "\($0.transport) port \($0.global) of \(address)" } ?? "\(address)"
    report(
      entry.global.place, "\(what) is already translated to \(other.local.value) in line \(other.local.place.line)")
  }

  /// Several one-to-one entries for one local address need `extendable`. IOS adds it to port entries by itself.
  private mutating func checkExtendable(_ entry: StaticDraft, _ locals: inout [IPv4Address: StaticDraft]) {
    guard entry.ports == nil else { return }
    let key = entry.local.value
    guard let other = locals[key] else {
      locals[key] = entry
      return
    }
    guard !(entry.extendable && other.extendable) else { return }
    report(
      entry.local.place,
      "\(entry.local.value) already has a static translation in line \(other.local.place.line)",
      expected: ["'extendable' on both"])
  }
}

/// The global side of a static entry; no transport and port 0 for a one-to-one entry.
private struct GlobalKey: Hashable {
  var address: IPv4Address
  var transport: IPProtocol?
  var port: UInt16
}
