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
      if takeUp(record, number, region, &mappings) { result.sessions += 1 } else { result.skipped += 1 }
    }
    var kept: [(UInt32, MappingRecord)] = []
    var names: [UInt32: UInt64] = [:]
    for number in 0..<region.mappingLimit where mappings[Int(number)] == TakeUpMark.unknown {
      guard let record = region.mapping(number), owner(of: record) == worker else { continue }
      switch record.kind {
      case .door: kept.append((number, record))
      case .doorName: names[record.users] = record.doorName
      default: takeUpIdle(record, &result)
      }
    }
    takeUpDoors(kept, names: names)
    counters.set(.sessions, to: shard.sessionCount)
    counters.set(.mappings, to: shard.mappingCount)
    return result
  }

  /// Notes in the region what time it is, so that a later run knows how long nobody was there. Called at each
  /// housekeeping.
  package mutating func note(_ time: RegionTime) { shard.note(time) }

  /// Records that are asked for ahead of the one at hand.
  private static var takeUpDistance: UInt32 { 8 }

  /// The worker that a session belongs to, whoever had it before.
  package mutating func owner(of record: SessionRecord) -> Int {
    record.flags.contains(.rotary)
      ? Ownership.worker(ofPort: record.insideGlobalPort, of: workers)
      : Ownership.worker(ofInside: record.insideLocal, in: record.insideInstance, of: workers)
  }

  /// The worker that a mapping belongs to.
  package mutating func owner(of record: MappingRecord) -> Int {
    Ownership.worker(ofInside: record.insideLocal, in: record.instance, of: workers)
  }

  /// Asks for the places in the index that a session will be looked for and entered at.
  private mutating func prefetchTakeUp(_ record: SessionRecord?) {
    guard let record else { return }
    for key in [record.outboundKey, record.inboundKey] {
      let hash = key.hash(seed: shard.seed)
      // Both buckets: that a key is in neither is what is to be found out.
      shard.sessionIndex.prefetch(hash)
      shard.sessionIndex.prefetchSecond(hash)
    }
    shard.prefetchMapping(
      of: record.insideLocal, port: record.insideLocalPort, record.protocolNumber, record.insideInstance, record.rule)
  }

  // MARK: Sessions

  /// Takes up one session, and its mapping with the first of its sessions; false when there is no place for it.
  private mutating func takeUp(
    _ old: SessionRecord, _ oldNumber: UInt32, _ region: borrowing RegionReader, _ mappings: inout [UInt32]
  ) -> Bool {
    var record = old
    guard let shift = takeParticulars(&record, oldNumber, region) else { return false }
    record.mapping = SessionRecord.noMapping
    // What other records say of it is found out anew.
    record.flags.subtract([.live, .permitted, .hostCounted])
    record.flags.limitedList = 0
    record.lastUsed = min(record.lastUsed, now)
    record.created = min(record.created, now)
    record.neighbors = [.none, .none]
    record.generations = [0, 0]
    record.updateDifferences()
    guard bindAgain(record), stands(record), !hasSession(record.outboundKey), !hasSession(record.inboundKey) else {
      return false
    }
    if record.flags.contains(.ownsPort) {
      guard claimOwnPort(&record) else { return false }
    } else if !record.flags.contains(.isStatic) || old.mapping != SessionRecord.noMapping {
      guard let number = takenUp(old.mapping, region, &mappings) else { return false }
      guard agrees(record, shard.mappings[number]) else {
        endIfUnused(number, of: old.mapping, &mappings)
        return false
      }
      record.mapping = number
    }
    let mapping = record.mapping == SessionRecord.noMapping ? nil : shard.mappings[record.mapping]
    guard case .success(let session) = install(&record, isNew: false) else {
      if let mapping, !record.flags.contains(.ownsPort) {
        // It stays where other sessions use it, and has ended where not.
        mappings[Int(old.mapping)] = shard.findMapping(like: mapping) ?? TakeUpMark.unknown
      }
      return false
    }
    if record.cameThroughDoor, record.mapping != SessionRecord.noMapping { doors.addHold(record.mapping) }
    guard setShift(of: session, to: shift) else {
      end(session: session)
      return false
    }
    return true
  }

  /// Takes from a record what is of the earlier run only, and answers how far its numbers are moved. Its gateway looks
  /// into it no longer, since nobody knows any more what it had seen, unless each of its datagrams says what it is; what
  /// was added to streams stays added. Nil when that cannot be known.
  private func takeParticulars(
    _ record: inout SessionRecord, _ number: UInt32, _ region: borrowing RegionReader
  ) -> SequenceShift? {
    if record.protocolNumber != .udp || !policy.mayJoin(record.gateway) {
      record.isInspected = false
      record.gateway = .none
      if record.protocolNumber == .udp, !record.flags.contains(.noPayload) { join(&record) }
    }
    guard record.isShifted else { return SequenceShift() }
    guard let kept = region.mapping(record.shiftRecord), kept.kind == .shift, kept.users == number else { return nil }
    record.isShifted = false
    (record.acknowledgedByInside, record.acknowledgedByOutside) = (kept.insideLocalPort, kept.insideGlobalPort)
    return kept.shift
  }

  /// Binds the session's outside host to its local address again, if a rule had bound it.
  private mutating func bindAgain(_ record: SessionRecord) -> Bool {
    guard record.flags.contains(.outsideBound) else { return true }
    let rule = policy.outsideRules.firstIndex {
      $0.rule.instance == record.insideInstance && $0.rule.outsideInstance == record.outsideInstance
        && $0.addresses.contains(record.outsideLocal)
    }
    guard let rule else { return false }
    return bindings.bind(
      global: record.outsideGlobal, in: record.outsideInstance, from: [record.outsideLocal],
      for: record.insideInstance, rule: UInt16(truncatingIfNeeded: rule), now: now) == record.outsideLocal
  }

  /// Whether a session and the mapping that it names belong together.
  private mutating func agrees(_ record: SessionRecord, _ mapping: MappingRecord) -> Bool {
    guard mapping.insideLocal == record.insideLocal, mapping.insideGlobal == record.insideGlobal,
      mapping.instance == record.insideInstance, mapping.outsideInstance == record.outsideInstance,
      mapping.rule == record.rule, record.flags.contains(.addressOnly) == (mapping.kind == .address)
    else { return false }
    if mapping.kind == .address { return record.insideLocalPort == record.insideGlobalPort }
    return mapping.protocolNumber == record.protocolNumber && mapping.insideLocalPort == record.insideLocalPort
      && mapping.insideGlobalPort == record.insideGlobalPort
      && (mapping.kind == .port || mapping.remote == record.outsideGlobal)
  }

  /// Claims the port of a session that has one of its own, and its host's pairing.
  private mutating func claimOwnPort(_ record: inout SessionRecord) -> Bool {
    guard let address = policy.globalAddresses.number(of: record.insideGlobal, in: record.outsideInstance),
      ports.claim(
        address: address, protocol: record.protocolNumber, port: record.insideGlobalPort, for: allocator.mark)
    else { return false }
    var probe = MappingRecord(kind: .port)
    probe.insideLocal = record.insideLocal
    probe.insideGlobal = record.insideGlobal
    probe.insideGlobalPort = record.insideGlobalPort
    probe.instance = record.insideInstance
    probe.outsideInstance = record.outsideInstance
    probe.rule = record.rule
    guard let pairing = pairing(for: probe, address) else {
      freePort(of: record)
      return false
    }
    record.mapping = pairing == MappingRecord.noPairing ? SessionRecord.noMapping : pairing
    return true
  }

  // MARK: Mappings

  /// Ends a mapping that was taken up for a session which then had no place.
  private mutating func endIfUnused(_ number: UInt32, of old: UInt32, _ mappings: inout [UInt32]) {
    guard shard.mappings[number].users == 0 else { return }
    end(mapping: number)
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
      guard let record = region.mapping(old), record.isPort || record.kind == .address,
        owner(of: record) == worker, let number = takeUp(record)
      else {
        mappings[Int(old)] = TakeUpMark.refused
        return nil
      }
      mappings[Int(old)] = number
      return number
    case let number: return number
    }
  }

  /// Takes up a mapping that no session came with: an address that waits for its host, a port that rests.
  private mutating func takeUpIdle(_ old: MappingRecord, _ result: inout TakenUp) {
    switch old.kind {
    case .address:
      guard let mapping = takeUp(old) else {
        result.skipped += 1
        return
      }
      // Its sessions, if it had any, have just ended.
      shard.mappings[mapping].idleSince = old.users > 0 ? now : min(old.idleSince, now)
    case .held:
      guard let address = policy.globalAddresses.number(of: old.insideGlobal, in: old.outsideInstance),
        ports.claim(address: address, protocol: old.protocolNumber, port: old.insideGlobalPort, for: allocator.mark)
      else { return }
      var record = old
      record.word = min(old.word, now)
      if shard.insert(record) == nil {
        ports.free(address: address, protocol: old.protocolNumber, port: old.insideGlobalPort, of: allocator.mark)
      }
    default: break
    }
  }

  /// Takes up one mapping without users: claims its port or address, and finds or makes its pairing.
  mutating func takeUp(_ old: MappingRecord) -> UInt32? {
    guard stands(old), shard.findMapping(like: old) == nil,
      let address = policy.globalAddresses.number(of: old.insideGlobal, in: old.outsideInstance)
    else { return nil }
    var record = old
    record.users = 0
    if record.kind != .portByAddress { record.word = min(record.word, now) }
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
    if let pairing = pairing(for: record, address), let number = insertTakenUp(record, pairing) { return number }
    ports.free(address: address, protocol: record.protocolNumber, port: record.insideGlobalPort, of: allocator.mark)
    return nil
  }

  /// The pairing that a port mapping holds on to, made if it was not there; nil when its host is paired with another
  /// address, or there is no room.
  private mutating func pairing(for record: MappingRecord, _ address: Int) -> UInt32? {
    // A port that a door got beside a static port entry is of no rule.
    if record.rule == MappingRecord.noRule { return MappingRecord.noPairing }
    guard let rule = policy.ruleNumber(ofID: record.rule) else { return nil }
    guard policy.ruleFacts[rule].isPaired else { return MappingRecord.noPairing }
    var probe = MappingRecord(kind: .pairing)
    probe.insideLocal = record.insideLocal
    probe.instance = record.instance
    probe.outsideInstance = record.outsideInstance
    probe.rule = record.rule
    probe.insideGlobal = record.insideGlobal
    probe.word = now
    let known = shard.findMapping(like: probe)
    if let known, shard.mappings[known].insideGlobal != record.insideGlobal { return nil }
    guard let pairing = known ?? insertPairing(probe) else { return nil }
    guard let blocks = policy.ruleFacts[rule].portBlocks, let index = blocks.index(of: record.insideGlobalPort),
      ports.setOwner(address: address, index: index) != allocator.mark
    else { return pairing }
    // The set that the port is of was the host's.
    if addSet(to: pairing, address, blocks, index: index) != nil { return pairing }
    if shard.mappings[pairing].users == 0 { endPairing(pairing) }
    return nil
  }

  private mutating func insertTakenUp(_ old: MappingRecord, _ pairing: UInt32) -> UInt32? {
    var record = old
    record.link = pairing
    guard let number = shard.insert(record) else {
      if pairing != MappingRecord.noPairing, shard.mappings[pairing].users == 0 { endPairing(pairing) }
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
