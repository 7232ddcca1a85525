import Forwarding
import WireFormats

// Doors of calls and registrations in the region: one record beside the mappings for each, and a second one for its name,
// so that who has registered is found, and who talks is heard, when the daemon has been started again.

/// Where the region has a door.
struct KeptDoor: Hashable {
  var record: UInt32
  /// The record with its name, if it has one.
  var name: UInt32?
}

extension MappingRecord {
  private static var activeBit: UInt32 { 1 << 24 }
  private static var singleUseBit: UInt32 { 1 << 25 }
  private static var mappedBit: UInt32 { 1 << 26 }

  /// What is kept of a door: in `users` the remote address, in `word` the tick at which it closes, in `link` the rest.
  init(_ door: Door, until deadline: UInt32) {
    let request = door.request
    self.init(kind: .door)
    (insideLocal, insideLocalPort) = (request.insideLocal, request.insideLocalPort)
    (insideGlobal, insideGlobalPort) = (door.insideGlobal, door.insideGlobalPort)
    (instance, outsideInstance) = (door.insideInstance, door.outsideInstance)
    (protocolNumber, rule) = (request.protocolNumber, door.rule)
    users = request.remote?.rawValue ?? 0
    word = deadline
    link =
      UInt32(request.gateway.rawValue) | UInt32(request.childGateway.rawValue) << 8 | UInt32(request.count) << 16
      | (door.isActive ? Self.activeBit : 0) | (request.isSingleUse ? Self.singleUseBit : 0)
      | (door.mappings.isEmpty ? 0 : Self.mappedBit)
  }

  /// Of a kept door: whether it admits anybody.
  var isActiveDoor: Bool {
    get { link & Self.activeBit != 0 }
    set { link = newValue ? link | Self.activeBit : link & ~Self.activeBit }
  }

  /// Of a kept door: whether it holds mappings.
  var isMappedDoor: Bool { link & Self.mappedBit != 0 }

  /// Of a kept door: what was asked for. Nobody is its parent any more.
  func doorRequest(name: UInt64, now: UInt32) -> DoorRequest {
    DoorRequest(
      parent: SessionID(worker: 0, number: .max, created: 0),
      gateway: GatewayID(rawValue: UInt8(truncatingIfNeeded: link)), direction: .inbound, protocol: protocolNumber,
      insideLocal: insideLocal, insideLocalPort: insideLocalPort, remote: users == 0 ? nil : IPv4Address(users),
      count: UInt8(truncatingIfNeeded: link >> 16), lifetime: word &- now, isSingleUse: link & Self.singleUseBit != 0,
      isActive: isActiveDoor, outlivesParent: true,
      childGateway: GatewayID(rawValue: UInt8(truncatingIfNeeded: link >> 8)),
      name: name)
  }

  /// The name of a kept door, whose record's number is in `users`.
  init(name: UInt64, of door: UInt32, _ request: DoorRequest, in instance: RoutingInstance) {
    self.init(kind: .doorName)
    insideLocal = request.insideLocal
    self.instance = instance
    users = door
    word = UInt32(truncatingIfNeeded: name)
    link = UInt32(truncatingIfNeeded: name >> 32)
  }

  var doorName: UInt64 { UInt64(link) << 32 | UInt64(word) }
}

extension Translator {
  /// Writes down a door that outlives its session; where the table has no room, it does not outlive the daemon.
  mutating func keep(_ door: Door) -> KeptDoor? {
    guard door.request.outlivesParent, door.request.direction == .inbound, let deadline = door.deadline,
      let record = shard.insert(MappingRecord(door, until: deadline))
    else { return nil }
    guard door.request.name != 0 else { return KeptDoor(record: record) }
    let name = MappingRecord(name: door.request.name, of: record, door.request, in: door.insideInstance)
    return KeptDoor(record: record, name: shard.insert(name))
  }

  /// Takes out what was written down.
  func forget(_ kept: KeptDoor) {
    if let name = kept.name { shard.removeMapping(name) }
    shard.removeMapping(kept.record)
  }

  /// Closes the doors that an earlier run had opened under a name.
  mutating func closeEarlier(_ named: NamedDoors) {
    for place in doors.earlier(named) { close(place) }
  }

  // MARK: A later run

  /// Opens the doors again that an earlier run has left, as far as the rules in force allow them.
  mutating func takeUpDoors(_ records: [(number: UInt32, record: MappingRecord)], names: [UInt32: UInt64]) {
    for (number, record) in records where record.kind == .door { takeUpDoor(record, names[number] ?? 0) }
    counters.set(.doors, to: doors.count)
  }

  /// Seconds that a door may have been extended by.
  private static var longestExtension: UInt32 { 8 * 86_400 }

  private mutating func takeUpDoor(_ record: MappingRecord, _ name: UInt64) {
    guard record.word > now, record.word - now <= Self.longestExtension else { return }
    var request = record.doorRequest(name: name, now: now)
    guard policy.isOn(request.gateway), objection(to: request, in: record.instance) == nil else { return }
    if !policy.isOn(request.childGateway) { request.childGateway = .none }
    guard let mappings = mappings(ofKept: record, request) else { return }
    var door = Door(
      request: request, insideInstance: record.instance, outsideInstance: record.outsideInstance,
      insideGlobal: record.insideGlobal, insideGlobalPort: record.insideGlobalPort, mappings: mappings,
      rule: record.rule, flags: [], deadline: record.word, isActive: request.isActive)
    if let first = mappings.first {
      door.flags =
        shard.mappings[first].kind == .address ? .addressOnly : record.rule == MappingRecord.noRule ? .isStatic : []
    } else {
      door.flags =
        policy.hasNoPayload(door.insideGlobal, in: record.outsideInstance) ? [.isStatic, .noPayload] : .isStatic
    }
    guard stands(door) else {
      for mapping in mappings { dropUnused(mapping) }
      return
    }
    for mapping in mappings { shard.mappings[mapping].users += 1 }
    door.kept = keep(door)
    doors.insertEarlier(door)
    counters.add(to: .doorsOpened)
  }

  /// The mappings of a door of an earlier run: those that its sessions have brought, or new ones with the same ports. Nil
  /// where one is not to be had.
  private mutating func mappings(ofKept record: MappingRecord, _ request: DoorRequest) -> [UInt32]? {
    guard record.isMappedDoor else { return [] }
    let rule = policy.ruleNumber(ofID: record.rule)
    var result: [UInt32] = []
    for offset in 0..<UInt16(request.count) {
      let isAddress = rule.map { !policy.ruleFacts[$0].overload } ?? false
      if isAddress {
        // Such a host keeps its ports; and one mapping is for all of them.
        guard record.insideGlobalPort == record.insideLocalPort else { return nil }
        if offset > 0 { break }
      }
      var probe = MappingRecord(kind: isAddress ? .address : .port)
      (probe.insideLocal, probe.insideGlobal) = (record.insideLocal, record.insideGlobal)
      (probe.instance, probe.outsideInstance, probe.rule) = (record.instance, record.outsideInstance, record.rule)
      probe.word = now
      if !isAddress {
        guard record.insideGlobalPort <= 65_535 - offset else { break }
        probe.protocolNumber = record.protocolNumber
        probe.insideLocalPort = record.insideLocalPort &+ offset
        probe.insideGlobalPort = record.insideGlobalPort + offset
      }
      guard let number = shard.findMapping(like: probe) ?? takeUp(probe),
        shard.mappings[number].insideGlobal == probe.insideGlobal,
        shard.mappings[number].insideGlobalPort == probe.insideGlobalPort
      else {
        for mapping in result { dropUnused(mapping) }
        return nil
      }
      result.append(number)
    }
    return result.isEmpty ? nil : result
  }
}
