import Forwarding
import WireFormats

/// The outside end of a session to be, as inside hosts know it and as it is.
struct RemoteEndpoint {
  var address: IPv4Address
  var port: UInt16
  /// The instance that `address` belongs to.
  var instance: RoutingInstance
  /// Packets to the local address go where this one is (`add-route`).
  var addsRoute: Bool
  /// Whether a rule binds it, not a static entry.
  var isBound: Bool
}

extension Translator {
  /// A packet from inside that belongs to no session: for the gateway, routed as it is, or the first of a session.
  @inline(never)
  mutating func admitOutbound(_ packet: inout Packet) {
    let instance = facts[packet.ingress].instance
    // First of all, since all the rest is its owner's business: routing it costs the same there.
    guard packet.wasHandedOver || isHere(&packet, outboundOwner(of: packet, instance)) else { return }
    if policy.isOwn(packet.source, in: instance) {
      packet.verdict = .drop(.martianSource)
      return
    }
    let remote = outsideGlobal(of: packet, instance)
    guard let hop = hop(for: packet, remote, instance) else {
      packet.verdict =
        policy.isOwn(packet.destination, in: instance) ? .deliver : .refuse(.networkUnreachable, .noRoute)
      return
    }
    let outside = facts[hop.interface].instance
    let isOwn =
      policy.isOwn(packet.destination, in: instance)
      || outside != instance && policy.isOwn(packet.destination, in: outside)
    if isOwn, remote == nil, !isMapped(packet, packet.destination, outside) {
      packet.verdict = .deliver
      return
    }
    // Routing comes before translation on the way out, and only what leaves by an outside interface is translated.
    guard facts[hop.interface].realm == .outside else {
      route(&packet)
      return
    }
    guard !packet.wasHandedOver || isHere(&packet, outboundOwner(of: packet, instance)) else { return }
    guard packet.timeToLive > 1 else {
      packet.verdict = .refuse(.timeExceeded, .timeToLiveExceeded)
      return
    }
    var record = SessionRecord(outbound: packet, instance, outside)
    if let remote {
      record.outsideGlobal = remote.address
      record.outsideGlobalPort = remote.port
      if remote.isBound { record.flags.insert(.outsideBound) }
    }
    if policy.globalAddresses.contains(record.outsideGlobal, in: outside) { record.flags.insert(.hairpin) }
    // Where inside knows the outside host by another address, or it is behind the gateway's own, `wayOut` decides.
    let isPlain = remote == nil && !record.flags.contains(.hairpin)
    admit(&packet, &record, hop, isPlain)
  }

  /// Finds what translates the session's inside host, in IOS's order: static entries, then dynamic rules.
  ///
  /// - Parameter isPlain: whether the session's packets go by `hop` for as long as it stands.
  @inline(__always)
  private mutating func admit(_ packet: inout Packet, _ record: inout SessionRecord, _ hop: NextHop, _ isPlain: Bool) {
    let egress = ConditionTable.Egress(interface: hop.interface, nextHop: hop.neighbor)
    if doors.outboundCount > 0, leaveByDoor(&packet, record) { return }
    let facts = packetFacts(packet)
    if let number = policy.staticEntry(facts, in: record.insideInstance, egress) {
      let entry = policy.statics[number]
      record.insideGlobal = entry.global(of: packet.source)
      if let ports = entry.entry.ports, ports.global != 0 { record.insideGlobalPort = ports.global }
      record.flags.insert(.isStatic)
      if entry.entry.noPayload { record.flags.insert(.noPayload) }
      open(&packet, &record, by: isPlain ? hop : nil)
    } else if doors.count > 0, leaveFromDoor(&packet, record) {
      return
    } else if let rule = policy.rule(for: facts, in: record.insideInstance, egress) {
      record.rule = policy.ruleFacts[rule].id
      admit(&packet, &record, under: rule, by: isPlain ? hop : nil)
    } else if record.flags.contains(.hairpin) {
      packet.verdict = .drop(.hairpin)
    } else if record.outsideGlobal != record.outsideLocal || record.outsideGlobalPort != record.outsideLocalPort {
      // Only the outside host is translated.
      record.flags.insert(.isStatic)
      open(&packet, &record)
    } else {
      route(&packet)
    }
  }

  /// The first packet of a session under a dynamic rule: mapping, then session.
  @inline(__always)
  private mutating func admit(
    _ packet: inout Packet, _ record: inout SessionRecord, under rule: Int, by hop: NextHop?
  ) {
    // A reset or an answer cannot open anything; letting it out untranslated would show the inside address.
    let isStray =
      packet.protocolNumber == .tcp
      ? packet.tcpFlags.contains(.rst) : packet.protocolNumber == .icmp && ICMPType.isReply(packet.icmpType)
    guard !isStray else {
      packet.verdict = .drop(.noSession)
      return
    }
    let overload = policy.ruleFacts[rule].overload
    guard packet.kind == .flow || !overload else {
      packet.verdict = .drop(.protocolNotTranslated)
      return
    }
    let behavior = policy.ruleFacts[rule].mapping
    let found: Result<UInt32, MappingRefusal>
    if !overload {
      found = addressMapping(for: record, rule)
    } else if behavior == .addressAndPortDependent {
      found = ownPort(for: &record, rule)
    } else {
      found = portMapping(for: &record, towards: behavior == .addressDependent ? record.outsideGlobal : nil, rule)
    }
    switch found {
    case .success(let mapping):
      record.mapping = mapping
      if !record.flags.contains(.ownsPort) {
        record.insideGlobal = shard.mappings[mapping].insideGlobal
        if overload {
          record.insideGlobalPort = shard.mappings[mapping].insideGlobalPort
        } else {
          record.flags.insert(.addressOnly)
        }
      }
      open(&packet, &record, by: hop)
    case .failure(let refusal):
      counters.note(refusalOf: packet.source, rule: rule, reason: refusal.reason)
      journal.refused(refusalEvent(of: packet, record.insideInstance, rule, refusal.reason))
      packet.verdict = .refuse(refusalOfResources, refusal.reason)
    }
  }

  // MARK: What the packet is about

  /// What access lists and route maps may ask of the packet.
  @inline(__always)
  mutating func packetFacts(_ packet: Packet) -> PacketFacts {
    var facts = PacketFacts(
      source: packet.source, destination: packet.destination, protocol: packet.protocolNumber)
    facts.codePoint = packet.octets.load8(at: Int(packet.networkOffset) + 1) >> 2
    if packet.protocolNumber == .icmp {
      facts.icmpType = packet.icmpType
      if packet.kind == .flow {
        facts.icmpCode = packet.octets.load8(at: Int(packet.transportOffset) + ICMPField.code)
      }
    } else {
      (facts.sourcePort, facts.destinationPort) = (packet.sourcePort, packet.destinationPort)
      facts.tcpFlags = packet.tcpFlags.rawValue
    }
    return facts
  }

  /// The outside host behind an outside local address, if the destination is one.
  @inline(__always)
  private mutating func outsideGlobal(of packet: Packet, _ instance: RoutingInstance) -> RemoteEndpoint? {
    if policy.outsideLocals.isEmpty, policy.outsideRules.isEmpty { return nil }
    let port = packet.protocolNumber == .icmp ? 0 : packet.destinationPort
    if let number = policy.outsideEntry(
      local: packet.destination, packet.protocolNumber, port: port, in: instance)
    {
      let entry = policy.outsideStatics[number]
      let global = entry.ports.map { $0.global == 0 ? packet.destinationPort : $0.global }
      return RemoteEndpoint(
        address: entry.global(of: packet.destination), port: global ?? packet.destinationPort,
        instance: entry.outsideInstance, addsRoute: entry.addRoute, isBound: false)
    }
    guard !policy.outsideRules.isEmpty, let bound = bindings.global(ofLocal: packet.destination, for: instance) else {
      return nil
    }
    let rule = Int(bound.rule)
    let addsRoute = rule < policy.outsideRules.count && policy.outsideRules[rule].rule.addRoute
    return RemoteEndpoint(
      address: bound.address, port: packet.destinationPort, instance: bound.instance, addsRoute: addsRoute,
      isBound: true)
  }

  /// The way out: routing comes before translation, so the local address needs a route unless `add-route` gives it the
  /// outside host's.
  @inline(__always)
  private mutating func hop(
    for packet: Packet, _ remote: RemoteEndpoint?, _ instance: RoutingInstance
  ) -> NextHop? {
    guard let remote, remote.addsRoute else {
      return policy.routes.nextHop(to: packet.destination, in: instance)
    }
    // The instance of the outside host, and not the inside one's, where the same address may be somebody else's.
    return policy.routes.nextHop(to: remote.address, in: remote.instance)
  }

  /// Whether an own address is also the global side of something that a TCP or UDP packet from inside may mean.
  private mutating func isMapped(_ packet: Packet, _ address: IPv4Address, _ outside: RoutingInstance) -> Bool {
    guard packet.protocolNumber == .tcp || packet.protocolNumber == .udp,
      policy.globalAddresses.contains(address, in: outside)
    else { return false }
    if policy.staticEntry(global: address, packet.protocolNumber, port: packet.destinationPort, in: outside) != nil {
      return true
    }
    guard let number = policy.globalAddresses.number(of: address, in: outside) else { return false }
    return ports.owner(address: number, protocol: packet.protocolNumber, port: packet.destinationPort) != 0
  }

  // MARK: Whose packet it is

  /// The worker of a packet from inside. A host behind a virtual one answers at the worker of the virtual port.
  @inline(__always)
  private mutating func outboundOwner(of packet: Packet, _ instance: RoutingInstance) -> Int {
    if workers == 1 { return worker }
    if packet.protocolNumber == .tcp, !policy.destinationMembers.isEmpty, !packet.wasHandedOver,
      !packet.tcpFlags.contains(.syn) || packet.tcpFlags.contains(.ack),
      policy.destinationMembers.contains(packet.source)
    {
      let owner = Ownership.worker(ofPort: packet.sourcePort, of: workers)
      if owner != worker { return owner }
    }
    return Ownership.worker(ofInside: packet.source, in: instance, of: workers)
  }

  /// Whether this worker is `owner`; otherwise sets the verdict: a packet is handed over once, never twice.
  @inline(__always)
  mutating func isHere(_ packet: inout Packet, _ owner: Int) -> Bool {
    if owner == worker { return true }
    leave(&packet, to: owner)
    return false
  }

  @inline(never)
  private mutating func leave(_ packet: inout Packet, to owner: Int) {
    if packet.wasHandedOver {
      packet.verdict = .drop(.handOverTwice)
    } else {
      counters.add(to: .handedOver)
      packet.verdict = .handOver(worker: UInt8(owner))
    }
  }

  /// What a sender is told when limits or pools are used up: code 13 of RFC 5508 REQ-8, or 1 of RFC 6888 REQ-11.
  var refusalOfResources: ICMPRefusal { ICMPRefusal(type: 3, code: policy.settings.refusalCode) }
}

extension SessionRecord {
  /// A session from `packet`'s own addresses and ports, as if nothing were translated.
  @inline(__always)
  init(outbound packet: Packet, _ instance: RoutingInstance, _ outside: RoutingInstance) {
    self.init(
      insideLocal: packet.source, outsideLocal: packet.destination, insideGlobal: packet.source,
      outsideGlobal: packet.destination, insideLocalPort: packet.sourcePort,
      outsideLocalPort: packet.destinationPort, insideGlobalPort: packet.sourcePort,
      outsideGlobalPort: packet.destinationPort, insideInstance: instance, outsideInstance: outside,
      protocolNumber: packet.protocolNumber, progress: [], flags: [], addressDifference: 0, portDifference: 0,
      lastUsed: 0, created: 0, mapping: SessionRecord.noMapping, outboundNeighbor: .none, inboundNeighbor: .none,
      outboundGeneration: 0, inboundGeneration: 0, rule: 0, acknowledgedByInside: 0, acknowledgedByOutside: 0,
      acknowledged: 0)
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
