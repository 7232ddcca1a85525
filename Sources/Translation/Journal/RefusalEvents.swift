import Forwarding
import WireFormats

extension Translator {
  /// What the journal says of a packet from inside that got no mapping.
  func refusalEvent(
    of packet: Packet, _ instance: RoutingInstance, _ rule: Int, _ reason: DropReason
  ) -> TranslationEvent {
    var event: TranslationEvent
    switch reason {
    case .addressesExhausted: event = TranslationEvent(.addressesExhausted)
    case .portsExhausted:
      event = TranslationEvent(.portsExhausted)
      // A host that has an address keeps to it, so that is the one whose ports are used up; another host was refused
      // by several, of which the first stands for all.
      event.insideGlobal = policy.rules[rule].addresses.first ?? .unspecified
      if let paired = pairedAddress(of: packet.source, instance, rule) { event.insideGlobal = paired }
    default:
      event = TranslationEvent(.quotaExceeded)
      event.quota = .mappings
      event.limit = shard.mappings.capacity
    }
    event.insideLocal = packet.source
    event.insideLocalPort = packet.sourcePort
    event.insideInstance = instance
    event.protocolNumber = packet.protocolNumber
    event.rule = policy.ruleFacts[rule].id
    return event
  }

  /// What the journal says of a session that a limit refused.
  func quotaEvent(of record: SessionRecord, _ reason: DropReason) -> TranslationEvent {
    var event = TranslationEvent(.quotaExceeded, of: record)
    let maximum: Int
    switch reason {
    case .hostSessionsExhausted:
      event.quota = .host
      maximum = policy.limits.hosts[record.insideLocal] ?? policy.limits.allHosts ?? .max
    case .hostRateExceeded:
      event.quota = .rate
      maximum = policy.limits.newSessionsPerSecond ?? .max
    case .listSessionsExhausted:
      event.quota = .list
      maximum = policy.limitedList(of: record.insideLocal).map { policy.limitedLists[$0].maximum } ?? .max
    case .instanceSessionsExhausted:
      event.quota = .instance
      maximum = policy.limits.instances[record.insideInstance] ?? policy.limits.allInstances ?? .max
    case .mappingsExhausted:
      event.quota = .mappings
      maximum = Int(shard.mappings.capacity)
    default:
      event.quota = .sessions
      maximum = limit.maximum
    }
    event.limit = UInt32(clamping: maximum)
    return event
  }

  private func pairedAddress(of host: IPv4Address, _ instance: RoutingInstance, _ rule: Int) -> IPv4Address? {
    var pairing = MappingRecord(kind: .pairing)
    pairing.insideLocal = host
    pairing.instance = instance
    pairing.rule = policy.ruleFacts[rule].id
    return shard.findMapping(like: pairing).map { shard.mappings[$0].insideGlobal }
  }
}
