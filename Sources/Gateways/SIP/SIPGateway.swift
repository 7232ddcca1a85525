package import Translation
import WireFormats

/// SIP (RFC 3261) with its session descriptions (RFC 8866): who is called, where answers go, and where media are sent to
/// stands in the messages, as addresses.
package enum SIPGateway: ApplicationGateway {
  package static var id: GatewayID { GatewayID(rawValue: 4) }
  package static var name: String { "sip" }
  package static var services: [DefaultService] {
    [DefaultService(.udp, port: 5060), DefaultService(.tcp, port: 5060)]
  }

  package static var joinsDatagrams: Bool { true }

  package static func open(_ session: ControlSession) -> any PayloadInspector {
    SIPInspector(isStream: session.transport == .tcp)
  }

  package static func memory(_ settings: EngineSettings) -> (any GatewayMemory)? { SIPBook(settings) }
}

/// What the gateway remembers of one session, which is little: whether it is SIP, and where its messages end. All else is
/// in the book.
struct SIPInspector: PayloadInspector {
  private let isStream: Bool
  private var framing = SIPFraming()
  private var hasSpoken = false

  init(isStream: Bool) { self.isStream = isStream }

  mutating func frame(_ octets: Span<UInt8>, _ direction: Direction, hasEnded: Bool) -> Framing {
    // The handshake of TLS: content type 22, version 3.x (RFC 8446 section 5.1).
    if !hasSpoken, octets[0] == 0x16 {
      guard octets.count > 1 else { return hasEnded ? .stranger : .incomplete }
      if octets[1] == 0x03 { return .stepAside(.encrypted) }
    }
    return framing.frame(octets, direction)
  }

  mutating func inspect(
    _ octets: Span<UInt8>, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    guard let book = agent.memory as? SIPBook else { throw .malformed("no book") }
    let known = book.parsed(octets)
    guard let message = known ?? SIPMessage(octets) else {
      guard hasSpoken else {
        // Whoever keeps a way open before the first message says nothing about what it is.
        if !isStream, Self.isKeepalive(octets) { return }
        agent.stepAside(.stranger)
        return
      }
      if Self.isKeepalive(octets) { return }
      throw .malformed("not a SIP message")
    }
    hasSpoken = true
    agent.count(message.kindWord)
    var translation = SIPTranslation(message, direction, book, agent)
    do throws(GatewayError) {
      try translation.run(octets, through: &agent)
    } catch {
      if error == .pending, known == nil { book.keep(message, octets) }
      throw error
    }
  }

  /// Line ends and zeros, which many send to keep a way open, and STUN's binding requests (RFC 5626 section 3.5).
  private static func isKeepalive(_ octets: Span<UInt8>) -> Bool {
    if octets.count >= 20, octets[0] & 0xC0 == 0, octets.number32(at: 4) == 0x2112_A442 { return true }
    for index in octets.indices where octets[index] != 0 && octets[index] != 0x0D && octets[index] != 0x0A {
      return false
    }
    return true
  }
}

extension SIPMessage {
  /// The word of counters.
  var kindWord: String {
    switch kind {
    case .request(let method, _): "\(method.name)"
    case .response(let code): "\(code / 100)xx"
    }
  }
}
