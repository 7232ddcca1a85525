import Gateways

/// `show ip nat gateways NAME calls`: what a gateway remembers beyond single sessions.
struct CallListing {
  /// Rows that are listed.
  static let limit = 1000

  let rows: [MemoryRow]

  init(_ rows: [MemoryRow]) { self.rows = rows.sorted { ($0.kind, $0.host, $0.age) < ($1.kind, $1.host, $1.age) } }

  var text: String {
    var table = TextTable(["Kind", "Host", "Name", "State", "Doors", "Age"])
    for row in rows {
      table.add([row.kind, row.host, row.name, row.state, String(row.doors), "\(row.age) s"])
    }
    return table.rendered
  }

  func write(to json: inout JSONText) {
    json.array(rows) { json, row in
      json.object { json in
        json.member("kind", row.kind)
        json.member("host", row.host)
        json.member("name", row.name)
        json.member("state", row.state)
        json.member("doors", row.doors)
        json.member("ageSeconds", row.age)
      }
    }
  }
}
