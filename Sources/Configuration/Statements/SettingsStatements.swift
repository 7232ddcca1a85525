import Translation
import WireFormats

/// What `ip nat settings` sets.
private enum Setting: String, KeywordSet {
  case pap
  case interfaceOverload = "interface-overload"
  case mapping
  case filtering
  case pooling
  case ports
  case holdDown = "hold-down"
  case refusal
  case unsolicitedSYN = "unsolicited-syn"
  case inboundRefresh = "inbound-refresh"

  static var unsupported: Refusals {
    [
      "central-policy": "there is one policy, and every worker has it",
      "cfg-check": "a reload is checked as a whole before anything changes",
      "gatekeeper-size": "packets that are not translated need no cache here, so there is none to size",
      "high-performance": "there is one way through the gateway, and it is the fast one",
      "mode": "what carrier-grade mode is on a router is said by single settings here, or all at once by "
        + "'conformance rfc'",
      "nonpatdrop": "a host that no address is left for is refused and counted in any case",
      "nonpatlog-disable": "'ip nat log translations' says what is logged",
      "pool": "'show ip nat pool' and the metrics say how full pools are; watermarks belong into what watches them",
      "scale": "tables are sized by 'ip nat translation max-entries'",
      "support": "outside translations work in every mode, so there is nothing to switch on",
      "trans-err-limit": "refused translations are counted by reason, and not logged one by one",
    ]
  }
}

/// `[no] ip nat settings …`.
@Sendable func readSettings(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  switch try reader.keyword(Setting.self) {
  case .pap: return try pairedPooling(&reader)
  case .interfaceOverload: return try interfaceOverload(&reader)
  case .mapping: return try named(\.mapping, &reader, MappingBehavior.names)
  case .filtering: return try named(\.filtering, &reader, FilteringBehavior.names)
  case .pooling: return try named(\.pooling, &reader, PoolingBehavior.names)
  case .ports:
    return try named(
      \.ports, &reader, PortAssignment.names,
      unsupported: [
        "deterministic": "ranges of ports are computed for each rule; say it there"
      ])
  case .refusal: return try named(\.refusalCode, &reader, TranslationSettings.refusals)
  case .holdDown:
    return try setting(\.holdDown, &reader) { (reader) throws(Diagnostic) in
      try reader.number("SECONDS", in: 0...3600).value
    }
  case .unsolicitedSYN: return try setting(\.unsolicitedSYN, &reader, waitingTime)
  case .inboundRefresh:
    let isOn = !reader.isNegated
    return { $0.settings.inboundRefresh = isOn }
  }
}

extension TranslationSettings {
  /// The codes of ICMP "Destination Unreachable" that a refusal may have.
  static let refusals: KeyValuePairs<String, UInt8> = ["host-unreachable": 1, "prohibited": 13]
}

/// RFC 5382 REQ-4: nobody is told for at least six seconds.
private func waitingTime(_ reader: inout StatementReader) throws(Diagnostic) -> UInt32 {
  let seconds = try reader.number("SECONDS", in: UInt32(0)...60)
  guard seconds.value == 0 || seconds.value >= 6 else {
    throw Diagnostic(
      place: seconds.place, message: "RFC 5382 REQ-4 asks for six seconds at least before a sender is told",
      expected: ["0 (never told)", "SECONDS (6-60)"])
  }
  return seconds.value
}

/// A setting whose value has a name; `no` brings its default back.
private func named<Value: Sendable>(
  _ field: WritableKeyPath<SettingsDraft, Value?>, _ reader: inout StatementReader,
  _ names: KeyValuePairs<String, Value>, unsupported: Refusals = [:]
) throws(Diagnostic) -> Statement.Effect {
  try setting(field, &reader) { (reader) throws(Diagnostic) in
    try reader.value(of: names, unsupported: unsupported).value
  }
}

private func setting<Value>(
  _ field: WritableKeyPath<SettingsDraft, Value?>, _ reader: inout StatementReader,
  _ read: (inout StatementReader) throws(Diagnostic) -> Value
) throws(Diagnostic) -> Statement.Effect {
  let value = reader.isBareNegation ? nil : try read(&reader)
  let result = reader.isNegated ? nil : value
  return { $0.settings[keyPath: field] = result }
}

/// The options of paired address pooling.
private enum PairedPoolingOption: String, KeywordSet {
  case limit
  case bpa
}

/// The options of bulk port allocation.
private enum PortBlockOption: String, KeywordSet {
  case setSize = "set-size"
  case stepSize = "step-size"
  case singleSet = "single-set"
}

/// Hosts that share an address when `pap` does not say how many.
private let standardHostsPerAddress = 120

/// `pap [limit N] [bpa [set-size N] [step-size N] [single-set]]`.
private func pairedPooling(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  var hosts = standardHostsPerAddress
  var blocks: PortBlocks?
  while blocks == nil, let option = try reader.option(PairedPoolingOption.self) {
    switch option {
    case .limit: hosts = try choice(&reader, "LIMIT", of: [30, 60, 120, 250, 500, 1000])
    case .bpa: blocks = PortBlocks()
    }
  }
  while blocks != nil, let option = try reader.option(PortBlockOption.self) {
    switch option {
    case .setSize: blocks?.setSize = UInt16(try choice(&reader, "SIZE", of: [64, 128, 256, 512, 1024]))
    case .stepSize: blocks?.stepSize = UInt16(try choice(&reader, "STEP", of: [1, 2, 4, 8, 16]))
    case .singleSet: blocks?.singleSet = true
    }
  }
  let (limit, result) = (reader.isNegated ? nil : hosts, reader.isNegated ? nil : blocks)
  return {
    $0.settings.hostsPerAddress = limit
    $0.settings.portBlocks = result
  }
}

/// One of a few numbers.
private func choice(
  _ reader: inout StatementReader, _ role: String, of numbers: [Int]
) throws(Diagnostic) -> Int {
  let list = numbers.map { "\($0)" }.joined(separator: ", ")
  let number = try reader.number(role, in: 1...65_535)
  guard numbers.contains(number.value) else {
    throw Diagnostic(
      place: number.place, message: "\(number.value) is not one of \(list)", expected: ["\(role) (\(list))"])
  }
  return number.value
}

/// What is set of the ports of an interface's address.
private enum InterfacePorts: String, KeywordSet {
  case block
  case port
}

private let unprivileged: ClosedRange<UInt16> = 1024...65_535

/// `interface-overload {block port {tcp|udp} PORT | port range START END}`.
private func interfaceOverload(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let isNegated = reader.isNegated
  switch try reader.keyword(InterfacePorts.self) {
  case .port:
    _ = try reader.keyword(among: ["range"])
    if reader.isBareNegation { return { $0.settings.interfacePorts = nil } }
    let first = try reader.number("START", in: unprivileged)
    let last = try reader.number("END", in: unprivileged)
    guard first.value <= last.value else {
      throw Diagnostic(
        place: last.place, message: "\(last.value) is lower than the first port, \(first.value)",
        expected: ["END (\(first.value) or higher)"])
    }
    return { $0.settings.interfacePorts = isNegated ? nil : first.value...last.value }
  case .block:
    _ = try reader.keyword(among: ["port"])
    let transport = try reader.keyword(PortTransport.self).number
    let port = try reader.number("PORT", in: unprivileged)
    let blocked = TranslationSettings.BlockedPort(transport: transport, port: port.value)
    return changing(\.blockedPorts, blocked, isNegated: isNegated, at: port.place)
  }
}

/// Adds a port to a list of them, or takes it out.
func changing(
  _ field: WritableKeyPath<SettingsDraft, [TranslationSettings.BlockedPort]>,
  _ port: TranslationSettings.BlockedPort, isNegated: Bool, at place: Place
) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    draft.settings[keyPath: field].removeAll { $0 == port }
    if isNegated { return }
    guard draft.settings[keyPath: field].count < Draft.maximumBlockedPorts else {
      throw Draft.tooMany("ports of this kind", Draft.maximumBlockedPorts, at: place)
    }
    draft.settings[keyPath: field].append(port)
  }
}
