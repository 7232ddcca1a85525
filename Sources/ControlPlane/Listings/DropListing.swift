import Translation

/// `show drops`: what was dropped and why, over all workers.
struct DropListing {
  private let reasons: [(reason: DropReason, total: UInt64, perWorker: [UInt64])]
  private let total: UInt64

  /// The reasons that occurred; with `all` the others too.
  init(of workers: [WorkerStatus], all: Bool) {
    let counted = DropReason.allCases.map { reason in
      let counts = workers.map { $0.drops[reason] ?? 0 }
      return (reason: reason, total: counts.reduce(0, &+), perWorker: counts)
    }
    reasons = counted.filter { all || $0.total > 0 }
    total = counted.reduce(0) { $0 &+ $1.total }
  }

  var text: String {
    guard !reasons.isEmpty else { return "No packet has been dropped.\n" }
    var table = TextTable(["Reason", "Packets", "What happened"])
    for line in reasons { table.add([line.reason.name, String(line.total), line.reason.sentence]) }
    return table.rendered + "Total: \(total)\n"
  }

  func write(to json: inout JSONText) {
    json.array(reasons) { json, line in
      json.object { json in
        json.member("reason", line.reason.name)
        json.member("packets", line.total)
        json.member("perWorker", each: line.perWorker) { $0.value($1) }
        json.member("sentence", line.reason.sentence)
      }
    }
  }
}
