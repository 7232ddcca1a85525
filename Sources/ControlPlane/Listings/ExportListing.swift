import Translation
import WireFormats

/// `show ip nat log`: what has been written down of translations, and what has been lost.
struct ExportListing {
  private let status: ExportStatus

  init(_ status: ExportStatus) { self.status = status }

  var text: String {
    guard status.syslog != nil || !status.collectors.isEmpty else { return "Translations are not logged.\n" }
    var text = "Events: \(status.events) taken, \(status.lost) lost, \(status.suppressed) suppressed\n"
    if let scope = status.syslog { text += "Syslog: \(Self.name(of: scope)), \(status.lines) lines\n" }
    guard !status.collectors.isEmpty else { return text }
    var table = TextTable(["Collector", "Source", "Scope", "Records", "Packets", "Lost", "Templates"])
    for collector in status.collectors {
      table.add([
        "\(collector.address):\(collector.port)", collector.source, Self.name(of: collector.scope),
        String(collector.records), String(collector.sent), String(collector.lost),
        String(collector.templateRefreshes),
      ])
    }
    return text + table.rendered
  }

  func write(to json: inout JSONText) {
    json.object { json in
      json.member("events", status.events)
      json.member("lost", status.lost)
      json.member("suppressed", status.suppressed)
      json.member("syslog", status.syslog.map(Self.name))
      json.member("syslogLines", status.lines)
      json.member("collectors", each: status.collectors) { json, collector in
        json.object { json in
          json.member("address", collector.address.description)
          json.member("port", collector.port)
          json.member("source", collector.source)
          json.member("scope", Self.name(of: collector.scope))
          json.member("records", collector.records)
          json.member("packets", collector.sent)
          json.member("packetsLost", collector.lost)
          json.member("templateRefreshes", collector.templateRefreshes)
        }
      }
    }
  }

  private static func name(of scope: TranslationLogging.Scope) -> String {
    switch scope {
    case .bindings: "bindings"
    case .sessions: "sessions"
    }
  }
}
