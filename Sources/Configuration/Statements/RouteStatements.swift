import WireFormats

/// `ip route [vrf NAME] NETWORK MASK {GATEWAY | INTERFACE [GATEWAY]} [global]`.
@Sendable func readRoute(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let instance = try routeInstance(&reader)
  let prefix = try routePrefix(&reader)
  var route = RouteDraft(instance: instance, prefix: prefix)
  if !reader.isBareNegation { try readNextHop(&reader, into: &route) }
  return changing(route, isNegated: reader.isNegated)
}

/// `ip nat route vrf NAME NETWORK MASK global`.
@Sendable func readLeakingRoute(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let instance = try reader.name("VRF")
  let prefix = try routePrefix(&reader)
  _ = try reader.keyword(among: ["global"])
  return changing(RouteDraft(instance: instance, prefix: prefix, leaks: true), isNegated: reader.isNegated)
}

/// Adds a route, or takes out the last one that a negated statement is about.
private func changing(_ route: RouteDraft, isNegated: Bool) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    if !isNegated {
      guard draft.routes.count < Draft.maximumStaticRoutes else {
        throw Draft.tooMany("static routes", Draft.maximumStaticRoutes, at: route.prefix.place)
      }
      draft.routes.append(route)
      return
    }
    let index = draft.routes.lastIndex {
      $0.isSameDestination(as: route)
        && (route.gateway == nil && route.interface == nil
          || $0.gateway?.value == route.gateway?.value && $0.interface?.value == route.interface?.value)
    }
    guard let index else {
      throw Diagnostic(place: route.prefix.place, message: "there is no such route to \(route.prefix.value) to remove")
    }
    draft.routes.remove(at: index)
  }
}

/// `vrf NAME`, or nothing for the global instance.
private func routeInstance(_ reader: inout StatementReader) throws(Diagnostic) -> Located<String>? {
  guard !reader.nextBeginsWithDigit, !reader.atEnd else { return nil }
  _ = try reader.keyword(
    among: ["vrf"],
    unsupported: [
      "profile": "routes are compared by nothing but their prefixes",
      "static": "nothing watches whether a gateway can be reached",
    ], or: ["NETWORK (A.B.C.D)"])
  return try reader.name("VRF")
}

/// The destination of a route.
private func routePrefix(_ reader: inout StatementReader) throws(Diagnostic) -> Located<IPv4Prefix> {
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
      throw Diagnostic(place: place, message: "'Null0' is not supported: what has no route is refused anyway")
    }
    route.interface = name
  }
  if route.interface == nil || reader.nextBeginsWithDigit && !reader.nextIsNumber {
    route.gateway = try reader.hostAddress("GATEWAY")
  }
  if reader.nextIsNumber {
    throw Diagnostic(
      place: reader.place,
      message: "an administrative distance is not supported: a network has one route, with nothing to compare",
      expected: ["end of line"])
  }
  if !reader.atEnd {
    let place = reader.place
    _ = try reader.keyword(among: ["global"], unsupported: UnsupportedStatements.routeOptions, or: ["end of line"])
    guard route.instance != nil, route.gateway != nil else {
      throw Diagnostic(
        place: place, message: "'global' says where the gateway of a VRF's route is",
        expected: ["ip route vrf NAME NETWORK MASK GATEWAY global"])
    }
    route.isGlobal = true
  }
}
