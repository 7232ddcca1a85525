/// How far the search for idle sessions has come.
///
/// Expiry is a hand that goes round the records: no links to keep, nothing to move when a session is used, and a
/// bounded slice a turn. A session ends at most one round after it became idle.
package struct Sweep: Sendable {
  /// Records that one turn inspects at least; more in a large table, so that a round takes `roundTurns` turns.
  static let minimumSlice: UInt32 = 256
  /// Turns of a round; a worker takes about ten turns a second.
  static let roundTurns: UInt32 = 20

  var session: UInt32 = 0
  var mapping: UInt32 = 0
}

extension Translator {
  /// Ends idle sessions and idle address mappings of the next slice of the tables. Called about ten times a second.
  package mutating func expire(now: UInt32) {
    self.now = now
    let sessions = shard.sessions.highWater
    for _ in 0..<min(sessions, max(Sweep.minimumSlice, sessions / Sweep.roundTurns)) {
      if sweep.session >= sessions { sweep.session = 0 }
      let number = sweep.session
      sweep.session += 1
      shard.sessions.prefetch(number &+ 16)
      let record = shard.sessions[number]
      guard record.flags.contains(.live) else { continue }
      let timeout = timeout(of: record)
      guard timeout != Timeouts.never, now &- record.lastUsed >= timeout else { continue }
      end(session: number)
      counters.add(to: .sessionsExpired)
    }
    let mappings = shard.mappings.highWater
    for _ in 0..<min(mappings, max(Sweep.minimumSlice, mappings / Sweep.roundTurns)) {
      if sweep.mapping >= mappings { sweep.mapping = 0 }
      let number = sweep.mapping
      sweep.mapping += 1
      let record = shard.mappings[number]
      guard record.kind == .address, record.users == 0, policy.timeouts.simple != Timeouts.never,
        now &- record.idleSince >= policy.timeouts.simple
      else { continue }
      end(mapping: number)
    }
  }
}
