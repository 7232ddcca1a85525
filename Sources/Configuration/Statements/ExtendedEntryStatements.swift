import Translation
import WireFormats

/// What can follow the addresses of a line in an extended list; flags of TCP are read beside it.
private enum EntryOption: String, KeywordSet {
  case established
  case dscp
  case precedence
  case fragments

  static var unsupported: Refusals {
    [
      "log": "translation asks a list about every new session, and a line of a log for each would drown it",
      "log-input": "translation asks a list about every new session, and a line of a log for each would drown it",
      "match-all": "of several flags one is enough; write a line for each combination",
      "match-any": "of several flags one is enough anyway; leave it out",
      "option": "no rule asks for IP options",
      "reflect": "sessions are remembered by translation itself, which admits only what belongs to them",
      "time-range": "lists hold at all times; reload another configuration at the time",
      "tos": "the bits that it compares belong to the code point today; use 'dscp'",
      "ttl": "no rule asks for the time to live",
    ]
  }
}

/// `PROTOCOL SOURCE [PORTS] DESTINATION [PORTS] [MESSAGE] [OPTION…]` of an extended list.
func extendedEntry(_ reader: inout StatementReader, permits: Bool) throws(Diagnostic) -> AccessList.Entry {
  let number = try protocolNumber(&reader)
  var entry = AccessList.Entry(permits: permits, source: .any, protocolNumber: number)
  entry.source = try addressMatch(&reader, "SOURCE")
  entry.sourcePorts = try portMatch(&reader, of: number)
  entry.destination = try addressMatch(&reader, "DESTINATION")
  entry.destinationPorts = try portMatch(&reader, of: number)
  if number == .icmp { try readMessage(&reader, into: &entry) }
  while !reader.atEnd { try readOption(&reader, into: &entry) }
  return entry
}

/// `ip`, the name of a protocol, or its number; nil for all of them.
private func protocolNumber(_ reader: inout StatementReader) throws(Diagnostic) -> IPProtocol? {
  if reader.nextBeginsWithDigit { return IPProtocol(rawValue: try reader.number("PROTOCOL", in: UInt8(0)...255).value) }
  let name = try reader.keyword(
    among: ["ip"] + IOSNames.protocols.map(\.key), unsupported: ["object-group": "write a line for each protocol"],
    or: ["PROTOCOL (0-255)"])
  // As the beginning of a name `ip` would be `ipinip`.
  return name == "ip" ? nil : IOSNames.protocols.value(of: name).map { IPProtocol(rawValue: $0) }
}

/// `any`, `host ADDRESS` or `ADDRESS WILDCARD`.
private func addressMatch(
  _ reader: inout StatementReader, _ role: String
) throws(Diagnostic) -> AccessList.AddressMatch {
  if !reader.nextBeginsWithDigit {
    let keyword = try reader.keyword(
      among: ["any", "host"], unsupported: UnsupportedStatements.addressGroups, or: ["\(role) (A.B.C.D)"])
    if keyword == "any" { return .any }
    return AccessList.AddressMatch(address: try reader.address(role).value, wildcard: 0)
  }
  let address = try reader.address(role).value
  let wildcard = try reader.address("WILDCARD").value.rawValue
  return AccessList.AddressMatch(address: IPv4Address(address.rawValue & ~wildcard), wildcard: wildcard)
}

/// How ports are compared.
private enum PortOperator: String, KeywordSet {
  case equal = "eq"
  case notEqual = "neq"
  case greater = "gt"
  case less = "lt"
  case range
}

/// `{eq|neq} PORT…`, `{gt|lt} PORT` or `range PORT PORT`, of TCP and UDP only; any port when there is none.
private func portMatch(
  _ reader: inout StatementReader, of number: IPProtocol?
) throws(Diagnostic) -> AccessList.PortMatch {
  guard let number, number == .tcp || number == .udp, reader.nextWord.utf8.count > 1,
    case .found = KeywordMatch(reader.nextWord, among: PortOperator.allCases.map(\.rawValue))
  else { return .any }
  let names = IOSNames.ports(of: number)
  switch try reader.keyword(PortOperator.self) {
  case .equal: return .equal(try ports(&reader, names))
  case .notEqual: return .notEqual(try ports(&reader, names))
  case .greater: return .greater(try reader.number("PORT", in: 0...65_534, or: names).value)
  case .less: return .less(try reader.number("PORT", in: 1...65_535, or: names).value)
  case .range:
    let first = try reader.number("PORT", in: 0...65_535, or: names)
    let last = try reader.number("PORT", in: 0...65_535, or: names)
    guard first.value <= last.value else {
      throw Diagnostic(
        place: last.place, message: "\(last.value) is lower than the first port, \(first.value)",
        expected: ["PORT (\(first.value) or higher)"])
    }
    return .range(first.value...last.value)
  }
}

/// One to ten ports; what cannot be a port ends them.
private func ports(
  _ reader: inout StatementReader, _ names: KeyValuePairs<String, UInt16>
) throws(Diagnostic) -> [UInt16] {
  var ports = [try reader.number("PORT", in: 0...65_535, or: names).value]
  while reader.nextIsNumber || names.contains(where: { $0.key == reader.nextWord.lowercased() }) {
    let place = reader.place
    ports.append(try reader.number("PORT", in: 0...65_535, or: names).value)
    guard ports.count <= 10 else { throw Diagnostic(place: place, message: "a line compares at most 10 ports") }
  }
  return ports
}

/// `TYPE [CODE]` or the name of a message of ICMP, when there is one.
private func readMessage(_ reader: inout StatementReader, into entry: inout AccessList.Entry) throws(Diagnostic) {
  if reader.nextIsNumber {
    entry.icmpType = try reader.number("TYPE", in: UInt8(0)...255).value
    if reader.nextIsNumber { entry.icmpCode = try reader.number("CODE", in: UInt8(0)...255).value }
  } else if !reader.atEnd, let message = IOSNames.messages.value(of: reader.nextWord) {
    _ = try reader.word("MESSAGE")
    entry.icmpType = message.type
    entry.icmpCode = message.code
  }
}

/// One option or flag.
private func readOption(_ reader: inout StatementReader, into entry: inout AccessList.Entry) throws(Diagnostic) {
  let place = reader.place
  let flags = entry.protocolNumber == .tcp ? IOSNames.flags.map(\.key) : []
  let options = EntryOption.allCases.map(\.rawValue).filter { entry.protocolNumber == .tcp || $0 != "established" }
  let word = try reader.keyword(
    among: options + flags, unsupported: EntryOption.unsupported,
    or: (entry.protocolNumber == .icmp ? ["MESSAGE"] : []) + ["end of line"])
  if let flag = IOSNames.flags.value(of: word), flags.contains(word) {
    entry.tcpFlags |= flag
    return
  }
  switch EntryOption(rawValue: word) {
  case .established: entry.established = true
  case .dscp:
    let point = try reader.number("DSCP", in: 0...63, or: IOSNames.codePoints).value
    try setCodePoints(point...point, of: &entry, at: place)
  case .precedence:
    let value = try reader.number("PRECEDENCE", in: 0...7, or: IOSNames.precedences).value
    try setCodePoints(value * 8...value * 8 + 7, of: &entry, at: place)
  case .fragments:
    guard entry.sourcePorts == .any, entry.destinationPorts == .any else {
      throw Diagnostic(place: place, message: "only first fragments have ports, and 'fragments' means the others")
    }
    entry.fragments = true
  case nil: preconditionFailure("a keyword without a case")
  }
}

private func setCodePoints(
  _ range: ClosedRange<UInt8>, of entry: inout AccessList.Entry, at place: Place
) throws(Diagnostic) {
  guard entry.codePoints == nil else {
    throw Diagnostic(place: place, message: "a line compares the code point once: 'dscp' or 'precedence'")
  }
  entry.codePoints = range
}
