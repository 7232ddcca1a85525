/// A token bucket: `rate` events a second, and `burst` at once. For ICMP errors (RFC 1812 section 4.3.2.8).
package struct RateLimit: Sendable {
  private let rate: UInt64
  private let burst: UInt64
  private var tokens: UInt64
  private var last: UInt64 = 0

  /// A full bucket; `rate` and `burst` are at least 1.
  package init(rate: UInt64, burst: UInt64) {
    self.rate = rate
    self.burst = burst
    tokens = burst * Self.unit
  }

  /// Fractions of an event that are counted.
  private static let unit: UInt64 = 1_000_000

  /// Takes one event at `nanoseconds` of a clock that does not go back; false when there is none.
  package mutating func take(at nanoseconds: UInt64) -> Bool {
    let elapsed = min(nanoseconds &- last, 10_000_000_000)
    let earned = elapsed * rate / 1000
    // Time too short to earn anything is kept for the next call, or who asks often enough would never be given any.
    if earned > 0 {
      last = nanoseconds
      tokens = min(burst * Self.unit, tokens + earned)
    }
    guard tokens >= Self.unit else { return false }
    tokens -= Self.unit
    return true
  }
}
