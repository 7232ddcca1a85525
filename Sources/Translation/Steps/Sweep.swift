/// How far the search for idle sessions has come.
///
/// Expiry is a hand that goes round the records: no links to keep, nothing to move when a session is used, and a
/// bounded slice a turn. A session ends at most one round after it became idle, unless very many do at once.
package struct Sweep: Sendable {
  /// Microseconds that a round should take.
  package static let round: UInt64 = 2_000_000
  /// Records that one turn inspects at most, so that no packet waits long; a very large table that is looked at rarely,
  /// because the gateway is idle, takes longer for a round.
  static let maximumSlice: UInt64 = 16_384

  /// Sessions that end in a millisecond at most: when a million become idle at once, their end must not take the worker
  /// from its packets. At well under a microsecond each that is some two hundredths of a core.
  static let endsPerMillisecond: UInt64 = 32

  var session: UInt32 = 0
  var mapping: UInt32 = 0

  /// The records to inspect after `elapsed` microseconds.
  static func slice(of records: UInt32, elapsed: UInt64) -> UInt32 {
    let due = UInt64(records) * min(elapsed, round) / round + 16
    return min(records, UInt32(min(due, maximumSlice)))
  }

  /// The sessions that may end after `elapsed` microseconds.
  static func allowance(elapsed: UInt64) -> UInt64 { min(elapsed, round) * endsPerMillisecond / 1000 + 1 }
}

extension Translator {
  /// Ends idle sessions and idle address mappings of the next slice of the tables.
  ///
  /// - Parameters:
  ///   - now: the tick.
  ///   - elapsed: microseconds since the last call.
  package mutating func expire(now: UInt32, elapsed: UInt64 = Sweep.round) {
    self.now = now
    let sessions = shard.sessions.highWater
    var allowance = Sweep.allowance(elapsed: elapsed)
    for _ in 0..<Sweep.slice(of: sessions, elapsed: elapsed) {
      if sweep.session >= sessions { sweep.session = 0 }
      let number = sweep.session
      sweep.session += 1
      shard.sessions.prefetch(number &+ 16)
      let record = shard.sessions[number]
      guard record.flags.contains(.live) else { continue }
      let timeout = policy.timeouts.idleTime(of: record)
      guard timeout != Timeouts.never, now &- record.lastUsed >= timeout else { continue }
      end(session: number)
      counters.add(to: .sessionsExpired)
      allowance -= 1
      // The hand goes on from here the next time.
      if allowance == 0 { break }
    }
    let mappings = shard.mappings.highWater
    for _ in 0..<Sweep.slice(of: mappings, elapsed: elapsed) {
      if sweep.mapping >= mappings { sweep.mapping = 0 }
      let number = sweep.mapping
      sweep.mapping += 1
      expire(mapping: number)
    }
    counters.set(.mappings, to: shard.mappingCount)
    if worker == 0 { bindings.expire(now: now, idle: policy.timeouts.simple) }
  }

  /// Ends what is kept for a while after its last use: an address, a port that rests, a host's credit.
  private mutating func expire(mapping number: UInt32) {
    let record = shard.mappings[number]
    switch record.kind {
    case .address:
      guard record.users == 0 else { return }
      let usesRouteMap = policy.ruleNumber(ofID: record.rule).map { policy.rules[$0].rule.accessList == nil } ?? false
      let idle = usesRouteMap ? policy.timeouts.routeMapEntry : policy.timeouts.simple
      if idle != Timeouts.never, now &- record.idleSince >= idle { end(mapping: number) }
    case .held:
      if now &- record.word >= policy.settings.holdDown { end(mapping: number) }
    case .host:
      if record.users == 0, now &- record.word >= Self.hostMemory { shard.removeMapping(number) }
    case .port, .portByAddress, .pairing, .permission, .portSet, .free: break
    }
  }
}
