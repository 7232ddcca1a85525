package import Forwarding
package import WireFormats

// What may keep a session from being made: the limits of `ip nat translation max-entries`, each counted where it is
// cheapest. A host's sessions are its worker's business; instances, lists and the total are shared counters.
extension Translator {
  /// Counts a session to be in everything that limits it; returns why it may not be, and then counts it nowhere.
  @inline(__always)
  mutating func takePlaces(_ record: inout SessionRecord, isNew: Bool) -> DropReason? {
    if policy.limits.limitsHosts, let reason = takeHostPlace(&record, isNew: isNew) {
      limit.noteMiss()
      return reason
    }
    if !policy.limitedLists.isEmpty, let place = policy.limitedList(of: record.insideLocal) {
      guard limit.take(list: place, maximum: policy.limitedLists[place].maximum) else {
        giveHostPlaceBack(record)
        return .listSessionsExhausted
      }
      record.flags.limitedList = place + 1
    }
    let instance = record.insideInstance
    if instance != .global {
      let maximum = policy.limits.instances[instance] ?? policy.limits.allInstances ?? .max
      guard limit.take(instance, maximum: maximum) else {
        giveListPlaceBack(record)
        giveHostPlaceBack(record)
        return .instanceSessionsExhausted
      }
    }
    guard limit.take() else {
      if instance != .global { limit.giveBack(instance) }
      giveListPlaceBack(record)
      giveHostPlaceBack(record)
      return .sessionsExhausted
    }
    return nil
  }

  /// Counts a session nowhere any more.
  mutating func givePlacesBack(_ record: SessionRecord) {
    limit.giveBack()
    if record.insideInstance != .global { limit.giveBack(record.insideInstance) }
    giveListPlaceBack(record)
    giveHostPlaceBack(record)
  }

  private mutating func giveListPlaceBack(_ record: SessionRecord) {
    let place = record.flags.limitedList
    if place != 0 { limit.giveBack(list: place - 1) }
  }

  // MARK: Hosts

  /// Ticks for which a host without sessions is remembered: its credit is full again by then.
  static var hostMemory: UInt32 { 3 }

  private mutating func hostProbe(_ address: IPv4Address, _ instance: RoutingInstance) -> MappingRecord {
    var probe = MappingRecord(kind: .host)
    probe.insideLocal = address
    probe.instance = instance
    return probe
  }

  /// Counts a session of its inside host; returns why it may not be. Sessions that outside hosts open count too, but
  /// the rate is that of the host's own.
  private mutating func takeHostPlace(_ record: inout SessionRecord, isNew: Bool) -> DropReason? {
    let maximum = policy.limits.hosts[record.insideLocal] ?? policy.limits.allHosts ?? .max
    var probe = hostProbe(record.insideLocal, record.insideInstance)
    let rate = UInt32(clamping: policy.limits.newSessionsPerSecond ?? 0)
    probe.word = now
    probe.credit = rate &* 2
    guard let host = shard.findMapping(like: probe) ?? shard.insert(probe) else { return .mappingsExhausted }
    guard Int(shard.mappings[host].users) < maximum else {
      shard.mappings[host].refusals &+= 1
      return .hostSessionsExhausted
    }
    if rate > 0, isNew, !record.flags.contains(.openedInbound) {
      let elapsed = now &- shard.mappings[host].word
      if elapsed > 0 {
        // Two seconds' worth at most, so that a long silence earns no flood.
        let earned = elapsed >= 2 ? rate &* 2 : rate
        shard.mappings[host].credit = min(rate &* 2, shard.mappings[host].credit &+ earned)
        shard.mappings[host].word = now
      }
      guard shard.mappings[host].credit > 0 else {
        shard.mappings[host].refusals &+= 1
        return .hostRateExceeded
      }
      shard.mappings[host].credit -= 1
    }
    shard.mappings[host].users += 1
    record.flags.insert(.hostCounted)
    return nil
  }

  private mutating func giveHostPlaceBack(_ record: SessionRecord) {
    guard record.flags.contains(.hostCounted),
      let host = shard.findMapping(like: hostProbe(record.insideLocal, record.insideInstance)),
      shard.mappings[host].users > 0
    else { return }
    shard.mappings[host].users -= 1
    // With a rate to watch, the sweep forgets the host once its credit is full again.
    if shard.mappings[host].users == 0, policy.limits.newSessionsPerSecond == nil { shard.removeMapping(host) }
  }

  /// Sessions of an inside host, as far as hosts are counted.
  package mutating func hostUse(of address: IPv4Address, in instance: RoutingInstance) -> Int {
    shard.findMapping(like: hostProbe(address, instance)).map { Int(shard.mappings[$0].users) } ?? 0
  }
}
