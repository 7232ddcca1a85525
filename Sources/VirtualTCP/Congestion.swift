/// How much may be under way to a receiver (RFC 5681).
///
/// The sender's own congestion control goes on working through the proxy, since its octets are acknowledged when the
/// receiver has acknowledged them. But what the proxy repairs its sender never hears of, and what was acknowledged on the
/// proxy's own account its sender does not count any more. So the proxy has a window of its own, which opens as fast as the
/// sender's and closes where the sender's should have.
struct Congestion: Sendable {
  /// Segments of the initial window (RFC 6928).
  private static let initialSegments = 10
  private static let largest = 1 << 30

  /// Octets that may be under way; nil before the first.
  private var window: Int?
  /// Where slow start ends.
  private var threshold = Self.largest
  /// The moment at which something was sent last.
  private var lastSent: UInt64 = 0

  func allowance(_ segment: Int) -> Int { window ?? Self.initialSegments * segment }

  /// Something was acknowledged: `octets` of the `flight` that was under way before.
  mutating func acknowledge(_ octets: Int, flight: Int, segment: Int) {
    let current = allowance(segment)
    // A window that is not used says nothing of the way (RFC 7661).
    guard flight * 2 >= current else { return }
    let growth = current < threshold ? octets : max(1, segment * min(octets, current) / current)
    window = min(current + growth, Self.largest)
  }

  /// A loss that the receiver's acknowledgements told of (section 3.2).
  mutating func lose(flight: Int, segment: Int) {
    threshold = max(flight / 2, 2 * segment)
    window = threshold
  }

  /// The timer ran out (section 3.1): from one segment on again.
  mutating func timeOut(flight: Int, segment: Int, isFirst: Bool) {
    if isFirst { threshold = max(flight / 2, 2 * segment) }
    window = segment
  }

  /// Something is sent while `flight` octets are under way. After a pause the way is tried anew (section 4.1).
  mutating func send(flight: Int, segment: Int, timeout: UInt64, now: UInt64) {
    if flight == 0, lastSent > 0, now &- lastSent > timeout {
      window = min(allowance(segment), Self.initialSegments * segment)
    }
    lastSent = now
  }
}
