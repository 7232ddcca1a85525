package import Translation
import WireFormats

/// TFTP (RFC 1350): nothing in its messages has to be translated, but the server answers a request from a new port.
package enum TFTPGateway: ApplicationGateway {
  package static var id: GatewayID { GatewayID(rawValue: 2) }
  package static var name: String { "tftp" }
  package static var services: [DefaultService] { [DefaultService(.udp, port: 69)] }

  package static func open(_ session: ControlSession) -> any PayloadInspector { TFTPInspector() }
}

/// What the gateway remembers of the requests of one client's port.
struct TFTPInspector: PayloadInspector {
  /// Seconds that a server may take for its first answer.
  private static let patience: UInt32 = 30

  private var hasRequested = false
  /// The door of the last request, which a repeated one replaces.
  private var door: DoorID?

  mutating func frame(_ octets: Span<UInt8>, _ direction: Direction, hasEnded: Bool) -> Framing { .stranger }

  mutating func inspect(
    _ message: Span<UInt8>, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    let session = agent.session
    // A server that answers from port 69 itself, with an error perhaps, needs no door.
    guard session.isRequest(direction) else { return }
    guard let request = TFTPRequest(message) else {
      guard hasRequested else {
        agent.stepAside(.stranger)
        return
      }
      throw .malformed("not a request")
    }
    hasRequested = true
    agent.count(request.isRead ? "RRQ" : "WRQ")
    if let door { agent.close(door) }
    var wanted: Door
    if direction == .outbound {
      wanted = Door(.inbound, .udp, to: session.insideLocal, from: session.outsideGlobal.address)
    } else {
      wanted = Door(.outbound, .udp, to: Endpoint(session.insideLocal.address, 0), from: session.outsideGlobal.address)
      wanted.remotePort = session.outsideGlobal.port
    }
    wanted.lifetime = Self.patience
    door = try agent.open(wanted).grant.door
  }
}
