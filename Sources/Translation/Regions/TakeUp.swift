import Forwarding
import WireFormats

/// What became of the records of earlier regions that belong to one worker.
package struct TakenUp: Hashable, Sendable {
  /// Sessions that go on.
  package var sessions = 0
  /// Sessions and idle address mappings that this run's rules or tables have no place for.
  package var skipped = 0

  package init() {}

  package static func += (sum: inout Self, other: Self) {
    sum.sessions += other.sessions
    sum.skipped += other.skipped
  }
}

extension Translator {
  /// Takes up what belongs to this worker of a region that an earlier run left, before the first packet. The region may
  /// have been another worker's, of another size, or one of several: each worker goes through all of them.
  ///
  /// Nothing in a record is believed: a session comes in only if it could have been made under the rules in force, with
  /// a mapping whose port is free, and then with everything that the making of one does.
  ///
  /// - Parameter now: the tick, which goes on from the earlier run's (`RegionReader.tick(in:sinceBoot:)`).
  package mutating func takeUp(_ region: borrowing RegionReader, now: UInt32) -> TakenUp {
    self.now = now
    var result = TakenUp()
    // The numbers that the region's mappings have here; found out when the first session asks.
    var mappings = Array(repeating: TakeUpMark.unknown, count: Int(region.mappingLimit))
    for number in 0..<region.sessionLimit {
      prefetchTakeUp(region.session(number &+ Self.takeUpDistance))
      guard let record = region.session(number), owner(of: record) == worker else { continue }
      if takeUp(record, region, &mappings) { result.sessions += 1 } else { result.skipped += 1 }
    }
    for number in 0..<region.mappingLimit where mappings[Int(number)] == TakeUpMark.unknown {
      guard let record = region.mapping(number), record.kind == .address, owner(of: record) == worker else { continue }
      let hadSessions = record.users > 0
      guard let mapping = takeUp(record) else {
        result.skipped += 1
        continue
      }
      shard.mappings[mapping].idleSince = hadSessions ? now : min(record.idleSince, now)
    }
    counters.set(.sessions, to: shard.sessionCount)
    counters.set(.mappings, to: shard.mappingCount)
    return result
  }

  /// Notes in the region what time it is, so that a later run knows how long nobody was there. Called at each
  /// housekeeping.
  package func note(_ time: RegionTime) { shard.note(time) }

  /// Records that are asked for ahead of the one at hand.
  private static var takeUpDistance: UInt32 { 8 }

  /// The worker that a session belongs to, whoever had it before.
  package func owner(of record: SessionRecord) -> Int {
    Ownership.worker(ofInside: record.insideLocal, in: record.insideInstance, of: workers)
  }

  /// The worker that a mapping belongs to.
  package func owner(of record: MappingRecord) -> Int {
    Ownership.worker(ofInside: record.insideLocal, in: record.instance, of: workers)
  }

  /// Asks for the places in the index that a session will be looked for and entered at.
  private func prefetchTakeUp(_ record: SessionRecord?) {
    guard let record else { return }
    for key in [record.outboundKey, record.inboundKey] {
      let hash = key.hash(seed: shard.seed)
      // Both buckets: that a key is in neither is what is to be found out.
      shard.sessionIndex.prefetch(hash)
      shard.sessionIndex.prefetchSecond(hash)
    }
    shard.prefetchMapping(
      of: record.insideLocal, port: record.insideLocalPort, record.protocolNumber, record.insideInstance)
  }

  /// Takes up one session, and its mapping with the first of its sessions; false when there is no place for it.
  private mutating func takeUp(
    _ old: SessionRecord, _ region: borrowing RegionReader, _ mappings: inout [UInt32]
  ) -> Bool {
    var record = old
    record.mapping = SessionRecord.noMapping
    var mapping: MappingRecord?
    if old.mapping != SessionRecord.noMapping {
      guard let number = takenUp(old.mapping, region, &mappings) else { return false }
      record.mapping = number
      mapping = shard.mappings[number]
    }
    guard policy.stands(record, with: mapping), !hasSession(record.outboundKey), !hasSession(record.inboundKey),
      limit.take()
    else {
      releaseUnused(mapping: record.mapping, of: old.mapping, &mappings)
      return false
    }
    record.flags.remove(.live)
    if mapping?.kind == .address { record.flags.insert(.addressOnly) } else { record.flags.remove(.addressOnly) }
    record.lastUsed = min(record.lastUsed, now)
    record.created = min(record.created, now)
    (record.outboundNeighbor, record.inboundNeighbor) = (.none, .none)
    (record.outboundGeneration, record.inboundGeneration) = (0, 0)
    record.updateDifferences()
    guard shard.insert(record) != nil else {
      limit.giveBack()
      releaseUnused(mapping: record.mapping, of: old.mapping, &mappings)
      return false
    }
    if record.mapping != SessionRecord.noMapping { shard.mappings[record.mapping].users += 1 }
    return true
  }

  private func hasSession(_ key: FlowKey) -> Bool { shard.findSession(key, key.hash(seed: shard.seed)) != nil }

  /// Ends a mapping that was taken up for a session which then had no place.
  private mutating func releaseUnused(mapping: UInt32, of old: UInt32, _ mappings: inout [UInt32]) {
    guard mapping != SessionRecord.noMapping, shard.mappings[mapping].users == 0 else { return }
    end(mapping: mapping)
    mappings[Int(old)] = TakeUpMark.unknown
  }

  /// The number here of mapping `old` of the region, or nil when it has no place.
  private mutating func takenUp(
    _ old: UInt32, _ region: borrowing RegionReader, _ mappings: inout [UInt32]
  ) -> UInt32? {
    guard old < region.mappingLimit else { return nil }
    switch mappings[Int(old)] {
    case TakeUpMark.refused: return nil
    case TakeUpMark.unknown:
      guard let record = region.mapping(old), owner(of: record) == worker, let number = takeUp(record) else {
        mappings[Int(old)] = TakeUpMark.refused
        return nil
      }
      mappings[Int(old)] = number
      return number
    case let number: return number
    }
  }

  /// Takes up one mapping without users: claims its port or address, and finds or makes its pairing.
  private mutating func takeUp(_ old: MappingRecord) -> UInt32? {
    guard policy.stands(old), shard.findMapping(like: old) == nil,
      let address = policy.globalAddresses.number(of: old.insideGlobal)
    else { return nil }
    var record = old
    record.users = 0
    record.created = min(record.created, now)
    if record.kind == .address {
      guard ports.claimAddress(address, for: allocator.mark) else { return nil }
      record.idleSince = now
      if let number = shard.insert(record) { return number }
      ports.freeAddress(address, of: allocator.mark)
      return nil
    }
    guard
      ports.claim(
        address: address, protocol: record.protocolNumber, port: record.insideGlobalPort, for: allocator.mark)
    else { return nil }
    if let pairing = pairing(for: record), let number = insertTakenUp(record, pairing) { return number }
    ports.free(address: address, protocol: record.protocolNumber, port: record.insideGlobalPort, of: allocator.mark)
    return nil
  }

  /// The pairing that a port mapping holds on to, made if it was not there; nil when its host is paired with another
  /// address, or there is no room.
  private mutating func pairing(for record: MappingRecord) -> UInt32? {
    guard policy.rules[Int(record.rule)].addresses.count > 1 else { return MappingRecord.noPairing }
    var pairing = MappingRecord(kind: .pairing)
    pairing.insideLocal = record.insideLocal
    pairing.instance = record.instance
    pairing.rule = record.rule
    pairing.insideGlobal = record.insideGlobal
    pairing.created = record.created
    guard let known = shard.findMapping(like: pairing) else { return shard.insert(pairing) }
    return shard.mappings[known].insideGlobal == record.insideGlobal ? known : nil
  }

  private mutating func insertTakenUp(_ old: MappingRecord, _ pairing: UInt32) -> UInt32? {
    var record = old
    record.link = pairing
    guard let number = shard.insert(record) else {
      if pairing != MappingRecord.noPairing, shard.mappings[pairing].users == 0 { shard.removeMapping(pairing) }
      return nil
    }
    if pairing != MappingRecord.noPairing { shard.mappings[pairing].users += 1 }
    return number
  }
}

/// What stands in the place of a mapping's new number.
private enum TakeUpMark {
  static let unknown = UInt32.max
  static let refused = UInt32.max - 1
}
