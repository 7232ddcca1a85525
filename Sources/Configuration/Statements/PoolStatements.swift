import Translation
import WireFormats

/// How the size of a pool's network is given.
private enum PoolMask: String, KeywordSet {
  case netmask
  case prefixLength = "prefix-length"
}

/// What can follow it.
private enum PoolOption: String, KeywordSet {
  case type
  case addRoute = "add-route"
  static var unsupported: Refusals {
    [
      "accounting": "Sallyport sends no accounting records; 'ip nat log translations' says what the pool's hosts do",
      "arp-ping": "a pool's addresses are the gateway's own to give, and are asked for by nobody else",
      "redundancy": UnsupportedStatements.noRedundancy,
    ]
  }
}

private enum PoolType: String, KeywordSet {
  case matchHost = "match-host"
  case rotary
}

/// `ip nat pool NAME START END {netmask MASK | prefix-length N} [type {match-host|rotary}] [add-route]`, or without
/// addresses the beginning of a pool whose ranges follow as `address START END`.
@Sendable func readPool(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let name = try reader.name("NAME")
  if reader.isBareNegation { return removing(pool: name) }
  let range = reader.nextBeginsWithDigit ? try addressRange(&reader) : nil
  let place = reader.place
  let length: UInt8
  switch try reader.keyword(PoolMask.self, or: range == nil ? ["START-ADDRESS (A.B.C.D)"] : []) {
  case .netmask: length = try reader.mask("MASK", lengths: 1...32).value
  case .prefixLength: length = try reader.number("LENGTH", in: UInt8(1)...32).value
  }
  var pool = PoolDraft(name: name, prefixLength: length)
  pool.ranges = range.map { [$0] } ?? []
  while let option = try reader.option(PoolOption.self) {
    switch option {
    case .addRoute: pool.addRoute = true
    case .type:
      switch try reader.keyword(PoolType.self) {
      case .matchHost: pool.selection = .matchHost
      case .rotary: pool.selection = .rotary
      }
    }
  }
  if let range { try check(range, fits: pool, maskAt: place) }
  return reader.isNegated ? removing(pool: name) : defining(pool, inOneLine: range != nil)
}

/// Adds a pool, or goes on with one that was begun with the same words.
private func defining(_ pool: PoolDraft, inOneLine: Bool) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    if let other = draft.pools[pool.name.value] {
      guard !inOneLine, other.prefixLength == pool.prefixLength, other.selection == pool.selection,
        other.addRoute == pool.addRoute
      else {
        throw Diagnostic(
          place: pool.name.place,
          message: "pool \(quoted(pool.name.value)) is already defined in line \(other.name.place.line)")
      }
    } else {
      guard draft.pools.count < Draft.maximumPools else {
        throw Draft.tooMany("pools", Draft.maximumPools, at: pool.name.place)
      }
      draft.pools[pool.name.value] = pool
    }
    if !inOneLine { draft.mode = .pool(pool.name.value) }
  }
}

private func removing(pool name: Located<String>) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    guard draft.pools.removeValue(forKey: name.value) != nil else {
      throw Diagnostic(place: name.place, message: "there is no pool \(quoted(name.value)) to remove")
    }
  }
}

/// `address START END` in the mode of a pool.
@Sendable func readPoolAddress(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let range = try addressRange(&reader)
  return changing(\.ranges, range, isNegated: reader.isNegated, "range") { (pool) throws(Diagnostic) in
    try check(range, fits: pool, maskAt: nil)
  }
}

/// `exclude START [END]` in the mode of a pool: addresses within its ranges that nobody gets.
@Sendable func readPoolExclusion(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let range = try addressRange(&reader, isEndOptional: true)
  return changing(\.exclusions, range, isNegated: reader.isNegated, "exclusion") { (_) throws(Diagnostic) in }
}

/// Adds a range to the pool that the current mode is about, or takes it out.
private func changing(
  _ field: WritableKeyPath<PoolDraft, [Located<ClosedRange<IPv4Address>>]>,
  _ range: Located<ClosedRange<IPv4Address>>, isNegated: Bool, _ what: String,
  _ check: @escaping (PoolDraft) throws(Diagnostic) -> Void
) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    guard case .pool(let name) = draft.mode, var pool = draft.pools[name] else { return }
    if isNegated {
      guard let index = pool[keyPath: field].firstIndex(where: { $0.value == range.value }) else {
        throw Diagnostic(place: range.place, message: "pool \(quoted(name)) has no such \(what) to remove")
      }
      pool[keyPath: field].remove(at: index)
    } else {
      guard pool[keyPath: field].count < Draft.maximumPoolRanges else {
        throw Diagnostic(
          place: range.place, message: "a pool has at most \(Draft.maximumPoolRanges) \(what)s")
      }
      try check(pool)
      pool[keyPath: field].append(range)
    }
    draft.pools[name] = pool
  }
}

/// The first and the last address of a range.
private func addressRange(
  _ reader: inout StatementReader, isEndOptional: Bool = false
) throws(Diagnostic) -> Located<ClosedRange<IPv4Address>> {
  let first = try reader.hostAddress("START-ADDRESS")
  if isEndOptional, reader.atEnd { return Located(value: first.value...first.value, place: first.place) }
  let last = try reader.hostAddress("END-ADDRESS")
  guard first.value <= last.value else {
    throw Diagnostic(
      place: last.place, message: "\(last.value) is lower than the first address, \(first.value)",
      expected: ["END-ADDRESS (\(first.value) or higher)"])
  }
  guard last.value.rawValue - first.value.rawValue < UInt32(AddressPool.maximumAddresses) else {
    throw Diagnostic(
      place: last.place, message: "a pool has at most \(AddressPool.maximumAddresses) addresses")
  }
  return Located(value: first.value...last.value, place: first.place)
}

/// Whether both ends of a range are in one network of the pool's prefix length.
private func check(
  _ range: Located<ClosedRange<IPv4Address>>, fits pool: PoolDraft, maskAt place: Place?
) throws(Diagnostic) {
  let network = IPv4Prefix(containing: range.value.lowerBound, length: pool.prefixLength)
  guard network.contains(range.value.upperBound) else {
    throw Diagnostic(
      place: place ?? range.place,
      message: "\(range.value.lowerBound) and \(range.value.upperBound) are not in one network of prefix length "
        + "\(pool.prefixLength)")
  }
}
