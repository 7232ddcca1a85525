import Glibc
import Synchronization

/// A line on standard error that says how the trial goes: rewritten in place on a terminal, one line a second elsewhere.
final class ProgressLine {
  private let unit: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastShown: UInt64 = 0
  private var lastCompleted: UInt64 = 0
  private var width = 0

  init(unit: String) { self.unit = unit }

  /// Shows what the gauges say, when it is time to.
  func show(label: String, gauges: [Lane.Gauge], start: UInt64, end: UInt64) {
    let now = monotonicNanoseconds()
    let since = now - max(lastShown, start)
    guard since >= (isTerminal ? 200_000_000 : 1_000_000_000) else { return }
    let attempted = gauges.reduce(0) { $0 + $1.attempted.load(ordering: .relaxed) }
    let completed = gauges.reduce(0) { $0 + $1.completed.load(ordering: .relaxed) }
    let fresh = completed - min(lastShown < start ? 0 : lastCompleted, completed)
    let rate = Double(fresh) * 1e9 / Double(since)
    lastShown = now
    lastCompleted = completed
    let seconds = Figure.real(Double(now - start) / 1e9).readable.dropLast(2)
    let missing = Figure.count(attempted - min(attempted, completed)).readable
    let line =
      "\(label)  \(seconds) of \(Figure.real(Double(end - start) / 1e9).readable.dropLast(2)) s  "
      + "\(Figure.count(completed).readable) \(unit)  \(Figure.count(UInt64(rate)).readable)/s  \(missing) missing"
    if isTerminal {
      put("\r" + line + String(repeating: " ", count: max(0, width - line.count)))
      width = line.count
    } else {
      put(line + "\n")
    }
  }

  /// Makes room for what comes next.
  func clear() {
    lastShown = 0
    if isTerminal, width > 0 { put("\r" + String(repeating: " ", count: width) + "\r") }
    width = 0
  }

  private func put(_ text: String) {
    let octets = Array(text.utf8)
    _ = unsafe octets.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
