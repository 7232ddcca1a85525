import Forwarding
import Translation
import WireFormats

/// One worker: its queue of every device, its ring, its buffers, its translator. `run` is its life, read from top to
/// bottom; the other files of this folder have the lines.
///
/// It is generic over the packet engine and specialised for each. Everything in it belongs to its thread.
@safe struct Worker<IO: PacketIO & ~Copyable>: ~Copyable {
  let plan: WorkerPlan
  let handle: WorkerHandle
  let memory: FrameMemory
  var io: IO
  var translator: Translator
  var pool: BufferPool
  /// How each device is being read.
  var inlets: InlineArray<64, Inlet> = InlineArray(repeating: Inlet())
  var links: LinkTable
  var waiting = WaitingFrames<NextHop>()
  var waitingIPv6 = WaitingFrames<IPv6NextHop>()
  var reentries: ReentryQueue
  var handedIn: HandedIn
  var ageing = NeighborAgeing()
  var icmpLimit = RateLimit(rate: 1000, burst: 200)
  var pace: Pace
  /// The frames of the burst at hand, and the packets among them, side by side.
  let frames: UnsafeMutableBufferPointer<Frame>
  let packets: UnsafeMutableBufferPointer<Packet>
  let completions: UnsafeMutableBufferPointer<Completion>
  var frameCount = 0
  /// Nanoseconds of the monotonic clock, read once a turn, and the tick they make.
  var nanoseconds: UInt64 = 0
  var now: UInt32 = 1
  var nextHousekeeping: UInt64 = 0
  var nextSweep: UInt64 = 0
  var lastSweep: UInt64 = 0
  var announcements = Announcements()
  /// Where the ageing of IPv6 neighbours goes on, and when routers are advertised next.
  var ipv6Cursor = 0
  var nextAdvertisement: UInt64 = 0
  /// The "Identification" of the last datagram of the gateway's own.
  var ownPacketIdentification: UInt16 = 0
  /// The interfaces being captured, read once a turn.
  var captured: UInt64 = 0

  /// Nanoseconds between two turns of housekeeping.
  static var housekeepingInterval: UInt64 { 100_000_000 }

  init(plan: WorkerPlan, handle: WorkerHandle, io: consuming IO, translator: consuming Translator) {
    self.plan = plan
    self.handle = handle
    self.io = io
    self.translator = translator
    memory = plan.memory
    pool = BufferPool(worker: plan.index, count: plan.memory.buffersPerPool)
    links = LinkTable(plan.interfaces)
    pace = Pace(plan.poll)
    handedIn = HandedIn(parties: plan.parties)
    reentries = ReentryQueue(capacity: Int(plan.memory.buffersPerPool) * plan.parties)
    unsafe frames = .allocate(capacity: plan.burst)
    unsafe packets = .allocate(capacity: plan.burst)
    let nothing = plan.memory.octets(of: BufferID(worker: plan.index, number: 0)).prefix(0)
    unsafe packets.initialize(
      repeating: Packet(octets: nothing, networkOffset: 0, ingress: InterfaceID(rawValue: 0)))
    unsafe completions = .allocate(capacity: 4 * plan.burst)
  }

  deinit {
    unsafe frames.deallocate()
    unsafe packets.deallocate()
    unsafe completions.deallocate()
  }

  /// The loop: until `stop` says so.
  mutating func run(until stop: () -> Bool) {
    start()
    while !stop() {
      let work = turn(at: monotonicNanoseconds())
      rest(after: work)
    }
    handle.mailbox.close(&translator)
  }

  /// The first requests.
  mutating func start() {
    io.watch(descriptor: handle.wake.descriptor, token: Token(.wake).rawValue)
    readClock(monotonicNanoseconds())
    armReads()
    io.submit()
  }

  /// One turn: what has come, what is waiting, what is due; then reads for more. Returns the number of frames.
  mutating func turn(at nanoseconds: UInt64) -> Int {
    readClock(nanoseconds)
    handle.load.add(to: .turns)
    captured = handle.capture.interfaces
    fetchHandedOver()
    takeReturned()
    var work = harvest()
    work += takeHandedOver()
    if frameCount > 0 { flushBurst() }
    if !reentries.isEmpty { processAgain() }
    if !handle.mailbox.isEmpty { handle.mailbox.take()?(&translator) }
    if waiting.count > 0 { sendWaiting() }
    if waitingIPv6.count > 0 { sendWaitingIPv6() }
    if !handle.outbox.isEmpty { sendOwnDatagrams() }
    if nanoseconds >= nextSweep { sweep() }
    if nanoseconds >= nextHousekeeping { keepHouse() }
    if !reentries.isEmpty { processAgain() }
    publishHandedOver()
    armReads()
    // Slow paths are still to be told of sessions that have ended: nobody will wake this worker for it.
    if translator.hasEndedInspected { work += 1 }
    return work
  }

  private mutating func readClock(_ nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
    handle.journal.turn(at: nanoseconds)
    now = UInt32(truncatingIfNeeded: (nanoseconds &- plan.originNanoseconds) / 1_000_000_000) &+ 1
  }

  /// Ends a turn: goes on at once, spins, or sleeps until something comes.
  private mutating func rest(after work: Int) {
    switch pace.next(work: work, at: nanoseconds) {
    case .go: io.submit()
    case .spin:
      // What the turn queued must not wait for the end of the spinning.
      if io.hasQueued || io.mayHaveCompletions { io.submit() } else { pace.letOthersRun() }
    case .sleep: sleep()
    }
  }

  private mutating func sleep() {
    handle.wake.prepareToSleep()
    guard handle.mailbox.isEmpty, handle.outbox.isEmpty, !hasHandedOver() else {
      handle.wake.awake()
      io.submit()
      return
    }
    handle.load.add(to: .sleeps)
    // An ARP answer may reach another worker, so frames that wait for one are looked after more often.
    let limit = waiting.count + waitingIPv6.count > 0 ? 2_000_000 : Self.housekeepingInterval
    io.submitAndWait(atLeast: 1, nanoseconds: limit)
    handle.wake.awake()
  }
}
