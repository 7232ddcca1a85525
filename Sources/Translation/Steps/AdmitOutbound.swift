import Forwarding
import WireFormats

extension Translator {
  /// A packet from inside that belongs to no session: for the gateway, routed as it is, or the first of a session.
  @inline(never)
  mutating func admitOutbound(_ packet: inout Packet) {
    let instance = facts[packet.ingress].instance
    if policy.isOwn(packet.source) {
      packet.verdict = .drop(.martianSource)
      return
    }
    if policy.isOwn(packet.destination) {
      packet.verdict = .deliver
      return
    }
    guard let hop = policy.routes.nextHop(to: packet.destination, in: instance) else {
      packet.verdict = .refuse(.networkUnreachable, .noRoute)
      return
    }
    // Routing comes before translation on the way out, and only what leaves by an outside interface is translated.
    guard facts[hop.interface].realm == .outside else {
      route(&packet)
      return
    }
    if policy.globalAddresses.contains(packet.destination) {
      packet.verdict = .drop(.hairpin)
      return
    }
    guard isHere(&packet, Ownership.worker(ofInside: packet.source, in: instance, of: workers)) else { return }
    guard packet.timeToLive > 1 else {
      packet.verdict = .refuse(.timeExceeded, .timeToLiveExceeded)
      return
    }
    let outside = facts[hop.interface].instance
    if let entry = policy.staticEntry(
      local: packet.source, packet.protocolNumber, port: packet.sourcePort, in: instance)
    {
      open(&packet, record(outbound: packet, instance, outside, static: entry))
    } else if let rule = policy.rule(for: packet.source, in: instance) {
      admit(&packet, by: rule, instance, outside)
    } else {
      route(&packet)
    }
  }

  /// Whether this worker is `owner`; otherwise sets the verdict: a packet is handed over once, never twice.
  func isHere(_ packet: inout Packet, _ owner: Int) -> Bool {
    if owner == worker { return true }
    if packet.wasHandedOver {
      packet.verdict = .drop(.handOverTwice)
    } else {
      counters.add(to: .handedOver)
      packet.verdict = .handOver(worker: UInt8(owner))
    }
    return false
  }

  /// The first packet of a session under a dynamic rule: mapping, then session.
  private mutating func admit(
    _ packet: inout Packet, by rule: Int, _ instance: RoutingInstance, _ outside: RoutingInstance
  ) {
    // A reset or an answer cannot open anything; letting it out untranslated would show the inside address.
    let isStray =
      packet.protocolNumber == .tcp
      ? packet.tcpFlags.contains(.rst) : packet.protocolNumber == .icmp && ICMPType.isReply(packet.icmpType)
    guard !isStray else {
      packet.verdict = .drop(.noSession)
      return
    }
    let overload = policy.rules[rule].rule.overload
    guard packet.kind == .flow || !overload else {
      packet.verdict = .drop(.protocolNotTranslated)
      return
    }
    switch overload ? portMapping(for: packet, instance, rule) : addressMapping(for: packet.source, instance, rule) {
    case .success(let mapping):
      open(&packet, record(outbound: packet, instance, outside, mapping: mapping, rule: rule))
    case .failure(let refusal):
      counters.note(refusalOf: packet.source, rule: rule, reason: refusal.reason)
      journal.refused(refusalEvent(of: packet, instance, rule, refusal.reason))
      packet.verdict = .refuse(.prohibited, refusal.reason)
    }
  }

  /// Adds the session and sends the packet through it; refuses the packet when there is no room.
  mutating func open(_ packet: inout Packet, _ record: SessionRecord) {
    var record = record
    record.created = now
    record.lastUsed = now
    if packet.protocolNumber == .udp, record.outsideGlobalPort == 53 { record.flags.insert(.dns) }
    record.updateDifferences()
    // With several globals for one local, a second session between the same two endpoints could not be told from the
    // first on its way back.
    guard !record.flags.contains(.openedInbound) || !hasSession(record.outboundKey) else {
      releaseUnused(mapping: record.mapping)
      packet.verdict = .drop(.filtered)
      return
    }
    guard limit.take() else {
      refuseSession(&packet, record)
      return
    }
    guard let session = shard.insert(record) else {
      limit.giveBack()
      refuseSession(&packet, record)
      return
    }
    if record.mapping != SessionRecord.noMapping { shard.mappings[record.mapping].users += 1 }
    counters.add(to: .sessionsCreated)
    journal.sessionCreated(record)
    counters.set(.sessions, to: shard.sessionCount)
    translate(&packet, session)
  }

  private mutating func refuseSession(_ packet: inout Packet, _ record: SessionRecord) {
    counters.note(refusalOf: record.insideLocal, rule: Int(record.rule), reason: .sessionsExhausted)
    journal.refused(quotaEvent(of: record))
    releaseUnused(mapping: record.mapping)
    packet.verdict = .refuse(.prohibited, .sessionsExhausted)
  }

  private func hasSession(_ key: FlowKey) -> Bool {
    shard.findSession(key, key.hash(seed: shard.seed)) != nil
  }

  /// The record of a session that a packet from inside opens under a static entry.
  private func record(
    outbound packet: Packet, _ instance: RoutingInstance, _ outside: RoutingInstance, static number: Int
  ) -> SessionRecord {
    let entry = policy.statics[number]
    var record = SessionRecord(outbound: packet, instance, outside)
    record.insideGlobal = entry.global
    if let ports = entry.entry.ports { record.insideGlobalPort = ports.global }
    record.rule = UInt16(truncatingIfNeeded: number)
    record.flags.insert(.isStatic)
    return record
  }

  /// The record of a session that a packet from inside opens under a dynamic rule.
  private func record(
    outbound packet: Packet, _ instance: RoutingInstance, _ outside: RoutingInstance, mapping: UInt32, rule: Int
  ) -> SessionRecord {
    let map = shard.mappings[mapping]
    var record = SessionRecord(outbound: packet, instance, outside)
    record.insideGlobal = map.insideGlobal
    record.mapping = mapping
    record.rule = UInt16(truncatingIfNeeded: rule)
    if map.kind == .port {
      record.insideGlobalPort = map.insideGlobalPort
    } else {
      record.flags.insert(.addressOnly)
    }
    return record
  }
}

extension SessionRecord {
  /// A session from `packet`'s own addresses and ports, as if nothing were translated.
  init(outbound packet: Packet, _ instance: RoutingInstance, _ outside: RoutingInstance) {
    self.init(
      insideLocal: packet.source, outsideLocal: packet.destination, insideGlobal: packet.source,
      outsideGlobal: packet.destination, insideLocalPort: packet.sourcePort,
      outsideLocalPort: packet.destinationPort, insideGlobalPort: packet.sourcePort,
      outsideGlobalPort: packet.destinationPort, insideInstance: instance, outsideInstance: outside,
      protocolNumber: packet.protocolNumber, progress: [], flags: [], addressDifference: 0, portDifference: 0,
      lastUsed: 0, created: 0, mapping: SessionRecord.noMapping, outboundNeighbor: .none, inboundNeighbor: .none,
      outboundGeneration: 0, inboundGeneration: 0, rule: 0, reserved: (0, 0, 0))
  }

  /// A session that a packet from outside opens, as if nothing were translated.
  init(inbound packet: Packet, _ instance: RoutingInstance, _ outside: RoutingInstance) {
    self.init(outbound: packet, instance, outside)
    (insideLocal, insideGlobal) = (packet.destination, packet.destination)
    (outsideLocal, outsideGlobal) = (packet.source, packet.source)
    (insideLocalPort, insideGlobalPort) = (packet.destinationPort, packet.destinationPort)
    (outsideLocalPort, outsideGlobalPort) = (packet.sourcePort, packet.sourcePort)
    flags = .openedInbound
  }
}
