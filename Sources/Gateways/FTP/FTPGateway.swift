package import Translation
import WireFormats

/// FTP (RFC 959) with its extended commands (RFC 2428): the data connection goes to an address and port that the control
/// connection names, in PORT and EPRT by the client, in the answers to PASV and EPSV by the server.
package enum FTPGateway: ApplicationGateway {
  package static var id: GatewayID { GatewayID(rawValue: 1) }
  package static var name: String { "ftp" }
  package static var services: [DefaultService] { [DefaultService(.tcp, port: 21)] }

  package static func open(_ session: ControlSession) -> any PayloadInspector { FTPInspector(opened: session.opened) }
}

/// What the gateway remembers of one control connection. It is copied for each message, so it has the 24 octets that an
/// existential has room for, and no memory of its own as long as nothing waits for a door.
struct FTPInspector: PayloadInspector {
  /// Octets of a line that is looked at; RFC 959 has no bound, real lines are shorter than a path.
  static let longestLine = 4096
  /// The commands without reply (rule R9).
  private var awaited = AwaitedReplies()
  /// Who opened the session is the client.
  private let opened: Direction
  /// Whether the two sides have shown that they speak FTP (rule R1).
  private var hasGreeted = false
  private var hasCommanded = false
  /// The code of a reply whose last line has not come; 0 for none.
  private var continuing: UInt16 = 0
  /// Whether a line longer than the bound is being passed over.
  private var isSkipping: (outbound: Bool, inbound: Bool) = (false, false)
  /// The door of the endpoint that was agreed upon last, if there is one.
  private var agreed: [DoorID] = []

  init(opened: Direction) { self.opened = opened }

  // MARK: Framing

  mutating func frame(_ octets: Span<UInt8>, _ direction: Direction, hasEnded: Bool) -> Framing {
    let isCommand = direction == opened
    if !(isCommand ? hasCommanded : hasGreeted) {
      guard isCommand ? FTPCommand.canBegin(octets) : FTPReply.canBegin(octets) else { return .stranger }
    }
    let length = LineReading.lineLength(octets)
    if direction == .outbound ? isSkipping.outbound : isSkipping.inbound {
      setSkipping(length == nil, direction)
      return .skip(length ?? octets.count)
    }
    if let length, length <= Self.longestLine { return .message(length) }
    guard octets.count > Self.longestLine else { return .incomplete }
    // No line that long holds an address; its end is looked for, and nothing is held back meanwhile.
    guard isCommand ? hasCommanded : hasGreeted else { return .stranger }
    if isCommand { awaited.append(.other) }
    setSkipping(length == nil, direction)
    return .skip(length ?? octets.count)
  }

  private mutating func setSkipping(_ isOn: Bool, _ direction: Direction) {
    if direction == .outbound { isSkipping.outbound = isOn } else { isSkipping.inbound = isOn }
  }

  // MARK: Messages

  mutating func inspect(
    _ message: Span<UInt8>, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    if agent.session.isRequest(direction) {
      try inspectCommand(message, direction, through: &agent)
    } else {
      try inspectReply(message, direction, through: &agent)
    }
  }

  private mutating func inspectCommand(
    _ line: Span<UInt8>, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    guard let command = FTPCommand(line) else {
      guard hasCommanded else {
        agent.stepAside(.stranger)
        return
      }
      awaited.append(.other)
      throw .malformed("not a command")
    }
    hasCommanded = true
    agent.count(command.word)
    switch command.verb {
    case .port(let named): try announce(named, isExtended: false, direction, through: &agent)
    case .extendedPort(let named): try announce(named, isExtended: true, direction, through: &agent)
    case .passive: awaited.append(.passive)
    case .extendedPassive: awaited.append(.extendedPassive)
    case .auth: awaited.append(.auth)
    case .other: awaited.append(.other)
    }
  }

  private mutating func inspectReply(
    _ line: Span<UInt8>, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    if continuing != 0 {
      // Lines in the middle may be anything, even look like other replies.
      guard FTPReply.ends(line, code: Int(continuing)) else { return }
      continuing = 0
    }
    guard let reply = FTPReply(line) else {
      guard hasGreeted else {
        agent.stepAside(.stranger)
        return
      }
      throw .malformed("not a reply")
    }
    agent.count("\(reply.code)")
    guard !reply.goesOn else {
      continuing = UInt16(reply.code)
      return
    }
    let isGreeting = !hasGreeted
    hasGreeted = true
    // A preliminary reply is followed by another; the greeting, and a farewell nobody asked for, answer no command.
    guard reply.code >= 200, !isGreeting, let command = awaited.takeFirst() else { return }
    try answer(command, reply, direction, through: &agent)
  }

  // MARK: The client names an endpoint

  private mutating func announce(
    _ named: FTPEndpoint, isExtended: Bool, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    let session = agent.session
    guard named.endpoint.address == session.sender(direction).address else {
      awaited.append(.door(nil))
      agent.remark("bounce: \(named.endpoint) is not the client's")
      return
    }
    var door: DoorID?
    var shown = named.endpoint
    do throws(GatewayError) {
      if direction == .outbound {
        var wanted = Door(.inbound, .tcp, to: named.endpoint, from: session.outsideGlobal.address)
        wanted.isActive = false
        let opened = try agent.open(wanted)
        door = opened.grant.door
        shown = Endpoint(opened.grant.insideGlobal, opened.grant.insideGlobalPort)
      } else {
        var wanted = Door(.outbound, .tcp, to: Endpoint(session.insideLocal.address, 0), from: named.endpoint.address)
        wanted.remotePort = named.endpoint.port
        wanted.isActive = false
        door = try agent.open(wanted).grant.door
        shown.address = session.outsideLocal.address
      }
    } catch .refused {
      // The command goes on as it is: the server will fail to connect, and say so.
      awaited.append(.door(nil))
      return
    }
    awaited.append(.door(door))
    guard shown != named.endpoint else { return }
    agent.replace(
      named.range, with: isExtended ? Self.separated(shown) : Self.commas(shown), field: isExtended ? "EPRT" : "PORT")
  }

  // MARK: The server answers

  private mutating func answer(
    _ command: AwaitedReplies.Command, _ reply: FTPReply, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    switch command {
    case .door(let door?):
      if reply.code < 300 {
        agent.activate(door)
        agree(on: door, through: &agent)
      } else {
        agent.close(door)
      }
    case .passive where reply.code == 227:
      guard let named = reply.passive else { throw .malformed("a 227 without an address") }
      try answerPassive(named, direction, through: &agent)
    case .extendedPassive where reply.code == 229:
      guard let named = reply.extendedPort else { throw .malformed("a 229 without a port") }
      try answerExtendedPassive(named.port, named.range, direction, through: &agent)
    case .auth where reply.code == 234: agent.stepAside(.encrypted)
    case .door, .passive, .extendedPassive, .auth, .other: break
    }
  }

  /// Another endpoint takes the place of the last one (RFC 959 section 4.1.2), and so does its door. A door may be left
  /// over although its connection was made: where a port comes again soon, by the session that it had before.
  private mutating func agree(on door: DoorID, through agent: inout TranslationAgent) {
    for earlier in agreed { agent.close(earlier) }
    agreed = [door]
  }

  private mutating func answerPassive(
    _ named: FTPEndpoint, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    let session = agent.session
    guard named.endpoint.address == session.sender(direction).address else {
      agent.remark("foreign address: \(named.endpoint) is not the server's")
      return
    }
    var shown = named.endpoint
    if direction == .outbound {
      let opened = try agent.open(Door(.inbound, .tcp, to: named.endpoint, from: session.outsideGlobal.address))
      agree(on: opened.grant.door, through: &agent)
      shown = Endpoint(opened.grant.insideGlobal, opened.grant.insideGlobalPort)
    } else {
      shown.address = session.outsideLocal.address
    }
    if shown != named.endpoint { agent.replace(named.range, with: Self.commas(shown), field: "227") }
  }

  private mutating func answerExtendedPassive(
    _ port: UInt16, _ range: Range<Int>, _ direction: Direction, through agent: inout TranslationAgent
  ) throws(GatewayError) {
    // The address is the control connection's, so a server outside has nothing to be translated.
    guard direction == .outbound else { return }
    let session = agent.session
    let opened = try agent.open(
      Door(
        .inbound, .tcp, to: Endpoint(session.insideLocal.address, port), from: session.outsideGlobal.address))
    agree(on: opened.grant.door, through: &agent)
    if opened.grant.insideGlobalPort != port {
      agent.replace(range, with: Array("\(opened.grant.insideGlobalPort)".utf8), field: "229")
    }
  }

  // MARK: Writing

  private static func commas(_ endpoint: Endpoint) -> [UInt8] {
    let address = endpoint.address.rawValue
    let numbers = [
      address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255, UInt32(endpoint.port >> 8),
      UInt32(endpoint.port & 255),
    ]
    return Array(numbers.map(String.init).joined(separator: ",").utf8)
  }

  private static func separated(_ endpoint: Endpoint) -> [UInt8] {
    Array("|1|\(endpoint.address)|\(endpoint.port)|".utf8)
  }
}
