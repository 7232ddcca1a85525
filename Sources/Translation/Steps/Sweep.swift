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

  /// Sessions that end in a millisecond at most, beside twice as many as have begun: when a million become idle at once,
  /// their end must not take the worker from its packets, and where many begin, as many have to end.
  static let endsPerMillisecond: UInt64 = 32

  /// Sessions that end together, so that what the end of one waits for is fetched while others are looked at.
  static let batch = 32

  var session: UInt32 = 0
  var mapping: UInt32 = 0
  /// Sessions that had begun at the last turn.
  var begun: UInt64 = 0

  /// The records to inspect after `elapsed` microseconds.
  static func slice(of records: UInt32, elapsed: UInt64) -> UInt32 {
    let due = UInt64(records) * min(elapsed, round) / round + 16
    return min(records, UInt32(min(due, maximumSlice)))
  }

  /// The sessions that may end after `elapsed` microseconds in which `begun` have begun.
  static func allowance(elapsed: UInt64, begun: UInt64) -> UInt64 {
    min(elapsed, round) * endsPerMillisecond / 1000 + 2 * begun + 1
  }
}

extension Translator {
  /// Ends idle sessions and idle address mappings of the next slice of the tables.
  ///
  /// - Parameters:
  ///   - now: the tick.
  ///   - elapsed: microseconds since the last call.
  package mutating func expire(now: UInt32, elapsed: UInt64 = Sweep.round) {
    self.now = now
    expireSessions(elapsed)
    let mappings = shard.mappings.highWater
    for _ in 0..<Sweep.slice(of: mappings, elapsed: elapsed) {
      if sweep.mapping >= mappings { sweep.mapping = 0 }
      let number = sweep.mapping
      sweep.mapping += 1
      expire(mapping: number)
    }
    expireDoors()
    counters.set(.mappings, to: shard.mappingCount)
    if worker == 0 { bindings.expire(now: now, idle: policy.timeouts.simple) }
  }

  /// Ends the idle sessions of the next slice, as many as may end now.
  private mutating func expireSessions(_ elapsed: UInt64) {
    let begun = counters.value(of: .sessionsCreated)
    var allowance = Sweep.allowance(elapsed: elapsed, begun: begun &- sweep.begun)
    sweep.begun = begun
    var due = InlineArray<32, UInt32>(repeating: 0)
    var count = 0
    let sessions = shard.sessions.highWater
    for _ in 0..<Sweep.slice(of: sessions, elapsed: elapsed) {
      if sweep.session >= sessions { sweep.session = 0 }
      let number = sweep.session
      sweep.session += 1
      shard.sessions.prefetch(number &+ 16)
      guard isDue(number) else { continue }
      shard.prefetchRemoval(number)
      due[count] = number
      count += 1
      allowance -= 1
      if count == Sweep.batch { expire(&due, &count) }
      // The hand goes on from here the next time.
      if allowance == 0 { break }
    }
    expire(&due, &count)
  }

  @inline(__always)
  private func isDue(_ session: UInt32) -> Bool {
    guard shard.sessions[session].flags.contains(.live) else { return false }
    let timeout = policy.timeouts.idleTime(of: shard.sessions[session])
    return timeout != Timeouts.never && now &- shard.sessions[session].lastUsed >= timeout
  }

  /// Ends the first `count` sessions of `due`.
  private mutating func expire(_ due: inout InlineArray<32, UInt32>, _ count: inout Int) {
    for place in 0..<count { shard.prefetchMappingRemoval(of: due[place]) }
    for place in 0..<count {
      end(session: due[place])
      counters.add(to: .sessionsExpired)
    }
    count = 0
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
    case .port, .portByAddress, .pairing, .permission, .portSet, .shift, .door, .doorName, .free: break
    }
  }
}
