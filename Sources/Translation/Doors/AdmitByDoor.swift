import Forwarding
import WireFormats

// Sessions that come through doors. Asked of packets without a session, before anything else may admit them, and only
// while there are doors.
extension Translator {
  /// Admits a packet from outside by a door; false when none is open for it.
  @inline(never)
  mutating func admitByDoor(_ packet: inout Packet, _ outside: RoutingInstance) -> Bool {
    guard packet.kind == .flow, packet.protocolNumber != .icmp else { return false }
    let (source, port) = (packet.source, packet.sourcePort)
    let key = DoorTable.Key(
      address: packet.destination, port: packet.destinationPort, protocolNumber: packet.protocolNumber,
      instance: outside)
    let now = self.now
    let found = doors.first(key) { door in
      door.isActive && door.request.remote.map { $0 == source } ?? true
        && (door.request.remotePort == 0 || door.request.remotePort == port)
        && door.deadline.map { now < $0 } ?? true
    }
    guard let place = found, let door = doors[place], begins(packet) else { return false }
    let offset = packet.destinationPort &- door.insideGlobalPort
    guard !door.request.isSingleUse || door.usedPorts & 1 << offset == 0 else { return false }
    var record = SessionRecord(inbound: packet, door.insideInstance, outside)
    record.insideLocal = door.request.insideLocal
    record.insideLocalPort = door.request.insideLocalPort &+ offset
    record.flags.formUnion(door.flags)
    record.rule = door.rule
    if !door.mappings.isEmpty { record.mapping = door.mappings[door.mappings.count == 1 ? 0 : Int(offset)] }
    pass(&packet, record, through: place, port: offset) { translator, packet, record in
      translator.openInbound(&packet, &record)
    }
    return true
  }

  /// Lets a packet from inside out by a door; false when none is open for it.
  @inline(never)
  mutating func leaveByDoor(_ packet: inout Packet, _ candidate: SessionRecord) -> Bool {
    guard packet.kind == .flow, packet.protocolNumber != .icmp else { return false }
    let key = DoorTable.Key(
      address: candidate.insideLocal, port: 0, protocolNumber: candidate.protocolNumber,
      instance: candidate.insideInstance, remote: candidate.outsideGlobal)
    let now = self.now
    let found = doors.first(key) { door in
      door.isActive && door.outsideInstance == candidate.outsideInstance
        && (door.request.remotePort == 0 || door.request.remotePort == candidate.outsideGlobalPort)
        && (door.request.insideLocalPort == 0 || door.request.insideLocalPort == candidate.insideLocalPort)
        && door.deadline.map { now < $0 } ?? true
    }
    guard let place = found, let door = doors[place], begins(packet) else { return false }
    guard case .success(let mapping) = mapping(for: candidate, throughOutbound: door) else { return false }
    var record = candidate
    record.flags.formUnion(door.flags)
    record.rule = door.rule
    record.insideGlobal = door.insideGlobal
    if let mapping {
      record.mapping = mapping
      record.insideGlobal = shard.mappings[mapping].insideGlobal
      if shard.mappings[mapping].isPort { record.insideGlobalPort = shard.mappings[mapping].insideGlobalPort }
    }
    pass(&packet, record, through: place, port: 0) { translator, packet, record in translator.open(&packet, &record) }
    return true
  }

  /// Lets a packet out by the global endpoint that a door has given its source; false where none has.
  ///
  /// That is for hosts behind entries for ports, whose doors are at the entry's address: a rule would give their other
  /// ports another one, so that media would come from elsewhere than announced, and what comes through the door would
  /// meet a session of the same two hosts.
  @inline(never)
  mutating func leaveFromDoor(_ packet: inout Packet, _ candidate: SessionRecord) -> Bool {
    guard packet.kind == .flow, packet.protocolNumber != .icmp, begins(packet),
      let mapping = shard.findMapping(like: portProbe(candidate, rule: MappingRecord.noRule))
    else { return false }
    var record = candidate
    record.rule = MappingRecord.noRule
    record.flags.insert(.isStatic)
    record.mapping = mapping
    record.insideGlobal = shard.mappings[mapping].insideGlobal
    record.insideGlobalPort = shard.mappings[mapping].insideGlobalPort
    // What the door's mapping admits it goes on to admit, and no more.
    record.cameThroughDoor = true
    doors.addHold(mapping)
    let before = counters.value(of: .sessionsCreated)
    open(&packet, &record)
    if counters.value(of: .sessionsCreated) == before { doors.removeHold(mapping) }
    return true
  }

  /// A TCP connection begins with a SYN.
  private func begins(_ packet: Packet) -> Bool {
    packet.protocolNumber != .tcp || packet.tcpFlags.contains(.syn) && packet.tcpFlags.isDisjoint(with: [.ack, .rst])
  }

  /// Opens a session through a door, and closes the door when that was its only use.
  private mutating func pass(
    _ packet: inout Packet, _ candidate: SessionRecord, through place: UInt32, port: UInt16,
    open: (inout Translator, inout Packet, inout SessionRecord) -> Void
  ) {
    guard let door = doors[place] else { return }
    var record = candidate
    record.gateway = door.request.childGateway
    let holds = record.mapping != SessionRecord.noMapping
    record.cameThroughDoor = holds
    let before = counters.value(of: .sessionsCreated)
    if holds { doors.addHold(record.mapping) }
    open(&self, &packet, &record)
    guard counters.value(of: .sessionsCreated) != before else {
      if holds { doors.removeHold(record.mapping) }
      return
    }
    counters.add(to: .doorsUsed)
    doors.noteUse(of: place, port: port)
    if doors[place]?.isUsedUp == true { close(place) }
  }
}
