import Translation

extension MappingBehavior {
  /// The behavior by its name in RFC 4787.
  static let names: KeyValuePairs<String, MappingBehavior> = [
    "endpoint-independent": .endpointIndependent, "address-dependent": .addressDependent,
    "address-and-port-dependent": .addressAndPortDependent,
  ]
}

extension FilteringBehavior {
  /// The behavior by its name in RFC 4787.
  static let names: KeyValuePairs<String, FilteringBehavior> = [
    "endpoint-independent": .endpointIndependent, "address-dependent": .addressDependent,
    "address-and-port-dependent": .addressAndPortDependent,
  ]
}

extension PoolingBehavior {
  /// The behavior by its name in RFC 4787.
  static let names: KeyValuePairs<String, PoolingBehavior> = ["paired": .paired, "arbitrary": .arbitrary]
}

extension PortAssignment {
  /// The assignments that need no numbers.
  static let names: KeyValuePairs<String, PortAssignment> = ["preserve": .preserve, "random": .random]
}

extension StatementReader {
  /// One of the names of a closed set of values.
  mutating func value<Value: Sendable>(
    of names: KeyValuePairs<String, Value>, unsupported: Refusals = [:]
  ) throws(Diagnostic) -> Located<Value> {
    let place = place
    let word = try keyword(among: names.map(\.key), unsupported: unsupported)
    guard let value = names.first(where: { $0.key == word })?.value else { preconditionFailure("a name without value") }
    return Located(value: value, place: place)
  }
}

/// Where a dynamic rule takes addresses from.
private enum RuleSource: String, KeywordSet {
  case pool
  case interface
}

/// What can follow it.
private enum RuleOption: String, KeywordSet {
  case vrf
  case matchInVRF = "match-in-vrf"
  case egressInterface = "egress-interface"
  case overload
  case reversible
  case mapping
  case filtering
  case pooling
  case ports
  case deterministic

  static var unsupported: Refusals {
    [
      "extended": "a port of an address serves different outside hosts at once only with 'mapping "
        + "address-and-port-dependent', which says so by RFC 4787's name",
      "mapping-id": UnsupportedStatements.noRedundancy,
      "oer": "there is no performance routing to be told of the rule",
      "pap": "it is set for all rules by 'ip nat settings pap'",
      "portmap": UnsupportedStatements.noPortMaps,
      "redundancy": UnsupportedStatements.noRedundancy,
    ]
  }
}

/// `ip nat inside source list LIST {pool NAME | interface INTERFACE} [OPTION…]`.
@Sendable func readListRule(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let list = try accessListName(&reader, allowingNames: true)
  return try dynamicRule(&reader, Located(value: .accessList(list.value), place: list.place))
}

/// `ip nat inside source route-map NAME {pool NAME | interface INTERFACE} [OPTION…]`.
@Sendable func readRouteMapRule(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let map = try reader.name("ROUTE-MAP")
  return try dynamicRule(&reader, Located(value: .routeMap(map.value), place: map.place))
}

/// What follows the condition of a rule.
///
/// A rule on an interface's address always overloads it, as IOS has it: that address is the gateway's own too.
private func dynamicRule(
  _ reader: inout StatementReader, _ condition: Located<RuleCondition>
) throws(Diagnostic) -> Statement.Effect {
  if reader.isBareNegation { return removingRule(at: condition.place) { $0.condition.value == condition.value } }
  let source: Located<GlobalDraft>
  switch try reader.keyword(RuleSource.self) {
  case .pool:
    let name = try reader.name("POOL")
    source = Located(value: .pool(name.value), place: name.place)
  case .interface:
    let name = try interfaceName(&reader)
    source = Located(value: .interface(name.value), place: name.place)
  }
  let overload = if case .interface = source.value { true } else { false }
  var rule = DynamicRuleDraft(condition: condition, source: source, overload: overload)
  while !reader.atEnd { try readOption(&reader, into: &rule) }
  let read = rule
  if reader.isNegated {
    return removingRule(at: condition.place) { $0.key == read.key && $0.source.value == read.source.value }
  }
  return { (draft) throws(Diagnostic) in
    guard draft.dynamicRules.count < Draft.maximumDynamicRules else {
      throw Draft.tooMany("dynamic rules", Draft.maximumDynamicRules, at: condition.place)
    }
    draft.dynamicRules.append(read)
  }
}

private func readOption(_ reader: inout StatementReader, into rule: inout DynamicRuleDraft) throws(Diagnostic) {
  let place = reader.place
  switch try reader.keyword(RuleOption.self, or: ["end of line"]) {
  case .vrf: rule.instance.name = try reader.name("VRF")
  case .matchInVRF: rule.instance.matchInVRF = Located(value: true, place: place)
  case .egressInterface: rule.egress = try interfaceName(&reader)
  case .overload: rule.overload = true
  case .reversible: rule.reversible = Located(value: true, place: place)
  case .mapping: rule.mapping = Located(value: try reader.value(of: MappingBehavior.names).value, place: place)
  case .filtering: rule.filtering = Located(value: try reader.value(of: FilteringBehavior.names).value, place: place)
  case .pooling: rule.pooling = Located(value: try reader.value(of: PoolingBehavior.names).value, place: place)
  case .ports: rule.ports = Located(value: try reader.value(of: PortAssignment.names).value, place: place)
  case .deterministic: rule.ports = Located(value: try deterministicPorts(&reader), place: place)
  }
}

/// The ports above the well-known ones, which deterministic ranges are cut from.
private let dividedPorts: UInt16 = 64_512

private enum DeterministicPorts: String, KeywordSet {
  case portsPerHost = "ports-per-host"
}

private enum ReservedPorts: String, KeywordSet {
  case reserved
}

/// `ports-per-host N [reserved N]` (RFC 7422).
private func deterministicPorts(_ reader: inout StatementReader) throws(Diagnostic) -> PortAssignment {
  _ = try reader.keyword(DeterministicPorts.self)
  let count = try reader.number("PORTS", in: 1...dividedPorts).value
  guard case .found = KeywordMatch(reader.nextWord, among: ["reserved"]), reader.nextWord.utf8.count > 2 else {
    return .deterministic(portsPerHost: count, reserved: 0)
  }
  _ = try reader.keyword(ReservedPorts.self)
  return .deterministic(
    portsPerHost: count, reserved: try reader.number("RESERVED", in: 0...dividedPorts - count).value)
}

private func removingRule(
  at place: Place, _ matches: @escaping (DynamicRuleDraft) -> Bool
) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    guard let index = draft.dynamicRules.lastIndex(where: matches) else {
      throw Diagnostic(place: place, message: "there is no such rule to remove")
    }
    draft.dynamicRules.remove(at: index)
  }
}
