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

  /// Who opened the session asks, and the other side answers.
  package func isRequest(_ direction: Direction) -> Bool { direction == opened }

  /// The address of the sender as the message itself would have it: before translation.
  package func sender(_ direction: Direction) -> Endpoint { direction == .outbound ? insideLocal : outsideGlobal }

  /// The address of the sender as its receiver knows it: after translation.
  package func translatedSender(_ direction: Direction) -> Endpoint {
    direction == .outbound ? insideGlobal : outsideLocal
  }
}
