import Glibc

/// One figure of a result line.
enum Figure {
  case count(UInt64)
  case real(Double)

  fileprivate var text: String {
    switch self {
    case .count(let value): return String(value)
    case .real(let value):
      // Three decimals without Foundation: milliseconds, and fractions of a packet a second.
      let thousandths = Int64((value * 1_000).rounded())
      let fraction = String(thousandths.magnitude % 1_000)
      let sign = thousandths < 0 ? "-" : ""
      return "\(sign)\(thousandths.magnitude / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
  }
}

/// Prints the result of a run as one line of JSON.
func printResult(_ figures: [(name: String, value: Figure)]) {
  let members = figures.map { "\"\($0.name)\": \($0.value.text)" }
  print("{" + members.joined(separator: ", ") + "}")
}

/// Tells whoever started this program that its sockets listen.
func announceReady() {
  let line = "ready\n"
  _ = unsafe write(STDERR_FILENO, line, line.utf8.count)
}
