// Statements about the gateway as a whole, and those that a pasted running configuration begins and ends with.

/// `hostname NAME`.
@Sendable func readHostname(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  if reader.isBareNegation { return { $0.hostname = nil } }
  let name = try reader.name("NAME")
  // RFC 1123 section 2.1, which IOS keeps to: a name that can stand in a domain name.
  guard
    name.value.utf8.count <= 63, name.value.first != "-", name.value.last != "-",
    name.value.utf8.allSatisfy({ isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") })
  else {
    throw Diagnostic(
      place: name.place, message: "\(quoted(name.value)) is not a host name",
      expected: ["NAME (1 to 63 letters, digits and inner hyphens)"])
  }
  let value = reader.isNegated ? nil : name.value
  return { $0.hostname = value }
}

/// `control-socket PATH`.
@Sendable func readControlSocket(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  if reader.isBareNegation { return { $0.controlSocket = GatewayConfiguration.defaultControlSocket } }
  // The path of a socket's address has 108 octets, one of them for the final zero.
  let path = try reader.path("PATH", upTo: 107).value
  let value = reader.isNegated ? GatewayConfiguration.defaultControlSocket : path
  return { $0.controlSocket = value }
}

extension Conformance: KeywordSet {}

/// `conformance {ios|rfc}`: whose defaults hold.
@Sendable func readConformance(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let value = reader.isBareNegation ? .ios : try reader.keyword(Conformance.self)
  let result = reader.isNegated ? .ios : value
  return { $0.conformance = result }
}

/// `ip nat create flow-entries`: every session has an entry of its own, and could not be followed without it.
@Sendable func readFlowEntries(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  guard !reader.isNegated else {
    throw reader.unsupported(
      "ip nat create flow-entries",
      because: "every session has an entry, without which neither its state nor its end could be known")
  }
  return { _ in }
}

/// `version NUMBER`, the IOS release that wrote a configuration: it selects nothing, there as here.
@Sendable func readVersion(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let version = try reader.word("NUMBER")
  guard version.value.utf8.first.map(isDigit) == true else {
    throw Diagnostic(
      place: version.place, message: "\(quoted(version.value)) is not a version", expected: ["NUMBER (such as 15.1)"])
  }
  return { _ in }
}

/// `end`: nothing may follow it.
@Sendable func readEnd(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let place = reader.start
  return { $0.end = place }
}

/// `exit` in a mode.
@Sendable func readExit(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  { $0.mode = .global }
}

/// `exit` outside of all modes.
@Sendable func readGlobalExit(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  throw Diagnostic(place: reader.start, message: "there is no mode to leave here; 'end' ends the configuration")
}
