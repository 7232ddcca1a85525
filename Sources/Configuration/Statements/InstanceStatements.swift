import WireFormats

/// `ip vrf NAME` and `vrf definition NAME`: begins, or goes on with, a routing instance.
@Sendable func readInstance(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = try reader.name("NAME")
  if reader.isNegated {
    return { (draft) throws(Diagnostic) in
      guard let index = draft.instances.firstIndex(where: { $0.name.value == name.value }) else {
        throw Diagnostic(place: name.place, message: "there is no VRF \(quoted(name.value)) to remove")
      }
      draft.instances.remove(at: index)
    }
  }
  return { (draft) throws(Diagnostic) in
    if !draft.instances.contains(where: { $0.name.value == name.value }) {
      guard draft.instances.count < Draft.maximumInstances else {
        throw Draft.tooMany("VRFs", Draft.maximumInstances, at: name.place)
      }
      draft.instances.append(InstanceDraft(name: name))
    }
    draft.mode = .instance(name.value)
  }
}

/// `description TEXT` of a routing instance.
@Sendable func readInstanceDescription(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let text = reader.isBareNegation ? nil : try reader.rest("TEXT", upTo: Annotations.maximumLength).value
  return assigning(\.description, reader.isNegated ? nil : text)
}

/// `rd AS:NUMBER` or `rd ADDRESS:NUMBER` (RFC 4364 section 4.2).
@Sendable func readRouteDistinguisher(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  if reader.isBareNegation { return assigning(\.routeDistinguisher, nil) }
  let word = try reader.word("RD (AS:NUMBER or A.B.C.D:NUMBER)")
  let parts = word.value.split(separator: ":", omittingEmptySubsequences: false)
  guard parts.count == 2, isDistinguisher(String(parts[0]), String(parts[1])) else {
    throw Diagnostic(
      place: word.place, message: "\(quoted(word.value)) is not a route distinguisher",
      expected: ["AS:NUMBER", "A.B.C.D:NUMBER"])
  }
  return assigning(\.routeDistinguisher, reader.isNegated ? nil : word.value)
}

/// Types 0 to 2: an AS number of 16 bits with a number of 32, an address or an AS number of 32 bits with one of 16.
private func isDistinguisher(_ administrator: String, _ assigned: String) -> Bool {
  guard (administrator + assigned).utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }),
    let number = UInt32(assigned)
  else { return false }
  if UInt16(administrator) != nil { return true }
  return number <= UInt16.max && (UInt32(administrator) != nil || IPv4Address(administrator) != nil)
}

/// `address-family ipv4` in a `vrf definition`: the only one there is.
@Sendable func readAddressFamily(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  _ = try reader.keyword(
    among: ["ipv4"], unsupported: ["ipv6": "Sallyport translates and forwards IPv4 only"])
  try reader.end(unsupported: ["multicast": "Sallyport forwards unicast packets only", "unicast": "leave it out"])
  return { draft in
    if case .instance(let name) = draft.mode { draft.mode = .addressFamily(name) }
  }
}

/// `exit-address-family`, and `exit` there.
@Sendable func readExitAddressFamily(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  { draft in
    if case .addressFamily(let name) = draft.mode { draft.mode = .instance(name) }
  }
}

/// `[ip] vrf forwarding NAME` of an interface.
@Sendable func readForwarding(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = reader.isBareNegation ? nil : try reader.name("VRF")
  return assigning(\.instance, reader.isNegated ? nil : name, reader)
}

/// Sets a field of the routing instance that the current mode is about.
private func assigning<Value>(_ field: WritableKeyPath<InstanceDraft, Value>, _ value: Value) -> Statement.Effect {
  { draft in
    guard case .instance(let name) = draft.mode,
      let index = draft.instances.firstIndex(where: { $0.name.value == name })
    else { return }
    draft.instances[index][keyPath: field] = value
  }
}
