import Translation
import WireFormats

/// What a line of a standard access list begins with.
private enum ListAction: String, KeywordSet {
  case permit
  case deny
  case remark
}

/// `access-list NUMBER {permit|deny} SOURCE` and `access-list NUMBER remark TEXT`.
@Sendable func readNumberedAccessList(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = try accessListName(&reader, allowingNames: false)
  if reader.isBareNegation { return removing(accessList: name) }
  let place = reader.place
  switch try reader.keyword(ListAction.self) {
  case .permit: return try entryEffect(&reader, permits: true, in: name, at: place)
  case .deny: return try entryEffect(&reader, permits: false, in: name, at: place)
  case .remark: return try remarkEffect(&reader, in: name)
  }
}

/// `ip access-list standard {NUMBER|NAME}`: begins, or goes on with, a list.
@Sendable func readNamedAccessList(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = try accessListName(&reader, allowingNames: true)
  if reader.isNegated { return removing(accessList: name) }
  return { (draft) throws(Diagnostic) in
    try draft.withAccessList(name) { (_) throws(Diagnostic) in }
    draft.mode = .accessList(name.value)
  }
}

/// `{permit|deny} SOURCE` in the mode of a list.
func readListedEntry(permits: Bool) -> Statement.Reading {
  { (reader) throws(Diagnostic) in try entryEffect(&reader, permits: permits, in: nil, at: reader.start) }
}

/// `remark TEXT` in the mode of a list.
@Sendable func readListedRemark(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try remarkEffect(&reader, in: nil)
}

/// The actions that can follow a sequence number.
private enum SequencedAction: String, KeywordSet {
  case permit
  case deny
  static var unsupported: [String] { ["remark"] }
}

/// `SEQUENCE {permit|deny} SOURCE` and `no SEQUENCE` in the mode of a list.
@Sendable func readSequencedEntry(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let sequence = try reader.number("SEQUENCE", in: AccessListDraft.sequenceRange)
  guard reader.isNegated else {
    let permits = try reader.keyword(SequencedAction.self) == .permit
    return try entryEffect(&reader, permits: permits, in: nil, at: sequence.place, sequence: sequence)
  }
  return inList(nil) { (list) throws(Diagnostic) in
    guard list.remove(where: { AccessListDraft.sequence($0) == sequence.value }) else {
      throw Diagnostic(
        place: sequence.place,
        message: "access list \(quoted(list.name.value)) has no entry \(sequence.value) to remove")
    }
  }
}

/// The name of a standard access list, or its number: 1-99 or 1300-1999.
func accessListName(_ reader: inout StatementReader, allowingNames: Bool) throws(Diagnostic) -> Located<String> {
  let expected = ["1-99", "1300-1999"] + (allowingNames ? ["NAME (beginning with a letter)"] : [])
  let word = try reader.name(allowingNames ? "LIST (1-99, 1300-1999 or NAME)" : "LIST (1-99 or 1300-1999)")
  guard word.value.utf8.first.map(isDigit) == true else {
    if allowingNames, word.value.utf8.first.map(isLetter) == true { return word }
    throw Diagnostic(
      place: word.place,
      message: "\(quoted(word.value)) is not the \(allowingNames ? "name" : "number") of an access list",
      expected: expected)
  }
  switch UInt16(word.value) {
  case .some(1...99), .some(1300...1999):
    return Located(value: String(UInt16(word.value) ?? 0), place: word.place)
  case .some(100...199), .some(2000...2699):
    throw Diagnostic(
      place: word.place, message: "extended access lists (100-199, 2000-2699) are not supported by this version",
      expected: expected)
  default:
    throw Diagnostic(
      place: word.place, message: "\(quoted(word.value)) is not the number of a standard access list",
      expected: expected)
  }
}

/// `any`, `host ADDRESS`, `ADDRESS` or `ADDRESS WILDCARD`.
private func source(_ reader: inout StatementReader, permits: Bool) throws(Diagnostic) -> AccessList.Entry {
  if !reader.nextBeginsWithDigit {
    let keyword = try reader.keyword(among: ["any", "host"], unsupported: ["object-group"], or: ["ADDRESS (A.B.C.D)"])
    if keyword == "any" {
      return AccessList.Entry(permits: permits, address: .unspecified, wildcard: .max)
    }
    return AccessList.Entry(permits: permits, address: try reader.address("ADDRESS").value, wildcard: 0)
  }
  let address = try reader.address("ADDRESS").value
  let wildcard = reader.nextBeginsWithDigit ? try reader.address("WILDCARD").value.rawValue : 0
  return AccessList.Entry(
    permits: permits, address: IPv4Address(address.rawValue & ~wildcard), wildcard: wildcard)
}

/// Adds or, after `no`, removes an entry.
private func entryEffect(
  _ reader: inout StatementReader, permits: Bool, in name: Located<String>?, at place: Place,
  sequence: Located<UInt32>? = nil
) throws(Diagnostic) -> Statement.Effect {
  let entry = try source(&reader, permits: permits)
  try reader.end(unsupported: UnsupportedStatements.entryOptions)
  guard reader.isNegated else {
    return inList(name) { (list) throws(Diagnostic) in try list.add(entry, sequence: sequence, at: place) }
  }
  return inList(name, existing: true) { (list) throws(Diagnostic) in
    let removed = list.remove { line in
      if case .entry(_, let other) = line { other == entry } else { false }
    }
    guard removed else {
      throw Diagnostic(
        place: place, message: "access list \(quoted(list.name.value)) has no such entry to remove")
    }
  }
}

/// Adds or, after `no`, removes a remark.
private func remarkEffect(
  _ reader: inout StatementReader, in name: Located<String>?
) throws(Diagnostic) -> Statement.Effect {
  let text = try reader.rest("TEXT", upTo: Annotations.maximumLength)
  guard reader.isNegated else {
    return inList(name) { (list) throws(Diagnostic) in try list.add(remark: text.value, at: text.place) }
  }
  return inList(name, existing: true) { (list) throws(Diagnostic) in
    guard list.remove(where: { $0 == .remark(text.value) }) else {
      throw Diagnostic(
        place: text.place, message: "access list \(quoted(list.name.value)) has no such remark to remove")
    }
  }
}

/// Changes the list called `name`, or the one that the current mode is about.
private func inList(
  _ name: Located<String>?, existing: Bool = false,
  _ change: @escaping (inout AccessListDraft) throws(Diagnostic) -> Void
) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    if let name {
      guard !existing || draft.accessLists[name.value] != nil else { throw missing(name) }
      try draft.withAccessList(name, change)
    } else if case .accessList(let current) = draft.mode, let list = draft.accessLists[current] {
      try draft.withAccessList(list.name, change)
    }
  }
}

private func removing(accessList name: Located<String>) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    guard draft.accessLists.removeValue(forKey: name.value) != nil else { throw missing(name) }
  }
}

private func missing(_ name: Located<String>) -> Diagnostic {
  Diagnostic(place: name.place, message: "there is no access list \(quoted(name.value)) to change or remove")
}

extension Draft {
  /// Changes a list, which comes to be when it is not there yet.
  fileprivate mutating func withAccessList(
    _ name: Located<String>, _ change: (inout AccessListDraft) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    if accessLists[name.value] == nil && accessLists.count == Self.maximumAccessLists {
      throw Self.tooMany("access lists", Self.maximumAccessLists, at: name.place)
    }
    try change(&accessLists[name.value, default: AccessListDraft(name: name)])
  }
}
