package import Translation
import WireFormats

/// DNS (RFC 1035) as RFC 2694 has it translated: addresses in A records, and names under in-addr.arpa, of hosts that have
/// one address on this side and another on that.
package enum DNSGateway: ApplicationGateway {
  package static var id: GatewayID { GatewayID(rawValue: 3) }
  package static var name: String { "dns" }
  package static var services: [DefaultService] {
    [DefaultService(.udp, port: 53), DefaultService(.tcp, port: 53)]
  }

  package static var needsEntries: Bool { true }

  package static func open(_ session: ControlSession) -> any PayloadInspector {
    DNSInspector(isStream: session.transport == .tcp)
  }
}

/// What the gateway remembers of one session: the questions without answer.
struct DNSInspector: PayloadInspector {
  private let isStream: Bool
  private var hasSpoken = false
  private var open = OpenQuestions()

  init(isStream: Bool) { self.isStream = isStream }

  /// RFC 1035 section 4.2.2: two octets of length, then the message.
  mutating func frame(_ octets: Span<UInt8>, _ direction: Direction, hasEnded: Bool) -> Framing {
    guard octets.count >= 2 else { return .incomplete }
    let length = Int(octets.number16(at: 0))
    guard length >= DNSMessage.headerLength else { return hasSpoken ? .stepAside(.malformed) : .stranger }
    if octets.count >= 2 + DNSMessage.headerLength, !DNSMessage.canBegin(octets.extracting(2..<octets.count)) {
      return hasSpoken ? .stepAside(.malformed) : .stranger
    }
    return octets.count >= 2 + length ? .message(2 + length) : .incomplete
  }

  mutating func inspect(
    _ octets: Span<UInt8>, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    let base = isStream ? 2 : 0
    let body = octets.extracting(base..<octets.count)
    guard let message = DNSMessage(body) else {
      guard hasSpoken else {
        agent.stepAside(.stranger)
        return
      }
      throw .malformed("not a DNS message")
    }
    hasSpoken = true
    agent.count(message.isResponse ? "response" : "query")
    // An answer that nobody asked for says nothing (rule R9).
    if message.isResponse, !takePending(message) {
      agent.remark("unasked")
      return
    }
    let session = agent.session
    let book = agent.addresses
    let translation = DNSTranslation(
      message, body, base: base, resetsTTL: session.options.contains(.resetsTTL)
    ) { address in Self.map(address, direction, session, book) }
    if let remark = translation.remark { agent.remark(remark) }
    if message.isSigned, !translation.edits.isEmpty {
      agent.remark("signed")
      note(message, direction, through: &agent, isTranslated: false)
      return
    }
    let length = body.count + translation.totalGrowth
    guard length <= (isStream ? 65_535 : 65_507) else {
      agent.remark("too long")
      note(message, direction, through: &agent, isTranslated: false)
      return
    }
    if isStream, length != body.count {
      agent.replace(0..<2, with: [UInt8(length >> 8), UInt8(length & 255)], field: "length")
    }
    for edit in translation.edits { agent.replace(edit.range, with: edit.octets, field: edit.field) }
    note(message, direction, through: &agent, isTranslated: !translation.edits.isEmpty)
  }

  /// What the receiver of a direction calls an address, or nil where it is the same.
  private static func map(
    _ address: IPv4Address, _ direction: Direction, _ session: ControlSession, _ book: any AddressBook
  ) -> IPv4Address? {
    let (inside, outside) = (session.insideInstance, session.outsideInstance)
    return direction == .outbound
      ? book.insideGlobal(of: address, in: inside, outside) ?? book.outsideGlobal(of: address, in: inside, outside)
      : book.insideLocal(of: address, in: inside, outside) ?? book.outsideLocal(of: address, in: inside, outside)
  }

  // MARK: Questions

  /// Remembers the question of a query, as its receiver sees it.
  private mutating func note(
    _ message: DNSMessage, _ direction: Direction, through agent: inout TranslationAgent, isTranslated: Bool
  ) {
    guard !message.isResponse, let first = message.questions.first else { return }
    var labels = first.name.labels
    if isTranslated, let reverse = first.name.reverse,
      let address = Self.map(reverse.address, direction, agent.session, agent.addresses)
    {
      labels = DNSMessage.Name.labels(of: address) + labels.dropFirst(reverse.octets.count)
    }
    let isRoom = open.add(message.identifier, labels, type: first.type, now: agent.now)
    if !isRoom { agent.remark("too many questions") }
  }

  /// Whether a response answers a question that waits; it does so no longer.
  private mutating func takePending(_ message: DNSMessage) -> Bool {
    guard let first = message.questions.first else { return isStream && open.hasTransfer(message.identifier) }
    return open.take(message.identifier, first.name.labels, type: first.type, isStream: isStream)
  }
}
