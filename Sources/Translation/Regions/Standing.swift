import Forwarding
import WireFormats

// What rules, as they are now, make of mappings and sessions that were made under rules as they were: asked of every
// record that an earlier run left, and of every session after a reload.

extension Policy {
  /// Whether the rule of a mapping still stands: it would make the same kind of mapping for the same host, and its
  /// address is still one that it may give out. Pairings stand and fall with the port mappings that hold on to them.
  package func stands(_ mapping: MappingRecord) -> Bool {
    let number = Int(mapping.rule)
    guard rules.indices.contains(number), globalAddresses.contains(mapping.insideGlobal) else { return false }
    let rule = rules[number]
    guard rule.rule.instance == mapping.instance, !isOwn(mapping.insideLocal),
      rule.accessList.permits(mapping.insideLocal), mayGive(mapping.insideGlobal, rule)
    else { return false }
    switch mapping.kind {
    case .port:
      // A static entry for the very endpoint comes before every rule.
      return rule.rule.overload && mapping.hasPorts
        && staticEntry(
          local: mapping.insideLocal, mapping.protocolNumber, port: mapping.insideLocalPort, in: mapping.instance)
          == nil
        && staticEntry(global: mapping.insideGlobal, mapping.protocolNumber, port: mapping.insideGlobalPort) == nil
    case .address:
      return !rule.rule.overload && mapping.protocolNumber.rawValue == 0 && mapping.insideLocalPort == 0
        && mapping.insideGlobalPort == 0
        && staticEntry(local: mapping.insideLocal, IPProtocol(rawValue: 0), port: 0, in: mapping.instance) == nil
    case .pairing, .free: return false
    }
  }

  /// Whether a rule may give out an address.
  private func mayGive(_ address: IPv4Address, _ rule: CompiledRule) -> Bool {
    guard let pool = rule.pool else { return rule.addresses.contains(address) }
    guard pool.ranges.contains(where: { $0.contains(address) }) else { return false }
    return rule.rule.overload
      ? staticEntry(global: address, IPProtocol(rawValue: 0), port: 0) == nil : !isStatic(global: address)
  }

  /// Whether the rule or static entry of a session still stands. A session of a rule is asked for with its mapping,
  /// whose own standing is asked for apart.
  package func stands(_ session: SessionRecord, with mapping: MappingRecord?) -> Bool {
    guard session.outsideLocal == session.outsideGlobal, session.outsideLocalPort == session.outsideGlobalPort,
      facts.contains(where: { $0.realm == .inside && $0.instance == session.insideInstance }),
      facts.contains(where: { $0.realm == .outside && $0.instance == session.outsideInstance })
    else { return false }
    guard let mapping else { return session.flags.contains(.isStatic) && staticStands(session) }
    guard !session.flags.contains(.isStatic), session.rule == mapping.rule,
      session.insideInstance == mapping.instance, session.insideLocal == mapping.insideLocal,
      session.insideGlobal == mapping.insideGlobal
    else { return false }
    return mapping.kind == .address
      ? session.insideLocalPort == session.insideGlobalPort
      : session.protocolNumber == mapping.protocolNumber && session.insideLocalPort == mapping.insideLocalPort
        && session.insideGlobalPort == mapping.insideGlobalPort
  }

  private func staticStands(_ session: SessionRecord) -> Bool {
    guard statics.indices.contains(Int(session.rule)) else { return false }
    let entry = statics[Int(session.rule)]
    guard entry.entry.local == session.insideLocal, entry.entry.instance == session.insideInstance,
      entry.global == session.insideGlobal
    else { return false }
    guard let ports = entry.entry.ports else { return session.insideLocalPort == session.insideGlobalPort }
    return ports.transport == session.protocolNumber && ports.local == session.insideLocalPort
      && ports.global == session.insideGlobalPort
  }
}

extension MappingRecord {
  /// Whether its protocol has ports (or query identifiers) and they are such as a rule gives out.
  fileprivate var hasPorts: Bool {
    switch protocolNumber {
    case .tcp, .udp: insideGlobalPort != 0
    case .icmp: true
    default: false
    }
  }
}
