import Forwarding
import WireFormats

/// Where a door leads from: an inside global endpoint, and what its sessions will be.
private struct Doorway {
  var address: IPv4Address
  var port: UInt16
  var mappings: [UInt32] = []
  var rule = MappingRecord.noRule
  var flags: SessionFlags = []
}

extension Translator {
  /// Opens a door, if the rules for doors allow it and the inside endpoint can be given a global one.
  mutating func open(_ request: DoorRequest) -> OrderAnswer {
    let parent: SessionRecord
    switch self.parent(of: request) {
    case .success(let record): parent = record
    case .failure(let refusal): return refuse(refusal)
    }
    if let refusal = objection(to: request, in: parent.insideInstance) { return refuse(refusal) }
    let found = request.direction == .inbound ? doorway(for: request, parent) : outboundDoorway(parent)
    switch found {
    case .failure(let refusal): return refuse(refusal)
    case .success(let way):
      for mapping in way.mappings { shard.mappings[mapping].users += 1 }
      var door = Door(
        request: request, insideInstance: parent.insideInstance, outsideInstance: parent.outsideInstance,
        insideGlobal: way.address, insideGlobalPort: way.port, mappings: way.mappings, rule: way.rule,
        flags: way.flags, deadline: request.lifetime == 0 ? nil : now &+ request.lifetime,
        isActive: request.isActive)
      door.kept = keep(door)
      let place = doors.insert(door)
      counters.add(to: .doorsOpened)
      counters.set(.doors, to: doors.count)
      return .granted(
        DoorGrant(
          door: doors.id(of: place, worker: worker), insideGlobal: way.address, insideGlobalPort: way.port))
    }
  }

  private func refuse(_ refusal: DoorRefusal) -> OrderAnswer {
    counters.add(to: .doorsRefused)
    return .refused(refusal)
  }

  /// The session that a door is asked for in; for a third party one that the host might have (rule R4).
  private mutating func parent(of request: DoorRequest) -> Result<SessionRecord, DoorRefusal> {
    if let third = request.thirdParty { return sessionOf(third, request) }
    guard let session = find(request.parent), shard.sessions[session].gateway != .none else {
      return .failure(.parentEnded)
    }
    guard request.insideLocal == shard.sessions[session].insideLocal else { return .failure(.thirdParty) }
    return .success(shard.sessions[session])
  }

  /// What speaks against a door: it leads to a port of services (R6), or there are enough (R8).
  mutating func objection(to request: DoorRequest, in instance: RoutingInstance) -> DoorRefusal? {
    guard (1...16).contains(request.count) else { return .deniedPort }
    let limits = policy.doorLimits
    if request.direction == .inbound {
      let last = Int(request.insideLocalPort) + Int(request.count) - 1
      guard request.insideLocalPort >= 1024, last <= 65_535 else { return .deniedPort }
      for port in request.insideLocalPort...UInt16(last) where limits.deniedPorts.contains(port) { return .deniedPort }
    } else if request.remote == nil {
      return .deniedPort
    }
    guard doors.count < limits.perWorker else { return .tableFull }
    if request.outlivesParent {
      // Nothing but its time would close it.
      guard request.lifetime > 0 else { return .deniedPort }
      let held = doors.count(ofHost: request.insideLocal, in: instance, held: true)
      return held < limits.heldPerHost ? nil : .tooMany
    }
    guard doors.count(of: request.parent) < limits.perSession,
      doors.count(ofHost: request.insideLocal, in: instance) < limits.perHost
    else { return .tooMany }
    return nil
  }

  // MARK: Inbound

  /// The inside global endpoint of a door's inside local one, in the order in which a packet from there would get it.
  private mutating func doorway(
    for request: DoorRequest, _ parent: SessionRecord
  ) -> Result<Doorway, DoorRefusal> {
    let local = request.insideLocalPort
    if let number = staticEntry(for: request, parent) {
      let entry = policy.statics[number]
      let global = entry.entry.ports.map { $0.global == 0 ? local : $0.global } ?? local
      guard request.count == 1 || global == local, Self.has(global, request.parity) else { return .failure(.noPort) }
      var way = Doorway(address: entry.global(of: request.insideLocal), port: global)
      way.flags = entry.entry.noPayload ? [.isStatic, .noPayload] : .isStatic
      return .success(way)
    }
    if parent.flags.contains(.isStatic) {
      guard parent.insideGlobal != parent.insideLocal else {
        // The inside host is not translated; only the outside one is.
        return .success(Doorway(address: parent.insideLocal, port: local, flags: .isStatic))
      }
      return run(request, parent, flags: .isStatic) { translator, record in translator.fixedMapping(for: record) }
    }
    guard let rule = policy.ruleNumber(ofID: parent.rule) else { return .failure(.notTranslated) }
    guard policy.ruleFacts[rule].overload else {
      guard case .success(let mapping) = addressMapping(for: parent, rule) else { return .failure(.noPort) }
      return .success(
        Doorway(
          address: shard.mappings[mapping].insideGlobal, port: local, mappings: [mapping], rule: parent.rule,
          flags: .addressOnly))
    }
    return run(request, parent, rule: parent.rule) { translator, record in
      var record = record
      return translator.portMapping(for: &record, towards: nil, rule)
    }
  }

  /// The static entry that translates a door's inside endpoint.
  private mutating func staticEntry(for request: DoorRequest, _ parent: SessionRecord) -> Int? {
    guard let egress = egress(of: parent) else { return nil }
    var facts = PacketFacts(
      source: request.insideLocal, destination: parent.outsideLocal, protocol: request.protocolNumber)
    facts.sourcePort = request.insideLocalPort
    return policy.staticEntry(facts, in: parent.insideInstance, egress)
  }

  private static func has(_ port: UInt16, _ parity: PortParity) -> Bool {
    switch parity {
    case .any: true
    case .even: port & 1 == 0
    case .odd: port & 1 == 1
    }
  }

  /// Mappings of consecutive inside ports to consecutive global ones, the first of the parity asked for; all or none.
  ///
  /// Ports are chosen as for any session of the host, so its pool address, its port blocks and its range hold here too;
  /// a choice that does not fit is put aside, and another one made.
  private mutating func run(
    _ request: DoorRequest, _ parent: SessionRecord, rule: UInt16 = MappingRecord.noRule, flags: SessionFlags = [],
    choose: (inout Translator, SessionRecord) -> Result<UInt32, MappingRefusal>
  ) -> Result<Doorway, DoorRefusal> {
    var record = parent
    record.protocolNumber = request.protocolNumber
    record.insideLocalPort = request.insideLocalPort
    guard case .success(let first) = choose(&self, record) else { return .failure(.noPort) }
    let global = (shard.mappings[first].insideGlobal, shard.mappings[first].insideGlobalPort)
    var mappings = [first]
    if Self.has(global.1, request.parity), follow(&mappings, request, record) {
      return .success(Doorway(address: global.0, port: global.1, mappings: mappings, rule: rule, flags: flags))
    }
    for mapping in mappings { dropUnused(mapping) }
    guard let start = freeRun(on: global.0, request, record, rule) else { return .failure(.noPort) }
    mappings = []
    for offset in 0..<UInt16(request.count) {
      record.insideLocalPort = request.insideLocalPort + offset
      guard case .success(let mapping) = mapping(for: record, to: (global.0, start + offset), rule) else {
        for mapping in mappings { dropUnused(mapping) }
        return .failure(.noPort)
      }
      mappings.append(mapping)
    }
    return .success(Doorway(address: global.0, port: start, mappings: mappings, rule: rule, flags: flags))
  }

  /// Maps the ports behind the first to those behind its global one; false where one is taken.
  private mutating func follow(_ mappings: inout [UInt32], _ request: DoorRequest, _ parent: SessionRecord) -> Bool {
    let first = shard.mappings[mappings[0]]
    for offset in 1..<max(1, UInt16(request.count)) {
      var record = parent
      record.insideLocalPort = request.insideLocalPort + offset
      guard first.insideGlobalPort <= 65_535 - offset,
        isWithinShare(first.insideGlobalPort, offset, first.rule, of: parent.insideLocal),
        case .success(let mapping) = mapping(
          for: record, to: (first.insideGlobal, first.insideGlobalPort + offset), first.rule)
      else { return false }
      mappings.append(mapping)
    }
    return true
  }

  /// Whether the port `offset` behind another one is in the same block or range of a host, where hosts have such.
  private func isWithinShare(_ port: UInt16, _ offset: UInt16, _ rule: UInt16, of host: IPv4Address) -> Bool {
    guard let number = policy.ruleNumber(ofID: rule) else { return true }
    let facts = policy.ruleFacts[number]
    if let blocks = facts.portBlocks { return blocks.index(of: port) == blocks.index(of: port + offset) }
    if facts.isDeterministic {
      return policy.rules[number].deterministic?.range(of: host)?.ports.contains(port + offset) ?? false
    }
    return true
  }

  /// The first of consecutive free ports of an address, from this worker's blocks so that answers arrive here.
  private mutating func freeRun(
    on address: IPv4Address, _ request: DoorRequest, _ parent: SessionRecord, _ rule: UInt16
  ) -> UInt16? {
    guard let number = policy.globalAddresses.number(of: address, in: parent.outsideInstance) else { return nil }
    // Where hosts have shares of their own, the choice above was the only one.
    if let known = policy.ruleNumber(ofID: rule),
      policy.ruleFacts[known].portBlocks != nil || policy.ruleFacts[known].isDeterministic
    {
      return nil
    }
    for _ in 0..<Self.runsTried {
      var start = UInt16(1024 + Int(truncatingIfNeeded: random.next() >> 33) % (65_536 - 1024 - 16))
      if !Self.has(start, request.parity) { start += 1 }
      guard workers == 1 || Ownership.worker(ofPort: start, of: workers) == worker else { continue }
      let isFree = (0..<UInt16(request.count)).allSatisfy {
        ports.owner(address: number, protocol: request.protocolNumber, port: start + $0) == 0
      }
      if isFree { return start }
    }
    return nil
  }

  private static var runsTried: Int { 512 }

  mutating func dropUnused(_ mapping: UInt32) {
    if shard.mappings[mapping].users == 0 { end(mapping: mapping) }
  }

  // MARK: Mappings for doors

  /// A mapping of a host behind a static port entry: another port of the entry's global address.
  private mutating func fixedMapping(for record: SessionRecord) -> Result<UInt32, MappingRefusal> {
    var probe = portProbe(record, rule: MappingRecord.noRule)
    if let known = shard.findMapping(like: probe) { return .success(known) }
    guard let number = policy.globalAddresses.number(of: record.insideGlobal, in: record.outsideInstance),
      let port = allocator.allocate(
        address: number, protocol: record.protocolNumber, preferred: record.insideLocalPort, random: &random)
    else { return .failure(MappingRefusal(reason: .portsExhausted)) }
    probe.insideGlobal = record.insideGlobal
    probe.insideGlobalPort = port
    return insertClaimed(probe, number)
  }

  /// A mapping of an inside endpoint to a certain global one, if that is free.
  private mutating func mapping(
    for record: SessionRecord, to global: (address: IPv4Address, port: UInt16), _ rule: UInt16
  ) -> Result<UInt32, MappingRefusal> {
    var probe = portProbe(record, rule: rule)
    if let known = shard.findMapping(like: probe) {
      let map = shard.mappings[known]
      return map.insideGlobal == global.address && map.insideGlobalPort == global.port
        ? .success(known) : .failure(MappingRefusal(reason: .portsExhausted))
    }
    guard let number = policy.globalAddresses.number(of: global.address, in: record.outsideInstance),
      ports.claim(address: number, protocol: record.protocolNumber, port: global.port, for: allocator.mark)
    else { return .failure(MappingRefusal(reason: .portsExhausted)) }
    probe.insideGlobal = global.address
    probe.insideGlobalPort = global.port
    probe.link = pairing(for: record, global.address, rule)
    return insertClaimed(probe, number)
  }

  func portProbe(_ record: SessionRecord, rule: UInt16) -> MappingRecord {
    var probe = MappingRecord(kind: .port)
    probe.insideLocal = record.insideLocal
    probe.insideLocalPort = record.insideLocalPort
    probe.protocolNumber = record.protocolNumber
    probe.instance = record.insideInstance
    probe.outsideInstance = record.outsideInstance
    probe.rule = rule
    probe.word = now
    return probe
  }

  /// The pairing of a host with an address, if its rule pairs them.
  private mutating func pairing(for record: SessionRecord, _ address: IPv4Address, _ rule: UInt16) -> UInt32 {
    var probe = MappingRecord(kind: .pairing)
    probe.insideLocal = record.insideLocal
    probe.instance = record.insideInstance
    probe.outsideInstance = record.outsideInstance
    probe.rule = rule
    guard let known = shard.findMapping(like: probe), shard.mappings[known].insideGlobal == address else {
      return MappingRecord.noPairing
    }
    return known
  }

  private mutating func insertClaimed(_ record: MappingRecord, _ address: Int) -> Result<UInt32, MappingRefusal> {
    guard let mapping = shard.insert(record) else {
      ports.free(
        address: address, protocol: record.protocolNumber, port: record.insideGlobalPort, of: allocator.mark)
      return .failure(MappingRefusal(reason: .mappingsExhausted))
    }
    if record.link != MappingRecord.noPairing { shard.mappings[record.link].users += 1 }
    counters.add(to: .mappingsCreated)
    noteMapping(record, isNew: true)
    counters.set(.mappings, to: shard.mappingCount)
    return .success(mapping)
  }

  // MARK: Outbound

  /// An outbound door: the host goes out under the address of its control session.
  private func outboundDoorway(_ parent: SessionRecord) -> Result<Doorway, DoorRefusal> {
    let isStatic = parent.flags.contains(.isStatic)
    var way = Doorway(address: parent.insideGlobal, port: 0, rule: isStatic ? MappingRecord.noRule : parent.rule)
    way.flags = parent.flags.intersection([.isStatic, .noPayload, .addressOnly])
    return .success(way)
  }

  /// The mapping of a session that leaves by an outbound door; nil where the endpoint keeps its ports.
  mutating func mapping(
    for record: SessionRecord, throughOutbound door: Door
  ) -> Result<UInt32?, MappingRefusal> {
    var record = record
    record.insideGlobal = door.insideGlobal
    if door.insideGlobal == record.insideLocal { return .success(nil) }
    guard let rule = policy.ruleNumber(ofID: door.rule) else { return fixedMapping(for: record).map { $0 } }
    return policy.ruleFacts[rule].overload
      ? portMapping(for: &record, towards: nil, rule).map { $0 } : addressMapping(for: record, rule).map { $0 }
  }
}
