package import Forwarding
import WireFormats

/// The translator of one worker: the way of a burst, read from top to bottom. `Steps/` has its lines.
///
/// A burst is walked three times, so that the loads of one packet overlap with the work on the others: parse and hash
/// (and ask for the index's cache line); probe the index (and ask for the session's); then decide, track and rewrite.
/// Nothing here allocates, locks or calls the system; time and randomness come from outside.
package struct Translator: ~Copyable {
  package internal(set) var policy: Policy
  package let worker: Int
  package let workers: Int
  package let neighbors: NeighborTable
  package let counters: TranslationCounters
  package let journal: TranslationJournal
  var facts: InterfaceTable
  /// IPv6, which workers route by themselves: here because it changes with the policy.
  package internal(set) var ipv6: IPv6Table
  package internal(set) var ipv6Services: IPv6ServiceTable
  var shard: Shard
  let ports: PortMap
  let allocator: PortAllocator
  let limit: SessionLimit
  let bindings: OutsideBindings
  var random: KeyedRandom
  var sweep = Sweep()
  var fragments: FragmentTable
  var identifications: IdentificationCounter
  var heldSYNs = HeldSYNs()
  var doors = DoorTable()
  let pairingHints = PairingHints()
  /// Sessions that ended while the slow path had them, and that it has not been told of.
  var endedInspected: [SessionID] = []
  /// One for each number of a dynamic rule.
  var hunts: [AddressHunt]
  /// The place of the next real host behind each virtual one, by rule.
  var rotations: [Int]
  /// The tick of the burst at hand: seconds since a moment before start.
  var now: UInt32 = 1
  /// The neighbour table's generation at the start of the burst.
  var generation: UInt16 = 0

  /// The translator of worker `worker` of `workers`.
  package init(
    policy: Policy, shard: consuming Shard, ports: PortMap, neighbors: NeighborTable, counters: TranslationCounters,
    limit: SessionLimit, bindings: OutsideBindings = OutsideBindings(capacity: 64, key: (0, 0)), random: KeyedRandom,
    worker: Int = 0, workers: Int = 1, journal: TranslationJournal = TranslationJournal(capacity: 64)
  ) {
    precondition(workers >= 1 && workers <= PortMap.maximumWorkers && worker < workers)
    self.policy = policy
    facts = InterfaceTable(policy.facts)
    ipv6 = IPv6Table(policy.ipv6)
    ipv6Services = IPv6ServiceTable(policy.ipv6Services)
    hunts = Array(repeating: AddressHunt(), count: policy.ruleIDCount)
    rotations = Array(repeating: 0, count: max(1, policy.destinationRules.count))
    self.shard = shard
    self.ports = ports
    self.neighbors = neighbors
    self.counters = counters
    self.journal = journal
    self.limit = limit
    self.bindings = bindings
    var random = random
    fragments = FragmentTable(seed: random.next())
    identifications = IdentificationCounter(worker: worker, workers: workers, start: random.next())
    self.random = random
    self.worker = worker
    self.workers = workers
    allocator = PortAllocator(map: ports, worker: worker, workers: workers)
  }

  /// Gives every packet of a burst its verdict, and rewrites those that go on.
  ///
  /// - Parameters:
  ///   - burst: the packets, any number; 16 to 64 make best use of the memory.
  ///   - now: the tick, in seconds; it never goes back.
  package mutating func process(_ burst: inout MutableSpan<Packet>, now: UInt32) {
    self.now = now
    generation = neighbors.generation
    for index in burst.indices { parse(&burst[index]) }
    var missing: UInt64 = 0
    for index in burst.indices where !probe(&burst[index]) { missing |= 1 &<< UInt64(truncatingIfNeeded: index) }
    if missing != 0, !prepareAdmissions(&burst, missing) {
      decideAhead(&burst)
      return
    }
    decide(&burst)
  }

  /// The middle walk: what the index says, before the session itself is looked at. False when its first bucket has nothing.
  @inline(__always)
  private mutating func probe(_ packet: inout Packet) -> Bool {
    guard packet.hash != 0 else { return true }
    guard let entry = shard.sessionIndex.candidateInFirst(packet.hash) else { return isForAnother(&packet) }
    packet.candidate = entry
    shard.sessions.prefetch(entry >> 1)
    return true
  }

  /// A packet that the first bucket has nothing of: true when it goes to another worker, otherwise its second bucket is
  /// asked for.
  @inline(never)
  private mutating func isForAnother(_ packet: inout Packet) -> Bool {
    packet.candidate = Packet.noCandidate
    if workers > 1, isElsewhere(&packet) { return true }
    shard.sessionIndex.prefetchSecondForStrays(packet.hash)
    return false
  }

  /// Hands a packet over at once whose host is another worker's, which therefore cannot have a session here. Where there
  /// are virtual hosts it can, and admission decides.
  @inline(__always)
  private mutating func isElsewhere(_ packet: inout Packet) -> Bool {
    guard packet.direction == .outbound, !packet.wasHandedOver, policy.destinationMembers.isEmpty else { return false }
    let owner = Ownership.worker(ofInside: packet.source, in: facts[packet.ingress].instance, of: workers)
    guard owner != worker else { return false }
    counters.add(to: .handedOver)
    packet.verdict = .handOver(worker: UInt8(truncatingIfNeeded: owner))
    packet.hash = 0
    return true
  }

  /// The middle walk once more, for packets whose entry is not in its first bucket: few, or new sessions, and what the
  /// admission of a few will look at is asked for. False, and nothing is asked for, when so many sessions begin that it is
  /// done best in the last walk. `missing` has a bit for each place of the burst, or for several that are 64 apart.
  @inline(never)
  private mutating func prepareAdmissions(_ burst: inout MutableSpan<Packet>, _ missing: UInt64) -> Bool {
    var unknown = 0
    var rest = missing
    while rest != 0 {
      for index in stride(from: rest.trailingZeroBitCount, to: burst.count, by: 64) {
        probeAgain(&burst[index], &unknown)
      }
      rest &= rest &- 1
    }
    guard unknown <= Self.preparedAhead else { return false }
    if unknown > 0 {
      for index in burst.indices where burst[index].isUnknown { prepareAdmission(&burst[index]) }
      for index in burst.indices where burst[index].isUnknown { foresee(&burst[index]) }
    }
    return true
  }

  @inline(__always)
  private mutating func probeAgain(_ packet: inout Packet, _ unknown: inout Int) {
    guard packet.candidate == Packet.noCandidate, packet.hash != 0 else { return }
    guard let entry = shard.sessionIndex.candidateInSecond(packet.hash) else {
      unknown += 1
      return
    }
    packet.candidate = entry
    shard.sessions.prefetch(entry >> 1)
  }

  /// The last walk, in a function of its own: the compiler makes one loop of it, with the count in a register, where in
  /// `process` it would call `decide` for every packet.
  @inline(never)
  private mutating func decide(_ burst: inout MutableSpan<Packet>) {
    var others: UInt64 = 0
    for index in burst.indices { decide(&burst[index], &others) }
    counters.add(UInt64(burst.count) &- others, to: .hits)
  }

  /// The last walk of a burst in which many sessions begin. What their admission will look at is asked for while those
  /// before them are admitted, in two steps, the second of which needs what the first has asked for. To ask for all of
  /// it in walks of its own would be of less use: a processor that waits for as many cache lines as it can keep in
  /// mind, about ten, forgets what it is asked for beyond that.
  @inline(never)
  private mutating func decideAhead(_ burst: inout MutableSpan<Packet>) {
    var others: UInt64 = 0
    let count = burst.count
    for index in 0..<min(Self.preparedAhead, count) where burst[index].isUnknown { prepareAdmission(&burst[index]) }
    for index in 0..<min(Self.foreseenAhead, count) where burst[index].isUnknown { foresee(&burst[index]) }
    for index in burst.indices {
      let (prepared, foreseen) = (index &+ Self.preparedAhead, index &+ Self.foreseenAhead)
      if prepared < count, burst[prepared].isUnknown { prepareAdmission(&burst[prepared]) }
      if foreseen < count, burst[foreseen].isUnknown { foresee(&burst[foreseen]) }
      decide(&burst[index], &others)
    }
    counters.add(UInt64(count) &- others, to: .hits)
  }

  /// Packets by which the two steps of `decideAhead` are ahead: far enough for memory to answer, near enough for the
  /// first cache to keep all of it.
  private static var preparedAhead: Int { 16 }
  private static var foreseenAhead: Int { 8 }

  /// The packet's session, found or made, or what it is otherwise.
  @inline(__always)
  private mutating func decide(_ packet: inout Packet, _ others: inout UInt64) {
    // No record has the number of `noCandidate`.
    if shard.verify(packet.candidate, packet.key) {
      translate(&packet, packet.candidate >> 1)
    } else {
      decideWithoutCandidate(&packet, &others)
    }
  }

  /// A packet of which the index did not know the session: a new one's, one that is none's, or one that has its verdict.
  /// Counts those that did not find a session.
  @inline(never)
  private mutating func decideWithoutCandidate(_ packet: inout Packet, _ others: inout UInt64) {
    guard packet.hash != 0 else {
      others &+= 1
      if case .pending = packet.verdict { decideWithoutKey(&packet) }
      return
    }
    // Asked again even where the middle walk found no candidate: an earlier packet of this burst may have made the
    // session meanwhile, and a second one must not stand beside it.
    packet.verdict = .pending
    if let session = shard.findSession(packet.key, packet.hash) {
      translateCarefully(&packet, session)
      return
    }
    others &+= 1
    guard !packet.passage.contains(.inspected) else {
      // Its session ended while it was on the slow path.
      packet.verdict = .drop(.cleared)
      return
    }
    packet.direction == .outbound ? admitOutbound(&packet) : admitInbound(&packet)
    // The worker that owns the packet counts it.
    if case .handOver = packet.verdict { return }
    counters.add(to: .misses)
  }

  /// A packet that is not looked up by what it is itself.
  private mutating func decideWithoutKey(_ packet: inout Packet) {
    switch (packet.kind, facts[packet.ingress].realm) {
    case (.icmpError, .inside), (.icmpError, .outside): translateICMPError(&packet)
    case (.fragment, .inside), (.fragment, .outside), (.laterFragment, _): fragment(&packet)
    case (_, .none): route(&packet)
    // Flows of interfaces that translate have keys, and do not come here.
    case (.otherICMP, _), (.flow, _), (.addressOnly, _): packet.verdict = .drop(.protocolNotTranslated)
    }
  }
}
