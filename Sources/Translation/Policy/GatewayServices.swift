package import Forwarding
package import WireFormats

/// Whose sessions belong to a gateway, by transport and server's port: flat, since every new session is asked about.
struct GatewayServiceTable: Sendable {
  private struct Entry {
    var port: UInt16
    var transport: IPProtocol
    var gateway: GatewayID
    /// The access list that permits the server; nil for any server.
    var list: Int?
    var joinsDatagrams: Bool
  }

  private let entries: [Entry]
  private let lists: AccessListTable
  /// The lists of hosts that messages of others may speak for.
  private let thirdParties: [GatewayID: Int]

  init(_ translation: TranslationConfiguration, _ lists: AccessListTable) {
    self.lists = lists
    thirdParties = translation.thirdParties.mapValues { lists.number(of: $0) }
    let hasEntries = translation.hasAddressEntries
    entries = translation.gatewayServices.compactMap { service in
      guard hasEntries || !service.needsEntries else { return nil }
      return Entry(
        port: service.port, transport: service.transport, gateway: service.gateway,
        list: service.accessList.map { lists.number(of: $0) }, joinsDatagrams: service.joinsDatagrams)
    }
  }

  var isEmpty: Bool { entries.isEmpty }

  /// Whether a gateway is on for UDP, and may look into a session whose beginning it has not seen.
  func mayJoin(_ gateway: GatewayID) -> Bool {
    entries.contains { $0.gateway == gateway && $0.transport == .udp && $0.joinsDatagrams }
  }

  func isOn(_ gateway: GatewayID, _ transport: IPProtocol) -> Bool {
    entries.contains { $0.gateway == gateway && $0.transport == transport }
  }

  /// Whether messages of other inside hosts may name a host.
  func permits(thirdParty host: IPv4Address, of gateway: GatewayID) -> Bool {
    thirdParties[gateway].map { lists.mayPermit($0, source: host) } ?? false
  }

  /// The gateway of sessions with a server. An entry with an access list comes first; a server that one of them permits
  /// has no other port of that gateway (IOS: `ip nat service list` moves a server's port).
  func gateway(_ transport: IPProtocol, port: UInt16, of server: IPv4Address) -> GatewayID? {
    for entry in entries where entry.port == port && entry.transport == transport {
      guard let list = entry.list else { continue }
      if lists.mayPermit(list, source: server) { return entry.gateway }
    }
    for entry in entries where entry.port == port && entry.transport == transport && entry.list == nil {
      let isMoved = entries.contains {
        $0.gateway == entry.gateway && $0.transport == transport
          && $0.list.map { lists.mayPermit($0, source: server) } ?? false
      }
      if !isMoved { return entry.gateway }
    }
    return nil
  }
}

extension Policy {
  /// Whether any session belongs to a gateway.
  var hasGateways: Bool { !gatewayServices.isEmpty }

  /// The gateway of sessions with a server, by the server's port.
  package func gateway(_ transport: IPProtocol, port: UInt16, of server: IPv4Address) -> GatewayID? {
    gatewayServices.gateway(transport, port: port, of: server)
  }

  /// Whether a gateway is on for UDP, and may look into a session whose beginning it has not seen.
  func mayJoin(_ gateway: GatewayID) -> Bool { gatewayServices.mayJoin(gateway) }

  /// Whether any session over a transport may be a gateway's business.
  func isOn(_ gateway: GatewayID, _ transport: IPProtocol) -> Bool { gatewayServices.isOn(gateway, transport) }
  func isOn(_ gateway: GatewayID) -> Bool { isOn(gateway, .udp) || isOn(gateway, .tcp) }

  /// Whether an address is that of an inside host, or may be: one that something translates.
  package func translatesHost(_ address: IPv4Address, in inside: RoutingInstance) -> Bool {
    translates(address, in: inside)
      && routes.nextHop(to: address, in: inside).map {
        facts[Int($0.interface.rawValue)].realm == .inside
      } ?? false
  }

  /// Whether doors may lead to a host that only messages of other inside hosts speak of (`third-party list`).
  package func permits(thirdParty host: IPv4Address, of gateway: GatewayID) -> Bool {
    gatewayServices.permits(thirdParty: host, of: gateway)
  }

  /// Whether the static entry of an inside global address has its payloads left alone.
  func hasNoPayload(_ global: IPv4Address, in outside: RoutingInstance) -> Bool {
    statics.contains { $0.entry.noPayload && $0.entry.outsideInstance == outside && $0.globalRange.contains(global) }
  }

  // MARK: What single addresses are called

  /// The inside global address of an inside local one that a static entry translates as a whole host, unless the entry
  /// says `no-payload`.
  package func insideGlobal(
    ofHost local: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    guard !staticLocals.isEmpty else { return nil }
    return staticLocals.find(local, IPProtocol(rawValue: 0), port: 0, in: inside) {
      isForPayload(statics[$0]) && statics[$0].entry.outsideInstance == outside
    }.map { statics[$0].global(of: local) }
  }

  /// The inside local address behind an inside global one of a static entry for a whole host.
  package func insideLocal(
    ofHost global: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    guard !staticGlobals.isEmpty else { return nil }
    return staticGlobals.find(global, IPProtocol(rawValue: 0), port: 0, in: outside) {
      isForPayload(statics[$0]) && statics[$0].entry.instance == inside
    }.map { statics[$0].local(of: global) }
  }

  private func isForPayload(_ entry: CompiledStatic) -> Bool {
    entry.condition == nil && entry.entry.ports == nil && !entry.entry.noPayload
  }

  /// The outside local address of an outside global one that a static entry translates as a whole host.
  package func outsideLocal(
    ofHost global: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    outsideEntry(global: global, IPProtocol(rawValue: 0), port: 0, in: outside, for: inside)
      .map { outsideStatics[$0] }.flatMap { $0.noPayload || $0.ports != nil ? nil : $0.local(of: global) }
  }

  /// The outside local address of an outside global one under a rule with a pool, bound by the very question: the host
  /// that asks is about to use it (RFC 2694 section 3.1). It is given up like any other that no session uses.
  package func bindOutsideLocal(
    of global: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance, _ bindings: OutsideBindings,
    now: UInt32
  ) -> IPv4Address? {
    let rule = outsideRules.firstIndex {
      $0.rule.outsideInstance == outside && $0.rule.instance == inside
        && conditions.mayHold($0.condition, source: global)
    }
    guard let rule else { return nil }
    return bindings.bind(
      global: global, in: outside, from: outsideRules[rule].addresses, for: inside,
      rule: UInt16(truncatingIfNeeded: rule), now: now)
  }

  /// The outside global address behind an outside local one of a static entry.
  package func outsideGlobal(ofHost local: IPv4Address, in inside: RoutingInstance) -> IPv4Address? {
    outsideEntry(local: local, IPProtocol(rawValue: 0), port: 0, in: inside)
      .map { outsideStatics[$0] }.flatMap { $0.noPayload || $0.ports != nil ? nil : $0.global(of: local) }
  }
}
