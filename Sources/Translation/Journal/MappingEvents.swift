import Forwarding
import WireFormats

extension Translator {
  /// Tells the journal of a port mapping that was made or has ended, unless whoever reads it knows whose port that is
  /// without a word for each: of computed ports the configuration says it (RFC 7422 section 3), of those of a set the
  /// note on the set (RFC 6888 REQ-14).
  mutating func noteMapping(_ record: MappingRecord, isNew: Bool) {
    guard journal.isOn, !isKnown(record) else { return }
    isNew ? journal.mappingCreated(record) : journal.mappingDeleted(record)
  }

  /// Tells the journal of the port that a session has for itself: the session is its mapping, and a log of mappings
  /// alone must say whose port it was.
  mutating func noteOwnPort(of session: SessionRecord, isNew: Bool) {
    guard journal.isOn else { return }
    var record = MappingRecord(kind: .port)
    (record.insideLocal, record.insideLocalPort) = (session.insideLocal, session.insideLocalPort)
    (record.insideGlobal, record.insideGlobalPort) = (session.insideGlobal, session.insideGlobalPort)
    (record.instance, record.outsideInstance) = (session.insideInstance, session.outsideInstance)
    record.protocolNumber = session.protocolNumber
    record.rule = session.rule
    noteMapping(record, isNew: isNew)
  }

  private mutating func isKnown(_ record: MappingRecord) -> Bool {
    guard let rule = policy.ruleNumber(ofID: record.rule) else { return false }
    let facts = policy.ruleFacts[rule]
    if facts.isDeterministic { return true }
    // Hosts that are not paired with an address have no sets, and ports below 1024 are in none.
    return facts.portBlocks != nil && facts.isPaired
      && (record.protocolNumber == .icmp || record.insideLocalPort >= 1024)
  }
}
