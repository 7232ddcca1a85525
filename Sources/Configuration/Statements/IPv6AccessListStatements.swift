import Translation
import WireFormats

/// `ipv6 access-list NAME`: begins, or goes on with, a list.
@Sendable func readIPv6AccessList(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = try ipv6ListName(&reader)
  if reader.isNegated {
    return { (draft) throws(Diagnostic) in
      guard draft.ipv6AccessLists.removeValue(forKey: name.value) != nil else {
        throw Diagnostic(
          place: name.place, message: "there is no IPv6 access list \(quoted(name.value)) to change or remove")
      }
    }
  }
  return { (draft) throws(Diagnostic) in
    if draft.ipv6AccessLists[name.value] == nil {
      guard draft.ipv6AccessLists.count < Draft.maximumAccessLists else {
        throw Draft.tooMany("access lists", Draft.maximumAccessLists, at: name.place)
      }
      draft.ipv6AccessLists[name.value] = IPv6AccessListDraft(name: name)
    }
    draft.mode = .ipv6AccessList(name.value)
  }
}

/// The name of an IPv6 access list, which has no number.
func ipv6ListName(_ reader: inout StatementReader) throws(Diagnostic) -> Located<String> {
  let expected = "NAME (beginning with a letter)"
  let word = try reader.name(expected)
  guard word.value.utf8.first.map(isLetter) == true else {
    throw Diagnostic(
      place: word.place, message: "\(quoted(word.value)) is not the name of an IPv6 access list", expected: [expected])
  }
  return word
}

/// `{permit|deny} LINE` in the mode of a list.
func readIPv6Entry(permits: Bool) -> Statement.Reading {
  { (reader) throws(Diagnostic) in try entryEffect(&reader, permits: permits, at: reader.start, sequence: nil) }
}

private enum SequencedAction: String, KeywordSet {
  case permit
  case deny
}

/// `sequence N {permit|deny} LINE`, and `no sequence N`, in the mode of a list.
@Sendable func readSequencedIPv6Entry(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let sequence = try reader.number("SEQUENCE", in: IPv6AccessListDraft.sequenceRange)
  guard reader.isNegated, reader.atEnd else {
    let permits = try reader.keyword(SequencedAction.self) == .permit
    return try entryEffect(&reader, permits: permits, at: sequence.place, sequence: sequence)
  }
  return inList { (list) throws(Diagnostic) in
    guard list.remove(where: { IPv6AccessListDraft.sequence($0) == sequence.value }) else {
      throw Diagnostic(
        place: sequence.place,
        message: "access list \(quoted(list.name.value)) has no entry \(sequence.value) to remove")
    }
  }
}

/// `remark TEXT` in the mode of a list.
@Sendable func readIPv6Remark(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let text = try reader.rest("TEXT", upTo: Annotations.maximumLength)
  let isNegated = reader.isNegated
  return inList { (list) throws(Diagnostic) in
    guard isNegated else {
      try list.add(remark: text.value, at: text.place)
      return
    }
    guard list.remove(where: { $0 == .remark(text.value) }) else {
      throw Diagnostic(
        place: text.place, message: "access list \(quoted(list.name.value)) has no such remark to remove")
    }
  }
}

/// What IOS takes in place of a protocol.
private let otherProtocols: Refusals = [
  "ahp": "gateways look into TCP and UDP only", "esp": "gateways look into TCP and UDP only",
  "icmp": "gateways look into TCP and UDP only", "pcp": "gateways look into TCP and UDP only",
  "sctp": "gateways look into TCP and UDP only",
]

/// What IOS takes behind a line.
private let entryOptions: Refusals = [
  "dest-option": "gateways' sessions are told apart by addresses and ports",
  "dscp": "gateways' sessions are told apart by addresses and ports",
  "established": "a session is asked about once, when it begins",
  "flow-label": "gateways' sessions are told apart by addresses and ports",
  "fragments": "no gateway reads fragments over IPv6",
  "gt": "a line compares one port, with 'eq'", "lt": "a line compares one port, with 'eq'",
  "neq": "a line compares one port, with 'eq'", "range": "a line compares one port, with 'eq'",
  "log": "a list is asked about every packet, and a line of a log for each would drown it",
  "log-input": "a list is asked about every packet, and a line of a log for each would drown it",
  "reflect": "sessions are remembered by the gateway itself",
  "routing": "gateways' sessions are told apart by addresses and ports",
  "time-range": "lists hold at all times; reload another configuration at the time",
]

/// `{ipv6|tcp|udp} SOURCE [eq PORT] DESTINATION [eq PORT] [sequence N]`; adds or, after `no`, removes it.
private func entryEffect(
  _ reader: inout StatementReader, permits: Bool, at place: Place, sequence given: Located<UInt32>?
) throws(Diagnostic) -> Statement.Effect {
  let name = try reader.keyword(among: ["ipv6", "tcp", "udp"], unsupported: otherProtocols)
  let transport: IPProtocol? = name == "ipv6" ? nil : name == "tcp" ? .tcp : .udp
  let source = try prefix(&reader, "SOURCE")
  let sourcePort = try port(&reader, of: transport)
  let destination = try prefix(&reader, "DESTINATION")
  let destinationPort = try port(&reader, of: transport)
  var entry = IPv6AccessList.Entry(permits: permits, source: source, destination: destination, transport: transport)
  (entry.sourcePort, entry.destinationPort) = (sourcePort, destinationPort)
  var sequence = given
  if given == nil, reader.nextWord == "sequence" {
    _ = try reader.word("sequence")
    sequence = try reader.number("SEQUENCE", in: IPv6AccessListDraft.sequenceRange)
  }
  try reader.end(unsupported: entryOptions)
  guard reader.isNegated else {
    return inList { [entry, sequence] (list) throws(Diagnostic) in try list.add(entry, sequence: sequence, at: place) }
  }
  return inList { [entry] (list) throws(Diagnostic) in
    let removed = list.remove { line in
      guard case .entry(var other) = line else { return false }
      other.sequence = entry.sequence
      return other == entry
    }
    guard removed else {
      throw Diagnostic(
        place: place, message: "access list \(quoted(list.name.value)) has no such entry to remove")
    }
  }
}

/// `any`, `host ADDRESS` or `PREFIX/LENGTH`.
private func prefix(_ reader: inout StatementReader, _ role: String) throws(Diagnostic) -> IPv6Prefix {
  let expected = "\(role) (X:X:X:X::X/LENGTH)"
  if !reader.nextHasColon {
    let keyword = try reader.keyword(among: ["any", "host"], or: [expected])
    guard keyword == "host" else { return IPv6Prefix(containing: .unspecified, length: 0) }
    let word = try reader.word("ADDRESS (X:X:X:X::X)")
    guard let address = IPv6Address(word.value) else {
      throw Diagnostic(
        place: word.place, message: "\(quoted(word.value)) is not an IPv6 address", expected: ["ADDRESS (X:X:X:X::X)"])
    }
    return IPv6Prefix(containing: address, length: 128)
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
  return prefix
}

/// `eq PORT` of TCP and UDP; nil for any port.
private func port(_ reader: inout StatementReader, of transport: IPProtocol?) throws(Diagnostic) -> UInt16? {
  guard let transport, reader.takes("eq") else { return nil }
  return try reader.number("PORT", in: 0...65_535, or: IOSNames.ports(of: transport)).value
}

/// Changes the list that the mode is about.
private func inList(
  _ change: @escaping (inout IPv6AccessListDraft) throws(Diagnostic) -> Void
) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    guard case .ipv6AccessList(let name) = draft.mode, var list = draft.ipv6AccessLists[name] else { return }
    // A list that is changed in its place is not copied.
    draft.ipv6AccessLists[name] = nil
    defer { draft.ipv6AccessLists[name] = list }
    try change(&list)
  }
}
