import WireFormats

// What must be true of a shard between bursts. Tests and fuzzing ask after every step; the packet path never does,
// because the answer costs a walk over all tables.

extension Translator {
  /// The invariants of this worker's state that do not hold, one sentence each; empty when all do.
  package func checkInvariants() -> [String] {
    var problems: [String] = []
    var users: [UInt32: UInt32] = [:]
    checkSessions(&users, &problems)
    for place in 0..<doors.limit {
      for mapping in doors[UInt32(place)]?.mappings ?? [] { users[mapping, default: 0] += 1 }
    }
    checkMappings(&users, &problems)
    problems += users.filter { $0.value != 0 }.map { "mapping \($0.key) does not exist but has \($0.value) users" }
    return problems
  }

  /// Every live session is in the index under both of its keys, alone, and its mapping counts it.
  private func checkSessions(_ users: inout [UInt32: UInt32], _ problems: inout [String]) {
    var live: UInt32 = 0
    for number in 0..<shard.sessions.highWater {
      var record = shard.sessions[number]
      guard record.flags.contains(.live) else { continue }
      live += 1
      for key in [record.outboundKey, record.inboundKey]
      where shard.findSession(key, key.hash(seed: shard.seed)) != number {
        problems.append("session \(number) is not what the index finds under its key \(key)")
      }
      let (addresses, ports) = (record.addressDifference, record.portDifference)
      record.updateDifferences()
      if addresses != record.addressDifference || ports != record.portDifference {
        problems.append("session \(number) has stale checksum differences")
      }
      if record.lastUsed > now { problems.append("session \(number) was used in the future") }
      checkMapping(of: record, number, &problems)
      checkShift(of: record, number, &problems)
      if record.mapping != SessionRecord.noMapping { users[record.mapping, default: 0] += 1 }
    }
    if live != shard.sessions.count {
      problems.append("\(live) sessions are live but \(shard.sessions.count) are counted")
    }
    if shard.sessionIndex.used != Int(live) * 2 {
      problems.append("the session index has \(shard.sessionIndex.used) entries for \(live) sessions")
    }
  }

  /// A shifted session and the record with its shift name each other.
  private func checkShift(of record: SessionRecord, _ number: UInt32, _ problems: inout [String]) {
    guard record.isShifted else { return }
    let place = record.shiftRecord
    guard place < shard.mappings.highWater, shard.mappings[place].kind == .shift, shard.mappings[place].users == number
    else {
      problems.append("session \(number) has no record of its shift")
      return
    }
  }

  /// A session's inside global endpoint is that of its mapping, which is live.
  private func checkMapping(of record: SessionRecord, _ number: UInt32, _ problems: inout [String]) {
    guard record.mapping != SessionRecord.noMapping else {
      if record.flags.isDisjoint(with: [.isStatic, .ownsPort]) {
        problems.append("dynamic session \(number) has no mapping")
      }
      return
    }
    guard record.mapping < shard.mappings.highWater else {
      problems.append("session \(number) has a mapping beyond the table")
      return
    }
    let mapping = shard.mappings[record.mapping]
    let samePorts =
      mapping.kind == .address || mapping.kind == .pairing && record.flags.contains(.ownsPort)
      || mapping.isPort && mapping.insideGlobalPort == record.insideGlobalPort
        && mapping.insideLocalPort == record.insideLocalPort && mapping.protocolNumber == record.protocolNumber
    if !samePorts || mapping.insideGlobal != record.insideGlobal || mapping.insideLocal != record.insideLocal {
      problems.append("session \(number) and its mapping \(record.mapping) disagree")
    }
  }

  /// A mapping has as many users as it counts; a port mapping holds its port and counts in its pairing, an address
  /// mapping holds its address.
  private func checkMappings(_ users: inout [UInt32: UInt32], _ problems: inout [String]) {
    var live: UInt32 = 0
    var entries = 0
    for number in 0..<shard.mappings.highWater
    where shard.mappings[number].isPort && shard.mappings[number].link != MappingRecord.noPairing {
      users[shard.mappings[number].link, default: 0] += 1
    }
    for number in 0..<shard.mappings.highWater {
      let record = shard.mappings[number]
      guard record.kind != .free else { continue }
      live += 1
      entries += (record.isIndexed ? 1 : 0) + (record.hasGlobalKey ? 1 : 0)
      guard Self.countsUsers(record) else {
        checkClaim(of: record, number, &problems)
        continue
      }
      if users.removeValue(forKey: number) ?? 0 != record.users {
        problems.append("mapping \(number) counts \(record.users) users, which it has not")
      }
      if record.users == 0, record.kind != .address { problems.append("mapping \(number) has no user") }
      if shard.findMapping(like: record) != number {
        problems.append("mapping \(number) is not what the index finds under its local key")
      }
      checkClaim(of: record, number, &problems)
    }
    if live != shard.mappings.count {
      problems.append("\(live) mappings are live but \(shard.mappings.count) are counted")
    }
    if shard.mappingIndex.used != entries {
      problems.append("the mapping index has \(shard.mappingIndex.used) entries instead of \(entries)")
    }
  }

  /// Whether a record's users are what sessions and mappings point at; permissions and hosts are found by key.
  private static func countsUsers(_ record: MappingRecord) -> Bool {
    record.isPort || record.kind == .address || record.kind == .pairing
  }

  private func checkClaim(of record: MappingRecord, _ number: UInt32, _ problems: inout [String]) {
    switch record.kind {
    case .host, .shift, .door, .doorName: return
    default: break
    }
    guard let address = policy.globalAddresses.number(of: record.insideGlobal, in: record.outsideInstance) else {
      problems.append("mapping \(number) has an address of no rule")
      return
    }
    switch record.kind {
    case .port, .portByAddress, .held:
      let owner = ports.owner(address: address, protocol: record.protocolNumber, port: record.insideGlobalPort)
      if owner != allocator.mark { problems.append("mapping \(number) does not hold its port") }
      guard record.kind != .held, record.link != MappingRecord.noPairing else { break }
      let pairing = shard.mappings[record.link]
      if pairing.kind != .pairing || pairing.insideLocal != record.insideLocal
        || pairing.insideGlobal != record.insideGlobal
      {
        problems.append("mapping \(number) and its pairing \(record.link) disagree")
      }
    case .address:
      if ports.addressOwner(address) != allocator.mark {
        problems.append("mapping \(number) does not hold its address")
      }
      if shard.findAddressMapping(global: record.insideGlobal, in: record.outsideInstance) != number {
        problems.append("mapping \(number) is not what the index finds under its global key")
      }
    case .pairing, .permission, .host, .portSet, .shift, .door, .doorName, .free: break
    }
  }

  /// Whether this worker has claimed as many ports as it has port mappings, and whether the port map counts what is
  /// claimed: one sentence for each protocol where not. Walks every port of every address.
  package func checkPorts() -> [String] {
    var problems: [String] = []
    for number in [IPProtocol.tcp, .udp, .icmp] {
      var claimed = 0
      for address in 0..<ports.addressCount { claimed += countClaims(address, number, &problems) }
      var mapped = 0
      for index in 0..<shard.mappings.highWater
      where (shard.mappings[index].isPort || shard.mappings[index].kind == .held)
        && shard.mappings[index].protocolNumber == number
      {
        mapped += 1
      }
      for index in 0..<shard.sessions.highWater
      where shard.sessions[index].flags.isSuperset(of: [.live, .ownsPort])
        && shard.sessions[index].protocolNumber == number
      {
        mapped += 1
      }
      if claimed != mapped { problems.append("\(claimed) \(number) ports are claimed for \(mapped) mappings") }
    }
    return problems
  }

  /// This worker's ports of one address; each class has as many ports in use as the port map counts.
  private func countClaims(_ address: Int, _ number: IPProtocol, _ problems: inout [String]) -> Int {
    var mine = 0
    var (low, middle, high) = (0, 0, 0)
    // A loop over a range of ports would take ten times as long where nothing is optimized.
    var port: UInt16 = 0
    repeat {
      let owner = ports.owner(address: address, protocol: number, port: port)
      if owner != 0 {
        if owner == allocator.mark { mine += 1 }
        if port < 512 { low += 1 } else if port < 1024 { middle += 1 } else { high += 1 }
      }
      port &+= 1
    } while port != 0
    if number == .icmp { (low, middle, high) = (low + middle + high, 0, 0) }
    for (used, sample) in [(low, UInt16(1)), (middle, 600), (high, 2000)] {
      let isCounted = used == ports.used(address: address, protocol: number, classOf: sample)
      if !isCounted, number != .icmp || sample == 1 {
        problems.append("address \(address) counts \(number) ports wrong in the class of \(sample)")
      }
    }
    return mine
  }
}

extension FlowIndex {
  /// Entries in the index, by a walk over it.
  var used: Int {
    var total = 0
    for bucket in 0..<bucketCount { total += Self.slotsPerBucket - freeSlots(bucket) }
    return total
  }
}
