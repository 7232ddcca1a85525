import Forwarding
import WireFormats

extension Translator {
  /// A packet from outside that belongs to no session: admitted by a static entry, a virtual host or a mapping, for the
  /// gateway, for another worker, routed as it is, or filtered (RFC 4787 section 5).
  @inline(never)
  mutating func admitInbound(_ packet: inout Packet) {
    let outside = facts[packet.ingress].instance
    let turnsRound = packet.passage.contains(.hairpin)
    // Only a packet that turned round in the gateway may come from an inside global address.
    if !turnsRound,
      policy.isOwn(packet.source, in: outside) || policy.globalAddresses.contains(packet.source, in: outside)
    {
      packet.verdict = .drop(.martianSource)
      return
    }
    if !doors.isEmpty, admitByDoor(&packet, outside) { return }
    let port = packet.protocolNumber == .icmp ? 0 : packet.destinationPort
    if let number = policy.staticEntry(
      global: packet.destination, packet.protocolNumber, port: port, in: outside)
    {
      admit(&packet, byStatic: number, outside)
    } else if packet.protocolNumber == .tcp, outside == .global,
      let rule = policy.destinationRule(for: packet.destination, port: port)
    {
      admit(&packet, toVirtualHostOf: rule, outside)
    } else if policy.globalAddresses.contains(packet.destination, in: outside),
      let address = policy.globalAddresses.number(of: packet.destination, in: outside)
    {
      admitToGlobal(&packet, address, outside)
    } else if policy.isOwn(packet.destination, in: outside) {
      packet.verdict = .deliver
    } else if turnsRound {
      packet.verdict = packet.timeToLive > 1 ? .drop(.filtered) : .refuse(.timeExceeded, .timeToLiveExceeded)
    } else {
      admitToInsideAddress(&packet, outside)
    }
  }

  /// A packet that a static entry admits.
  private mutating func admit(_ packet: inout Packet, byStatic number: Int, _ outside: RoutingInstance) {
    let entry = policy.statics[number]
    let local = entry.local(of: packet.destination)
    guard isHere(&packet, Ownership.worker(ofInside: local, in: entry.entry.instance, of: workers)) else { return }
    guard !packet.tcpFlags.contains(.rst), packet.protocolNumber != .icmp || !ICMPType.isReply(packet.icmpType) else {
      packet.verdict = .drop(.filtered)
      return
    }
    var record = SessionRecord(inbound: packet, entry.entry.instance, outside)
    record.insideLocal = local
    if let ports = entry.entry.ports, ports.local != 0 { record.insideLocalPort = ports.local }
    record.flags.insert(.isStatic)
    if entry.entry.noPayload { record.flags.insert(.noPayload) }
    openInbound(&packet, &record)
  }

  /// A connection to a virtual host: the next of the real ones gets it (RFC 2391 section 2). Its packets stay at the
  /// worker of the virtual port, which so knows every connection of the service.
  private mutating func admit(_ packet: inout Packet, toVirtualHostOf rule: Int, _ outside: RoutingInstance) {
    guard isHere(&packet, Ownership.worker(ofPort: packet.destinationPort, of: workers)) else { return }
    let members = policy.destinationRules[rule].members
    guard packet.tcpFlags.contains(.syn), !packet.tcpFlags.contains(.ack), !members.isEmpty else {
      packet.verdict = .drop(.filtered)
      return
    }
    let turn = rotations[rule % rotations.count] % members.count
    rotations[rule % rotations.count] = turn + 1
    var record = SessionRecord(inbound: packet, .global, outside)
    record.insideLocal = members[turn]
    record.flags.formUnion([.isStatic, .rotary])
    openInbound(&packet, &record)
  }

  /// A packet to an inside global address that no static entry covers.
  private mutating func admitToGlobal(_ packet: inout Packet, _ address: Int, _ outside: RoutingInstance) {
    let mark = ports.owner(
      address: address, protocol: packet.protocolNumber, port: packet.destinationPort)
    let owner = mark == 0 || mark == PortMap.reserved ? ports.addressOwner(address) : mark
    if owner != 0, owner != PortMap.reserved {
      guard isHere(&packet, Int(owner) - 1) else { return }
    }
    if let mapping = shard.findAddressMapping(global: packet.destination, in: outside) {
      admit(&packet, toAddressMapping: mapping, outside)
    } else if packet.kind == .flow, packet.protocolNumber != .icmp,
      let mapping = shard.findPortMapping(
        global: packet.destination, port: packet.destinationPort, packet.protocolNumber, in: outside)
    {
      admit(&packet, toPortMapping: mapping, outside)
    } else if policy.isOwn(packet.destination, in: outside), !packet.passage.contains(.hairpin) {
      packet.verdict = .deliver
    } else {
      filter(&packet)
    }
  }

  private mutating func admit(_ packet: inout Packet, toAddressMapping mapping: UInt32, _ outside: RoutingInstance) {
    let map = shard.mappings[mapping]
    // With a route map the mapping is of some destinations only, and others may not use it (`reversible` lets them).
    let isOneWay = !(policy.ruleNumber(ofID: map.rule).map { policy.ruleFacts[$0].isReversible } ?? false)
    guard !packet.tcpFlags.contains(.rst), !isOneWay else {
      packet.verdict = .drop(.filtered)
      return
    }
    var record = SessionRecord(inbound: packet, map.instance, outside)
    record.insideLocal = map.insideLocal
    record.mapping = mapping
    record.rule = map.rule
    record.flags.insert(.addressOnly)
    openInbound(&packet, &record)
  }

  /// A packet to an inside global endpoint that an inside host has: the rule's filtering behavior says who may use it.
  private mutating func admit(_ packet: inout Packet, toPortMapping mapping: UInt32, _ outside: RoutingInstance) {
    let map = shard.mappings[mapping]
    let isAllowed =
      switch policy.ruleNumber(ofID: map.rule).map({ policy.ruleFacts[$0].filtering }) {
      case .endpointIndependent?: true
      case .addressDependent?: isPermitted(packet, to: mapping)
      case .addressAndPortDependent?, nil: false
      }
    // A connection begins with a SYN; anything else of TCP is a stray.
    let begins =
      packet.protocolNumber != .tcp || packet.tcpFlags.contains(.syn) && packet.tcpFlags.isDisjoint(with: [.ack, .rst])
    guard isAllowed, begins, !doors.hasHolds || !doors.hold(mapping, of: map.users) else {
      filter(&packet)
      return
    }
    var record = SessionRecord(inbound: packet, map.instance, outside)
    (record.insideLocal, record.insideLocalPort) = (map.insideLocal, map.insideLocalPort)
    record.mapping = mapping
    record.rule = map.rule
    openInbound(&packet, &record)
  }

  /// Nobody is to get the packet. An unsolicited SYN waits for the inside host's own (RFC 5382 REQ-4).
  private mutating func filter(_ packet: inout Packet) {
    if packet.protocolNumber == .tcp, packet.tcpFlags.contains(.syn), packet.tcpFlags.isDisjoint(with: [.ack, .rst]),
      policy.unsolicitedSYN > 0
    {
      heldSYNs.hold(packet, now)
    }
    packet.verdict = .drop(.filtered)
  }

  /// A packet to an address that is not translated: routed, unless the host behind it hides behind another address. Its
  /// source may have to become an outside local address.
  private mutating func admitToInsideAddress(_ packet: inout Packet, _ outside: RoutingInstance) {
    guard let hop = policy.routes.nextHop(to: packet.destination, in: outside),
      facts[hop.interface].realm == .inside
    else {
      route(&packet)
      return
    }
    let instance = facts[hop.interface].instance
    if policy.translates(packet.destination, in: instance) {
      packet.verdict = .drop(.insideLocalFromOutside)
      return
    }
    var record = SessionRecord(inbound: packet, instance, outside)
    guard hasOutsideTranslation(of: packet, for: instance, outside) else {
      route(&packet)
      return
    }
    guard isHere(&packet, Ownership.worker(ofInside: packet.destination, in: instance, of: workers)) else { return }
    record.flags.insert(.isStatic)
    openInbound(&packet, &record)
  }

  // MARK: Outside hosts with a local address

  private mutating func hasOutsideTranslation(
    of packet: Packet, for instance: RoutingInstance, _ outside: RoutingInstance
  ) -> Bool {
    outsideStatic(of: packet, for: instance, outside) != nil || outsideRule(for: packet, instance, outside) != nil
  }

  private mutating func outsideStatic(
    of packet: Packet, for instance: RoutingInstance, _ outside: RoutingInstance
  ) -> Int? {
    policy.outsideEntry(
      global: packet.source, packet.protocolNumber,
      port: packet.protocolNumber == .icmp ? 0 : packet.sourcePort, in: outside, for: instance)
  }

  private mutating func outsideRule(
    for packet: Packet, _ instance: RoutingInstance, _ outside: RoutingInstance
  ) -> Int? {
    if policy.outsideRules.isEmpty { return nil }
    let egress = ConditionTable.Egress(interface: packet.ingress, nextHop: packet.destination)
    return policy.outsideRule(for: packetFacts(packet), in: outside, for: instance, egress)
  }

  /// Gives the session's outside host the local address that the configuration has for it; false, with a verdict, when
  /// the pool has none left.
  private mutating func localize(_ packet: inout Packet, _ record: inout SessionRecord) -> Bool {
    if packet.passage.contains(.hairpin) { return true }
    if let number = outsideStatic(of: packet, for: record.insideInstance, record.outsideInstance) {
      let entry = policy.outsideStatics[number]
      record.outsideLocal = entry.local(of: packet.source)
      if let ports = entry.ports, ports.local != 0 { record.outsideLocalPort = ports.local }
      if entry.noPayload { record.flags.insert(.noPayload) }
      return true
    }
    guard let rule = outsideRule(for: packet, record.insideInstance, record.outsideInstance) else { return true }
    guard
      let local = bindings.bind(
        global: packet.source, in: record.outsideInstance, from: policy.outsideRules[rule].addresses,
        for: record.insideInstance, rule: UInt16(truncatingIfNeeded: rule), now: now)
    else {
      packet.verdict = .drop(.addressesExhausted)
      return false
    }
    record.outsideLocal = local
    record.flags.insert(.outsideBound)
    return true
  }

  mutating func openInbound(_ packet: inout Packet, _ record: inout SessionRecord) {
    guard packet.timeToLive > 1 else {
      packet.verdict = .refuse(.timeExceeded, .timeToLiveExceeded)
      return
    }
    guard localize(&packet, &record) else { return }
    // Answers to a packet that turned round turn round again.
    if packet.passage.contains(.hairpin) { record.flags.insert(.hairpin) }
    open(&packet, &record)
  }
}
