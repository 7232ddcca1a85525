import Glibc

/// Nanoseconds of the monotonic clock.
func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Sleeps about `nanoseconds`, which is below one second; a signal may cut it short.
func sleepBriefly(_ nanoseconds: UInt64) {
  var time = timespec(tv_sec: 0, tv_nsec: Int(nanoseconds))
  unsafe nanosleep(&time, nil)
}

/// Asks the kernel to wake this process within a microsecond of the time asked for, instead of the usual fifty: a
/// paced sender would otherwise send in clumps. Where it is refused the clumps remain, and nothing else changes.
func sharpenTimers() {
  let descriptor = unsafe open("/proc/self/timerslack_ns", O_WRONLY)
  guard descriptor >= 0 else { return }
  _ = unsafe write(descriptor, "1000", 4)
  close(descriptor)
}

/// When the next packets are due at a steady rate.
struct Pace {
  /// How far a sender may fall behind, in nanoseconds, before what it missed is forgotten: a stall must not become a
  /// burst that no steady rate would have made.
  private static let largestDebt = 20_000_000.0
  /// The shortest and longest sleep between two looks at the clock, in nanoseconds.
  private static let sleeps = 20_000.0...1_000_000.0

  private let packetsPerNanosecond: Double
  private let batch: Double
  private var start: Double
  private var sent = 0.0

  /// Starts at `now`, sending `packetsPerSecond` in batches of at most `batch` packets.
  init(packetsPerSecond: Double, batch: Int, now: UInt64) {
    packetsPerNanosecond = packetsPerSecond / 1e9
    self.batch = Double(batch)
    start = Double(now)
  }

  /// How many packets are due at `now`.
  mutating func due(at now: UInt64) -> Int {
    let time = Double(now)
    var due = (time - start) * packetsPerNanosecond - sent
    let debt = Self.largestDebt * packetsPerNanosecond
    if due > max(debt, batch) {
      start += (due - debt) / packetsPerNanosecond
      due = debt
    }
    return due < 1 ? 0 : Int(due)
  }

  /// Notes that `count` packets have left.
  mutating func add(_ count: Int) {
    sent += Double(count)
  }

  /// How long to sleep when nothing is due, in nanoseconds: half a batch's time, so that batches stay small.
  var pause: UInt64 {
    let half = batch / 2 / packetsPerNanosecond
    return UInt64(min(max(half, Self.sleeps.lowerBound), Self.sleeps.upperBound))
  }
}
