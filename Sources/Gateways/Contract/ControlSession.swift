package import Forwarding
package import Translation
package import WireFormats

/// An address and a port.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  package var address: IPv4Address
  package var port: UInt16

  package init(_ address: IPv4Address, _ port: UInt16) {
    self.address = address
    self.port = port
  }

  package var description: String { "\(address):\(port)" }
}

/// The addresses of the two ends of a session over IPv6, which nothing translates.
package struct IPv6Ends: Hashable, Sendable, BitwiseCopyable {
  package var inside: IPv6Address
  package var outside: IPv6Address

  package init(inside: IPv6Address, outside: IPv6Address) {
    self.inside = inside
    self.outside = outside
  }

  /// Each in the other's place.
  var reversed: IPv6Ends { IPv6Ends(inside: outside, outside: inside) }
}

/// The session that a gateway looks into, as all four of its ends are called.
package struct ControlSession: Hashable, Sendable {
  package var id: SessionID
  package var gateway: GatewayID
  /// TCP or UDP.
  package var transport: IPProtocol
  package var insideLocal: Endpoint
  package var insideGlobal: Endpoint
  package var outsideLocal: Endpoint
  package var outsideGlobal: Endpoint
  package var insideInstance: RoutingInstance
  package var outsideInstance: RoutingInstance
  /// The direction of the first packet: outbound where the client is inside.
  package var opened: Direction
  /// Whether a static entry translates the inside host.
  package var isStatic: Bool
  /// What the configuration says to gateways.
  package var options: GatewayOptions
  /// The ends of a session over IPv6: the four endpoints then have their ports, and no addresses. Only gateways that ask
  /// for such sessions get them (`ApplicationGateway.ipv6Services`).
  package var ipv6: IPv6Ends?

  /// The control session of a record.
  package init(_ session: InspectedSession, gateway: GatewayID, options: GatewayOptions = []) {
    let record = session.record
    id = session.id
    self.gateway = gateway
    transport = record.protocolNumber
    insideLocal = Endpoint(record.insideLocal, record.insideLocalPort)
    insideGlobal = Endpoint(record.insideGlobal, record.insideGlobalPort)
    outsideLocal = Endpoint(record.outsideLocal, record.outsideLocalPort)
    outsideGlobal = Endpoint(record.outsideGlobal, record.outsideGlobalPort)
    insideInstance = record.insideInstance
    outsideInstance = record.outsideInstance
    opened = record.flags.contains(.openedInbound) ? .inbound : .outbound
    isStatic = record.flags.contains(.isStatic)
    self.options = options
  }

  /// The control session of a flow over IPv6, in the global instance.
  package init(_ session: IPv6Session, options: GatewayOptions = []) {
    let flow = session.flow
    id = session.id
    gateway = session.gateway
    transport = flow.transport
    insideLocal = Endpoint(.unspecified, flow.sourcePort)
    insideGlobal = insideLocal
    outsideLocal = Endpoint(.unspecified, flow.destinationPort)
    outsideGlobal = outsideLocal
    insideInstance = .global
    outsideInstance = .global
    opened = session.opened
    isStatic = false
    self.options = options
    ipv6 = IPv6Ends(inside: flow.source, outside: flow.destination)
  }

  /// From inside to outside, of a session over IPv6.
  var ipv6Flow: IPv6Flow? {
    ipv6.map { IPv6Flow(transport, from: $0.inside, insideLocal.port, to: $0.outside, outsideGlobal.port) }
  }

  /// Octets of the IP header that its packets have.
  var networkHeader: Int { ipv6 == nil ? IPv4Field.minimumLength : IPv6Field.length }

  /// The inside local end as listings call it; and the others.
  package var insideLocalName: String { name(insideLocal, ipv6?.inside) }
  package var insideGlobalName: String { name(insideGlobal, ipv6?.inside) }
  package var outsideLocalName: String { name(outsideLocal, ipv6?.outside) }
  package var outsideGlobalName: String { name(outsideGlobal, ipv6?.outside) }

  private func name(_ endpoint: Endpoint, _ address: IPv6Address?) -> String {
    address.map { "[\($0)]:\(endpoint.port)" } ?? "\(endpoint)"
  }

  /// Who opened the session asks, and the other side answers.
  package func isRequest(_ direction: Direction) -> Bool { direction == opened }

  /// The address of the sender as the message itself would have it: before translation.
  package func sender(_ direction: Direction) -> Endpoint { direction == .outbound ? insideLocal : outsideGlobal }

  /// The address of the sender as its receiver knows it: after translation.
  package func translatedSender(_ direction: Direction) -> Endpoint {
    direction == .outbound ? insideGlobal : outsideLocal
  }
}
