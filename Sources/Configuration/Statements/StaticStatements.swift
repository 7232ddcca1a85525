import Translation
import WireFormats

/// What a static entry begins with when it is not one-to-one.
private enum StaticForm: String, KeywordSet {
  case tcp
  case udp
  case esp
  case network

  /// The protocol whose ports an entry of this form joins.
  var transport: IPProtocol? {
    switch self {
    case .tcp: .tcp
    case .udp: .udp
    case .esp, .network: nil
    }
  }
}

/// What a static entry's global side is when it is not an address.
private enum StaticGlobalForm: String, KeywordSet {
  case interface
}

/// The options of static entries.
private enum StaticOption: String, KeywordSet {
  case vrf
  case matchInVRF = "match-in-vrf"
  case extendable
  case noAlias = "no-alias"
  case noPayload = "no-payload"
  case routeMap = "route-map"
  case reversible
  case egressInterface = "egress-interface"

  static var unsupported: Refusals {
    [
      "forced": "a reload ends the sessions of an entry that is gone, so it has nothing to force",
      "mapping-id": UnsupportedStatements.noRedundancy,
      "overload": "a static entry joins one local and one global address, so there is nothing to share",
      "redundancy": UnsupportedStatements.noRedundancy,
      "stateless": UnsupportedStatements.noRedundancy,
    ]
  }
}

/// `ip nat inside source static …`: one host, `{tcp|udp}` one port, `esp` one protocol, or `network` many hosts.
@Sendable func readStaticTranslation(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let form = reader.nextBeginsWithDigit ? nil : try reader.keyword(StaticForm.self, or: ["LOCAL-ADDRESS (A.B.C.D)"])
  var entry: StaticDraft
  if form == .network {
    let (local, global, length) = try networks(&reader, "LOCAL", "GLOBAL")
    entry = StaticDraft(
      local: local, global: Located(value: .address(global.value), place: global.place), prefixLength: length)
  } else {
    let local = try reader.hostAddress("LOCAL-ADDRESS")
    let transport = form?.transport
    let localPort = try transport.map { (_) throws(Diagnostic) in try reader.number("LOCAL-PORT", in: allPorts).value }
    entry = StaticDraft(local: local, global: try staticGlobal(&reader))
    if let transport, let localPort {
      let globalPort = try reader.number("GLOBAL-PORT", in: allPorts).value
      entry.ports = StaticTranslation.Ports(transport: transport, local: localPort, global: globalPort)
    } else if form == .esp {
      entry.ports = StaticTranslation.Ports(transport: securityPayload, local: 0, global: 0)
    }
  }
  while let option = try reader.option(StaticOption.self) { try apply(option, to: &entry, &reader) }
  let read = entry
  guard reader.isNegated else {
    return { (draft) throws(Diagnostic) in
      guard draft.staticTranslations.count < Draft.maximumStaticTranslations else {
        throw Draft.tooMany("static translations", Draft.maximumStaticTranslations, at: read.local.place)
      }
      draft.staticTranslations.append(read)
    }
  }
  return { (draft) throws(Diagnostic) in
    guard let index = draft.staticTranslations.lastIndex(where: { $0.isSame(as: read) }) else {
      throw Diagnostic(place: read.local.place, message: "there is no such static translation to remove")
    }
    draft.staticTranslations.remove(at: index)
  }
}

/// The ports that an entry may name.
let allPorts = 1...UInt16.max

/// The number of the Encapsulating Security Payload (RFC 4303).
let securityPayload = IPProtocol(rawValue: 50)

private func apply(
  _ option: StaticOption, to entry: inout StaticDraft, _ reader: inout StatementReader
) throws(Diagnostic) {
  switch option {
  case .vrf: entry.instance.name = try reader.name("VRF")
  case .matchInVRF: entry.instance.matchInVRF = Located(value: true, place: reader.previousPlace)
  case .extendable: entry.extendable = true
  case .noAlias: entry.noAlias = true
  case .noPayload: entry.noPayload = true
  case .routeMap: entry.routeMap = try reader.name("ROUTE-MAP")
  case .reversible:
    guard entry.routeMap != nil else {
      throw Diagnostic(
        place: reader.previousPlace,
        message: "'reversible' goes with 'route-map': an entry without one translates sessions from both sides anyway")
    }
    entry.reversible = true
  case .egressInterface: entry.egress = try interfaceName(&reader)
  }
}

/// The global side of a static entry, without its port.
private func staticGlobal(_ reader: inout StatementReader) throws(Diagnostic) -> Located<GlobalDraft> {
  if reader.nextBeginsWithDigit {
    let address = try reader.hostAddress("GLOBAL-ADDRESS")
    return Located(value: .address(address.value), place: address.place)
  }
  _ = try reader.keyword(StaticGlobalForm.self, or: ["GLOBAL-ADDRESS (A.B.C.D)"])
  let name = try interfaceName(&reader)
  return Located(value: .interface(name.value), place: name.place)
}

/// Two networks of one size: `NETWORK NETWORK {MASK | /LENGTH}`.
func networks(
  _ reader: inout StatementReader, _ first: String, _ second: String
) throws(Diagnostic) -> (Located<IPv4Address>, Located<IPv4Address>, UInt8) {
  let left = try reader.hostAddress("\(first)-NETWORK")
  let right = try reader.hostAddress("\(second)-NETWORK")
  let length: UInt8
  if reader.nextWord.utf8.first == UInt8(ascii: "/") {
    let word = try reader.word("/LENGTH")
    let digits = word.value.dropFirst()
    guard digits.utf8.allSatisfy(isDigit), let number = UInt8(digits), (1...32).contains(number) else {
      throw Diagnostic(
        place: word.place, message: "\(quoted(word.value)) is not the length of a prefix", expected: ["/1-/32"])
    }
    length = number
  } else {
    length = try reader.mask("MASK or /LENGTH", lengths: 1...32).value
  }
  for network in [left, right] {
    let prefix = IPv4Prefix(containing: network.value, length: length)
    guard prefix.address == network.value else {
      throw Diagnostic(
        place: network.place, message: "\(network.value) has bits outside of its mask",
        expected: ["\(prefix.address) for this mask"])
    }
  }
  return (left, right, length)
}
