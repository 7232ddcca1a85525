package import Translation
package import WireFormats

/// An application-level gateway (RFC 2663 section 2.9): what it is called, whose sessions it looks into, and what looks
/// into one session.
///
/// A gateway sees whole messages of its protocol and says which octets to replace, which doors to open. It never sees a
/// packet, a sequence number or a table. `Example/` is the smallest one there can be; adding another takes a folder, a
/// line in `GatewayCatalog` and a page in `docs/gateways`.
package protocol ApplicationGateway: Sendable {
  /// What distinguishes it in records; never given to another gateway, since regions outlive the daemon.
  static var id: GatewayID { get }
  /// The word after `ip nat service`, such as `ftp`.
  static var name: String { get }
  /// What the sessions of the gateway are, unless the configuration says otherwise. A gateway without any is off until a
  /// statement switches it on.
  static var services: [DefaultService] { get }
  /// The sessions over IPv6 that the gateway looks into; none unless a gateway says otherwise. The ends of such a session are
  /// not translated, and no doors can be opened for it.
  static var ipv6Services: [DefaultService] { get }
  /// Whether there is nothing to do where no entry translates single addresses (`AddressBook`), so that sessions can stay
  /// on the fast path; false unless a gateway says otherwise.
  static var needsEntries: Bool { get }
  /// Whether each datagram of the protocol says by itself what it is, so that the gateway may look into a UDP session from
  /// any of them on; false unless a gateway says otherwise.
  static var joinsDatagrams: Bool { get }

  /// What looks into a new session.
  static func open(_ session: ControlSession) -> any PayloadInspector
  /// What the gateway remembers beyond single sessions; nil, unless a gateway says otherwise, for nothing.
  static func memory(_ settings: EngineSettings) -> (any GatewayMemory)?
}

extension ApplicationGateway {
  package static var ipv6Services: [DefaultService] { [] }
  package static var needsEntries: Bool { false }
  package static var joinsDatagrams: Bool { false }
  package static func memory(_ settings: EngineSettings) -> (any GatewayMemory)? { nil }
}

/// A transport and the server's port that make a session a gateway's business.
package struct DefaultService: Hashable, Sendable {
  package var transport: IPProtocol
  package var port: UInt16

  package init(_ transport: IPProtocol, port: UInt16) {
    self.transport = transport
    self.port = port
  }
}

/// What a gateway remembers of one control session; lives as long as it.
///
/// It is a value, and that is part of the contract: a message whose doors are not granted yet is inspected again when
/// they are, by a copy from before, so an inspector may change itself as it reads and need not undo anything.
package protocol PayloadInspector: Sendable {
  /// How far the next message of a stream reaches. Boundaries come from the protocol's own framing, never from where a
  /// segment begins (rule R2). Not asked for datagrams, which are messages.
  ///
  /// - Parameters:
  ///   - octets: the stream from the end of the last message on, or its first octets, never none: where a message is not
  ///     complete in them, the gateway is asked again with more.
  ///   - direction: who sends it.
  ///   - hasEnded: whether the sender has ended its stream behind these octets.
  mutating func frame(_ octets: Span<UInt8>, _ direction: Direction, hasEnded: Bool) -> Framing

  /// Reads one message and asks the agent for what it needs. Every error leaves the message as it was.
  mutating func inspect(
    _ message: Span<UInt8>, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError)
}

/// How far a message reaches.
package enum Framing: Hashable, Sendable {
  /// The first octets, at least one of them, are a message.
  case message(Int)
  /// The first octets, at least one, pass without being looked at: payload between messages.
  case skip(Int)
  /// The message goes on behind these octets.
  case incomplete
  /// This is not the protocol: nothing of the session is looked at any more, for as long as it lives (rule R1).
  case stranger
  /// The rest of the session cannot or need not be looked at.
  case stepAside(StepAsideReason)
}

/// Why a gateway looks into a session no longer.
package enum StepAsideReason: UInt8, CaseIterable, Hashable, Sendable {
  /// The session does not begin with the protocol's grammar (rule R1).
  case stranger
  /// What follows is encrypted.
  case encrypted
  /// A message is longer than the gateway's bound.
  case tooLarge
  /// A message breaks the protocol's framing, so that no later one can be found.
  case malformed
  /// The session's buffers reached their bound.
  case noMemory
  /// The configuration switched the gateway off.
  case switchedOff
  /// The protocol has nothing more to translate.
  case finished

  /// The word of counters and listings.
  package var name: String {
    switch self {
    case .stranger: "stranger"
    case .encrypted: "encrypted"
    case .tooLarge: "too-large"
    case .malformed: "malformed"
    case .noMemory: "no-memory"
    case .switchedOff: "switched-off"
    case .finished: "finished"
    }
  }
}

/// Why a message is not translated.
package enum GatewayError: Error, Hashable, Sendable {
  /// A door is asked for and not granted yet; the engine inspects the message again. Gateways let it through.
  case pending
  /// The message does not parse; it goes on as it is, and is counted.
  case malformed(String)
  /// A door was refused; unless the gateway catches it the message goes on as it is, and is counted.
  case refused(DoorRefusal)
}
