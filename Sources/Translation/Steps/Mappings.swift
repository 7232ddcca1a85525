import Forwarding
import WireFormats

/// Why a mapping could not be made; no mapping that exists is ever given up for a new one (RFC 6888 REQ-11).
struct MappingRefusal: Error {
  var reason: DropReason
}

/// Where the search for a free address of a rule goes on.
struct AddressHunt {
  var next = 0
  /// The tick at which the pool was found empty; 0 for never.
  var failedAt: UInt32 = 0
}

extension Translator {
  /// Addresses of a pool that one new host tries before it is refused.
  static var addressesTried: Int { 64 }

  /// Asks for what the admission of an outbound packet will look at first: the place of its mapping, and the record
  /// that its session will take.
  @inline(__always)
  func prepareAdmission(_ packet: Packet) {
    guard packet.direction == .outbound else { return }
    shard.prefetchMapping(
      of: packet.source, port: packet.sourcePort, packet.protocolNumber, facts[packet.ingress].instance)
  }

  /// The mapping of an inside endpoint, whomever it talks to (endpoint-independent, RFC 4787 REQ-1), made if it was
  /// not there.
  mutating func portMapping(
    for packet: Packet, _ instance: RoutingInstance, _ rule: Int
  ) -> Result<UInt32, MappingRefusal> {
    var probe = MappingRecord(kind: .port)
    probe.insideLocal = packet.source
    probe.insideLocalPort = packet.sourcePort
    probe.protocolNumber = packet.protocolNumber
    probe.instance = instance
    probe.rule = UInt16(truncatingIfNeeded: rule)
    probe.created = now
    if let mapping = shard.findMapping(like: probe) { return .success(mapping) }

    var pairing = MappingRecord(kind: .pairing)
    pairing.insideLocal = packet.source
    pairing.instance = instance
    pairing.rule = probe.rule
    pairing.created = now
    // Where there is one address only, there is nothing to pair.
    let isPaired = policy.rules[rule].addresses.count > 1
    let known = isPaired ? shard.findMapping(like: pairing) : nil
    let claimed =
      known.map { claimPort(on: shard.mappings[$0].insideGlobal, for: packet) }
      ?? claimAddressAndPort(for: packet, rule)
    guard let claimed else { return .failure(MappingRefusal(reason: .portsExhausted)) }
    probe.insideGlobal = claimed.address
    probe.insideGlobalPort = claimed.port
    pairing.insideGlobal = claimed.address
    shard.prefetchInsertion(
      probe,
      inboundKey: FlowKey(
        source: packet.destination, sourcePort: packet.destinationPort, destination: claimed.address,
        destinationPort: claimed.port, protocol: packet.protocolNumber, instance: .global, direction: .inbound))
    guard let link = isPaired ? known ?? shard.insert(pairing) : MappingRecord.noPairing,
      let mapping = insertPortMapping(probe, link)
    else {
      release(claimed, packet.protocolNumber)
      return .failure(MappingRefusal(reason: .mappingsExhausted))
    }
    return .success(mapping)
  }

  private mutating func insertPortMapping(_ probe: MappingRecord, _ pairing: UInt32) -> UInt32? {
    var record = probe
    record.link = pairing
    guard let mapping = shard.insert(record) else {
      if pairing != MappingRecord.noPairing, shard.mappings[pairing].users == 0 { shard.removeMapping(pairing) }
      return nil
    }
    if pairing != MappingRecord.noPairing { shard.mappings[pairing].users += 1 }
    counters.add(to: .mappingsCreated)
    journal.mappingCreated(record)
    counters.set(.mappings, to: shard.mappingCount)
    return mapping
  }

  private struct ClaimedPort {
    var address: IPv4Address
    var port: UInt16
  }

  private mutating func claimPort(on address: IPv4Address, for packet: Packet) -> ClaimedPort? {
    guard let number = policy.globalAddresses.number(of: address),
      let port = allocator.allocate(
        address: number, protocol: packet.protocolNumber, preferred: packet.sourcePort, random: &random)
    else { return nil }
    return ClaimedPort(address: address, port: port)
  }

  /// A port for a host that has no address yet. Hosts are spread over the pool by a hash of their address, so that
  /// few of them compete for the same ports.
  private mutating func claimAddressAndPort(for packet: Packet, _ rule: Int) -> ClaimedPort? {
    let count = policy.rules[rule].addresses.count
    guard count > 0 else { return nil }
    let start = Int((packet.source.rawValue &* 0x9E37_79B1) >> 8) % count
    for step in 0..<min(count, Self.addressesTried) {
      let address = policy.rules[rule].addresses[(start + step) % count]
      if let claimed = claimPort(on: address, for: packet) { return claimed }
    }
    return nil
  }

  private func release(_ claimed: ClaimedPort, _ number: IPProtocol) {
    guard let address = policy.globalAddresses.number(of: claimed.address) else { return }
    ports.free(address: address, protocol: number, port: claimed.port, of: allocator.mark)
  }

  /// The address of its own that a host has under a rule without `overload` (RFC 3022 section 2.1), claimed if it has
  /// none.
  mutating func addressMapping(
    for host: IPv4Address, _ instance: RoutingInstance, _ rule: Int
  ) -> Result<UInt32, MappingRefusal> {
    var record = MappingRecord(kind: .address)
    record.insideLocal = host
    record.instance = instance
    record.rule = UInt16(truncatingIfNeeded: rule)
    record.created = now
    record.idleSince = now
    if let mapping = shard.findMapping(like: record) { return .success(mapping) }
    guard let address = claimAddress(for: host, rule) else {
      return .failure(MappingRefusal(reason: .addressesExhausted))
    }
    record.insideGlobal = address
    guard let mapping = shard.insert(record) else {
      if let number = policy.globalAddresses.number(of: address) {
        ports.freeAddress(number, of: allocator.mark)
      }
      return .failure(MappingRefusal(reason: .mappingsExhausted))
    }
    counters.add(to: .mappingsCreated)
    journal.mappingCreated(record)
    counters.set(.mappings, to: shard.mappingCount)
    return .success(mapping)
  }

  private mutating func claimAddress(for host: IPv4Address, _ rule: Int) -> IPv4Address? {
    if let pool = policy.rules[rule].pool, pool.selection == .matchHost {
      return claimMatching(host, of: pool)
    }
    // A pool that had no free address this second is not searched again: a flood of new hosts must not cost a walk each.
    guard hunts[rule].failedAt != now else { return nil }
    let count = policy.rules[rule].addresses.count
    for step in 0..<count {
      let place = (hunts[rule].next + step) % count
      let address = policy.rules[rule].addresses[place]
      if claim(address) {
        hunts[rule].next = place + 1
        return address
      }
    }
    hunts[rule].failedAt = now
    return nil
  }

  /// The one address of each of the pool's networks whose host part is that of `host`.
  private func claimMatching(_ host: IPv4Address, of pool: AddressPool) -> IPv4Address? {
    let mask = IPv4Prefix.mask(pool.prefixLength)
    for range in pool.ranges {
      let address = IPv4Address(range.lowerBound.rawValue & mask | host.rawValue & ~mask)
      if range.contains(address), !policy.isStatic(global: address), claim(address) { return address }
    }
    return nil
  }

  private func claim(_ address: IPv4Address) -> Bool {
    guard let number = policy.globalAddresses.number(of: address) else { return false }
    return ports.claimAddress(number, for: allocator.mark)
  }

  // MARK: The end of mappings

  /// Ends a mapping that was made for a session which then could not be.
  mutating func releaseUnused(mapping: UInt32) {
    guard mapping != SessionRecord.noMapping, shard.mappings[mapping].users == 0 else { return }
    end(mapping: mapping)
  }

  /// Ends a mapping without users: frees its port or address, and its pairing with the last of its ports.
  mutating func end(mapping: UInt32) {
    let record = shard.mappings[mapping]
    // A reload may have taken the address out of use.
    let number = policy.globalAddresses.lastingNumber(of: record.insideGlobal)
    switch record.kind {
    case .port:
      if let number {
        ports.free(
          address: number, protocol: record.protocolNumber, port: record.insideGlobalPort, of: allocator.mark)
      }
      guard record.link != MappingRecord.noPairing else { break }
      shard.mappings[record.link].users -= 1
      if shard.mappings[record.link].users == 0 { shard.removeMapping(record.link) }
    case .address:
      if let number { ports.freeAddress(number, of: allocator.mark) }
      if hunts.indices.contains(Int(record.rule)) { hunts[Int(record.rule)].failedAt = 0 }
    case .pairing, .free: return
    }
    journal.mappingDeleted(record)
    shard.removeMapping(mapping)
    counters.set(.mappings, to: shard.mappingCount)
  }

  /// Ends a session, and its mapping when it was the last. An address mapping stays until it has been idle for
  /// `timeout`.
  mutating func end(session: UInt32) {
    let mapping = shard.sessions[session].mapping
    journal.sessionDeleted(shard.sessions[session])
    shard.removeSession(session)
    limit.giveBack()
    counters.set(.sessions, to: shard.sessionCount)
    guard mapping != SessionRecord.noMapping else { return }
    shard.mappings[mapping].users -= 1
    guard shard.mappings[mapping].users == 0 else { return }
    if shard.mappings[mapping].kind == .address {
      shard.mappings[mapping].idleSince = now
    } else {
      end(mapping: mapping)
    }
  }
}

extension MappingRecord {
  /// For an address mapping without sessions: the tick at which the last one ended.
  var idleSince: UInt32 {
    get { link }
    set { link = newValue }
  }
}
