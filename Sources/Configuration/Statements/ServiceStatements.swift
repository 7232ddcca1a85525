import Translation

/// What follows a service's name.
private enum ServiceForm: Sendable {
  /// Nothing.
  case bare
  /// One of these words has to follow.
  case words([String])
  /// One of these words may follow.
  case optionalWords([String])
  /// `TRANSPORT port N`, with one of these transports.
  case port([String])
  /// As `port`, or `third-party`.
  case portOrThirdParty([String])
  /// Nothing, `{tcp|udp} port N`, or a detail of the SIP gateway.
  case sip
  /// `{tcp|udp} dns`, which is `dns {tcp|udp}` today.
  case classicDNS
  /// `{tcp|udp} port N` of the source ports that may become any port.
  case fullRange
  /// `list LIST` and a service of its own.
  case listed
  /// Nothing, `list LIST` with an IPv6 access list, or `dry-run`.
  case overIPv6
}

/// The services of `ip nat service`, with what follows their names.
private let forms: KeyValuePairs<String, ServiceForm> = [
  "alg": .classicDNS, "all-algs": .bare, "allow-h323-even-rtp-ports": .bare, "allow-h323-keepalive": .bare,
  "allow-multipart": .bare, "allow-sip-even-rtp-ports": .bare, "allow-skinny-even-rtp-ports": .bare,
  "append-ldap-search-res": .bare, "dns": .optionalWords(["tcp", "udp", "dry-run"]), "dns-reset-ttl": .bare,
  "dns-v6": .overIPv6,
  "ftp": .optionalWords(["dry-run"]),
  "fullrange": .fullRange, "h225": .bare, "ipsec-esp": .words(["enable"]), "ldap": .bare, "list": .listed,
  "mgcp": .bare, "msrpc": .optionalWords(["tcp"]), "netbios-dgm": .bare, "netbios-ns": .optionalWords(["tcp", "udp"]),
  "netbios-ssn": .bare, "port-randomization": .bare, "pptp": .bare, "preserve-port": .bare, "ras": .bare,
  "rcmd": .bare, "rtsp": .optionalWords(["tcp", "udp"]), "sip": .sip, "skinny": .port(["tcp"]),
  "sunrpc": .optionalWords(["tcp", "udp"]), "tftp": .optionalWords(["dry-run"]),
]

/// The services that a list can limit.
private let listedForms: KeyValuePairs<String, ServiceForm> = [
  "esp": .words(["spi-match"]), "ftp": .port(["tcp"]), "ike": .words(["preserve-port"]),
  "sip": .portOrThirdParty(["tcp", "udp"]), "skinny": .port(["tcp"]),
]

private let refusedServices: Refusals = [
  "enable-mib": "there is no SNMP agent; the metrics say what its tables would",
  "enable-sym-port":
    "mappings are endpoint-independent unless 'mapping' says otherwise, so a port is symmetric already",
  "gatekeeper": "packets that are not translated need no cache here",
  "modify-in-progress": "rules change between two packets, so no packet meets an entry that is being changed",
  "multi-wan-link": "an entry belongs to the outside interface that its address is on; use 'egress-interface'",
  "nbar": "ports and access lists say what a session carries; there is no classification beyond them",
]

/// `[no] ip nat service …`: a switch of a gateway for applications, or of how ports are given out.
@Sendable func readService(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = try reader.keyword(among: forms.map(\.key), unsupported: refusedServices)
  guard let form = forms.value(of: name) else { preconditionFailure("a service without a form") }
  switch form {
  case .fullRange: return try fullRange(&reader)
  case .listed: return try listedService(&reader)
  case .overIPv6: return try overIPv6(name, &reader)
  case .classicDNS:
    let transport = try reader.keyword(PortTransport.self).rawValue
    _ = try reader.keyword(among: ["dns"])
    return switching(["dns", transport], &reader, accessList: nil)
  default:
    return switching([name] + (try rest(of: form, &reader)), &reader, accessList: nil)
  }
}

/// The words after a service's name.
private func rest(of form: ServiceForm, _ reader: inout StatementReader) throws(Diagnostic) -> [String] {
  switch form {
  case .bare, .classicDNS, .fullRange, .listed, .overIPv6: return []
  case .words(let words): return [try reader.keyword(among: words)]
  case .optionalWords(let words): return reader.atEnd ? [] : [try reader.keyword(among: words, or: ["end of line"])]
  case .port(let transports):
    let transport = try reader.keyword(among: transports)
    _ = try reader.keyword(among: ["port"])
    return [transport, "port", "\(try reader.number("PORT", in: allPorts).value)"]
  case .portOrThirdParty(let transports):
    let word = try reader.keyword(among: transports + ["third-party"])
    guard word != "third-party" else { return [word] }
    _ = try reader.keyword(among: ["port"])
    return [word, "port", "\(try reader.number("PORT", in: allPorts).value)"]
  case .sip:
    if reader.atEnd { return [] }
    let word = try reader.keyword(among: ["blacklist", "direct-media", "dry-run", "tcp", "udp"])
    switch word {
    case "tcp", "udp":
      _ = try reader.keyword(among: ["port"])
      return [word, "port", "\(try reader.number("PORT", in: allPorts).value)"]
    case "blacklist": return [word] + (try callRate(&reader))
    default: return [word]
    }
  }
}

/// `trigger-size N trigger-period SECONDS block-time SECONDS`; none of it after `no`.
private func callRate(_ reader: inout StatementReader) throws(Diagnostic) -> [String] {
  if reader.isNegated, reader.atEnd { return [] }
  var words: [String] = []
  for (word, name) in [("trigger-size", "CALLS"), ("trigger-period", "SECONDS"), ("block-time", "SECONDS")] {
    _ = try reader.keyword(among: [word])
    words += [word, "\(try reader.number(name, in: UInt32(1)...86_400).value)"]
  }
  return words
}

/// `dns-v6 [list LIST]` and `dns-v6 dry-run`.
private func overIPv6(
  _ name: String, _ reader: inout StatementReader
) throws(Diagnostic) -> Statement.Effect {
  var words = [name]
  var list: Located<String>?
  if !reader.atEnd {
    let word = try reader.keyword(among: ["list", "dry-run"], or: ["end of line"])
    if word == "dry-run" { return switching([name, word], &reader, accessList: nil) }
    let found = try ipv6ListName(&reader)
    list = found
    words += [word, found.value]
  }
  let new = ServicesDraft.Switch(
    statement: ServiceStatement(words: words, isOn: !reader.isNegated), accessList: list, place: reader.start)
  return { $0.services.setForIPv6(new) }
}

/// `fullrange {tcp|udp} port N`.
private func fullRange(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let transport = try reader.keyword(PortTransport.self).number
  _ = try reader.keyword(among: ["port"])
  let port = try reader.number("PORT", in: UInt16(1)...511)
  let source = TranslationSettings.BlockedPort(transport: transport, port: port.value)
  return changing(\.fullRange, source, isNegated: reader.isNegated, at: port.place)
}

/// `list LIST SERVICE`.
private func listedService(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let list = try accessListName(&reader, allowingNames: true)
  let name = try reader.keyword(among: listedForms.map(\.key))
  guard let form = listedForms.value(of: name) else { preconditionFailure("a service without a form") }
  return switching([name] + (try rest(of: form, &reader)), &reader, accessList: list)
}

private func switching(
  _ service: [String], _ reader: inout StatementReader, accessList list: Located<String>?
) -> Statement.Effect {
  let words = (list.map { ["list", $0.value] } ?? []) + service
  let statement = ServiceStatement(words: words, isOn: !reader.isNegated)
  let place = reader.start
  return { (draft) throws(Diagnostic) in
    if let list, statement.isOn, service.contains("port") || service.contains("third-party"),
      let other = draft.services.otherList(than: list.value, for: service)
    {
      let name = service.joined(separator: " ")
      throw Diagnostic(
        place: list.place, message: "service \"\(name)\" is already configured for access-list \(other)")
    }
    guard draft.services.switches.count < Draft.maximumServices else {
      throw Draft.tooMany("services", Draft.maximumServices, at: place)
    }
    draft.services.set(ServicesDraft.Switch(statement: statement, accessList: list, place: place))
  }
}
