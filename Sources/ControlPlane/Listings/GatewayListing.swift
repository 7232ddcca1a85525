import Configuration
import Gateways
import Translation
import WireFormats

/// `show ip nat gateways [NAME]`: what each application-level gateway is told to do, and what it has done, on all slow
/// paths together.
struct GatewayListing {
  private let gateways: [any ApplicationGateway.Type]
  private let switches: GatewaySwitches
  private let counters: [GatewayCounters]

  /// The gateways of the catalogue, or the one that is named.
  init(_ gateways: [any ApplicationGateway.Type], _ switches: GatewaySwitches, _ slowPaths: [SlowPathStatus]) {
    self.gateways = gateways
    self.switches = switches
    counters = slowPaths.map(\.counters)
  }

  private func value(_ counter: GatewayCounter, _ id: GatewayID) -> UInt64 {
    counters.reduce(0) { $0 &+ $1.value(of: counter, id) }
  }

  private func asides(_ id: GatewayID) -> [(reason: StepAsideReason, count: UInt64)] {
    StepAsideReason.allCases.map { reason in (reason, counters.reduce(0) { $0 &+ $1.value(of: reason, id) }) }
      .filter { $0.count > 0 }
  }

  private func kinds(_ id: GatewayID) -> [(kind: String, count: UInt64)] {
    var sum: [String: UInt64] = [:]
    for each in counters { sum.merge(each.messageKinds(of: id)) { $0 &+ $1 } }
    return sum.map { ($0.key, $0.value) }.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
  }

  private func state(_ id: GatewayID) -> String {
    switches.enabled.contains(id) ? switches.dryRun.contains(id) ? "dry-run" : "on" : "off"
  }

  private func ports(_ id: GatewayID) -> [String] {
    switches.services.filter { $0.gateway == id }.map { service in
      let list = service.accessList.map { " (list \($0))" } ?? ""
      return "\(service.transport == .udp ? "udp" : "tcp") \(service.port)\(list)"
    }
      + switches.ipv6Services.filter { $0.gateway == id }.map { service in
        let list = service.accessList.map { ", list \($0)" } ?? ""
        return "\(service.transport) \(service.port) (IPv6\(list))"
      }
  }

  var text: String {
    gateways.map { gateway in
      let id = gateway.id
      func count(_ counter: GatewayCounter) -> String { String(value(counter, id)) }
      let kinds = kinds(id).prefix(12).map { "\($0.kind) \($0.count)" }.joined(separator: ", ")
      let asides = asides(id).map { "\($0.reason.name) \($0.count)" }.joined(separator: ", ")
      let ports = ports(id).joined(separator: ", ")
      return """
        \(gateway.name) is \(state(id))\(ports.isEmpty ? "" : ", at \(ports)")
          sessions: \(count(.openSessions)) now, \(count(.sessions)) in all
          control packets: \(count(.packets)), messages: \(count(.messages))\(kinds.isEmpty ? "" : " (\(kinds))")
          edits: \(count(.edits)), in dry runs \(count(.dryEdits)); doors: \(count(.doors)), refused \(count(.doorsRefused))
          parse errors: \(count(.malformed)), dropped: \(count(.dropped)), remarks: \(count(.remarks))
          stepped aside: \(asides.isEmpty ? "never" : asides)

        """
    }.joined()
  }

  func write(to json: inout JSONText) {
    json.array(gateways) { json, gateway in
      json.object { json in
        json.member("gateway", gateway.name)
        json.member("state", state(gateway.id))
        json.member("ports", each: ports(gateway.id)) { $0.value($1) }
        for counter in GatewayCounter.allCases { json.member("\(counter)", value(counter, gateway.id)) }
        json.member("kinds") { json in for kind in kinds(gateway.id) { json.member(kind.kind, kind.count) } }
        json.member("steppedAside") { json in
          for aside in asides(gateway.id) { json.member(aside.reason.name, aside.count) }
        }
      }
    }
  }
}
