extension DataplaneSettings.Poll: KeywordSet {}
extension DataplaneSettings.Offload: KeywordSet {}
extension DataplaneSettings.Memory: KeywordSet {}
extension DataplaneSettings.Overflow: KeywordSet {}

/// `dataplane`: the section about workers, rings and memory.
@Sendable func readDataplane(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  if reader.isNegated { return { $0.dataplane = DataplaneSettings() } }
  return { $0.mode = .dataplane }
}

/// `worker-cores LIST`.
@Sendable func readWorkerCores(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.workerCores, &reader) { (reader) throws(Diagnostic) in try cores(&reader) }
}

/// `alg-cores LIST`.
@Sendable func readALGCores(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.algCores, &reader) { (reader) throws(Diagnostic) in try cores(&reader) }
}

/// `alg-memory MEGABYTES`.
@Sendable func readALGMemory(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.algMemory, &reader) { (reader) throws(Diagnostic) in
    try reader.number("MEGABYTES", in: 1...65_536).value
  }
}

/// `alg-host-memory MEGABYTES`.
@Sendable func readALGHostMemory(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.algHostMemory, &reader) { (reader) throws(Diagnostic) in
    try reader.number("MEGABYTES", in: 1...65_536).value
  }
}

/// `alg-overflow {pass|reset}`.
@Sendable func readALGOverflow(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.algOverflow, &reader) { (reader) throws(Diagnostic) in
    try reader.keyword(DataplaneSettings.Overflow.self)
  }
}

/// `ring-entries N`.
@Sendable func readRingEntries(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.ringEntries, &reader) { (reader) throws(Diagnostic) in
    let entries = try reader.number("N", in: 64...4096)
    guard entries.value.nonzeroBitCount == 1 else {
      throw Diagnostic(
        place: entries.place, message: "\(entries.value) is not a power of two",
        expected: ["64, 128, 256, 512, 1024, 2048 or 4096"])
    }
    return entries.value
  }
}

/// `burst N`.
@Sendable func readBurst(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.burst, &reader) { (reader) throws(Diagnostic) in try reader.number("N", in: 1...64).value }
}

/// `poll {busy|adaptive|interrupt}`.
@Sendable func readPoll(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.poll, &reader) { (reader) throws(Diagnostic) in try reader.keyword(DataplaneSettings.Poll.self) }
}

/// `offload {gso|none}`.
@Sendable func readOffload(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.offload, &reader) { (reader) throws(Diagnostic) in try reader.keyword(DataplaneSettings.Offload.self) }
}

/// `memory {huge-pages|ordinary}`.
@Sendable func readMemory(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.memory, &reader) { (reader) throws(Diagnostic) in try reader.keyword(DataplaneSettings.Memory.self) }
}

/// `state-directory PATH`.
@Sendable func readStateDirectory(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  try setting(\.stateDirectory, &reader) { (reader) throws(Diagnostic) in try reader.path("PATH", upTo: 1024).value }
}

/// A setting with a default that `no` brings back, with or without the value.
private func setting<Value>(
  _ field: WritableKeyPath<DataplaneSettings, Value>, _ reader: inout StatementReader,
  _ read: (inout StatementReader) throws(Diagnostic) -> Value
) throws(Diagnostic) -> Statement.Effect {
  let standard = DataplaneSettings()[keyPath: field]
  let value = reader.isBareNegation ? standard : try read(&reader)
  let result = reader.isNegated ? standard : value
  return { $0.dataplane[keyPath: field] = result }
}

/// A list of cores such as `0-3,6`, in the order in which it names them.
private func cores(_ reader: inout StatementReader) throws(Diagnostic) -> [Int] {
  let expected = ["LIST (core numbers 0-\(DataplaneSettings.maximumCore), such as 0-1,3)"]
  let word = try reader.word(expected[0])
  var cores: [Int] = []
  for part in word.value.split(separator: ",", omittingEmptySubsequences: false) {
    let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map(coreNumber)
    guard (1...2).contains(bounds.count), let first = bounds[0], let last = bounds[bounds.count - 1], first <= last
    else {
      throw Diagnostic(
        place: word.place, message: "\(quoted(word.value)) is not a list of cores", expected: expected)
    }
    for core in first...last {
      guard !cores.contains(core) else {
        throw Diagnostic(place: word.place, message: "core \(core) is listed twice", expected: expected)
      }
      guard cores.count < DataplaneSettings.maximumWorkers else {
        throw Diagnostic(
          place: word.place, message: "more than \(DataplaneSettings.maximumWorkers) cores are listed",
          expected: expected)
      }
      cores.append(core)
    }
  }
  return cores
}

private func coreNumber(_ text: Substring) -> Int? {
  guard (1...4).contains(text.utf8.count), let number = UInt16(text), text.first != "+" else { return nil }
  return number <= DataplaneSettings.maximumCore ? Int(number) : nil
}
