import Forwarding
package import WireFormats

// What the packet path asks of a policy when a session begins. The questions of every new session are mutating, though
// they change nothing: a call that only borrows would copy the policy first.
extension Policy {
  /// The static entry of an inside local endpoint whose packet leaves by `egress`: a port entry before a one-to-one
  /// entry before a network.
  mutating func staticEntry(_ packet: PacketFacts, in instance: RoutingInstance, _ egress: ConditionTable.Egress)
    -> Int?
  {
    if staticLocals.isEmpty { return nil }
    let outside = facts[Int(egress.interface.rawValue)].instance
    return staticLocals.find(packet.source, packet.protocolNumber, port: packet.sourcePort, in: instance) { number in
      let entry = statics[number]
      guard entry.entry.outsideInstance == outside,
        entry.entry.egressInterface == nil || entry.entry.egressInterface == egress.interface
      else { return false }
      return entry.condition.map { conditions.holds($0, packet, egress) } ?? true
    }
  }

  /// The static entry that admits packets to an inside global endpoint.
  func staticEntry(
    global: IPv4Address, _ number: IPProtocol, port: UInt16, in outside: RoutingInstance = .global
  ) -> Int? {
    if staticGlobals.isEmpty { return nil }
    return staticGlobals.find(global, number, port: port, in: outside) {
      statics[$0].condition == nil || statics[$0].entry.reversible
    }
  }

  /// The first dynamic rule for a packet from inside that leaves by `egress`.
  mutating func rule(
    for packet: PacketFacts, in instance: RoutingInstance, _ egress: ConditionTable.Egress
  ) -> Int? {
    let outside = facts[Int(egress.interface.rawValue)].instance
    // Field by field: the whole of a rule's facts would be copied.
    for index in ruleFacts.indices {
      guard ruleFacts[index].instance == instance, ruleFacts[index].outsideInstance == outside,
        ruleFacts[index].egress == nil || ruleFacts[index].egress == egress.interface,
        conditions.holds(ruleFacts[index].condition, packet, egress)
      else { continue }
      return index
    }
    return nil
  }

  /// Whether a static entry has the global address, or a port of it.
  func isStatic(global address: IPv4Address, in outside: RoutingInstance) -> Bool {
    statics.contains { $0.entry.outsideInstance == outside && $0.globalRange.contains(address) }
  }

  /// Whether a static entry, for whatever packets, has the host or the address of an address mapping: then they belong
  /// together no more.
  func hasStatic(forEndOf record: MappingRecord) -> Bool {
    let anything = IPProtocol(rawValue: 0)
    if staticEntry(global: record.insideGlobal, anything, port: 0, in: record.outsideInstance) != nil { return true }
    return staticLocals.find(record.insideLocal, anything, port: 0, in: record.instance) {
      statics[$0].condition == nil && statics[$0].entry.egressInterface == nil
        && statics[$0].entry.outsideInstance == record.outsideInstance
    } != nil
  }

  /// Whether outside hosts reach `local` only through translation.
  func translates(_ local: IPv4Address, in instance: RoutingInstance) -> Bool {
    for matcher in ruleFacts
    where matcher.instance == instance && conditions.mayHold(matcher.condition, source: local) { return true }
    if destinationMembers.contains(local) { return true }
    guard !staticLocals.isEmpty else { return false }
    if staticLocals.find(local, IPProtocol(rawValue: 0), port: 0, in: instance) != nil { return true }
    return statics.contains { $0.entry.local == local && $0.entry.instance == instance }
  }

  /// The outside static entry of an outside local endpoint, as inside hosts of an instance address it.
  func outsideEntry(
    local: IPv4Address, _ number: IPProtocol, port: UInt16, in instance: RoutingInstance
  ) -> Int? {
    outsideLocals.find(local, number, port: port, in: instance)
  }

  /// The outside static entry of an outside global endpoint, for inside hosts of an instance.
  func outsideEntry(
    global: IPv4Address, _ number: IPProtocol, port: UInt16, in outside: RoutingInstance,
    for instance: RoutingInstance
  ) -> Int? {
    outsideGlobals.find(global, number, port: port, in: outside) { outsideStatics[$0].instance == instance }
  }

  /// The first rule that gives an outside host of a packet an outside local address.
  func outsideRule(
    for packet: PacketFacts, in outside: RoutingInstance, for instance: RoutingInstance,
    _ egress: ConditionTable.Egress
  ) -> Int? {
    outsideRules.firstIndex {
      $0.rule.outsideInstance == outside && $0.rule.instance == instance
        && conditions.holds($0.condition, packet, egress)
    }
  }

  /// The rule whose virtual host a connection from outside is for, by its place in `destinationRules`.
  package func destinationRule(for destination: IPv4Address, port: UInt16) -> Int? {
    destinationRules.firstIndex { conditions.lists.permits($0.list, destination: destination, port: port) }
  }

  /// The place of the first limited list that permits an inside host, or nil.
  mutating func limitedList(of host: IPv4Address) -> Int? {
    limitedLists.firstIndex { conditions.lists.mayPermit($0.list, source: host) }
  }
}

extension Policy {
  /// Marks the ports that no dynamic mapping may get: those of static port entries, and blocked ones. Returns how many
  /// of them are in use by a mapping still; asking again after those have ended marks the rest.
  @discardableResult
  package func reserveStaticPorts(in map: PortMap) -> Int {
    var missing = 0
    for (address, transport, port) in reservations {
      if !map.claim(address: address, protocol: transport, port: port, for: PortMap.reserved),
        map.owner(address: address, protocol: transport, port: port) != PortMap.reserved
      {
        missing += 1
      }
    }
    return missing
  }

  /// Frees the ports that this policy marked and `later` does not.
  package func releaseStaticPorts(in map: PortMap, keeping later: Policy) {
    let kept = Set(later.reservations.map { Reservation(address: $0.0, transport: $0.1.rawValue, port: $0.2) })
    for (address, transport, port) in reservations
    where !kept.contains(Reservation(address: address, transport: transport.rawValue, port: port)) {
      map.free(address: address, protocol: transport, port: port, of: PortMap.reserved)
    }
  }

  private struct Reservation: Hashable {
    var address: Int
    var transport: UInt8
    var port: UInt16
  }

  private var reservations: [(Int, IPProtocol, UInt16)] {
    var result: [(Int, IPProtocol, UInt16)] = statics.compactMap { entry in
      guard let ports = entry.entry.ports, ports.global != 0,
        let number = globalAddresses.number(of: entry.global, in: entry.entry.outsideInstance)
      else { return nil }
      return (number, ports.transport, ports.global)
    }
    for rule in rules {
      guard case .interface = rule.rule.source, let address = rule.addresses.first,
        let number = globalAddresses.number(of: address, in: rule.rule.outsideInstance)
      else { continue }
      result += settings.blockedPorts.map { (number, $0.transport, $0.port) }
    }
    return result
  }
}
