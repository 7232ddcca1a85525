import Forwarding
import WireFormats

/// Where the search for a free address of a rule goes on.
struct AddressHunt {
  var next = 0
  /// The tick at which the pool was found empty; 0 for never.
  var failedAt: UInt32 = 0
}

/// An inside global endpoint that has just been claimed.
struct ClaimedPort {
  var address: IPv4Address
  var port: UInt16
  /// The pairing of the host with the address, or `MappingRecord.noPairing`.
  var pairing: UInt32
}

// The choice of an inside global address and port for a new mapping: the host's pairing first, then, in the order of
// what the configuration asks for, its computed range, its sets of ports, or any port of its class.
extension Translator {
  /// Addresses of a pool that one new host tries before it is refused.
  static var addressesTried: Int { 64 }

  /// Claims a port for a session's inside endpoint.
  mutating func claimPort(for record: inout SessionRecord, _ rule: Int) -> Result<ClaimedPort, MappingRefusal> {
    let facts = policy.ruleFacts[rule]
    if facts.isDeterministic {
      guard let range = policy.rules[rule].deterministic?.range(of: record.insideLocal) else {
        return .failure(MappingRefusal(reason: .addressesExhausted))
      }
      var choice = facts.choice
      choice.range = range.ports
      guard let port = claim(on: range.address, for: &record, choice) else {
        return .failure(MappingRefusal(reason: .portsExhausted))
      }
      return .success(ClaimedPort(address: range.address, port: port, pairing: MappingRecord.noPairing))
    }
    if facts.isPaired { return claimPaired(&record, rule) }
    let count = facts.addressCount
    guard count > 0 else { return .failure(MappingRefusal(reason: .addressesExhausted)) }
    // Arbitrary pooling starts anywhere; hosts of a rule with one address have no choice.
    let start = count == 1 ? 0 : Int(truncatingIfNeeded: random.next() >> 1) % count
    for step in 0..<min(count, Self.addressesTried) {
      let address = policy.rules[rule].addresses[(start + step) % count]
      if let port = claim(on: address, for: &record, choice(for: &record, facts.choice)) {
        return .success(ClaimedPort(address: address, port: port, pairing: MappingRecord.noPairing))
      }
    }
    return .failure(MappingRefusal(reason: .portsExhausted))
  }

  @inline(__always)
  private mutating func claim(
    on address: IPv4Address, for record: inout SessionRecord, _ choice: PortChoice
  ) -> UInt16? {
    guard let number = policy.globalAddresses.number(of: address, in: record.outsideInstance) else { return nil }
    return allocator.allocate(
      address: number, protocol: record.protocolNumber, preferred: record.insideLocalPort, choice: choice,
      random: &random)
  }

  @inline(__always)
  private mutating func choice(for record: inout SessionRecord, _ choice: PortChoice) -> PortChoice {
    guard !policy.settings.fullRange.isEmpty else { return choice }
    var choice = choice
    let (transport, port) = (record.protocolNumber, record.insideLocalPort)
    choice.fullRange = policy.settings.fullRange.contains { $0.transport == transport && $0.port == port }
    return choice
  }

  // MARK: Paired hosts

  /// A port of the address that the host is paired with; a host that has none is spread over the pool by a hash of its
  /// address, so that few of them compete for the same ports.
  @inline(__always)
  private mutating func claimPaired(
    _ record: inout SessionRecord, _ rule: Int
  ) -> Result<ClaimedPort, MappingRefusal> {
    guard let known = findPairing(of: &record, policy.ruleFacts[rule].id) else { return claimUnpaired(&record, rule) }
    guard let port = claim(in: known, for: &record, rule) else {
      return .failure(MappingRefusal(reason: .portsExhausted))
    }
    return .success(ClaimedPort(address: shard.mappings[known].insideGlobal, port: port, pairing: known))
  }

  /// The same for a host that is not paired yet.
  @inline(never)
  private mutating func claimUnpaired(
    _ record: inout SessionRecord, _ rule: Int
  ) -> Result<ClaimedPort, MappingRefusal> {
    var pairing = MappingRecord(kind: .pairing)
    pairing.insideLocal = record.insideLocal
    pairing.instance = record.insideInstance
    pairing.outsideInstance = record.outsideInstance
    pairing.rule = policy.ruleFacts[rule].id
    pairing.word = now
    let count = policy.ruleFacts[rule].addressCount
    guard count > 0 else { return .failure(MappingRefusal(reason: .addressesExhausted)) }
    let start = Int((record.insideLocal.rawValue &* 0x9E37_79B1) >> 8) % count
    for step in 0..<min(count, Self.addressesTried) {
      pairing.insideGlobal = policy.rules[rule].addresses[(start + step) % count]
      guard let added = insertPairing(pairing) else { continue }
      if let port = claim(in: added, for: &record, rule) {
        pairingHints[record.insideLocal, record.insideInstance] = added
        return .success(ClaimedPort(address: pairing.insideGlobal, port: port, pairing: added))
      }
      endPairing(added)
    }
    return .failure(MappingRefusal(reason: .portsExhausted))
  }

  @inline(__always)
  private mutating func findPairing(of record: inout SessionRecord, _ rule: UInt16) -> UInt32? {
    let (host, instance) = (record.insideLocal, record.insideInstance)
    let hint = pairingHints[host, instance]
    if shard.isPairing(hint, of: host, instance, rule) { return hint }
    let key = MappingRecord.pairingKey(host, instance, rule)
    guard let found = shard.findMapping(key, key.hash(seed: shard.seed)) else { return nil }
    pairingHints[host, instance] = found
    return found
  }

  /// Adds a pairing and counts its host at the address; nil when there is no room for either.
  mutating func insertPairing(_ pairing: MappingRecord) -> UInt32? {
    guard addHost(to: pairing) else { return nil }
    if let added = shard.insert(pairing) { return added }
    removeHost(from: pairing)
    return nil
  }

  /// Counts a host at its address; false when the configuration limits them (`pap limit`) and there are enough. They are
  /// counted without a limit too, since the next configuration may have one.
  private mutating func addHost(to pairing: MappingRecord) -> Bool {
    guard let number = policy.globalAddresses.number(of: pairing.insideGlobal, in: pairing.outsideInstance) else {
      return false
    }
    return ports.addHost(address: number, limit: policy.settings.hostsPerAddress ?? .max)
  }

  private mutating func removeHost(from pairing: MappingRecord) {
    guard let number = policy.globalAddresses.number(of: pairing.insideGlobal, in: pairing.outsideInstance) else {
      return
    }
    ports.removeHost(address: number)
  }

  /// Ends a pairing without users: the host's sets of ports are free again.
  mutating func endPairing(_ pairing: UInt32) {
    let record = shard.mappings[pairing]
    for place in 0..<record.portSets {
      guard let set = findSet(place, of: record) else { continue }
      noteSet(shard.mappings[set], isNew: false)
      if let number = policy.globalAddresses.number(of: record.insideGlobal, in: record.outsideInstance) {
        ports.freeSet(address: number, index: shard.mappings[set].setIndex, of: allocator.mark)
      }
      shard.removeMapping(set)
    }
    removeHost(from: record)
    shard.removeMapping(pairing)
  }

  // MARK: Sets of ports

  /// A port on a pairing's address: of its sets where it has such, and of one more when they are used up.
  @inline(__always)
  private mutating func claim(in pairing: UInt32, for record: inout SessionRecord, _ rule: Int) -> UInt16? {
    let facts = policy.ruleFacts[rule]
    let host = shard.mappings[pairing]
    // Ports below 1024 are in no set.
    guard let blocks = facts.portBlocks, record.protocolNumber == .icmp || record.insideLocalPort >= 1024,
      let number = policy.globalAddresses.number(of: host.insideGlobal, in: host.outsideInstance)
    else { return claim(on: host.insideGlobal, for: &record, choice(for: &record, facts.choice)) }
    for place in 0..<host.portSets {
      // Of sets that were given out before a reload changed their size there may be more than there are now.
      guard let found = findSet(place, of: host), shard.mappings[found].setIndex < blocks.setCount else { continue }
      let set = PortSet(address: number, index: shard.mappings[found].setIndex, blocks: blocks)
      if let port = claim(in: set, for: &record, facts.choice) { return port }
    }
    guard host.portSets == 0 || !blocks.singleSet, let set = addSet(to: pairing, number, blocks) else { return nil }
    return claim(in: set, for: &record, facts.choice)
  }

  private mutating func claim(in set: PortSet, for record: inout SessionRecord, _ choice: PortChoice) -> UInt16? {
    allocator.allocate(
      in: set, protocol: record.protocolNumber, preferred: record.insideLocalPort, preserves: choice.preserves,
      random: &random)
  }

  private mutating func findSet(_ place: UInt16, of pairing: MappingRecord) -> UInt32? {
    var probe = MappingRecord(kind: .portSet)
    probe.insideLocal = pairing.insideLocal
    probe.insideLocalPort = place
    probe.instance = pairing.instance
    probe.rule = pairing.rule
    return shard.findMapping(like: probe)
  }

  private mutating func addSet(to pairing: UInt32, _ number: Int, _ blocks: PortBlocks) -> PortSet? {
    guard
      let index = ports.claimAnySet(
        address: number, blocks: blocks, random: &random, for: allocator.mark, of: workers)
    else { return nil }
    return addClaimedSet(to: pairing, number, blocks, index: index)
  }

  /// Gives a host one set more, which must be free.
  mutating func addSet(to pairing: UInt32, _ number: Int, _ blocks: PortBlocks, index: Int) -> PortSet? {
    guard ports.claimSet(address: number, index: index, for: allocator.mark) else { return nil }
    return addClaimedSet(to: pairing, number, blocks, index: index)
  }

  private mutating func addClaimedSet(
    to pairing: UInt32, _ number: Int, _ blocks: PortBlocks, index: Int
  ) -> PortSet? {
    let host = shard.mappings[pairing]
    var record = MappingRecord(kind: .portSet)
    record.insideLocal = host.insideLocal
    record.insideLocalPort = host.portSets
    record.insideGlobal = host.insideGlobal
    record.setIndex = index
    record.instance = host.instance
    record.outsideInstance = host.outsideInstance
    record.rule = host.rule
    record.word = now
    guard shard.insert(record) != nil else {
      ports.freeSet(address: number, index: index, of: allocator.mark)
      return nil
    }
    shard.mappings[pairing].portSets += 1
    noteSet(record, isNew: true)
    return PortSet(address: number, index: index, blocks: blocks)
  }

  /// Notes that a host got a set of ports, or gave it back.
  private mutating func noteSet(_ record: MappingRecord, isNew: Bool) {
    guard journal.isOn, let blocks = policy.settings.portBlocks, record.setIndex < blocks.setCount else {
      return
    }
    let set = PortSet(address: 0, index: record.setIndex, blocks: blocks)
    let block = PortBlock(
      insideLocal: record.insideLocal, insideGlobal: record.insideGlobal, instance: record.instance,
      protocol: IPProtocol(rawValue: 0), firstPort: set.port(at: 0), step: blocks.stepSize, count: blocks.setSize,
      rule: record.rule)
    isNew ? journal.blockAllocated(block) : journal.blockReleased(block)
  }

  // MARK: Addresses of their own

  /// An address for a host under a rule without `overload`.
  mutating func claimAddress(for host: IPv4Address, _ rule: Int) -> IPv4Address? {
    let facts = policy.ruleFacts[rule]
    if facts.matchesHost, let pool = policy.rules[rule].pool {
      return claimMatching(host, of: pool, facts.outsideInstance)
    }
    // A pool that had no free address this second is not searched again: a flood of new hosts must not cost a walk each.
    let hunt = Int(facts.id)
    guard hunts[hunt].failedAt != now else { return nil }
    let count = facts.addressCount
    for step in 0..<count {
      let place = (hunts[hunt].next + step) % count
      let address = policy.rules[rule].addresses[place]
      if claim(address, in: facts.outsideInstance) {
        hunts[hunt].next = place + 1
        return address
      }
    }
    hunts[hunt].failedAt = now
    return nil
  }

  /// The one address of each of the pool's networks whose host part is that of `host`.
  private mutating func claimMatching(
    _ host: IPv4Address, of pool: AddressPool, _ outside: RoutingInstance
  ) -> IPv4Address? {
    let mask = IPv4Prefix.mask(pool.prefixLength)
    for range in pool.usableRanges {
      let address = IPv4Address(range.lowerBound.rawValue & mask | host.rawValue & ~mask)
      if range.contains(address), !policy.isStatic(global: address, in: outside), claim(address, in: outside) {
        return address
      }
    }
    return nil
  }

  private mutating func claim(_ address: IPv4Address, in outside: RoutingInstance) -> Bool {
    guard let number = policy.globalAddresses.number(of: address, in: outside) else { return false }
    return ports.claimAddress(number, for: allocator.mark)
  }
}
