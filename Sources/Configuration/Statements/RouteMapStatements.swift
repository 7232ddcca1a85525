/// What a route map does with what matches.
private enum MapAction: String, KeywordSet {
  case permit
  case deny
}

private let sequences: ClosedRange<UInt32> = 0...65_535

/// `route-map NAME [permit|deny] [SEQUENCE]`: begins, or goes on with, an entry; `permit 10` unless said.
@Sendable func readRouteMap(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = try reader.name("NAME")
  if reader.isBareNegation {
    return { (draft) throws(Diagnostic) in
      guard draft.routeMaps.removeValue(forKey: name.value) != nil else {
        throw Diagnostic(place: name.place, message: "there is no route map \(quoted(name.value)) to remove")
      }
    }
  }
  var permits = true
  if !reader.atEnd, !reader.nextIsNumber {
    permits = try reader.keyword(MapAction.self, or: ["SEQUENCE (0-65535)", "end of line"]) == .permit
  }
  let sequence = reader.atEnd ? 10 : try reader.number("SEQUENCE", in: sequences).value
  if reader.isNegated {
    return { (draft) throws(Diagnostic) in
      guard draft.routeMaps[name.value]?.entries.removeValue(forKey: sequence) != nil else {
        throw Diagnostic(
          place: name.place, message: "route map \(quoted(name.value)) has no entry \(sequence) to remove")
      }
      if draft.routeMaps[name.value]?.entries.isEmpty == true { draft.routeMaps[name.value] = nil }
    }
  }
  let isPermit = permits
  return { (draft) throws(Diagnostic) in
    if draft.routeMaps[name.value] == nil, draft.routeMaps.count == Draft.maximumRouteMaps {
      throw Draft.tooMany("route maps", Draft.maximumRouteMaps, at: name.place)
    }
    var map = draft.routeMaps.removeValue(forKey: name.value) ?? RouteMapDraft(name: name)
    guard map.entries[sequence] != nil || map.entries.count < Draft.maximumRouteMapEntries else {
      throw Diagnostic(
        place: name.place, message: "a route map has at most \(Draft.maximumRouteMapEntries) entries")
    }
    map.entries[sequence, default: RouteMapDraft.Entry(permits: isPermit)].permits = isPermit
    draft.routeMaps[name.value] = map
    draft.mode = .routeMap(name.value, sequence: sequence)
  }
}

private let noPrefixLists: Refusals = ["prefix-list": "write the networks as an access list"]

/// `match ip address LIST…` of a route map.
@Sendable func readMatchAddress(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try matching(\.accessLists, &reader) { (reader) throws(Diagnostic) in try listName(&reader) }
}

/// `match ip next-hop LIST…` of a route map.
@Sendable func readMatchNextHop(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try matching(\.nextHops, &reader) { (reader) throws(Diagnostic) in try listName(&reader) }
}

/// `match interface INTERFACE…` of a route map.
@Sendable func readMatchInterface(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try matching(\.interfaces, &reader) { (reader) throws(Diagnostic) in try interfaceName(&reader) }
}

private func listName(_ reader: inout StatementReader) throws(Diagnostic) -> Located<String> {
  if reader.nextWord == "prefix-list" {
    throw reader.refusal(of: "prefix-list", noPrefixLists)
  }
  return try accessListName(&reader, allowingNames: true)
}

/// Adds values to a match, or takes them (or all of them) out of it.
private func matching(
  _ field: WritableKeyPath<RouteMapDraft.Entry, [Located<String>]>, _ reader: inout StatementReader,
  _ read: (inout StatementReader) throws(Diagnostic) -> Located<String>
) throws(Diagnostic) -> Statement.Effect {
  if reader.isBareNegation { return changingEntry { $0[keyPath: field] = [] } }
  var values: [Located<String>] = []
  repeat { values.append(try read(&reader)) } while !reader.atEnd
  let all = values
  if reader.isNegated {
    return changingEntry { entry in entry[keyPath: field].removeAll { old in all.contains { $0.value == old.value } } }
  }
  return changingEntry { entry in
    for value in all where !entry[keyPath: field].contains(where: { $0.value == value.value }) {
      entry[keyPath: field].append(value)
    }
  }
}

/// `description TEXT` of a route map's entry.
@Sendable func readRouteMapDescription(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let text = reader.isBareNegation ? nil : try reader.rest("TEXT", upTo: Annotations.maximumLength).value
  let result = reader.isNegated ? nil : text
  return changingEntry { $0.description = result }
}

/// Changes the entry that the current mode is about.
private func changingEntry(_ change: @escaping (inout RouteMapDraft.Entry) -> Void) -> Statement.Effect {
  { draft in
    guard case .routeMap(let name, let sequence) = draft.mode,
      var entry = draft.routeMaps[name]?.entries[sequence]
    else { return }
    change(&entry)
    draft.routeMaps[name]?.entries[sequence] = entry
  }
}
