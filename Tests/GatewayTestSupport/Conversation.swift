package import Gateways
import TestSupport
package import Translation
package import WireFormats

/// A control session without packets: octets go to a gateway in whatever pieces a test cuts them into, and doors are
/// granted by a worker that the test writes.
package struct Conversation {
  package let session: ControlSession
  /// What the gateway remembers beyond the session; conversations of one slow path share it.
  package let memory: (any GatewayMemory)?
  /// Microseconds.
  package var now: UInt64 = 1_000_000
  private var inspector: any PayloadInspector
  private var unread: [Direction: [UInt8]] = [.outbound: [], .inbound: []]
  /// The octets that came out, by direction.
  package private(set) var passed: [Direction: [UInt8]] = [.outbound: [], .inbound: []]
  package private(set) var edits: [Edit] = []
  package private(set) var doors: [TranslationAgent.OpenedDoor] = []
  package private(set) var activated: [DoorID] = []
  package private(set) var closed: [DoorID] = []
  /// Names under which an earlier run's doors were closed.
  package private(set) var closedEarlier: [UInt64] = []
  package private(set) var extended: [DoorID: UInt32] = [:]
  package private(set) var remarks: [String] = []
  package private(set) var errors: [GatewayError] = []
  package private(set) var steppedAside: StepAsideReason?
  /// What the worker says to a request; the first port that it gives is 50000.
  package var grant: (DoorRequest, Int) -> OrderAnswer = { request, number in
    .granted(
      DoorGrant(
        door: DoorID(worker: 0, place: UInt32(number), generation: 1), insideGlobal: Place.pool.lowerBound,
        insideGlobalPort: UInt16(50_000 + number)))
  }
  private var granted = 0
  private let gateway: any ApplicationGateway.Type
  private let addresses: any AddressBook

  /// A session of alice with carol's server, or of carol with alice's.
  package init(
    _ gateway: any ApplicationGateway.Type, opened: Direction = .outbound, transport: IPProtocol = .tcp,
    addresses: any AddressBook = EmptyAddressBook(), options: GatewayOptions = [],
    memory: (any GatewayMemory)? = nil, settings: EngineSettings = EngineSettings(),
    ports change: (inout SessionRecord) -> Void = { _ in }
  ) {
    self.addresses = addresses
    self.gateway = gateway
    self.memory = memory ?? gateway.memory(settings)
    let server = gateway.services.first?.port ?? 9
    let client: UInt16 = 40_000
    let inside = opened == .outbound ? client : server
    var record = SessionRecord(
      insideLocal: (Host.alice.address, inside), insideGlobal: (Place.pool.lowerBound, inside),
      outside: (Host.carol.address, opened == .outbound ? server : client), protocol: transport)
    record.gateway = gateway.id
    if opened == .inbound { record.flags.insert(.openedInbound) }
    change(&record)
    session = ControlSession(
      InspectedSession(id: SessionID(worker: 0, number: 1, created: 1), record: record), gateway: gateway.id,
      options: options)
    inspector = gateway.open(session)
  }

  /// The sender's octets arrive.
  package mutating func send(_ text: String, _ direction: Direction) { send(Array(text.utf8), direction) }

  package mutating func send(_ octets: [UInt8], _ direction: Direction, ending: Bool = false) {
    unread[direction, default: []] += octets
    // Once nobody looks any more, nothing is held in either direction.
    defer { if steppedAside != nil { for each in [Direction.outbound, .inbound] { pass(unread[each] ?? [], each) } } }
    while let waiting = unread[direction], !waiting.isEmpty {
      guard steppedAside == nil else { return }
      switch inspector.frame(waiting.span, direction, hasEnded: ending) {
      case .incomplete:
        if ending { pass(waiting, direction) }
        return
      case .skip(let count): pass(Array(waiting.prefix(count)), direction)
      case .stranger: steppedAside = .stranger
      case .stepAside(let reason): steppedAside = reason
      case .message(let count): read(Array(waiting.prefix(count)), direction)
      }
    }
  }

  /// A datagram arrives.
  package mutating func datagram(_ octets: [UInt8], _ direction: Direction) {
    guard steppedAside == nil else { return }
    unread[direction] = octets
    passed[direction] = []
    read(octets, direction)
  }

  private mutating func pass(_ octets: [UInt8], _ direction: Direction) {
    passed[direction, default: []] += octets
    unread[direction]?.removeFirst(octets.count)
  }

  private mutating func read(_ message: [UInt8], _ direction: Direction) {
    var answers: [DoorAnswer] = []
    while true {
      var copy = inspector
      var agent = TranslationAgent(session, addresses: addresses, memory: memory, answers: answers, now: now)
      do throws(GatewayError) {
        try copy.inspect(message.span, direction, through: &agent)
      } catch .pending {
        guard let wanted = agent.wanted else { return }
        answers.append(DoorAnswer(wanted, grant(wanted, granted)))
        granted += 1
        continue
      } catch {
        errors.append(error)
        inspector = copy
        remarks += agent.remarks
        pass(message, direction)
        return
      }
      inspector = copy
      finish(message, direction, agent)
      return
    }
  }

  private mutating func finish(_ message: [UInt8], _ direction: Direction, _ agent: TranslationAgent) {
    edits += agent.edits
    doors += agent.opened
    activated += agent.activated
    closed += agent.closed + agent.unused
    closedEarlier += agent.closedEarlier
    for (door, seconds) in agent.extended { extended[door] = seconds }
    agent.carryOutChanges()
    remarks += agent.remarks
    if let reason = agent.steppedAside { steppedAside = reason }
    var result: [UInt8] = []
    var from = 0
    for edit in agent.edits {
      result += message[from..<edit.range.lowerBound] + edit.octets
      from = edit.range.upperBound
    }
    passed[direction, default: []] += result + message[from...]
    unread[direction]?.removeFirst(message.count)
  }

  /// What came out in a direction.
  package func text(_ direction: Direction) -> String { String(decoding: passed[direction] ?? [], as: UTF8.self) }
}
