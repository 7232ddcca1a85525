import Forwarding
import WireFormats

/// `ipv6 unicast-routing`: without it IPv6 packets are dropped, as they are in IOS.
@Sendable func readIPv6Routing(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let isOn = !reader.isNegated
  return { $0.routesIPv6 = isOn }
}

/// What IOS takes in place of the address of `ipv6 address`.
private let addressSources: Refusals = [
  "autoconfig": "interfaces get their addresses from the configuration",
  "dhcp": "interfaces get their addresses from the configuration",
]

/// What IOS takes after an address.
private let addressOptions: Refusals = [
  "anycast": "an interface has one address, and answers for it as a host does",
  "cga": "there is no SEND (RFC 3971)",
  "eui-64": "write the address out; the link-local one follows from the Ethernet address by itself",
  "link-local": "the link-local address follows from the Ethernet address; set that with 'mac-address'",
]

/// `ipv6 address ADDRESS/LENGTH`.
@Sendable func readIPv6Address(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  if reader.isBareNegation { return assigning(\.ipv6, nil, reader) }
  let expected = "ADDRESS/LENGTH (such as 2001:db8::1/64)"
  if !reader.atEnd, !reader.nextHasColon {
    _ = try reader.keyword(among: [], unsupported: addressSources, or: [expected])
  }
  let word = try reader.word(expected)
  guard let (address, length) = IPv6Prefix.parts(word.value) else {
    // With the address alone, what follows says what it is meant to be.
    if IPv6Address(word.value) != nil { try reader.end(unsupported: addressOptions) }
    throw Diagnostic(
      place: word.place, message: "\(quoted(word.value)) is not an IPv6 address with the length of its prefix",
      expected: [expected])
  }
  try reader.end(unsupported: addressOptions)
  let network = IPv6Prefix(containing: address, length: length)
  guard !address.isMartianSource, !address.isUnspecified, !address.isLinkLocal, length > 0,
    length >= 127 || address != network.address
  else {
    throw Diagnostic(
      place: word.place,
      message: "\(address) is not an address that an interface can have in \(network)",
      expected: ["ADDRESS/LENGTH (of a host, with global scope)"])
  }
  let value = Located(value: IPv6InterfaceAddress(address: address, prefixLength: length), place: word.place)
  return assigning(\.ipv6, reader.isNegated ? nil : value, reader)
}

/// `ipv6 nd ra suppress`.
@Sendable func readAdvertisementSuppression(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try reader.end(unsupported: ["all": "solicited ones are suppressed with the others"])
  return assigning(\.suppressesAdvertisements, !reader.isNegated, reader)
}

/// `ipv6 route PREFIX/LENGTH {GATEWAY | INTERFACE [GATEWAY]}`.
@Sendable func readIPv6Route(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let expected = "PREFIX/LENGTH (such as 2001:db8::/32)"
  if !reader.atEnd, !reader.nextHasColon {
    _ = try reader.keyword(
      among: [], unsupported: ["vrf": "IPv6 is routed in the global instance only"], or: [expected])
  }
  let word = try reader.word(expected)
  guard let (address, length) = IPv6Prefix.parts(word.value) else {
    throw Diagnostic(
      place: word.place, message: "\(quoted(word.value)) is not an IPv6 network", expected: [expected])
  }
  let prefix = IPv6Prefix(containing: address, length: length)
  guard prefix.address == address else {
    throw Diagnostic(
      place: word.place, message: "\(address) has bits outside of its prefix", expected: ["\(prefix)"])
  }
  guard !address.isMulticast, length == 0 || !address.isLinkLocal && !address.isMartianSource else {
    throw Diagnostic(place: word.place, message: "\(prefix) is not a network that packets are routed to")
  }
  var route = IPv6RouteDraft(prefix: Located(value: prefix, place: word.place))
  if !reader.isBareNegation { try readNextHop(&reader, into: &route) }
  let isNegated = reader.isNegated
  return { (draft) throws(Diagnostic) in
    if !isNegated {
      guard draft.ipv6Routes.count < Draft.maximumStaticRoutes else {
        throw Draft.tooMany("static routes", Draft.maximumStaticRoutes, at: route.prefix.place)
      }
      draft.ipv6Routes.append(route)
      return
    }
    let index = draft.ipv6Routes.lastIndex {
      $0.prefix.value == prefix
        && (route.gateway == nil && route.interface == nil
          || $0.gateway?.value == route.gateway?.value && $0.interface?.value == route.interface?.value)
    }
    guard let index else {
      throw Diagnostic(place: word.place, message: "there is no such route to \(prefix) to remove")
    }
    draft.ipv6Routes.remove(at: index)
  }
}

/// The gateway, the interface, or both.
private func readNextHop(_ reader: inout StatementReader, into route: inout IPv6RouteDraft) throws(Diagnostic) {
  let expected = "GATEWAY (X:X:X:X::X)"
  guard !reader.atEnd else { throw reader.incomplete([expected, "INTERFACE"]) }
  if !reader.nextHasColon { route.interface = try interfaceName(&reader) }
  guard !reader.atEnd else { return }
  if reader.nextIsNumber {
    throw Diagnostic(
      place: reader.place,
      message: "an administrative distance is not supported: a network has one route, with nothing to compare",
      expected: ["end of line"])
  }
  guard reader.nextHasColon else {
    try reader.end(unsupported: UnsupportedStatements.routeOptions)
    return
  }
  let word = try reader.word(expected)
  guard let gateway = IPv6Address(word.value), !gateway.isMartianSource, !gateway.isUnspecified else {
    throw Diagnostic(
      place: word.place, message: "\(quoted(word.value)) is not the IPv6 address of a router", expected: [expected])
  }
  route.gateway = Located(value: gateway, place: word.place)
  guard !reader.nextIsNumber else {
    throw Diagnostic(
      place: reader.place,
      message: "an administrative distance is not supported: a network has one route, with nothing to compare",
      expected: ["end of line"])
  }
  try reader.end(unsupported: UnsupportedStatements.routeOptions)
}

extension StatementReader {
  /// Whether the next word has a colon, as every IPv6 address and no name of an interface has.
  var nextHasColon: Bool { !atEnd && line.words[index].text.utf8.contains(UInt8(ascii: ":")) }
}
