import Translation
import WireFormats

private enum BindOnly: String, KeywordSet {
  case bindOnly = "bind-only"
}

/// `ip nat log translations syslog [bind-only]`.
@Sendable func readSyslog(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  let scope = try scope(&reader)
  let result = reader.isNegated ? nil : scope
  return { $0.logging.syslog = result }
}

private func scope(_ reader: inout StatementReader) throws(Diagnostic) -> TranslationLogging.Scope {
  try reader.option(BindOnly.self) == nil ? .sessions : .bindings
}

private let collectorDestinations: Refusals = [
  "ipv6-destination": "the gateway has IPv4 addresses only to send from"
]

/// `ip nat log translations flow-export v9 udp destination ADDRESS PORT source INTERFACE [bind-only]`.
@Sendable func readFlowExport(_ reader: inout StatementReader) throws(Diagnostic) -> Statement.Effect {
  if reader.isBareNegation { return { $0.logging.collectors = [] } }
  _ = try reader.keyword(among: ["v9"])
  _ = try reader.keyword(among: ["udp"])
  _ = try reader.keyword(among: ["destination"], unsupported: collectorDestinations)
  let address = try reader.hostAddress("ADDRESS")
  let port = try reader.number("PORT", in: allPorts).value
  if reader.isBareNegation { return removing(address, port) }
  _ = try reader.keyword(
    among: ["source"],
    unsupported: ["vrf": "records are sent in the global instance, where collectors have to be"])
  let source = try interfaceName(&reader)
  let collector = LoggingDraft.Collector(address: address, port: port, source: source, scope: try scope(&reader))
  if reader.isNegated { return removing(address, port) }
  return { (draft) throws(Diagnostic) in
    let index = draft.logging.collectors.firstIndex { $0.address.value == address.value && $0.port == port }
    if let index {
      draft.logging.collectors[index] = collector
    } else {
      guard draft.logging.collectors.count < TranslationLogging.maximumCollectors else {
        throw Draft.tooMany("collectors", TranslationLogging.maximumCollectors, at: address.place)
      }
      draft.logging.collectors.append(collector)
    }
  }
}

private func removing(_ address: Located<IPv4Address>, _ port: UInt16) -> Statement.Effect {
  { (draft) throws(Diagnostic) in
    let index = draft.logging.collectors.firstIndex { $0.address.value == address.value && $0.port == port }
    guard let index else {
      throw Diagnostic(place: address.place, message: "there is no such collector to remove")
    }
    draft.logging.collectors.remove(at: index)
  }
}
