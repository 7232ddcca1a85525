import Forwarding
import WireFormats

/// What a reload did to sessions.
package struct Reconciled: Hashable, Sendable {
  /// Sessions that go on.
  package var kept = 0
  /// Sessions whose rule or static entry no longer stands.
  package var ended = 0

  package init() {}

  package static func += (sum: inout Self, other: Self) {
    sum.kept += other.kept
    sum.ended += other.ended
  }
}

// What happens to a worker's state when another policy takes the place of its own.
extension Translator {
  /// Takes another policy into force and returns the one before, which whoever publishes releases elsewhere: to free
  /// its tables would take the packet path milliseconds. Sessions and doors go on; `reconcile` and what follows it end those that no
  /// longer stand.
  package mutating func adopt(_ next: consuming Policy) -> Policy {
    let old = policy
    policy = next
    facts = InterfaceTable(policy.facts)
    ipv6 = IPv6Table(policy.ipv6)
    ipv6Services = IPv6ServiceTable(policy.ipv6Services, earlierPorts: ipv6Services.streamPorts)
    hunts = Array(repeating: AddressHunt(), count: policy.ruleIDCount)
    rotations = Array(repeating: 0, count: max(1, policy.destinationRules.count))
    return old
  }

  /// Ends the sessions, over `slice` records from `cursor` on, that the policy in force would not make any more; adds to
  /// `result`. Returns the record to go on with, or nil at the end of the table.
  package mutating func reconcile(from cursor: UInt32, slice: UInt32, into result: inout Reconciled) -> UInt32? {
    Self.walk(from: cursor, slice: slice, end: shard.sessions.highWater) { number in
      guard shard.sessions[number].flags.contains(.live) else { return true }
      if stands(shard.sessions[number]) {
        recount(number)
        chooseGatewayAgain(number)
        result.kept += 1
      } else {
        end(session: number)
        counters.add(to: .sessionsCleared)
        result.ended += 1
      }
      return true
    }
  }

  /// Ends the address mappings without sessions, over `slice` records from `cursor` on, that no rule stands behind any
  /// more.
  package mutating func reconcileMappings(from cursor: UInt32, slice: UInt32) -> UInt32? {
    Self.walk(from: cursor, slice: slice, end: shard.mappings.highWater) { number in
      let record = shard.mappings[number]
      if record.kind == .address, record.users == 0, !stands(record) { end(mapping: number) }
      return true
    }
  }

  /// Closes the doors, over `slice` places from `cursor` on, that no session would take along and whose global endpoints
  /// no rule gives out any more.
  package mutating func reconcileDoors(from cursor: UInt32, slice: UInt32) -> UInt32? {
    Self.walk(from: cursor, slice: slice, end: UInt32(doors.limit)) { place in
      if let door = doors[place], door.request.outlivesParent, !stands(door) { close(place) }
      return true
    }
  }

  /// Whether the endpoint of a door is its host's still.
  mutating func stands(_ door: Door) -> Bool {
    let request = door.request
    guard door.mappings.isEmpty, request.direction == .inbound, door.insideGlobal != request.insideLocal else {
      return door.mappings.allSatisfy { stands(shard.mappings[$0]) }
    }
    // A static entry translates its host.
    return policy.statics.contains {
      guard $0.entry.instance == door.insideInstance, $0.entry.outsideInstance == door.outsideInstance,
        $0.globalRange.contains(door.insideGlobal), $0.local(of: door.insideGlobal) == request.insideLocal
      else { return false }
      guard let ports = $0.entry.ports else { return true }
      return ports.transport == request.protocolNumber && (ports.global == 0 || ports.global == door.insideGlobalPort)
    }
  }

  /// Whether the policy in force would make the session as it is.
  mutating func stands(_ record: SessionRecord) -> Bool {
    outsideStands(record) && (record.flags.contains(.isStatic) ? staticStands(record) : dynamicStands(record))
  }

  /// Whether the rule of a mapping still gives out its address, and to its host.
  mutating func stands(_ record: MappingRecord) -> Bool {
    if record.rule == MappingRecord.noRule, record.kind == .port {
      return hasPortEntry(record.insideLocal, record.instance, as: record.insideGlobal, record.outsideInstance)
    }
    guard let rule = policy.ruleNumber(ofID: record.rule),
      policy.ruleFacts[rule].overload == (record.kind != .address), policy.ruleFacts[rule].instance == record.instance
    else { return false }
    if record.kind == .address, policy.hasStatic(forEndOf: record) { return false }
    return policy.globalAddresses.contains(record.insideGlobal, in: record.outsideInstance)
      && policy.gives(record.insideGlobal, rule)
      && policy.conditions.mayHold(policy.ruleFacts[rule].condition, source: record.insideLocal)
  }

  /// Whether a host has a static port entry with a global address.
  private func hasPortEntry(
    _ local: IPv4Address, _ instance: RoutingInstance, as global: IPv4Address, _ outside: RoutingInstance
  ) -> Bool {
    policy.statics.contains {
      $0.entry.ports != nil && $0.entry.local == local && $0.global == global && $0.entry.instance == instance
        && $0.entry.outsideInstance == outside
    }
  }

  private mutating func dynamicStands(_ record: SessionRecord) -> Bool {
    guard let rule = policy.ruleNumber(ofID: record.rule), policy.gives(record.insideGlobal, rule),
      policy.ruleFacts[rule].overload != record.flags.contains(.addressOnly),
      let egress = egress(of: record)
    else { return false }
    // A static entry that holds the endpoint now would take the session's answers.
    let port = record.protocolNumber == .icmp ? 0 : record.insideGlobalPort
    if policy.staticEntry(global: record.insideGlobal, record.protocolNumber, port: port, in: record.outsideInstance)
      != nil
    {
      return false
    }
    let facts = PacketFacts(of: record)
    return policy.staticEntry(facts, in: record.insideInstance, egress) == nil
      && policy.rule(for: facts, in: record.insideInstance, egress) == rule
  }

  private mutating func staticStands(_ record: SessionRecord) -> Bool {
    if record.flags.contains(.rotary) {
      guard let rule = policy.destinationRule(for: record.insideGlobal, port: record.insideGlobalPort) else {
        return false
      }
      return policy.destinationRules[rule].members.contains(record.insideLocal)
    }
    let facts = PacketFacts(of: record)
    guard let egress = egress(of: record) else { return false }
    guard let number = policy.staticEntry(facts, in: record.insideInstance, egress) else {
      // A door of a host behind a static port entry led to another port of the entry's address.
      if record.cameThroughDoor {
        return hasPortEntry(
          record.insideLocal, record.insideInstance, as: record.insideGlobal, record.outsideInstance)
      }
      // Only its outside host is translated.
      return record.insideLocal == record.insideGlobal && record.insideLocalPort == record.insideGlobalPort
        && policy.rule(for: facts, in: record.insideInstance, egress) == nil
    }
    let entry = policy.statics[number]
    if entry.global(of: record.insideLocal) == record.insideGlobal {
      return entry.entry.ports.map { $0.global == record.insideGlobalPort }
        ?? (record.insideLocalPort == record.insideGlobalPort)
    }
    // A session from outside may have come by another of several global addresses (`extendable`).
    let port = record.protocolNumber == .icmp ? 0 : record.insideGlobalPort
    guard
      let other = policy.staticEntry(
        global: record.insideGlobal, record.protocolNumber, port: port, in: record.outsideInstance)
    else { return false }
    return policy.statics[other].local(of: record.insideGlobal) == record.insideLocal
  }

  private mutating func outsideStands(_ record: SessionRecord) -> Bool {
    if record.flags.contains(.outsideBound) {
      return bindings.global(ofLocal: record.outsideLocal, for: record.insideInstance)?.address == record.outsideGlobal
    }
    let port = record.protocolNumber == .icmp ? 0 : record.outsideLocalPort
    let entry = policy.outsideEntry(
      local: record.outsideLocal, record.protocolNumber, port: port, in: record.insideInstance)
    guard let entry else {
      return record.outsideLocal == record.outsideGlobal && record.outsideLocalPort == record.outsideGlobalPort
    }
    return policy.outsideStatics[entry].global(of: record.outsideLocal) == record.outsideGlobal
  }

  /// Where the session's outbound packets leave now.
  mutating func egress(of record: SessionRecord) -> ConditionTable.Egress? {
    let hop =
      policy.routes.nextHop(to: record.outsideLocal, in: record.insideInstance)
      ?? policy.routes.nextHop(to: record.outsideGlobal, in: record.outsideInstance)
    guard let hop, facts[hop.interface].realm == .outside,
      facts[hop.interface].instance == record.outsideInstance
    else { return nil }
    return ConditionTable.Egress(interface: hop.interface, nextHop: hop.neighbor)
  }

  /// Counts the session in the limited list that its host belongs to now.
  private mutating func recount(_ number: UInt32) {
    let place = policy.limitedList(of: shard.sessions[number].insideLocal).map { $0 + 1 } ?? 0
    let old = shard.sessions[number].flags.limitedList
    guard place != old else { return }
    if old != 0 { limit.giveBack(list: old - 1) }
    if place != 0 { _ = limit.take(list: place - 1, maximum: .max) }
    shard.sessions[number].flags.limitedList = place
  }
}

extension PacketFacts {
  /// The outbound packet that a session's later packets look like, as far as it is known.
  init(of record: SessionRecord) {
    self.init(source: record.insideLocal, destination: record.outsideLocal, protocol: record.protocolNumber)
    if record.protocolNumber == .icmp {
      icmpType = ICMPType.echoRequest
    } else {
      (sourcePort, destinationPort) = (record.insideLocalPort, record.outsideLocalPort)
      tcpFlags = record.protocolNumber == .tcp ? TCPFlags.ack.rawValue : 0
    }
  }
}

extension Policy {
  /// Whether a rule may give out an inside global address.
  func gives(_ address: IPv4Address, _ rule: Int) -> Bool {
    if let pool = rules[rule].pool { return pool.usableRanges.contains { $0.contains(address) } }
    return rules[rule].addresses.first == address
  }
}
