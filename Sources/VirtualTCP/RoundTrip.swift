/// How long to wait for an acknowledgement (RFC 6298). Times in microseconds.
struct RoundTrip: Sendable {
  /// Linux's bounds rather than the RFC's second: behind a gateway on a LAN a second is an age.
  static let minimum: UInt64 = 200_000
  static let maximum: UInt64 = 60_000_000
  private static let granularity: UInt64 = 1_000

  private var smoothed: UInt64?
  private var variation: UInt64 = 0
  private var backoff: UInt64 = 1

  /// The time after which the oldest octet is sent again.
  var timeout: UInt64 {
    let base = smoothed.map { $0 + max(Self.granularity, 4 * variation) } ?? 1_000_000
    return min(max(base, Self.minimum) * backoff, Self.maximum)
  }

  /// Takes a measurement, of octets that were sent once only (Karn's algorithm).
  mutating func sample(_ time: UInt64) {
    backoff = 1
    guard let old = smoothed else {
      smoothed = time
      variation = time / 2
      return
    }
    let distance = old > time ? old - time : time - old
    variation = (3 * variation + distance) / 4
    smoothed = (7 * old + time) / 8
  }

  /// The timer ran out.
  mutating func backOff() { backoff = min(backoff * 2, 64) }

  /// New octets were acknowledged.
  mutating func recover() { backoff = 1 }
}
