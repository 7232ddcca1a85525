import Foundation

/// Repetitions of one measurement.
struct Samples: Codable {
  var values: [Double] = []

  var median: Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The median with its extremes, or, where one bad moment among many repetitions would stand for all, its quartiles.
  func text(_ decimals: Int) -> String {
    let sorted = values.sorted()
    guard let first = sorted.first, let last = sorted.last else { return "-" }
    if sorted.count == 1 { return format(median, decimals) }
    let isMany = sorted.count > 10
    let low = isMany ? sorted[sorted.count / 4] : first
    let high = isMany ? sorted[sorted.count * 3 / 4] : last
    return "\(format(median, decimals)) (\(format(low, decimals))-\(format(high, decimals)))"
  }
}

/// One row: a figure, the C loop's beside it where there is one, and what it should reach.
struct Row: Codable {
  let title: String
  let unit: String
  var samples = Samples()
  /// The floor: the C loop in the same run.
  var floor: Samples?
  /// What the median should reach, or nil for a figure without aim.
  var aim: Double?
  var lowerIsBetter = false
  /// Whether the worst repetition is held against the aim, and not the median: a start happens once.
  var worstCounts = false

  /// Whether the aim is reached; a figure without aim always holds.
  var holds: Bool {
    guard let aim else { return true }
    if lowerIsBetter { return (worstCounts ? samples.values.max() ?? .infinity : samples.median) <= aim }
    return (worstCounts ? samples.values.min() ?? 0 : samples.median) >= aim
  }
}

/// Everything that one run measured.
struct Results: Codable {
  var rows: [Row] = []
  var holds = false

  /// The rows as a table.
  var table: String {
    var cells = [["figure", "unit", "Sallyport", "C floor", "aim", "holds"]]
    for row in rows {
      let decimals = row.samples.median < 10 ? 2 : 1
      cells.append([
        row.title, row.unit, row.samples.text(decimals), row.floor?.text(1) ?? "",
        row.aim.map { (row.lowerIsBetter ? "<= " : ">= ") + format($0, $0 < 2 ? 1 : 0) } ?? "",
        row.aim == nil ? "" : row.holds ? "yes" : "NO",
      ])
    }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines = cells.map { row in
      zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
        .joined(separator: "  ")
    }
    lines.insert(String(repeating: "-", count: lines[0].count), at: 1)
    return lines.joined(separator: "\n")
  }

  /// Writes all values to a file.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(self).write(to: URL(fileURLWithPath: path))
  }
}

/// A number with a fixed number of decimals.
func format(_ value: Double, _ decimals: Int) -> String {
  String(format: "%.\(decimals)f", value)
}
