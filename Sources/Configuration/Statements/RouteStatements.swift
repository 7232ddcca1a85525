import WireFormats

/// `ip route NETWORK MASK {GATEWAY | INTERFACE [GATEWAY]}`.
@Sendable func readRoute(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let prefix = try routePrefix(&reader)
  var route = RouteDraft(prefix: prefix)
  if !reader.isBareNegation { try readNextHop(&reader, into: &route) }
  let read = route
  guard reader.isNegated else {
    return { (draft) throws(Diagnostic) in
      guard draft.routes.count < Draft.maximumStaticRoutes else {
        throw Draft.tooMany("static routes", Draft.maximumStaticRoutes, at: prefix.place)
      }
      draft.routes.append(read)
    }
  }
  return { (draft) throws(Diagnostic) in
    let index = draft.routes.lastIndex {
      $0.prefix.value == read.prefix.value
        && (read.gateway == nil && read.interface == nil
          || $0.gateway?.value == read.gateway?.value && $0.interface?.value == read.interface?.value)
    }
    guard let index else {
      throw Diagnostic(place: prefix.place, message: "there is no such route to \(prefix.value) to remove")
    }
    draft.routes.remove(at: index)
  }
}

/// The destination of a route.
private func routePrefix(_ reader: inout StatementReader) throws(Diagnostic) -> Located<IPv4Prefix> {
  if !reader.nextBeginsWithDigit, !reader.atEnd {
    _ = try reader.keyword(
      among: [], unsupported: ["vrf", "static", "profile"], or: ["NETWORK (A.B.C.D)"])
  }
  let network = try reader.address("NETWORK")
  let length = try reader.mask("MASK", lengths: 0...32)
  let prefix = IPv4Prefix(containing: network.value, length: length.value)
  guard prefix.address == network.value else {
    throw Diagnostic(
      place: network.place, message: "\(network.value) has bits outside of its mask",
      expected: ["\(prefix.address) for this mask"])
  }
  guard !(length.value > 0 && (network.value.isLoopback || network.value.rawValue >> 29 == 7)) else {
    throw Diagnostic(place: network.place, message: "\(prefix) is not a network that packets are routed to")
  }
  return Located(value: prefix, place: network.place)
}

/// The gateway, the interface, or both.
private func readNextHop(_ reader: inout StatementReader, into route: inout RouteDraft) throws(Diagnostic) {
  guard !reader.atEnd else { throw reader.incomplete(["GATEWAY (A.B.C.D)", "INTERFACE"]) }
  if !reader.nextBeginsWithDigit {
    let place = reader.place
    let name = try interfaceName(&reader)
    guard name.value.lowercased() != "null0" else {
      throw Diagnostic(place: place, message: "'Null0' is not supported by this version")
    }
    route.interface = name
  }
  if route.interface == nil || reader.nextBeginsWithDigit && !reader.nextIsNumber {
    route.gateway = try reader.hostAddress("GATEWAY")
  }
  if reader.nextIsNumber {
    throw Diagnostic(
      place: reader.place, message: "an administrative distance is not supported by this version",
      expected: ["end of line"])
  }
  try reader.end(unsupported: UnsupportedStatements.routeOptions)
}
