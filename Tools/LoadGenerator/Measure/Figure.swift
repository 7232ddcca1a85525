import Glibc

/// One figure of a result.
enum Figure {
  case count(UInt64)
  case real(Double)
  /// A small part of one, whose first digits may come late.
  case fraction(Double)

  /// The figure as JSON has it.
  var text: String {
    switch self {
    case .count(let value): String(value)
    case .real(let value): Self.decimal(value, places: 3)
    case .fraction(let value): Self.decimal(value, places: 9)
    }
  }

  /// The figure as a table has it.
  var readable: String {
    switch self {
    case .count(let value): Self.grouped(String(value))
    case .real(let value):
      abs(value) >= 1_000 ? Self.grouped(Self.decimal(value, places: 0)) : Self.decimal(value, places: 3)
    case .fraction(let value): Self.decimal(value, places: 6)
    }
  }

  var number: Double {
    switch self {
    case .count(let value): Double(value)
    case .real(let value), .fraction(let value): value
    }
  }

  /// A number with fixed decimals, without Foundation; beyond what an integer holds it is cut there.
  private static func decimal(_ value: Double, places: Int) -> String {
    let scale = pow(10, Double(places))
    let scaled = Int64(min(max((value * scale).rounded(), -9e18), 9e18))
    let digits = String(scaled.magnitude)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let whole = padded.dropLast(places)
    return (scaled < 0 ? "-" : "") + whole + (places > 0 ? "." + padded.suffix(places) : "")
  }

  /// Digits in groups of three.
  private static func grouped(_ digits: String) -> String {
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, digit != "-", (digits.count - index) % 3 == 0, result != "-" { result += " " }
      result.append(digit)
    }
    return result
  }
}

/// Prints the result of a run as one line of JSON.
func printResult(_ figures: [(name: String, value: Figure)]) {
  let members = figures.map { "\"\($0.name)\": \($0.value.text)" }
  print("{" + members.joined(separator: ", ") + "}")
}

/// Tells whoever started this program that its sockets listen.
func announceReady() { complain("ready") }

/// Writes a line to standard error.
func complain(_ line: String) {
  let octets = Array((line + "\n").utf8)
  _ = unsafe octets.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
