import Translation

/// One reading of one message: by a copy of the inspector, so that a message that has to wait for a door can be read
/// again from the beginning.
struct Reading: ~Copyable {
  enum Outcome {
    case read
    case failed(GatewayError)
    /// A door has to be asked for first.
    case waiting(DoorRequest)
  }

  let session: ControlSession
  private(set) var agent: TranslationAgent
  let isDryRun: Bool

  init(
    session: ControlSession, answers: [DoorAnswer], isDryRun: Bool, addresses: any AddressBook,
    memory: (any GatewayMemory)? = nil, now: UInt64
  ) {
    self.session = session
    self.isDryRun = isDryRun
    agent = TranslationAgent(session, addresses: addresses, memory: memory, answers: answers, now: now)
  }

  /// Whether the message, read to its end, has asked for nothing and there is nothing to tell of it, so that the reading
  /// serves the next message too; and of what kind it is.
  func conclude() -> (isOfNoConsequence: Bool, kind: String?) { (!agent.wantsAnything, agent.kind) }

  /// Begins another message after one of no consequence.
  mutating func begin() { agent.forget() }

  /// Has an inspector read the message. Where that has to wait, the inspector is not what it was before, so who gives it
  /// keeps a copy. A dry run needs no worker: it is told what a worker would most likely say.
  mutating func read(
    _ message: Span<UInt8>, _ direction: Direction, by inspector: inout any PayloadInspector
  ) -> Outcome {
    guard isDryRun else { return Self.attempt(&inspector, message, direction, &agent) }
    while true {
      var copy = inspector
      let outcome = Self.attempt(&copy, message, direction, &agent)
      guard case .waiting(let request) = outcome else {
        inspector = copy
        return outcome
      }
      agent = TranslationAgent(
        session, addresses: agent.addresses, memory: agent.memory,
        answers: agent.answers + [DoorAnswer(request, .granted(Self.pretended(request, session)))], now: agent.now)
    }
  }

  private static func attempt(
    _ inspector: inout any PayloadInspector, _ message: Span<UInt8>, _ direction: Direction,
    _ agent: inout TranslationAgent
  ) -> Outcome {
    do throws(GatewayError) {
      try inspector.inspect(message, direction, through: &agent)
      guard agent.edits.allSatisfy({ $0.range.upperBound <= message.count }) else {
        return .failed(.malformed("an edit beyond the message"))
      }
      return .read
    } catch .pending {
      guard let wanted = agent.wanted else { return .failed(.malformed("a wait for nothing")) }
      return .waiting(wanted)
    } catch {
      return .failed(error)
    }
  }

  /// The grant that a dry run goes on with: the host's own port under the session's address.
  private static func pretended(_ request: DoorRequest, _ session: ControlSession) -> DoorGrant {
    DoorGrant(
      door: DoorID(worker: session.id.worker, place: .max, generation: 0),
      insideGlobal: session.insideGlobal.address, insideGlobalPort: request.insideLocalPort)
  }
}

/// What is done about a message that has been read.
struct ReadingResult {
  var edits: [Edit] = []
  var isDropped = false
  var steppedAside: StepAsideReason?
}

extension GatewayEngine {
  /// Counts a message that has been read.
  func count(_ kind: String?, of gateway: GatewayID) {
    counters.add(to: .messages, of: gateway)
    if let kind { counters.count(kind: kind, of: gateway) }
  }

  /// Counts and tells what a reading brought about, gives the orders that follow from it, and answers what becomes of the
  /// message itself.
  mutating func account(
    _ reading: borrowing Reading, _ outcome: Reading.Outcome, _ message: Span<UInt8>, _ session: ControlSession,
    _ direction: Direction, now: UInt64
  ) -> ReadingResult {
    count(reading.agent.kind, of: session.gateway)
    let agent = reading.agent
    let gateway = session.gateway
    var result = ReadingResult()
    var remarks = agent.remarks
    switch outcome {
    case .read:
      if !reading.isDryRun {
        result.edits = agent.edits
        result.isDropped = agent.isDropped
        agent.carryOutChanges()
        for door in agent.activated { perform(.activate(door), now: now) }
        for (door, seconds) in agent.extended { perform(.extend(door, seconds: seconds), now: now) }
        for door in agent.closed + agent.unused { perform(.close(door), now: now) }
        for name in agent.closedEarlier {
          let doors = NamedDoors(
            host: session.insideLocal.address, instance: session.insideInstance, gateway: gateway, name: name)
          perform(.closeEarlier(doors, worker: session.id.worker), now: now)
        }
      }
      result.steppedAside = agent.steppedAside
      counters.add(agent.edits.count, to: reading.isDryRun ? .dryEdits : .edits, of: gateway)
      if !reading.isDryRun { counters.add(agent.opened.count, to: .doors, of: gateway) }
      if result.isDropped { counters.add(to: .dropped, of: gateway) }
    case .failed(let error):
      // The message goes on as it is, so doors that it would have announced lead nowhere.
      if !reading.isDryRun {
        for door in agent.opened.map(\.grant.door) + agent.unused { perform(.close(door), now: now) }
      }
      switch error {
      case .malformed(let what):
        counters.add(to: .malformed, of: gateway)
        remarks.append("malformed: \(what)")
      case .refused(let refusal):
        counters.add(to: .doorsRefused, of: gateway)
        if remarks.last != "door refused: \(refusal.name)" { remarks.append("door refused: \(refusal.name)") }
      case .pending: break
      }
    case .waiting: break
    }
    counters.add(remarks.count, to: .remarks, of: gateway)
    tell(reading, outcome, remarks, message, direction, now: now)
    return result
  }

  // MARK: What is told

  private func tell(
    _ reading: borrowing Reading, _ outcome: Reading.Outcome, _ remarks: [String], _ message: Span<UInt8>,
    _ direction: Direction, now: UInt64
  ) {
    guard ledger.isOn, let gateway = GatewayCatalog.gateway(reading.session.gateway) else { return }
    let agent = reading.agent
    var entry = LedgerEntry(
      time: now, gateway: gateway.name, session: reading.session, direction: direction, kind: agent.kind ?? "")
    if case .read = outcome {
      entry.edits = agent.edits.map {
        LedgerEdit(field: $0.field, before: message.extracting($0.range).copied, after: $0.octets)
      }
      entry.doors = agent.opened
    }
    if case .failed(.malformed) = outcome { entry.malformed = message.copied }
    entry.remarks = remarks
    entry.isDryRun = reading.isDryRun
    if entry.isWorthTelling { ledger.note(entry) }
  }

  /// Tells that a gateway stepped aside.
  func tell(steppedAside reason: StepAsideReason, _ session: ControlSession, now: UInt64) {
    guard ledger.isOn, let gateway = GatewayCatalog.gateway(session.gateway) else { return }
    var entry = LedgerEntry(
      time: now, gateway: gateway.name, session: session, direction: session.opened, kind: "")
    entry.steppedAside = reason
    ledger.note(entry)
  }
}
