import Translation
import WireFormats

/// What a line of a standard access list begins with.
private enum ListAction: String, KeywordSet {
  case permit
  case deny
  case remark
}

/// `access-list NUMBER {permit|deny} LINE` and `access-list NUMBER remark TEXT`.
@Sendable func readNumberedAccessList(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = try accessListName(&reader, allowingNames: false)
  if reader.isBareNegation { return removing(accessList: name) }
  let place = reader.place
  let list = ListTarget(name: name, isExtended: isExtendedNumber(name.value) == true)
  switch try reader.keyword(ListAction.self) {
  case .permit: return try entryEffect(&reader, permits: true, in: list, at: place)
  case .deny: return try entryEffect(&reader, permits: false, in: list, at: place)
  case .remark: return try remarkEffect(&reader, in: list)
  }
}

/// `ip access-list {standard|extended} {NUMBER|NAME}`: begins, or goes on with, a list.
func readNamedAccessList(isExtended: Bool) -> Statement.Reading {
  { (reader) throws(Diagnostic) in
    let name = try accessListName(&reader, allowingNames: true)
    if let actual = isExtendedNumber(name.value), actual != isExtended {
      throw Diagnostic(
        place: name.place, message: "\(name.value) is the number of \(isExtended ? "a standard" : "an extended") list",
        expected: isExtended ? ["100-199", "2000-2699", "NAME"] : ["1-99", "1300-1999", "NAME"])
    }
    if reader.isNegated { return removing(accessList: name) }
    return { (draft) throws(Diagnostic) in
      try draft.withAccessList(ListTarget(name: name, isExtended: isExtended)) { (_) throws(Diagnostic) in }
      draft.mode = .accessList(name.value, isExtended: isExtended)
    }
  }
}

/// `ip access-list resequence LIST START STEP`: numbers the lines that the list has so far.
@Sendable func readResequence(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  if reader.isNegated { throw Diagnostic(place: reader.start, message: "'ip access-list resequence' has no 'no' form") }
  let name = try accessListName(&reader, allowingNames: true)
  let start = try reader.number("START", in: AccessListDraft.sequenceRange)
  let step = try reader.number("STEP", in: AccessListDraft.sequenceRange).value
  return { (draft) throws(Diagnostic) in
    guard draft.accessLists[name.value] != nil else { throw missing(name) }
    try draft.accessLists[name.value]?.resequence(from: start.value, step: step, at: start.place)
  }
}

/// `{permit|deny} LINE` in the mode of a list.
func readListedEntry(permits: Bool, isExtended: Bool) -> Statement.Reading {
  { (reader) throws(Diagnostic) in
    let list = ListTarget(name: nil, isExtended: isExtended)
    return try entryEffect(&reader, permits: permits, in: list, at: reader.start)
  }
}

/// `remark TEXT` in the mode of a list.
func readListedRemark(isExtended: Bool) -> Statement.Reading {
  { (reader) throws(Diagnostic) in
    try remarkEffect(&reader, in: ListTarget(name: nil, isExtended: isExtended))
  }
}

/// The actions that can follow a sequence number.
private enum SequencedAction: String, KeywordSet {
  case permit
  case deny
  static var unsupported: Refusals { ["remark": "a remark stays with the line that it stands before"] }
}

/// `SEQUENCE {permit|deny} LINE` and `no SEQUENCE` in the mode of a list.
func readSequencedEntry(isExtended: Bool) -> Statement.Reading {
  { (reader) throws(Diagnostic) in
    let sequence = try reader.number("SEQUENCE", in: AccessListDraft.sequenceRange)
    let list = ListTarget(name: nil, isExtended: isExtended)
    guard reader.isNegated else {
      let permits = try reader.keyword(SequencedAction.self) == .permit
      return try entryEffect(&reader, permits: permits, in: list, at: sequence.place, sequence: sequence)
    }
    return removing(sequence, from: list)
  }
}

private func removing(_ sequence: Located<UInt32>, from list: ListTarget) -> Statement.Effect {
  inList(list) { (list) throws(Diagnostic) in
    guard list.remove(where: { AccessListDraft.sequence($0) == sequence.value }) else {
      throw Diagnostic(
        place: sequence.place,
        message: "access list \(quoted(list.name.value)) has no entry \(sequence.value) to remove")
    }
  }
}

/// Whether a list with this name is extended; nil for a name that leaves it open.
func isExtendedNumber(_ name: String) -> Bool? {
  switch UInt16(name) {
  case .some(1...99), .some(1300...1999): false
  case .some(100...199), .some(2000...2699): true
  default: nil
  }
}

/// The name of an access list, or its number.
func accessListName(_ reader: inout StatementReader, allowingNames: Bool) throws(Diagnostic) -> Located<String> {
  let expected = ["1-199", "1300-2699"] + (allowingNames ? ["NAME (beginning with a letter)"] : [])
  let word = try reader.name(allowingNames ? "LIST (1-199, 1300-2699 or NAME)" : "LIST (1-199 or 1300-2699)")
  guard word.value.utf8.first.map(isDigit) == true else {
    if allowingNames, word.value.utf8.first.map(isLetter) == true { return word }
    throw Diagnostic(
      place: word.place,
      message: "\(quoted(word.value)) is not the \(allowingNames ? "name" : "number") of an access list",
      expected: expected)
  }
  guard isExtendedNumber(word.value) != nil, let number = UInt16(word.value) else {
    throw Diagnostic(
      place: word.place, message: "\(quoted(word.value)) is not the number of an IPv4 access list", expected: expected)
  }
  return Located(value: String(number), place: word.place)
}

/// `any`, `host ADDRESS`, `ADDRESS` or `ADDRESS WILDCARD` of a standard list.
private func standardEntry(_ reader: inout StatementReader, permits: Bool) throws(Diagnostic) -> AccessList.Entry {
  if !reader.nextBeginsWithDigit {
    let keyword = try reader.keyword(
      among: ["any", "host"], unsupported: UnsupportedStatements.addressGroups, or: ["ADDRESS (A.B.C.D)"])
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
  _ reader: inout StatementReader, permits: Bool, in target: ListTarget, at place: Place,
  sequence: Located<UInt32>? = nil
) throws(Diagnostic) -> Statement.Effect {
  let entry =
    target.isExtended
    ? try extendedEntry(&reader, permits: permits) : try standardEntry(&reader, permits: permits)
  try reader.end(unsupported: UnsupportedStatements.entryOptions)
  guard reader.isNegated else {
    return inList(target) { (list) throws(Diagnostic) in try list.add(entry, sequence: sequence, at: place) }
  }
  return inList(target, existing: true) { (list) throws(Diagnostic) in
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

/// Adds or, after `no`, removes a remark.
private func remarkEffect(
  _ reader: inout StatementReader, in target: ListTarget
) throws(Diagnostic) -> Statement.Effect {
  let text = try reader.rest("TEXT", upTo: Annotations.maximumLength)
  guard reader.isNegated else {
    return inList(target) { (list) throws(Diagnostic) in try list.add(remark: text.value, at: text.place) }
  }
  return inList(target, existing: true) { (list) throws(Diagnostic) in
    guard list.remove(where: { $0 == .remark(text.value) }) else {
      throw Diagnostic(
        place: text.place, message: "access list \(quoted(list.name.value)) has no such remark to remove")
    }
  }
}

/// The list that a statement is about.
private struct ListTarget {
  /// Nil for the list that the current mode is about.
  var name: Located<String>?
  var isExtended: Bool
}

/// Changes a list, which has to be there already if `existing` says so.
private func inList(
  _ target: ListTarget, existing: Bool = false,
  _ change: @escaping (inout AccessListDraft) throws(Diagnostic) -> Void
) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    if let name = target.name {
      guard !existing || draft.accessLists[name.value] != nil else { throw missing(name) }
      try draft.withAccessList(target, change)
    } else if case .accessList(let current, let isExtended) = draft.mode, let name = draft.accessLists[current]?.name {
      try draft.withAccessList(ListTarget(name: name, isExtended: isExtended), change)
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
    _ target: ListTarget, _ change: (inout AccessListDraft) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    guard let name = target.name else { return }
    if let list = accessLists[name.value] {
      guard list.isExtended == target.isExtended else {
        throw Diagnostic(
          place: name.place,
          message: "access list \(quoted(name.value)) is \(list.isExtended ? "an extended" : "a standard") list since "
            + "line \(list.name.place.line)")
      }
    } else if accessLists.count == Self.maximumAccessLists {
      throw Self.tooMany("access lists", Self.maximumAccessLists, at: name.place)
    }
    try change(&accessLists[name.value, default: AccessListDraft(name: name, isExtended: target.isExtended)])
  }
}
