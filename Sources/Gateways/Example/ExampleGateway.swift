package import Translation
import WireFormats

/// The smallest gateway there can be, in no catalogue: the pattern for the next one.
///
/// Its protocol has lines. A client says `HERE 10.10.10.10 5000` and is called back by the server at that address and
/// port. What every gateway has to settle is marked R1 to R9, after the rules in docs/gateways/README.md.
package enum ExampleGateway: ApplicationGateway {
  /// A number for good: regions that outlive the daemon have it.
  package static var id: GatewayID { GatewayID(rawValue: 31) }
  /// The word after `ip nat service`.
  package static var name: String { "example" }
  package static var services: [DefaultService] { [DefaultService(.tcp, port: 7)] }

  package static func open(_ session: ControlSession) -> any PayloadInspector { ExampleInspector() }
}

/// What it remembers of one session; a value, so that the engine can read a message again once its door is granted.
struct ExampleInspector: PayloadInspector {
  private static let longestLine = 512
  private var hasBegun = false

  /// The protocol's own framing, and nothing else, says where a message ends (R2). The first octets decide whether this is
  /// the protocol at all, for good (R1).
  mutating func frame(_ octets: Span<UInt8>, _ direction: Direction, hasEnded: Bool) -> Framing {
    if !hasBegun, let first = octets.octet(0), !first.isLetter { return .stranger }
    if let length = LineReading.lineLength(octets) {
      return length <= Self.longestLine ? .message(length) : .stepAside(.tooLarge)
    }
    return octets.count <= Self.longestLine ? .incomplete : .stepAside(.tooLarge)
  }

  mutating func inspect(
    _ line: Span<UInt8>, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    let session = agent.session
    // Only who opened the session says HERE (R9).
    guard session.isRequest(direction) else { return }
    guard line.matches("HERE ", at: 0) else {
      if !hasBegun { agent.stepAside(.stranger) }
      return
    }
    hasBegun = true
    agent.count("HERE")
    guard let place = Self.endpoint(line, at: 5) else { throw .malformed("HERE without an address and a port") }
    // An address that is not the sender's own is not ours to promise anything for (R4). The agent would refuse, too.
    guard direction == .outbound, place.endpoint.address == session.insideLocal.address else {
      agent.remark("foreign address")
      return
    }
    // The door admits the server's address only (R7). The ports that it may lead to, and how many there may be, are the
    // worker's business (R6, R8). While it is not granted `open` throws, and this message is read once more later.
    let door = try agent.open(Door(.inbound, .tcp, to: place.endpoint, from: session.outsideGlobal.address))
    let shown = "\(door.grant.insideGlobal) \(door.grant.insideGlobalPort)"
    agent.replace(place.range, with: Array(shown.utf8), field: "HERE")
  }

  /// `a.b.c.d port` at an offset.
  private static func endpoint(_ line: Span<UInt8>, at start: Int) -> (endpoint: Endpoint, range: Range<Int>)? {
    var at = start
    var address: UInt32 = 0
    for place in 0..<4 {
      guard let number = line.decimal(at: at, digits: 3), number.value <= 255,
        line.octet(number.end) == (place < 3 ? 0x2E : 0x20)
      else { return nil }
      address = address << 8 | number.value
      at = number.end + 1
    }
    guard let port = line.decimal(at: at, digits: 5), let number = UInt16(exactly: port.value) else { return nil }
    return (Endpoint(IPv4Address(address), number), start..<port.end)
  }
}
