import Forwarding
import WireFormats

extension Translator {
  /// Adds the session and sends the packet through it; refuses the packet when there is no room.
  ///
  /// - Parameter hop: where the session's outbound packets go, if its admission has found that out.
  mutating func open(_ packet: inout Packet, _ record: inout SessionRecord, by hop: NextHop? = nil) {
    record.created = now
    record.lastUsed = now
    if packet.protocolNumber == .udp, record.outsideGlobalPort == 53 { record.flags.insert(.dns) }
    if policy.hasGateways || record.gateway != .none { chooseGateway(for: &record, packet) }
    record.updateDifferences()
    // With several globals for one local, a second session between the same two endpoints could not be told from the
    // first on its way back.
    guard !hasTwin(&record) else {
      release(record)
      packet.verdict = .drop(.filtered)
      return
    }
    switch install(&record, hash: packet.hash) {
    case .success(let session):
      counters.add(to: .sessionsCreated)
      counters.set(.sessions, to: shard.sessionCount)
      if let hop, !record.isInspected { remember(hop, in: session) }
      if packet.isFragment { translateCarefully(&packet, session) } else { translate(&packet, session) }
    case .failure(let refusal):
      if refusal.reason == .cleared {
        packet.verdict = .drop(.cleared)
      } else {
        counters.note(
          refusalOf: record.insideLocal, rule: policy.ruleNumber(ofID: record.rule) ?? 0, reason: refusal.reason)
        journal.refused(quotaEvent(of: record, refusal.reason))
        packet.verdict = .refuse(refusalOfResources, refusal.reason)
      }
    }
  }

  /// Whether another session has one of the keys of a new one. The packet has shown that the key of its own direction is
  /// free; that of the other can be taken where two local endpoints stand for one global endpoint, as with an outside
  /// host that inside hosts reach by both of its addresses.
  @inline(__always)
  private mutating func hasTwin(_ record: inout SessionRecord) -> Bool {
    if record.flags.contains(.openedInbound) { return hasSession(record.outboundKey) }
    // An inside global endpoint that was claimed for this one is nobody else's, and neither are outside addresses that
    // are not translated.
    guard
      !record.flags.isDisjoint(with: [.isStatic, .addressOnly]) || !policy.outsideLocals.isEmpty
        || !policy.outsideRules.isEmpty
    else { return false }
    return hasSession(record.inboundKey)
  }

  /// Puts a session into the table, counted in all that limits it; gives back what was claimed for it when it may not be
  /// there.
  ///
  /// - Parameters:
  ///   - isNew: whether a packet has just opened it; one that an earlier run had is no matter of a host's rate.
  ///   - hash: the hash of that packet's key.
  mutating func install(
    _ record: inout SessionRecord, isNew: Bool = true, hash: UInt64? = nil
  ) -> Result<UInt32, MappingRefusal> {
    if let reason = takePlaces(&record, isNew: isNew) {
      release(record)
      return .failure(MappingRefusal(reason: reason))
    }
    if record.flags.contains(.outsideBound),
      !bindings.retain(
        local: record.outsideLocal, for: record.insideInstance, of: record.outsideGlobal, in: record.outsideInstance)
    {
      // The binding ended between its look-up and now; the next packet finds what holds then.
      givePlacesBack(record)
      release(record)
      return .failure(MappingRefusal(reason: .cleared))
    }
    guard !policy.filtersByAddress || permit(&record), let session = shard.insert(&record, hash: hash) else {
      if record.flags.contains(.outsideBound) {
        bindings.release(local: record.outsideLocal, for: record.insideInstance, now: now)
      }
      givePlacesBack(record)
      withdrawPermission(record)
      release(record)
      return .failure(MappingRefusal(reason: .sessionsExhausted))
    }
    if record.mapping != SessionRecord.noMapping { shard.mappings[record.mapping].users += 1 }
    journal.sessionCreated(record)
    if record.flags.contains(.ownsPort) { noteOwnPort(of: record, isNew: true) }
    return .success(session)
  }

  mutating func hasSession(_ key: FlowKey) -> Bool {
    shard.findSession(key, key.hash(seed: shard.seed)) != nil
  }

  /// Gives back what was claimed for a session that could not be made. An address that its host had before stays the
  /// host's until its time is up: no mapping is given up for a session that is refused.
  mutating func release(_ record: SessionRecord) {
    if record.flags.contains(.ownsPort) { freePort(of: record) }
    guard record.mapping != SessionRecord.noMapping, shard.mappings[record.mapping].users == 0 else { return }
    let mapping = shard.mappings[record.mapping]
    guard mapping.kind != .address || mapping.created == now else { return }
    end(mapping: record.mapping)
  }

  /// Ends a session, and its mapping when it was the last. An address mapping stays until it has been idle for
  /// `timeout`.
  mutating func end(session: UInt32) {
    let record = shard.sessions[session]
    journal.sessionDeleted(record)
    if record.hasParticulars { endParticulars(of: session, record) }
    shard.removeSession(session)
    givePlacesBack(record)
    withdrawPermission(record)
    if record.flags.contains(.outsideBound) {
      bindings.release(local: record.outsideLocal, for: record.insideInstance, now: now)
    }
    counters.set(.sessions, to: shard.sessionCount)
    if record.flags.contains(.ownsPort) {
      noteOwnPort(of: record, isNew: false)
      freePort(of: record)
    }
    let mapping = record.mapping
    guard mapping != SessionRecord.noMapping else { return }
    shard.mappings[mapping].users -= 1
    guard shard.mappings[mapping].users == 0 else { return }
    if shard.mappings[mapping].kind == .address {
      shard.mappings[mapping].idleSince = now
    } else {
      end(mapping: mapping)
    }
  }

  // MARK: Address-dependent filtering

  /// Notes that the session's remote address may send to its mapping, where the rule filters by address; false when
  /// there is no room to note it.
  private mutating func permit(_ record: inout SessionRecord) -> Bool {
    guard record.mapping != SessionRecord.noMapping, !record.flags.contains(.ownsPort),
      shard.mappings[record.mapping].isPort, let rule = policy.ruleNumber(ofID: record.rule),
      policy.ruleFacts[rule].filtering == .addressDependent
    else { return true }
    let probe = permission(of: record)
    guard let permission = shard.findMapping(like: probe) ?? shard.insert(probe) else { return false }
    shard.mappings[permission].users += 1
    record.flags.insert(.permitted)
    return true
  }

  private mutating func permission(of record: SessionRecord) -> MappingRecord {
    var probe = MappingRecord(kind: .permission)
    probe.insideGlobal = record.insideGlobal
    probe.insideGlobalPort = record.insideGlobalPort
    probe.protocolNumber = record.protocolNumber
    probe.outsideInstance = record.outsideInstance
    probe.remote = record.outsideGlobal
    probe.rule = record.rule
    return probe
  }

  private mutating func withdrawPermission(_ record: SessionRecord) {
    guard record.flags.contains(.permitted), let permission = shard.findMapping(like: permission(of: record)) else {
      return
    }
    shard.mappings[permission].users -= 1
    if shard.mappings[permission].users == 0 { shard.removeMapping(permission) }
  }

  /// Whether the inside endpoint of a mapping has a session with the sender of a packet, from whatever port.
  mutating func isPermitted(_ packet: Packet, to mapping: UInt32) -> Bool {
    let map = shard.mappings[mapping]
    var probe = MappingRecord(kind: .permission)
    probe.insideGlobal = map.insideGlobal
    probe.insideGlobalPort = map.insideGlobalPort
    probe.protocolNumber = map.protocolNumber
    probe.outsideInstance = map.outsideInstance
    probe.remote = packet.source
    return shard.findMapping(like: probe) != nil
  }
}
