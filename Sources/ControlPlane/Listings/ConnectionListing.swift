import Gateways
import Translation

/// `show vtcp`: what virtual TCP counts, and the connections that it carries.
struct ConnectionListing {
  /// Connections that are listed; the count has all.
  static let limit = 200

  let slowPaths: [SlowPathStatus]
  let rows: [ConnectionRow]

  private func value(_ counter: SlowPathCounter) -> UInt64 {
    slowPaths.reduce(0) { $0 &+ $1.counters.value(of: counter) }
  }

  var text: String {
    var text = ""
    for slowPath in slowPaths {
      let core = slowPath.core.map { "core \($0)" } ?? "any core"
      text += "Slow path \(slowPath.index) runs on \(core): "
      text += "\(slowPath.counters.value(of: .connections)) connections\n"
    }
    var counts = TextTable(["Count", "Value"])
    for counter in SlowPathCounter.allCases { counts.add([counter.name, String(value(counter))]) }
    text += counts.rendered
    guard !rows.isEmpty else { return text }
    var table = TextTable(["Gateway", "Inside local", "Outside global", "State", "Held", "Shift out", "Shift in"])
    for row in rows {
      table.add([
        row.gateway, row.session.insideLocalName, row.session.outsideGlobalName, Self.state(row),
        String(row.bufferedOctets), String(row.shift.outbound), String(row.shift.inbound),
      ])
    }
    return text + table.rendered
  }

  private static func state(_ row: ConnectionRow) -> String {
    row.steppedAside.map { "aside: \($0.name)" } ?? (row.isEstablished ? "established" : "opening")
  }

  func write(to json: inout JSONText) {
    json.object { json in
      json.member("slowPaths", each: slowPaths) { json, slowPath in
        json.object { json in
          json.member("slowPath", slowPath.index)
          json.member("core", slowPath.core)
          for counter in SlowPathCounter.allCases { json.member("\(counter)", slowPath.counters.value(of: counter)) }
        }
      }
      json.member("connections", each: rows) { json, row in
        json.object { json in
          json.member("gateway", row.gateway)
          json.member("insideLocal", row.session.insideLocalName)
          json.member("insideGlobal", row.session.insideGlobalName)
          json.member("outsideGlobal", row.session.outsideGlobalName)
          json.member("state", Self.state(row))
          json.member("heldOctets", row.bufferedOctets)
          json.member("shiftOutbound", "\(row.shift.outbound)")
          json.member("shiftInbound", "\(row.shift.inbound)")
        }
      }
    }
  }
}
