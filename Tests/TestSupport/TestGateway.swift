package import Forwarding
package import Translation
import WireFormats

/// A gateway without devices: translators over memory of its own, a clock that a test moves, neighbours that are
/// known, and the hand-over between workers done on the spot.
@safe package final class TestGateway {
  /// The rules in force, and the numbers of theirs and of earlier ones.
  package internal(set) var policy: Policy
  package var book = RuleBook()
  /// The outside hosts' local addresses, which all workers share.
  package let bindings: OutsideBindings
  package let neighbors: NeighborTable
  package let limit: SessionLimit
  package let workers: Int
  /// The tick, in seconds.
  package private(set) var now: UInt32 = 1000
  /// Packets that one worker handed to another.
  package private(set) var handOvers = 0
  package let counters: [TranslationCounters]
  package let journals: [TranslationJournal]
  package let ports: PortMap

  /// A frame of a fragment that waits.
  private struct HeldFrame {
    var frame: Frame
    var ingress: InterfaceID
    var passage: Packet.Passage
  }

  private var held: [UInt64: HeldFrame] = [:]
  private var holds: UInt64 = 0
  private var released: [Outcome] = []

  /// Turns of the search for idle sessions that see every record.
  private let rounds: Int
  let translators: UnsafeMutablePointer<Translator>
  /// The port map's memory, then each worker's region.
  let memory: [UnsafeMutableRawPointer]
  let layout: ShardLayout

  /// A gateway as `setup` says, under its policy or another, with neighbours of its own or others'.
  package init(_ setup: TestSetup, policy other: Policy? = nil, neighbors: NeighborTable = NeighborTable()) {
    policy = other ?? setup.policy
    _ = book.numbers(of: policy.rules.map(\.rule), setup.translation)
    bindings = OutsideBindings(capacity: 64, key: (setup.seed, 7))
    self.neighbors = neighbors
    workers = setup.workers
    rounds = 1 + setup.sessionsPerWorker / 8192
    limit = SessionLimit(maximum: setup.translation.maximumEntries)
    let addresses = policy.globalAddresses.count + setup.spareAddresses
    let portMemory = unsafe Self.zeroed(PortMap.size(addresses: addresses))
    ports = unsafe PortMap(memory: portMemory, addresses: addresses)
    policy.reserveStaticPorts(in: ports)
    var regions = unsafe [portMemory]
    unsafe translators = .allocate(capacity: setup.workers)
    counters = (0..<setup.workers).map { _ in TranslationCounters() }
    journals = (0..<setup.workers).map { _ in TranslationJournal(capacity: 1024) }
    for journal in journals { journal.scope = setup.translation.logging.widestScope }
    layout = ShardLayout(sessions: setup.sessionsPerWorker)
    for worker in 0..<setup.workers {
      let region = unsafe Self.zeroed(layout.size)
      unsafe regions.append(region)
      let shard = unsafe Shard(
        memory: region, layout: layout, seed: (setup.seed &* 0x9E37_79B9_7F4A_7C15, ~setup.seed), worker: worker,
        workers: setup.workers)
      let translator = Translator(
        policy: policy, shard: shard, ports: ports, neighbors: neighbors, counters: counters[worker], limit: limit,
        bindings: bindings, random: KeyedRandom(key: (setup.seed, UInt64(worker))), worker: worker,
        workers: setup.workers, journal: journals[worker])
      unsafe (translators + worker).initialize(to: translator)
    }
    unsafe memory = regions
    if setup.knowsNeighbors { introduceEverybody() }
  }

  deinit {
    unsafe translators.deinitialize(count: workers)
    unsafe translators.deallocate()
    for index in 0..<(unsafe memory.count) { unsafe memory[index].deallocate() }
  }

  @unsafe private static func zeroed(_ size: Int) -> UnsafeMutableRawPointer {
    let region = UnsafeMutableRawPointer.allocate(byteCount: max(size, 64), alignment: 64)
    unsafe region.initializeMemory(as: UInt8.self, repeating: 0, count: max(size, 64))
    return unsafe region
  }

  // MARK: Neighbours and time

  private func introduceEverybody() {
    for host in [Host.alice, .bob] + (0..<240).map(Host.inside) { introduce(host, at: Place.inside) }
    for host in [Host.carol, .dave, .router] { introduce(host, at: Place.outside) }
    for interface in policy.interfaces where interface.instance != .global {
      let isInside = interface.realm == .inside
      let hosts = isInside ? [Host.alice, .bob] + (0..<240).map(Host.inside) : [.carol, .dave, .router]
      for host in hosts { introduce(host, at: interface.id) }
    }
  }

  /// Makes a host's Ethernet address known.
  package func introduce(_ host: Host, at interface: InterfaceID) {
    let hop = NextHop(interface: interface, neighbor: host.address)
    guard neighbors.findOrAdd(hop, now: now) != nil else { return }
    neighbors.learn(hop, address: host.hardwareAddress, now: now)
  }

  /// Moves the clock, and lets every worker search its whole tables once for what is idle.
  package func advance(seconds: UInt32) {
    now += seconds
    for _ in 0...rounds { expire() }
  }

  /// Moves the clock without a search.
  package func tick(seconds: UInt32 = 1) { now += seconds }

  /// One turn of the search for idle sessions in every worker.
  ///
  /// - Parameter elapsed: microseconds since the last turn.
  package func expire(elapsed: UInt64 = Sweep.round) {
    for worker in 0..<workers {
      unsafe translators[worker].expire(now: now, elapsed: elapsed)
      for _ in 0..<FragmentTable.maximumDatagrams / 64 { unsafe translators[worker].expireFragments(now: now) }
      release(at: worker)
    }
  }

  // MARK: Packets

  /// Sends a packet in by an interface, and returns what became of it.
  ///
  /// - Parameter worker: the worker whose queue it arrives at; as a rule the one that steering would choose.
  package func send(_ datagram: Datagram, by interface: InterfaceID, at worker: Int? = nil) -> Outcome {
    send([datagram.frame()], by: interface, at: worker ?? steering(datagram, by: interface))[0]
  }

  /// Sends a burst of frames in by an interface to one worker's queue.
  package func send(_ frames: [Frame], by interface: InterfaceID, at worker: Int = 0) -> [Outcome] {
    let arena = FrameArena(frames)
    var packets = arena.packets(by: interface)
    process(&packets, at: worker)
    for index in packets.indices { follow(&packets[index], index, in: arena, at: worker) }
    let outcomes = packets.indices.map { outcome(packets[$0].verdict, arena.sent($0)) }
    for worker in 0..<workers { release(at: worker) }
    return outcomes
  }

  /// Sends a packet in as the slow path does: it arrives at its session's worker, and no gateway looks into it any more.
  package func sendInspected(_ datagram: Datagram, by interface: InterfaceID, at worker: Int = 0) -> Outcome {
    let arena = FrameArena([datagram.frame()])
    var packets = [arena.packet(0, by: interface, passage: .inspected)]
    process(&packets, at: worker)
    follow(&packets[0], 0, in: arena, at: worker)
    return outcome(packets[0].verdict, arena.sent(0))
  }

  /// Gives a worker an order of the slow path's.
  package func perform(_ order: SessionOrder, at worker: Int = 0) -> OrderAnswer {
    unsafe translators[worker].perform(order, now: now)
  }

  /// Sessions that ended on the slow path, of all workers, since this was last asked.
  package func takeEndedInspected() -> [SessionID] {
    (0..<workers).flatMap { worker in
      var ended: [SessionID] = []
      while let id = unsafe translators[worker].takeEndedInspected() { ended.append(id) }
      return ended
    }
  }

  /// The doors that are open.
  package var doors: [DoorRow] {
    (0..<workers).flatMap { worker in
      var rows: [DoorRow] = []
      _ = unsafe translators[worker].listDoors(from: 0, slice: .max) { rows.append($0) }
      return rows
    }
  }

  /// The sessions with their numbers and workers, as the slow path knows them.
  package var inspectedSessions: [InspectedSession] {
    (0..<workers).flatMap { worker in
      var numbers: [UInt32] = []
      _ = unsafe translators[worker].listSessions(from: 0, slice: .max, limit: .max) { number, _ in
        numbers.append(number)
      }
      return numbers.map { unsafe translators[worker].inspected($0) }
    }
  }

  /// Keeps a fragment's frame until its worker gives it back.
  private func hold(_ packet: Packet, _ frame: Frame, at place: FragmentPlace, of worker: Int) {
    holds += 1
    held[holds] = HeldFrame(frame: frame, ingress: packet.ingress, passage: packet.passage)
    unsafe translators[worker].keepFragment(holds, at: place)
  }

  /// Sends the fragments that a worker gives back on their way, and counts those that it gives up.
  private func release(at worker: Int) {
    while let word = unsafe translators[worker].takeReleasedFragment() {
      guard let fragment = held.removeValue(forKey: word) else { preconditionFailure("a frame that nobody held") }
      let arena = FrameArena([fragment.frame])
      var packets = [arena.packet(0, by: fragment.ingress, passage: fragment.passage)]
      process(&packets, at: worker)
      follow(&packets[0], 0, in: arena, at: worker)
      released.append(outcome(packets[0].verdict, arena.sent(0)))
    }
    while let (word, reason) = unsafe translators[worker].takeAbandonedFragment() {
      guard held.removeValue(forKey: word) != nil else { preconditionFailure("a frame that nobody held") }
      released.append(.dropped(reason))
    }
  }

  /// What became of the fragments that were held, since this was last asked.
  package func takeReleased() -> [Outcome] {
    defer { released = [] }
    return released
  }

  /// Fragments that are held.
  package var fragmentsHeld: Int { held.count }

  /// Takes a packet to where its verdicts send it: other workers, or round by an outside interface.
  private func follow(_ packet: inout Packet, _ index: Int, in arena: borrowing FrameArena, at worker: Int) {
    var worker = worker
    var passage: Packet.Passage = []
    for _ in 0..<6 {
      let interface: InterfaceID
      let ports = packet.portsOfDatagram
      switch packet.verdict {
      case .handOver(let owner):
        handOvers += 1
        interface = packet.ingress
        worker = Int(owner)
        passage = packet.passage.union(.handedOver)
      case .hairpin(let outside):
        interface = outside
        passage = .hairpin
      case .hold(let place):
        hold(packet, arena.frame(index), at: place, of: worker)
        return
      default: return
      }
      var next = [arena.packet(index, by: interface, passage: passage)]
      next[0].portsOfDatagram = ports
      process(&next, at: worker)
      packet = next[0]
    }
  }

  /// Gives a burst to a worker.
  package func process(_ packets: inout [Packet], at worker: Int) {
    var burst = packets.mutableSpan
    unsafe translators[worker].process(&burst, now: now)
  }

  private func steering(_ datagram: Datagram, by interface: InterfaceID) -> Int {
    let place = policy.interfaces.first { $0.id == interface }
    if place?.realm != .outside {
      return Ownership.worker(
        ofInside: datagram.source.address, in: place?.instance ?? .global, of: workers)
    }
    var port = datagram.destination.port
    if case .icmp(_, _, let rest) = datagram.body { port = UInt16(rest >> 16) }
    return Ownership.worker(ofPort: port, of: workers)
  }

  private func outcome(_ verdict: Verdict, _ packet: SentPacket) -> Outcome {
    switch verdict {
    case .forward(let state): .sent(packet, by: state.interface)
    case .cut(let state): .cut(packet, by: state.interface)
    case .resolve: .awaitsNeighbor(packet)
    case .hold: .held
    case .inspect: .inspected
    case .deliver: .delivered
    case .refuse(let refusal, let reason): .refused(refusal, reason)
    case .drop(let reason): .dropped(reason)
    case .pending, .handOver, .hairpin: .undecided
    }
  }
}

extension TestGateway {
  /// Sends from the inside.
  package func sendOut(_ datagram: Datagram, at worker: Int? = nil) -> Outcome {
    send(datagram, by: Place.inside, at: worker)
  }

  /// Sends from the outside.
  package func sendIn(_ datagram: Datagram, at worker: Int? = nil) -> Outcome {
    send(datagram, by: Place.outside, at: worker)
  }

  // MARK: State

  /// The live sessions of all workers.
  package var sessions: [SessionRecord] {
    (0..<workers).flatMap { worker in
      var found: [SessionRecord] = []
      _ = unsafe translators[worker].listSessions(from: 0, slice: .max, limit: .max, into: &found)
      return found
    }
  }

  /// The live sessions of one worker, asked for in slices as a listing does it.
  package func sessions(of worker: Int, slice: UInt32, limit: Int) -> [[SessionRecord]] {
    var slices: [[SessionRecord]] = []
    var cursor: UInt32? = 0
    while let from = cursor {
      var found: [SessionRecord] = []
      cursor = unsafe translators[worker].listSessions(from: from, slice: slice, limit: limit, into: &found)
      slices.append(found)
    }
    return slices
  }

  /// The live address mappings of all workers.
  package var addressMappings: [MappingRecord] {
    (0..<workers).flatMap { worker in
      var found: [MappingRecord] = []
      _ = unsafe translators[worker].listAddressMappings(from: 0, slice: .max, limit: .max, into: &found)
      return found
    }
  }

  /// The inside hosts that all workers know because something limits their sessions.
  package var hosts: [MappingRecord] {
    (0..<workers).flatMap { worker in
      var found: [MappingRecord] = []
      _ = unsafe translators[worker].listHosts(from: 0, slice: .max, limit: .max) { found.append($1) }
      return found
    }
  }

  /// Ends the sessions that a request names; returns how many.
  @discardableResult
  package func clear(_ request: ClearRequest = ClearRequest()) -> Int {
    var cleared = 0
    for worker in 0..<workers {
      var cursor: UInt32? = 0
      while let from = cursor {
        cursor = unsafe translators[worker].clear(request, from: from, slice: 64, cleared: &cleared)
      }
    }
    return cleared
  }

  /// Takes what the workers have noted, worker by worker.
  package func drainJournals() -> [TranslationEvent] {
    journals.flatMap { journal in
      var events: [TranslationEvent] = []
      _ = journal.drain(limit: .max) { events.append($0) }
      return events
    }
  }

  /// The sum of a counter over all workers.
  package func total(_ counter: TranslationCounter) -> UInt64 {
    counters.reduce(0) { $0 + $1.value(of: counter) }
  }

  /// What is wrong with the state; empty when every invariant holds. With `ports` every port of every address is
  /// looked at too, which takes its time.
  package func problems(ports: Bool = false) -> [String] {
    var problems: [String] = []
    for worker in 0..<workers {
      let found =
        unsafe translators[worker].checkInvariants() + (ports ? translators[worker].checkPorts() : [])
      problems += found.map { "worker \(worker): \($0)" }
    }
    let live = sessions.count
    if limit.usage.used != live { problems.append("the limit counts \(limit.usage.used) of \(live) sessions") }
    return problems
  }
}
