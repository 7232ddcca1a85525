import Forwarding
import WireFormats

/// Why a mapping could not be made; no mapping that exists is ever given up for a new one (RFC 6888 REQ-11).
struct MappingRefusal: Error {
  var reason: DropReason
}

extension Translator {
  /// Asks for what the admission of an outbound packet will look at first: the place of its mapping, and its host's
  /// pairing.
  @inline(never)
  mutating func prepareAdmission(_ packet: inout Packet) {
    guard packet.direction == .outbound else { return }
    let facts = self.facts[packet.ingress]
    shard.prefetchMapping(
      of: packet.source, port: packet.sourcePort, packet.protocolNumber, facts.instance, facts.likelyRule)
    shard.mappings.prefetch(pairingHints[packet.source, facts.instance])
  }

  /// Asks for what the session to be will probably take, once the pairing is here: the host's own port on the pairing's
  /// address, and the places of the index that come with it. Where that port is taken the guess was idle.
  @inline(never)
  mutating func foresee(_ packet: inout Packet) {
    guard packet.direction == .outbound else { return }
    let facts = self.facts[packet.ingress]
    let hint = pairingHints[packet.source, facts.instance]
    guard hint < shard.mappings.capacity else { return }
    let pairing = shard.mappings[hint]
    guard pairing.kind == .pairing, pairing.insideLocal == packet.source,
      let number = policy.globalAddresses.number(of: pairing.insideGlobal, in: pairing.outsideInstance)
    else { return }
    ports.prefetch(address: number, protocol: packet.protocolNumber, port: packet.sourcePort)
    shard.prefetchGlobal(
      of: pairing.insideGlobal, port: packet.sourcePort, packet.protocolNumber, pairing.outsideInstance,
      inboundKey: FlowKey(
        source: packet.destination, sourcePort: packet.destinationPort, destination: pairing.insideGlobal,
        destinationPort: packet.sourcePort, protocol: packet.protocolNumber, instance: pairing.outsideInstance,
        direction: .inbound))
  }

  /// The mapping of a session's inside endpoint, made if it was not there: whomever it talks to (endpoint-independent,
  /// RFC 4787 REQ-1), or for one `remote` address.
  mutating func portMapping(
    for record: inout SessionRecord, towards remote: IPv4Address?, _ rule: Int
  ) -> Result<UInt32, MappingRefusal> {
    var probe = MappingRecord(kind: remote == nil ? .port : .portByAddress)
    probe.insideLocal = record.insideLocal
    probe.insideLocalPort = record.insideLocalPort
    probe.protocolNumber = record.protocolNumber
    probe.instance = record.insideInstance
    probe.outsideInstance = record.outsideInstance
    probe.rule = policy.ruleFacts[rule].id
    if let remote { probe.remote = remote } else { probe.word = now }
    let key = probe.localKey
    let localHash = key.hash(seed: shard.seed)
    if let mapping = shard.findMapping(key, localHash) { return .success(mapping) }
    switch claimPort(for: &record, rule) {
    case .failure(let refusal): return .failure(refusal)
    case .success(let claimed):
      probe.insideGlobal = claimed.address
      probe.insideGlobalPort = claimed.port
      probe.link = claimed.pairing
      let globalHash = probe.globalKey.hash(seed: shard.seed)
      // The host's own port was foreseen.
      if claimed.port != record.insideLocalPort {
        shard.prefetchInsertion(
          globalHash: globalHash,
          inboundKey: FlowKey(
            source: record.outsideGlobal, sourcePort: record.outsideGlobalPort, destination: claimed.address,
            destinationPort: claimed.port, protocol: record.protocolNumber, instance: record.outsideInstance,
            direction: .inbound))
      }
      guard let mapping = shard.insert(&probe, local: localHash, global: globalHash) else {
        release(claimed, record)
        return .failure(MappingRefusal(reason: .mappingsExhausted))
      }
      if claimed.pairing != MappingRecord.noPairing { shard.mappings[claimed.pairing].users += 1 }
      counters.add(to: .mappingsCreated)
      if journal.isOn { noteMapping(probe, isNew: true) }
      counters.set(.mappings, to: shard.mappingCount)
      return .success(mapping)
    }
  }

  /// A port of the session's own (address- and port-dependent mapping): the session itself is the mapping. Returns the
  /// pairing that the session uses, or `noMapping`.
  mutating func ownPort(for record: inout SessionRecord, _ rule: Int) -> Result<UInt32, MappingRefusal> {
    switch claimPort(for: &record, rule) {
    case .failure(let refusal): return .failure(refusal)
    case .success(let claimed):
      record.insideGlobal = claimed.address
      record.insideGlobalPort = claimed.port
      record.flags.insert(.ownsPort)
      return .success(claimed.pairing == MappingRecord.noPairing ? SessionRecord.noMapping : claimed.pairing)
    }
  }

  /// The address of its own that a host has under a rule without `overload` (RFC 3022 section 2.1), claimed if it has
  /// none.
  mutating func addressMapping(for session: SessionRecord, _ rule: Int) -> Result<UInt32, MappingRefusal> {
    var record = MappingRecord(kind: .address)
    record.insideLocal = session.insideLocal
    record.instance = session.insideInstance
    record.outsideInstance = session.outsideInstance
    record.rule = policy.ruleFacts[rule].id
    record.word = now
    record.idleSince = now
    if let mapping = shard.findMapping(like: record) { return .success(mapping) }
    guard let address = claimAddress(for: session.insideLocal, rule) else {
      return .failure(MappingRefusal(reason: .addressesExhausted))
    }
    record.insideGlobal = address
    guard let mapping = shard.insert(record) else {
      if let number = policy.globalAddresses.number(of: address, in: session.outsideInstance) {
        ports.freeAddress(number, of: allocator.mark)
      }
      return .failure(MappingRefusal(reason: .mappingsExhausted))
    }
    counters.add(to: .mappingsCreated)
    journal.mappingCreated(record)
    counters.set(.mappings, to: shard.mappingCount)
    return .success(mapping)
  }

  /// Gives a claimed port back, and the pairing with it when it was made for it.
  private mutating func release(_ claimed: ClaimedPort, _ record: SessionRecord) {
    if let number = policy.globalAddresses.number(of: claimed.address, in: record.outsideInstance) {
      ports.free(address: number, protocol: record.protocolNumber, port: claimed.port, of: allocator.mark)
    }
    if claimed.pairing != MappingRecord.noPairing, shard.mappings[claimed.pairing].users == 0 {
      endPairing(claimed.pairing)
    }
  }

  // MARK: The end of mappings

  /// Ends a mapping without users: frees its port or address, and its pairing with the last of its ports.
  mutating func end(mapping: UInt32) {
    let record = shard.mappings[mapping]
    switch record.kind {
    case .port, .portByAddress:
      noteMapping(record, isNew: false)
      if restsAfterUse(record) {
        shard.holdMapping(mapping, since: now)
        unpair(record.link)
        return
      }
      freePort(of: record)
      unpair(record.link)
    case .address:
      journal.mappingDeleted(record)
      if let number = policy.globalAddresses.number(of: record.insideGlobal, in: record.outsideInstance) {
        ports.freeAddress(number, of: allocator.mark)
      }
      if Int(record.rule) < hunts.count { hunts[Int(record.rule)].failedAt = 0 }
    case .pairing:
      endPairing(mapping)
      return
    case .held: freePort(of: record)
    case .host, .portSet, .permission, .shift, .door, .doorName, .free: return
    }
    shard.removeMapping(mapping)
    counters.set(.mappings, to: shard.mappingCount)
  }

  /// Whether the port must rest: others could still be sending to it, since the mapping admitted anybody (RFC 6888
  /// REQ-8; TCP is tracked, and narrower filtering exempt).
  private mutating func restsAfterUse(_ record: MappingRecord) -> Bool {
    guard policy.settings.holdDown > 0, record.protocolNumber == .udp,
      let rule = policy.ruleNumber(ofID: record.rule)
    else { return false }
    return policy.ruleFacts[rule].filtering == .endpointIndependent
  }

  private mutating func freePort(of record: MappingRecord) {
    guard let number = policy.globalAddresses.number(of: record.insideGlobal, in: record.outsideInstance) else {
      return
    }
    ports.free(
      address: number, protocol: record.protocolNumber, port: record.insideGlobalPort, of: allocator.mark)
  }

  /// Frees the port of a session that has one of its own; its pairing is among its mapping's users.
  mutating func freePort(of record: SessionRecord) {
    guard let number = policy.globalAddresses.number(of: record.insideGlobal, in: record.outsideInstance) else {
      return
    }
    ports.free(
      address: number, protocol: record.protocolNumber, port: record.insideGlobalPort, of: allocator.mark)
  }

  /// One port mapping fewer uses a pairing.
  private mutating func unpair(_ pairing: UInt32) {
    guard pairing != MappingRecord.noPairing else { return }
    shard.mappings[pairing].users -= 1
    if shard.mappings[pairing].users == 0 { endPairing(pairing) }
  }
}
