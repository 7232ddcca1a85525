import Translation

/// `show workers`: a column a worker, a row a counter.
struct WorkerListing {
  let workers: [WorkerStatus]

  var text: String {
    var table = TextTable(["Worker"] + workers.map { String($0.index) })
    func add(_ name: String, _ value: (WorkerStatus) -> String) { table.add([name] + workers.map(value)) }
    add("core") { String($0.core) }
    add("memory node") { String($0.node) }
    for counter in TranslationCounter.allCases {
      add(Self.spelled("\(counter)")) { String($0.translation[counter] ?? 0) }
    }
    for place in (workers.first?.load ?? []).indices {
      add(Self.spelled(workers[0].load[place].name)) { String($0.load[place].value) }
    }
    add("drops") { String($0.drops.values.reduce(0, &+)) }
    return table.rendered
      + workers.map { "Worker \($0.index) moves frames by \($0.engine); its memory is of \($0.pageKind).\n" }.joined()
  }

  func write(to json: inout JSONText) {
    json.array(workers) { json, worker in
      json.object { json in
        json.member("worker", worker.index)
        json.member("core", worker.core)
        json.member("memoryNode", worker.node)
        json.member("engine", worker.engine)
        json.member("pages", worker.pageKind)
        json.member("translation") { json in
          for counter in TranslationCounter.allCases { json.member("\(counter)", worker.translation[counter] ?? 0) }
        }
        json.member("load") { json in
          for count in worker.load { json.member(count.name, count.value) }
        }
        json.member("drops", worker.drops.values.reduce(0, &+))
      }
    }
  }

  /// A name such as `sessionsCreated` in words.
  static func spelled(_ name: String) -> String {
    name.reduce(into: "") { words, letter in
      if letter.isUppercase { words += " " }
      words += letter.lowercased()
    }
  }
}
