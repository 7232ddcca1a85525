/// What a reload did to sessions.
package struct Reconciled: Hashable, Sendable {
  /// Sessions that go on.
  package var kept = 0
  /// Sessions whose rule or static entry no longer stands.
  package var ended = 0

  package init() {}

  package static func += (sum: inout Self, other: Self) {
    sum.kept += other.kept
    sum.ended += other.ended
  }
}

extension Translator {
  /// Translates by `next` from now on, and returns the policy so far, which the caller lets go of elsewhere: freeing it
  /// would keep packets waiting. Called between two bursts. Sessions stay; `reconcile` ends those that may not.
  package mutating func adopt(_ next: consuming Policy) -> Policy {
    facts = InterfaceTable(next.facts)
    hunts = Array(repeating: AddressHunt(), count: next.rules.count)
    swap(&policy, &next)
    return next
  }

  /// Ends the sessions among `slice` records from `cursor` on whose rule no longer stands; adds to `result`. Returns the
  /// record to go on with, or nil at the end of the table.
  package mutating func reconcile(from cursor: UInt32, slice: UInt32, into result: inout Reconciled) -> UInt32? {
    Self.walk(from: cursor, slice: slice, end: shard.sessions.highWater) { number in
      let record = shard.sessions[number]
      guard record.flags.contains(.live) else { return true }
      let mapping = record.mapping == SessionRecord.noMapping ? nil : shard.mappings[record.mapping]
      if mapping.map({ policy.stands($0) }) ?? true, policy.stands(record, with: mapping) {
        result.kept += 1
      } else {
        end(session: number)
        counters.add(to: .sessionsCleared)
        result.ended += 1
      }
      return true
    }
  }

  /// Ends the address mappings without sessions among `slice` records from `cursor` on whose rule no longer stands.
  package mutating func reconcileMappings(from cursor: UInt32, slice: UInt32) -> UInt32? {
    Self.walk(from: cursor, slice: slice, end: shard.mappings.highWater) { number in
      let record = shard.mappings[number]
      if record.kind == .address, record.users == 0, !policy.stands(record) { end(mapping: number) }
      return true
    }
  }
}
