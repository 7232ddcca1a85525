/// The figures of a run, by the names that `--json` and `--expect` know them by.
struct Report {
  struct Row {
    /// The figure's name.
    let name: String
    /// What it says, for the table.
    let title: String
    let value: Figure
    /// The unit in the table, if any.
    let unit: String
  }

  private(set) var rows: [Row] = []

  mutating func add(_ name: String, _ title: String, _ value: Figure, unit: String = "") {
    rows.append(Row(name: name, title: title, value: value, unit: unit))
  }

  /// Adds all that a trial showed; `unit` is what the profile counts, in the plural.
  mutating func add(_ outcome: Outcome, unit: String) {
    let tally = outcome.tally
    add("attempted", "\(unit) begun", .count(tally.attempted))
    add("completed", "\(unit) completed", .count(tally.completed))
    add("lost", "\(unit) lost", .count(tally.lost))
    add("loss", "part lost", .fraction(tally.loss))
    add("seconds", "time", .real(outcome.seconds), unit: "s")
    add("offered_rate", "\(unit) begun a second", .real(outcome.offeredRate), unit: "/s")
    add("rate", "\(unit) completed a second", .real(outcome.rate), unit: "/s")
    add("bit_rate", "payload", .real(outcome.bitRate), unit: "bit/s")
    add("duplicated", "duplicates", .count(tally.duplicated))
    add("reordered", "reordered", .count(tally.reordered))
    add("wrong_translation", "wrong translations", .count(tally.wrongTranslations))
    add("wrong_payload", "wrong payloads", .count(tally.wrongPayloads))
    add("leaked", "inside addresses leaked", .count(tally.leaks))
    add("damaged", "damaged packets", .count(tally.damaged))
    add("refused", "refusals (RST, ICMP)", .count(tally.refused))
    add("unexpected", "unexpected packets", .count(tally.unexpected))
    add("retransmitted", "segments sent again", .count(tally.retransmitted))
    add("media_packets", "packets of media that arrived", .count(tally.media))
    add("queue_full", "refused by a full device", .count(tally.queueFull))
    add("generator_overruns", "lost by the generator itself", .count(tally.overruns))
    add(tally.latency)
  }

  private mutating func add(_ latency: Latency) {
    let micro = 1_000.0
    add("latency_samples", "delays measured", .count(latency.count))
    add("latency_mean", "delay, mean", .real(latency.mean / micro), unit: "µs")
    for (name, title, percentile) in [
      ("latency_p50", "delay, median", 50), ("latency_p90", "delay, 90th percentile", 90),
      ("latency_p99", "delay, 99th percentile", 99), ("latency_p99_9", "delay, 99.9th percentile", 99.9),
    ] {
      add(name, title, .real(Double(latency.percentile(percentile)) / micro), unit: "µs")
    }
    add("latency_max", "delay, longest", .real(Double(latency.longest) / micro), unit: "µs")
  }

  subscript(name: String) -> Figure? { rows.first { $0.name == name }?.value }

  /// The table: one figure a line.
  var table: String {
    let titles = rows.map(\.title.count).max() ?? 0
    let values = rows.map(\.value.readable.count).max() ?? 0
    return rows.map { row in
      let title = row.title + String(repeating: " ", count: titles - row.title.count)
      let value = String(repeating: " ", count: values - row.value.readable.count) + row.value.readable
      return "\(title)  \(value)" + (row.unit.isEmpty ? "" : " \(row.unit)")
    }.joined(separator: "\n")
  }

  /// One line of JSON. A name is a plain word, so nothing has to be escaped but what `facts` bring.
  func json(facts: [(name: String, value: String)]) -> String {
    let words = facts.map { "\"\($0.name)\": \(quoted($0.value))" }
    return "{" + (words + rows.map { "\"\($0.name)\": \($0.value.text)" }).joined(separator: ", ") + "}"
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
