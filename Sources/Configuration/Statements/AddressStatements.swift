import WireFormats

/// `ip address ADDRESS MASK`.
@Sendable func readInterfaceAddress(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  if reader.isBareNegation { return assigning(\.address, nil, reader) }
  if !reader.nextBeginsWithDigit, !reader.atEnd {
    _ = try reader.keyword(among: [], unsupported: UnsupportedStatements.addressSources, or: ["ADDRESS (A.B.C.D)"])
  }
  let address = try reader.hostAddress("ADDRESS")
  let length = try reader.mask("MASK", lengths: 1...32)
  try reader.end(unsupported: UnsupportedStatements.addressOptions)
  let network = IPv4Prefix(containing: address.value, length: length.value)
  guard length.value >= 31 || (address.value != network.address && address.value != network.broadcast) else {
    throw Diagnostic(
      place: address.place, message: "\(address.value) is the network or broadcast address of \(network)",
      expected: ["ADDRESS (the address of a host)"])
  }
  let value = InterfaceDraft.InterfaceAddress(address: address.value, prefixLength: length.value)
  if !reader.isNegated { return assigning(\.address, Located(value: value, place: address.place), reader) }
  return { (draft) throws(Diagnostic) in
    guard case .interface(let name) = draft.mode else { return }
    guard draft.interfaces.contains(where: { $0.name.value == name && $0.address?.value == value }) else {
      throw Diagnostic(place: address.place, message: "interface \(quoted(name)) has no address \(address.value)")
    }
    draft.withInterface(name) { $0.address = nil }
  }
}
