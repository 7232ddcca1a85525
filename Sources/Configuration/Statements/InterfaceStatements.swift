import Forwarding
import WireFormats

/// `interface NAME`: begins, or goes on with, an interface or (`NAME.NUMBER`) a sub-interface.
@Sendable func readInterface(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = try interfaceName(&reader)
  if reader.isNegated {
    return { (draft) throws(Diagnostic) in
      guard let index = draft.interfaces.firstIndex(where: { $0.name.value == name.value }) else {
        throw Diagnostic(place: name.place, message: "there is no interface \(quoted(name.value)) to remove")
      }
      draft.interfaces.remove(at: index)
    }
  }
  return { (draft) throws(Diagnostic) in
    if !draft.interfaces.contains(where: { $0.name.value == name.value }) {
      guard draft.interfaces.count < NetworkInterface.maximumCount else {
        throw Draft.tooMany("interfaces", NetworkInterface.maximumCount, at: name.place)
      }
      draft.interfaces.append(InterfaceDraft(name: name))
    }
    draft.mode = .interface(name.value)
  }
}

/// An interface's name; a dot in it sets off the number of a sub-interface.
func interfaceName(_ reader: inout StatementReader) throws(Diagnostic) -> Located<String> {
  let name = try reader.name("INTERFACE")
  // Where a gateway may stand instead, its first digit tells an address from a name.
  guard name.value.utf8.first.map(isLetter) == true else {
    throw Diagnostic(
      place: name.place, message: "\(quoted(name.value)) is not the name of an interface",
      expected: ["NAME (beginning with a letter)"])
  }
  guard let dot = name.value.lastIndex(of: ".") else { return name }
  let suffix = name.value[name.value.index(after: dot)...]
  guard let number = UInt32(suffix), number > 0, suffix.first != "+" else {
    throw Diagnostic(
      place: name.place, message: "\(quoted(name.value)) is not the name of an interface",
      expected: ["NAME", "NAME.NUMBER for a sub-interface"])
  }
  return name
}

/// `description TEXT`.
@Sendable func readDescription(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let text = reader.isBareNegation ? nil : try reader.rest("TEXT", upTo: Annotations.maximumLength).value
  return assigning(\.description, reader.isNegated ? nil : text, reader)
}

/// The options of `device tap`.
private enum TapOption: String, KeywordSet {
  case netns
  case persistent
}

/// `device tap NAME [netns NAMESPACE] [persistent]`.
@Sendable func readTapDevice(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  if reader.isBareNegation { return assigning(\.device, nil, reader) }
  let name = try reader.name("DEVICE")
  // What dev_valid_name() of the kernel takes; "%" would be read as a pattern for a name.
  guard
    name.value.utf8.count <= DeviceSettings.maximumNameOctets, ![".", ".."].contains(name.value),
    !name.value.contains(where: { "/:%".contains($0) })
  else {
    throw Diagnostic(
      place: name.place, message: "\(quoted(name.value)) is not the name of a device",
      expected: ["DEVICE (1 to \(DeviceSettings.maximumNameOctets) characters without '/', ':' and '%')"])
  }
  var device = DeviceSettings(name: name.value)
  while let option = try reader.option(TapOption.self) {
    switch option {
    case .netns: device.networkNamespace = try namespaceName(&reader)
    case .persistent: device.persistent = true
    }
  }
  return assigning(\.device, reader.isNegated ? nil : Located(value: device, place: name.place), reader)
}

/// The name of a namespace under /run/netns, or an absolute path.
private func namespaceName(_ reader: inout StatementReader) throws(Diagnostic) -> String {
  let word = try reader.word("NAMESPACE")
  let octets = word.value.utf8
  let isPath = octets.first == UInt8(ascii: "/") && octets.count <= 1024
  let isName = octets.count <= 255 && !octets.contains(UInt8(ascii: "/")) && ![".", ".."].contains(word.value)
  guard isPath || isName else {
    throw Diagnostic(
      place: word.place, message: "\(quoted(word.value)) is not a network namespace",
      expected: ["a name under /run/netns", "an absolute path"])
  }
  return word.value
}

/// `mac-address H.H.H`.
@Sendable func readHardwareAddress(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let address = reader.isBareNegation ? nil : try reader.hardwareAddress("ADDRESS")
  return assigning(\.hardwareAddress, reader.isNegated ? nil : address, reader)
}

/// `encapsulation dot1Q VLAN`.
@Sendable func readEncapsulation(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let vlan = reader.isBareNegation ? nil : try reader.number("VLAN", in: UInt16(1)...4094)
  try reader.end(unsupported: UnsupportedStatements.encapsulationOptions)
  return assigning(\.vlan, reader.isNegated ? nil : vlan, reader)
}

/// `mtu OCTETS`, of the device.
@Sendable func readMTU(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let mtu = reader.isBareNegation ? nil : try reader.number("OCTETS", in: DeviceSettings.mtuRange)
  return assigning(\.mtu, reader.isNegated ? nil : mtu, reader)
}

/// `ip mtu OCTETS`, of IPv4 packets that leave.
@Sendable func readIPMTU(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let mtu = reader.isBareNegation ? nil : try reader.number("OCTETS", in: DeviceSettings.mtuRange)
  return assigning(\.ipMTU, reader.isNegated ? nil : mtu, reader)
}

/// `ip nat {inside|outside}`: the side that the interface faces. The later statement wins; `no` takes back its own.
func readRealm(_ realm: Realm) -> Statement.Reading {
  { reader in
    guard reader.isNegated else { return assigning(\.realm, realm, reader) }
    return { draft in
      guard case .interface(let name) = draft.mode else { return }
      draft.withInterface(name) { if $0.realm == realm { $0.realm = .none } }
    }
  }
}

/// `no shutdown`: every interface is up, and none can be configured otherwise.
@Sendable func readShutdown(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  guard reader.isNegated else {
    throw reader.unsupported("shutdown", because: "leave the interface out of the configuration instead")
  }
  return { _ in }
}

/// `ip tcp adjust-mss OCTETS`.
@Sendable func readSegmentSize(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let size = reader.isBareNegation ? 0 : try reader.number("OCTETS", in: UInt16(500)...1460).value
  return assigning(\.maximumSegmentSize, reader.isNegated ? 0 : size, reader)
}

/// `[no] ip unreachables`.
@Sendable func readUnreachables(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  assigning(\.unreachables, !reader.isNegated, reader)
}

/// Sets a field of the interface that the current mode is about.
func assigning<Value>(
  _ field: WritableKeyPath<InterfaceDraft, Value>, _ value: Value, _ reader: StatementReader
) -> Statement.Effect {
  { draft in
    guard case .interface(let name) = draft.mode else { return }
    draft.withInterface(name) { $0[keyPath: field] = value }
  }
}
