package import Forwarding
package import WireFormats

// Doors to other inside hosts than a session's own, which an access list allows: an exchange speaks for telephones and
// media servers (rule R4).
extension Translator {
  /// The session that a third party would have with the other end of the session in whose messages it is named: by what
  /// translates that, its door gets its global endpoint.
  mutating func sessionOf(
    _ third: ThirdParty, _ request: DoorRequest
  ) -> Result<SessionRecord, DoorRefusal> {
    guard policy.permits(thirdParty: request.insideLocal, of: request.gateway) else { return .failure(.thirdParty) }
    // Without a session there is nothing that such a door could end with.
    guard request.outlivesParent, request.direction == .inbound else { return .failure(.parentEnded) }
    var record = SessionRecord(
      insideLocal: (request.insideLocal, request.insideLocalPort),
      insideGlobal: (request.insideLocal, request.insideLocalPort), outside: (third.outsideLocal, 0),
      protocol: request.protocolNumber)
    (record.insideInstance, record.outsideInstance) = (third.insideInstance, third.outsideInstance)
    guard let egress = egress(of: record) else { return .failure(.notTranslated) }
    let facts = PacketFacts(of: record)
    if let number = policy.staticEntry(facts, in: record.insideInstance, egress) {
      record.insideGlobal = policy.statics[number].global(of: record.insideLocal)
      record.flags.insert(.isStatic)
    } else if let rule = policy.rule(for: facts, in: record.insideInstance, egress) {
      record.rule = policy.ruleFacts[rule].id
    } else {
      return .failure(.notTranslated)
    }
    return .success(record)
  }
}

extension SessionOrder {
  /// The inside host whose worker the order is for, where that is not the one of the session that it is about.
  package var thirdParty: (host: IPv4Address, instance: RoutingInstance)? {
    guard case .open(let request) = self, let third = request.thirdParty else { return nil }
    return (request.insideLocal, third.insideInstance)
  }
}
