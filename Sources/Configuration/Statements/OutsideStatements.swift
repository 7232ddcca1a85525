import Translation
import WireFormats

/// What can follow the pool of an outside rule.
private enum OutsideRuleOption: String, KeywordSet {
  case vrf
  case matchInVRF = "match-in-vrf"
  case addRoute = "add-route"

  static var unsupported: Refusals {
    [
      "mapping-id": UnsupportedStatements.noRedundancy,
      "overload": "outside hosts that share an outside local address could not be told apart by inside hosts",
      "redundancy": UnsupportedStatements.noRedundancy,
    ]
  }
}

/// `ip nat outside source list LIST pool NAME [OPTION…]`.
@Sendable func readOutsideListRule(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let list = try accessListName(&reader, allowingNames: true)
  return try outsideRule(&reader, Located(value: .accessList(list.value), place: list.place))
}

/// `ip nat outside source route-map NAME pool NAME [OPTION…]`.
@Sendable func readOutsideRouteMapRule(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let map = try reader.name("ROUTE-MAP")
  return try outsideRule(&reader, Located(value: .routeMap(map.value), place: map.place))
}

private func outsideRule(
  _ reader: inout StatementReader, _ condition: Located<RuleCondition>
) throws(Diagnostic) -> Statement.Effect {
  var rule: OutsideRuleDraft?
  if !reader.isBareNegation {
    var new = OutsideRuleDraft(condition: condition, pool: try pool(&reader))
    while let option = try reader.option(OutsideRuleOption.self) {
      switch option {
      case .vrf: new.instance.name = try reader.name("VRF")
      case .matchInVRF: new.instance.matchInVRF = Located(value: true, place: reader.previousPlace)
      case .addRoute: new.addRoute = true
      }
    }
    rule = new
  }
  let read = rule
  let isNegated = reader.isNegated
  return { (draft) throws(Diagnostic) in
    if let read, !isNegated {
      guard draft.outsideRules.count < Draft.maximumDynamicRules else {
        throw Draft.tooMany("rules for outside hosts", Draft.maximumDynamicRules, at: condition.place)
      }
      draft.outsideRules.append(read)
      return
    }
    let index = draft.outsideRules.lastIndex { rule in
      guard rule.condition.value == condition.value else { return false }
      guard let read else { return true }
      return rule.pool.value == read.pool.value && rule.instance.name?.value == read.instance.name?.value
    }
    guard let index else { throw Diagnostic(place: condition.place, message: "there is no such rule to remove") }
    draft.outsideRules.remove(at: index)
  }
}

/// `pool NAME`.
private func pool(_ reader: inout StatementReader) throws(Diagnostic) -> Located<String> {
  _ = try reader.keyword(
    among: ["pool"], unsupported: ["interface": "outside hosts get addresses of their own, from a pool"])
  return try reader.name("POOL")
}

/// What a static entry for outside hosts begins with when it is not one-to-one.
private enum OutsideStaticForm: String, KeywordSet {
  case tcp
  case udp
  case network
}

/// The options of static entries for outside hosts.
private enum OutsideStaticOption: String, KeywordSet {
  case vrf
  case matchInVRF = "match-in-vrf"
  case extendable
  case noAlias = "no-alias"
  case noPayload = "no-payload"
  case addRoute = "add-route"

  static var unsupported: Refusals {
    [
      "forced": "a reload ends the sessions of an entry that is gone, so it has nothing to force",
      "mapping-id": UnsupportedStatements.noRedundancy, "redundancy": UnsupportedStatements.noRedundancy,
    ]
  }
}

/// `ip nat outside source static …`: one host, `{tcp|udp}` one port, or `network` many hosts.
@Sendable func readOutsideStatic(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let form =
    reader.nextBeginsWithDigit ? nil : try reader.keyword(OutsideStaticForm.self, or: ["GLOBAL-ADDRESS (A.B.C.D)"])
  var entry: OutsideStaticDraft
  switch form {
  case .network:
    let (global, local, length) = try networks(&reader, "GLOBAL", "LOCAL")
    entry = OutsideStaticDraft(global: global, local: local, prefixLength: length)
  case nil:
    let global = try reader.hostAddress("GLOBAL-ADDRESS")
    entry = OutsideStaticDraft(global: global, local: try reader.hostAddress("LOCAL-ADDRESS"))
  case .tcp, .udp:
    let global = try reader.hostAddress("GLOBAL-ADDRESS")
    let globalPort = try reader.number("GLOBAL-PORT", in: allPorts).value
    entry = OutsideStaticDraft(global: global, local: try reader.hostAddress("LOCAL-ADDRESS"))
    let localPort = try reader.number("LOCAL-PORT", in: allPorts).value
    entry.ports = StaticTranslation.Ports(
      transport: form == .tcp ? .tcp : .udp, local: localPort, global: globalPort)
  }
  while let option = try reader.option(OutsideStaticOption.self) {
    switch option {
    case .vrf: entry.instance.name = try reader.name("VRF")
    case .matchInVRF: entry.instance.matchInVRF = Located(value: true, place: reader.previousPlace)
    case .extendable: entry.extendable = true
    case .noAlias: entry.noAlias = true
    case .noPayload: entry.noPayload = true
    case .addRoute: entry.addRoute = true
    }
  }
  return changing(entry, isNegated: reader.isNegated)
}

private func changing(_ entry: OutsideStaticDraft, isNegated: Bool) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    if isNegated {
      guard let index = draft.outsideStatics.lastIndex(where: { $0.isSame(as: entry) }) else {
        throw Diagnostic(place: entry.global.place, message: "there is no such static translation to remove")
      }
      draft.outsideStatics.remove(at: index)
    } else {
      guard draft.outsideStatics.count < Draft.maximumStaticTranslations else {
        throw Draft.tooMany("static translations", Draft.maximumStaticTranslations, at: entry.global.place)
      }
      draft.outsideStatics.append(entry)
    }
  }
}

/// `ip nat inside destination list LIST pool NAME`.
@Sendable func readDestinationRule(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let list = try accessListName(&reader, allowingNames: true)
  let name = reader.isBareNegation ? nil : try pool(&reader)
  try reader.end(unsupported: [
    "mapping-id": UnsupportedStatements.noRedundancy, "redundancy": UnsupportedStatements.noRedundancy,
  ])
  let isNegated = reader.isNegated
  return { (draft) throws(Diagnostic) in
    if let name, !isNegated {
      guard draft.destinationRules.count < Draft.maximumDynamicRules else {
        throw Draft.tooMany("rules for destinations", Draft.maximumDynamicRules, at: list.place)
      }
      draft.destinationRules.append(DestinationRuleDraft(accessList: list, pool: name))
      return
    }
    let index = draft.destinationRules.lastIndex {
      $0.accessList.value == list.value && (name == nil || $0.pool.value == name?.value)
    }
    guard let index else { throw Diagnostic(place: list.place, message: "there is no such rule to remove") }
    draft.destinationRules.remove(at: index)
  }
}
