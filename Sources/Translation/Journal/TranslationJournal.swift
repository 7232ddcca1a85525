import Synchronization

/// What becomes of one worker's translations, on its way to whoever writes it down (RFC 6888 section 4).
///
/// The worker writes, one reader drains, and the worker never waits: an event that finds no room is counted as lost.
/// While nobody wants to hear of translations the worker pays one relaxed load and a branch.
///
/// Invariant: the events between `head` and `tail` are whole, written by the worker before the tail passed them. Only
/// the worker moves the tail, only the reader the head.
@safe package final class TranslationJournal: @unchecked Sendable {
  /// Events that the journal of a worker holds: about four megabytes, which become memory when they are used.
  package static let standardCapacity = 1 << 16
  /// Refusals of one kind that are noted in a second: a flood of them says no more than its beginning.
  package static let refusalsPerSecond = 32

  private let events: UnsafeMutablePointer<TranslationEvent>
  private let mask: UInt64
  /// 0 for off, otherwise a `TranslationLogging.Scope` and one.
  private let scopeWord = Atomic<UInt8>(0)

  // The worker's own, and what the reader looks at, 128 octets from what the reader writes: processors fetch cache
  // lines in pairs.
  private let time = Atomic<UInt64>(0)
  private let headCopy = Atomic<UInt64>(0)
  private let tail = Atomic<UInt64>(0)
  private let lostCount = Atomic<UInt64>(0)
  private let suppressedCount = Atomic<UInt64>(0)
  /// For each kind of refusal the second in the upper half, and how many were noted in it.
  private let refusals: InlineArray<16, Atomic<UInt64>>
  private let distance = InlineArray<16, UInt64>(repeating: 0)
  private let head = Atomic<UInt64>(0)

  /// An empty journal that is off.
  ///
  /// - Parameter capacity: events, a power of two.
  package init(capacity: Int = TranslationJournal.standardCapacity) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0)
    mask = UInt64(capacity - 1)
    refusals = InlineArray { _ in Atomic(0) }
    unsafe events = .allocate(capacity: capacity)
  }

  deinit { unsafe events.deallocate() }

  // MARK: Scope

  /// Whether anybody wants to hear of translations.
  @inline(__always) package var isOn: Bool { scopeWord.load(ordering: .relaxed) != 0 }

  /// What is noted; nil for nothing. A change takes effect with the next event.
  package var scope: TranslationLogging.Scope? {
    get {
      switch scopeWord.load(ordering: .relaxed) {
      case 0: nil
      case 1: .bindings
      default: .sessions
      }
    }
    set {
      let word: UInt8 =
        switch newValue {
        case nil: 0
        case .bindings: 1
        case .sessions: 2
        }
      scopeWord.store(word, ordering: .relaxed)
    }
  }

  @inline(__always) private var hasSessions: Bool { scopeWord.load(ordering: .relaxed) == 2 }

  // MARK: The worker

  /// The time that the next events carry, in nanoseconds of the monotonic clock; set once a turn.
  @inline(__always) package func turn(at nanoseconds: UInt64) { time.store(nanoseconds, ordering: .relaxed) }

  /// A session was made.
  @inline(__always) package func sessionCreated(_ record: SessionRecord) {
    if hasSessions { noteSession(.sessionCreated, record) }
  }

  /// A session ended.
  @inline(__always) package func sessionDeleted(_ record: SessionRecord) {
    if hasSessions { noteSession(.sessionDeleted, record) }
  }

  /// A mapping of a port or an address was made; pairings are no business of the log.
  @inline(__always) package func mappingCreated(_ record: MappingRecord) {
    if isOn { noteMapping(isNew: true, record) }
  }

  /// A mapping of a port or an address ended.
  @inline(__always) package func mappingDeleted(_ record: MappingRecord) {
    if isOn { noteMapping(isNew: false, record) }
  }

  /// A host got a set of ports.
  @inline(__always) package func blockAllocated(_ block: PortBlock) {
    if isOn { noteBlock(.portBlockAllocated, block) }
  }

  /// A host gave back a set of ports.
  @inline(__always) package func blockReleased(_ block: PortBlock) {
    if isOn { noteBlock(.portBlockReleased, block) }
  }

  /// A session was refused. Of each kind at most `refusalsPerSecond` are noted in a second (RFC 8158 section 5.6 asks
  /// that such events be limited).
  ///
  /// - Parameters:
  ///   - event: of kind `addressesExhausted`, `portsExhausted` or `quotaExceeded`.
  @inline(__always) package func refused(_ event: @autoclosure () -> TranslationEvent) {
    if isOn { noteRefusal(event()) }
  }

  @inline(never) private func noteSession(_ kind: TranslationEvent.Kind, _ record: SessionRecord) {
    note(TranslationEvent(kind, of: record))
  }

  @inline(never) private func noteMapping(isNew: Bool, _ record: MappingRecord) {
    switch record.kind {
    case .port, .portByAddress: note(TranslationEvent(isNew ? .bindingCreated : .bindingDeleted, of: record))
    case .address: note(TranslationEvent(isNew ? .addressBindingCreated : .addressBindingDeleted, of: record))
    case .pairing, .permission, .host, .portSet, .held, .shift, .door, .doorName, .free: return
    }
  }

  @inline(never) private func noteBlock(_ kind: TranslationEvent.Kind, _ block: PortBlock) {
    var event = TranslationEvent(kind)
    event.insideLocal = block.insideLocal
    event.insideGlobal = block.insideGlobal
    event.insideInstance = block.instance
    event.protocolNumber = block.protocolNumber
    event.rule = block.rule
    event.firstPort = block.firstPort
    event.lastPort = block.lastPort
    event.portStep = block.step
    event.portCount = block.count
    note(event)
  }

  @inline(never) private func noteRefusal(_ event: TranslationEvent) {
    let second = time.load(ordering: .relaxed) / 1_000_000_000 & 0xFFFF_FFFF
    let place = Int(event.kind.rawValue & 15)
    let word = refusals[place].load(ordering: .relaxed)
    let noted = word >> 32 == second ? word & 0xFFFF_FFFF : 0
    guard noted < UInt64(Self.refusalsPerSecond) else {
      suppressedCount.store(suppressedCount.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
      return
    }
    refusals[place].store(second << 32 | (noted + 1), ordering: .relaxed)
    note(event)
  }

  /// Notes an event whatever the scope, with the time of the turn; counts it as lost when there is no room.
  package func note(_ event: TranslationEvent) {
    let position = tail.load(ordering: .relaxed)
    if position &- headCopy.load(ordering: .relaxed) > mask {
      headCopy.store(head.load(ordering: .acquiring), ordering: .relaxed)
      guard position &- headCopy.load(ordering: .relaxed) <= mask else {
        lostCount.store(lostCount.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        return
      }
    }
    var event = event
    event.time = time.load(ordering: .relaxed)
    unsafe (events + Int(position & mask)).initialize(to: event)
    tail.store(position &+ 1, ordering: .releasing)
  }

  // MARK: The reader

  /// Events that found no room since the journal was made.
  package var lost: UInt64 { lostCount.load(ordering: .relaxed) }

  /// Refusals that were not noted because there were too many in their second.
  package var suppressed: UInt64 { suppressedCount.load(ordering: .relaxed) }

  /// Hands the oldest events to `body`, `limit` of them at most, and returns how many there were. Called by one reader
  /// at a time.
  package func drain(limit: Int, _ body: (TranslationEvent) -> Void) -> Int {
    let position = head.load(ordering: .relaxed)
    let count = min(Int(tail.load(ordering: .acquiring) &- position), limit)
    for index in 0..<max(0, count) {
      body(unsafe events[Int((position &+ UInt64(index)) & mask)])
    }
    head.store(position &+ UInt64(max(0, count)), ordering: .releasing)
    return max(0, count)
  }
}

extension TranslationLogging {
  /// The widest scope that anybody asks for; nil when nobody does.
  package var widestScope: Scope? {
    let scopes = collectors.map(\.scope) + (syslog.map { [$0] } ?? [])
    return scopes.contains(.sessions) ? .sessions : scopes.first
  }
}
