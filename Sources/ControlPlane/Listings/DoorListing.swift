import Forwarding
import Gateways
import Translation
import WireFormats

/// `show ip nat doors`: who may begin to talk to which inside endpoint, and on whose account.
struct DoorListing {
  private let rows: [DoorRow]
  private let instanceNames: [String]

  /// The doors in the order of their inside hosts.
  init(_ rows: [DoorRow], instanceNames: [String]) {
    self.rows = rows.sorted {
      ($0.insideInstance.rawValue, $0.request.insideLocal.rawValue, $0.insideGlobalPort, $0.id.place)
        < ($1.insideInstance.rawValue, $1.request.insideLocal.rawValue, $1.insideGlobalPort, $1.id.place)
    }
    self.instanceNames = instanceNames
  }

  var text: String {
    guard !rows.isEmpty else { return "No door is open.\n" }
    var table = TextTable([
      "Pro", "Inside global", "Inside local", "Remote", "Way", "Gateway", "State", "Use", "Left", "Uses",
    ])
    for row in rows {
      table.add([
        Self.transport(row), Self.global(row), Self.endpoint(row.request.insideLocal, row.request.insideLocalPort, row),
        Self.remote(row), row.request.direction == .inbound ? "in" : "out", Self.gateway(row),
        row.isActive ? "active" : "waiting", row.request.isSingleUse ? "once" : "permanent",
        row.secondsLeft.map { "\($0) s" } ?? "session", String(row.uses),
      ])
    }
    return table.rendered
  }

  func write(to json: inout JSONText) {
    json.array(rows) { json, row in
      json.object { json in
        json.member("protocol", Self.transport(row))
        json.member("direction", row.request.direction == .inbound ? "inbound" : "outbound")
        json.member("insideGlobal", row.insideGlobal.description)
        json.member("insideGlobalPort", row.insideGlobalPort)
        json.member("insideLocal", row.request.insideLocal.description)
        json.member("insideLocalPort", row.request.insideLocalPort)
        json.member("ports", UInt64(row.request.count))
        json.member("remote", row.request.remote?.description)
        json.member("remotePort", row.request.remotePort == 0 ? nil : row.request.remotePort)
        json.member("gateway", Self.gateway(row))
        json.member("vrf", name(of: row.insideInstance))
        json.member("isActive", row.isActive)
        json.member("isSingleUse", row.request.isSingleUse)
        json.member("secondsLeft", row.secondsLeft)
        json.member("uses", row.uses)
        json.member("parent", UInt64(row.request.parent.number))
        json.member("worker", UInt64(row.id.worker))
      }
    }
  }

  private func name(of instance: RoutingInstance) -> String? {
    let place = Int(instance.rawValue)
    return instance == .global || place >= instanceNames.count ? nil : instanceNames[place]
  }

  private static func transport(_ row: DoorRow) -> String {
    switch row.request.protocolNumber {
    case .tcp: "tcp"
    case .udp: "udp"
    case let other: String(other.rawValue)
    }
  }

  private static func gateway(_ row: DoorRow) -> String {
    GatewayCatalog.gateway(row.request.gateway)?.name ?? String(row.request.gateway.rawValue)
  }

  private static func global(_ row: DoorRow) -> String {
    row.request.direction == .outbound
      ? row.insideGlobal.description : endpoint(row.insideGlobal, row.insideGlobalPort, row)
  }

  private static func endpoint(_ address: IPv4Address, _ port: UInt16, _ row: DoorRow) -> String {
    if port == 0 { return "\(address)" }
    return "\(address):\(port)" + (row.request.count > 1 ? "+\(row.request.count - 1)" : "")
  }

  private static func remote(_ row: DoorRow) -> String {
    let port = row.request.remotePort == 0 ? "" : ":\(row.request.remotePort)"
    return (row.request.remote?.description ?? "any") + port
  }
}
