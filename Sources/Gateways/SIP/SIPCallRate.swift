import WireFormats

/// How many calls one address may begin in how many seconds, and for how long none of its calls is let through when it
/// begins more (`ip nat service sip blacklist`).
package struct CallRate: Hashable, Sendable {
  package var calls: UInt32
  package var seconds: UInt32
  package var blockedSeconds: UInt32

  package init(calls: UInt32, seconds: UInt32, blockedSeconds: UInt32) {
    self.calls = calls
    self.seconds = seconds
    self.blockedSeconds = blockedSeconds
  }
}

/// Who has begun how many calls of late.
struct SIPCallRate {
  /// Callers that are counted at one time; while there are more, those that come last are not.
  static let maximumCallers = 65_536

  private struct Caller {
    /// Seconds.
    var began: UInt32
    var calls: UInt32
    var blockedUntil: UInt32?
  }

  private var limit: CallRate?
  private var callers: [IPv4Address: Caller] = [:]

  init(_ limit: CallRate?) { self.limit = limit }

  var isEmpty: Bool { callers.isEmpty }

  mutating func adopt(_ limit: CallRate?) {
    if limit != self.limit { callers = [:] }
    self.limit = limit
  }

  /// Whether calls of an address go no further.
  func isBlocked(_ caller: IPv4Address, now: UInt64) -> Bool {
    callers[caller]?.blockedUntil.map { SIPBook.seconds(now) < $0 } ?? false
  }

  /// Counts a call.
  mutating func note(_ address: IPv4Address, now: UInt64) {
    guard let limit else { return }
    let now = SIPBook.seconds(now)
    guard callers[address] != nil || callers.count < Self.maximumCallers else { return }
    var caller = callers[address] ?? Caller(began: now, calls: 0)
    if now &- caller.began >= limit.seconds { caller = Caller(began: now, calls: 0) }
    caller.calls += 1
    if caller.calls > limit.calls, caller.blockedUntil == nil { caller.blockedUntil = now &+ limit.blockedSeconds }
    callers[address] = caller
  }

  mutating func expire(now: UInt32) {
    guard let limit, !callers.isEmpty else { return }
    callers = callers.filter { $0.value.blockedUntil.map { now < $0 } ?? (now &- $0.value.began < limit.seconds) }
  }
}
