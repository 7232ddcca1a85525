package import Gateways
package import Translation
import WireFormats

/// What the statements `ip nat service …` say of the application-level gateways, over what holds without any: every
/// gateway is on, at its default ports; with the RFCs' defaults not over UDP (RFC 4787 REQ-10).
package struct GatewaySwitches: Hashable, Sendable {
  /// The gateways that are on.
  package private(set) var enabled: Set<GatewayID> = []
  /// Those that tell what they would do, and do nothing (`dry-run`).
  package private(set) var dryRun: Set<GatewayID> = []
  /// The sessions that belong to gateways that are on.
  package private(set) var services: [GatewayService] = []
  /// The sessions over IPv6 that belong to gateways that are on.
  package private(set) var ipv6Services: [IPv6Service] = []
  /// By gateway, the access list of the inside hosts that messages of others may open doors for.
  package private(set) var thirdParties: [GatewayID: String] = [:]
  package private(set) var options = GatewayOptions()
  /// How many calls an address may begin.
  package private(set) var callRate: CallRate?

  /// The switches after all statements, a later one over an earlier one. `no ip nat service all-algs` is over all others.
  package init(_ statements: [ServiceStatement], conformance: Conformance = .ios) {
    var off = conformance.servicesOff
    var listed: [GatewayService] = []
    var more: [(GatewayID, DefaultService)] = []
    var ipv6Lists: [GatewayID: String] = [:]
    enabled = Set(GatewayCatalog.all.filter { !$0.services.isEmpty }.map { $0.id })
    for statement in statements {
      let words = statement.words.map { $0.lowercased() }
      if let option = Self.option(words) {
        if statement.isOn { options.insert(option) } else { options.remove(option) }
      } else if words.prefix(2) == ["sip", "blacklist"] {
        callRate = statement.isOn ? Self.callRate(words) : nil
      } else if words.first == "list", words.last == "third-party" {
        guard let gateway = GatewayCatalog.gateway(named: words[2]) else { continue }
        if statement.isOn {
          thirdParties[gateway.id] = statement.words[1]
        } else if thirdParties[gateway.id] == statement.words[1] {
          thirdParties[gateway.id] = nil
        }
      } else if words.first == "list" {
        if statement.isOn, let service = Self.listed(statement.words) { listed.append(service) }
      } else if let name = words.first, let gateway = GatewayCatalog.gateway(named: name) {
        switch words.dropFirst().first {
        case nil:
          Self.set(gateway.id, in: &enabled, to: statement.isOn)
          if statement.isOn { off.subtract(gateway.services) }
        case "dry-run": Self.set(gateway.id, in: &dryRun, to: statement.isOn)
        case "list":
          Self.set(gateway.id, in: &enabled, to: statement.isOn)
          ipv6Lists[gateway.id] = statement.isOn ? statement.words.last : nil
        case let transport? where words.count == 4 && words[2] == "port":
          let port = UInt16(words[3]) ?? 0
          let service = DefaultService(transport == "udp" ? .udp : .tcp, port: port)
          more.removeAll { $0 == (gateway.id, service) }
          if gateway.services.contains(service) {
            if statement.isOn { off.remove(service) } else { off.insert(service) }
          } else if statement.isOn {
            more.append((gateway.id, service))
          }
        case let transport?:
          for service in gateway.services where Self.name(of: service.transport) == transport {
            if statement.isOn { off.remove(service) } else { off.insert(service) }
          }
        }
      }
    }
    if statements.contains(where: { !$0.isOn && $0.words == ["all-algs"] }) { enabled = [] }
    services = listed.filter { enabled.contains($0.gateway) }
    services += more.filter { enabled.contains($0.0) }.map {
      GatewayService(
        gateway: $0.0, transport: $0.1.transport, port: $0.1.port,
        joinsDatagrams: GatewayCatalog.gateway($0.0)?.joinsDatagrams ?? false)
    }
    for gateway in GatewayCatalog.all where enabled.contains(gateway.id) {
      ipv6Services += gateway.ipv6Services.map {
        IPv6Service(
          gateway: gateway.id, transport: $0.transport, port: $0.port, accessList: ipv6Lists[gateway.id],
          needsEntries: gateway.needsEntries)
      }
      services += gateway.services.filter { !off.contains($0) }.map {
        GatewayService(
          gateway: gateway.id, transport: $0.transport, port: $0.port, needsEntries: gateway.needsEntries,
          joinsDatagrams: gateway.joinsDatagrams)
      }
    }
  }

  /// The services that statements switch on and that no gateway is built for, as an operator should be told.
  package static func notBuilt(_ statements: [ServiceStatement]) -> [String] {
    let others: Set<String> = [
      "all-algs", "allow-multipart", "allow-sip-even-rtp-ports", "dns-reset-ttl", "fullrange", "port-randomization",
      "preserve-port",
    ]
    let names = statements.filter(\.isOn).compactMap { statement in
      statement.words.first == "list" ? statement.words.dropFirst(2).first : statement.words.first
    }
    return Array(Set(names.map { $0.lowercased() }))
      .filter { !others.contains($0) && GatewayCatalog.gateway(named: $0) == nil }.sorted()
  }

  /// A word that changes how gateways do what they do.
  private static func option(_ words: [String]) -> GatewayOptions? {
    switch words {
    case ["dns-reset-ttl"]: .resetsTTL
    case ["allow-multipart"]: .readsParts
    case ["allow-sip-even-rtp-ports"]: .evenMediaPorts
    case ["sip", "direct-media"]: .directMedia
    default: nil
    }
  }

  /// `sip blacklist trigger-size N trigger-period SECONDS block-time SECONDS`.
  private static func callRate(_ words: [String]) -> CallRate? {
    guard words.count == 8, let calls = UInt32(words[3]), let seconds = UInt32(words[5]), let block = UInt32(words[7])
    else { return nil }
    return CallRate(calls: calls, seconds: seconds, blockedSeconds: block)
  }

  /// `list LIST NAME TRANSPORT port N`.
  private static func listed(_ words: [String]) -> GatewayService? {
    guard words.count == 6, let gateway = GatewayCatalog.gateway(named: words[2].lowercased()),
      let port = UInt16(words[5])
    else { return nil }
    return GatewayService(
      gateway: gateway.id, transport: words[3].lowercased() == "udp" ? .udp : .tcp, port: port, accessList: words[1],
      joinsDatagrams: gateway.joinsDatagrams)
  }

  private static func set(_ id: GatewayID, in set: inout Set<GatewayID>, to isOn: Bool) {
    if isOn { set.insert(id) } else { set.remove(id) }
  }

  private static func name(of transport: IPProtocol) -> String { transport == .udp ? "udp" : "tcp" }
}

extension GatewayConfiguration {
  /// The switches of the application-level gateways.
  package var gatewaySwitches: GatewaySwitches { GatewaySwitches(translation.services, conformance: conformance) }

  /// What the slow path's engines are told; the offloads are the dataplane's.
  package var engineSettings: EngineSettings {
    let switches = gatewaySwitches
    var settings = EngineSettings()
    settings.enabled = switches.enabled
    settings.dryRun = switches.dryRun
    settings.options = switches.options
    settings.callRate = switches.callRate
    settings.maximumOctets = dataplane.algMemory << 20
    settings.octetsPerHost = dataplane.algHostMemory << 20
    settings.overflow = dataplane.algOverflow == .pass ? .pass : .reset
    return settings
  }
}
