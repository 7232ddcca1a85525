import Translation
import WireFormats

/// Where a dynamic rule takes addresses from.
private enum RuleSource: String, KeywordSet {
  case pool
  case interface
}

/// What can follow it.
private enum RuleOption: String, KeywordSet {
  case overload
  static var unsupported: [String] {
    [
      "egress-interface", "extended", "mapping-id", "match-in-vrf", "oer", "pap", "portmap", "redundancy",
      "reversible", "vrf",
    ]
  }
}

/// `ip nat inside source list LIST {pool NAME | interface INTERFACE} [overload]`.
///
/// A rule on an interface's address always overloads it, as IOS has it: that address is the gateway's own too.
@Sendable func readDynamicRule(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let list = try accessListName(&reader, allowingNames: true)
  if reader.isBareNegation {
    return removingRule {
      $0.accessList.value == list.value
    } at: {
      list.place
    }
  }
  let source: Located<DynamicRuleDraft.Source>
  switch try reader.keyword(RuleSource.self) {
  case .pool:
    let name = try reader.name("POOL")
    source = Located(value: .pool(name.value), place: name.place)
  case .interface:
    let name = try interfaceName(&reader)
    source = Located(value: .interface(name.value), place: name.place)
  }
  var overload = if case .interface = source.value { true } else { false }
  while let option = try reader.option(RuleOption.self) {
    switch option {
    case .overload: overload = true
    }
  }
  let rule = DynamicRuleDraft(accessList: list, source: source, overload: overload)
  if reader.isNegated {
    return removingRule {
      $0.accessList.value == rule.accessList.value && $0.source.value == rule.source.value
    } at: {
      list.place
    }
  }
  return { (draft) throws(Diagnostic) in
    guard draft.dynamicRules.count < Draft.maximumDynamicRules else {
      throw Draft.tooMany("dynamic rules", Draft.maximumDynamicRules, at: list.place)
    }
    draft.dynamicRules.append(rule)
  }
}

private func removingRule(
  _ matches: @escaping (DynamicRuleDraft) -> Bool, at place: @escaping () -> Place
) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    guard let index = draft.dynamicRules.lastIndex(where: matches) else {
      throw Diagnostic(place: place(), message: "there is no such rule to remove")
    }
    draft.dynamicRules.remove(at: index)
  }
}

/// What a static entry begins with when it is not one-to-one.
private enum StaticForm: String, KeywordSet {
  case tcp
  case udp
  static var unsupported: [String] { ["esp", "network"] }
}

/// What a static entry's global side is when it is not an address.
private enum StaticGlobalForm: String, KeywordSet {
  case interface
}

/// The options of static entries.
private enum StaticOption: String, KeywordSet {
  case extendable
  case noAlias = "no-alias"
  case noPayload = "no-payload"
  static var unsupported: [String] {
    [
      "egress-interface", "forced", "mapping-id", "match-in-vrf", "overload", "redundancy", "reversible", "route-map",
      "stateless", "vrf",
    ]
  }
}

/// `ip nat inside source static LOCAL {GLOBAL | interface INTERFACE} [OPTION…]` and
/// `ip nat inside source static {tcp|udp} LOCAL LOCAL-PORT {GLOBAL | interface INTERFACE} GLOBAL-PORT [OPTION…]`.
@Sendable func readStaticTranslation(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let form = reader.nextBeginsWithDigit ? nil : try reader.keyword(StaticForm.self, or: ["LOCAL-ADDRESS (A.B.C.D)"])
  let local = try reader.hostAddress("LOCAL-ADDRESS")
  let ports = 1...UInt16.max
  let localPort = try form.map { (_) throws(Diagnostic) in try reader.number("LOCAL-PORT", in: ports).value }
  var entry = StaticDraft(local: local, global: try staticGlobal(&reader))
  if let form, let localPort {
    entry.ports = StaticTranslation.Ports(
      transport: form == .tcp ? .tcp : .udp, local: localPort,
      global: try reader.number("GLOBAL-PORT", in: ports).value)
  }
  while let option = try reader.option(StaticOption.self) {
    switch option {
    case .extendable: entry.extendable = true
    case .noAlias: entry.noAlias = true
    case .noPayload: entry.noPayload = true
    }
  }
  let read = entry
  guard reader.isNegated else {
    return { (draft) throws(Diagnostic) in
      guard draft.staticTranslations.count < Draft.maximumStaticTranslations else {
        throw Draft.tooMany("static translations", Draft.maximumStaticTranslations, at: local.place)
      }
      draft.staticTranslations.append(read)
    }
  }
  return { (draft) throws(Diagnostic) in
    guard let index = draft.staticTranslations.lastIndex(where: { $0.isSame(as: read) }) else {
      throw Diagnostic(place: local.place, message: "there is no such static translation to remove")
    }
    draft.staticTranslations.remove(at: index)
  }
}

/// The global side of a static entry, without its port.
private func staticGlobal(_ reader: inout StatementReader) throws(Diagnostic) -> Located<StaticDraft.Global> {
  if reader.nextBeginsWithDigit {
    let address = try reader.hostAddress("GLOBAL-ADDRESS")
    return Located(value: .address(address.value), place: address.place)
  }
  _ = try reader.keyword(StaticGlobalForm.self, or: ["GLOBAL-ADDRESS (A.B.C.D)"])
  let name = try interfaceName(&reader)
  return Located(value: .interface(name.value), place: name.place)
}
