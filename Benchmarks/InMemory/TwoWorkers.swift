import Dataplane
import Forwarding
import Synchronization
import Translation

/// What two workers on two cores translate in the time of one, each with hosts of its own, over one port map and one
/// neighbour table.
///
/// Two cores of a virtual machine are often less than two: threads of one, or shared with others. So the same is asked
/// of a loop in registers and of the C loop with a table each, in the same rounds: what those two do not reach is the
/// machine's, not the gateway's. The rate is that of the nanoseconds which each thread had of a core.
struct TwoWorkers {
  /// Sessions of each worker.
  private static let sessions = 65_536
  /// Nanoseconds of one run.
  private static let slice: UInt64 = 100_000_000
  /// Of the packets, those that arrive at the wrong one: answers to preserved ports, of which one in two does, are
  /// three fifths of all.
  static let handedOver = 0.3

  /// What two did in multiples of one, a value for each round.
  struct Ratios {
    var workers = Samples()
    var handingOver = Samples()
    /// Nanoseconds that a packet which is handed over costs more than another.
    var handOver = Samples()
    var reference = Samples()
    var registers = Samples()
  }

  private let lanes: [Holder]
  private let own: [Frames]
  private let mixed: [Frames]
  private let loops: [ReferenceLoop]
  private let cores: [Int]
  private let shared: [Region]

  /// Nil on a machine with one core.
  init?() throws {
    let cores = Array(Topology.availableCores.prefix(2))
    guard cores.count == 2 else { return nil }
    let all = 2 * Self.sessions
    let policy = Network.policy(sessions: all)
    let addresses = policy.globalAddresses.count
    let neighbors = Network.neighbors()
    guard let portMemory = Region(size: PortMap.size(addresses: addresses)),
      let ringMemory = Region(size: WorkerLane.Rings.octets), let first = WorkerLane.bufferMemory(),
      let second = WorkerLane.bufferMemory(), let burst = Burst()
    else { throw BenchmarkError.noMemory("two workers") }
    let ports = unsafe PortMap(memory: portMemory.base, addresses: addresses)
    let rings = unsafe WorkerLane.Rings.pair(in: ringMemory.base)
    var (lanes, own, mixed, loops): ([Holder], [Frames], [Frames], [ReferenceLoop]) = ([], [], [], [])
    let hosts = (0..<2).map { Self.hosts(of: $0) }
    for worker in 0..<2 {
      let others = Int(Double(Self.sessions) * Self.handedOver)
      guard
        let gateway = Gateway(
          sessions: Self.sessions + 1024, policy: policy, portMemory: portMemory, ports: ports, neighbors: neighbors,
          worker: worker, workers: 2),
        let frames = Frames(
          flows: Self.sessions, atLeast: Self.sessions, seed: 7 + UInt64(worker),
          flow: { Self.flow($0, of: hosts[worker]) }),
        let both = Frames(
          flows: Self.sessions, atLeast: Self.sessions, seed: 17 + UInt64(worker),
          flow: { Self.flow($0, of: hosts[$0 < others ? 1 - worker : worker]) }),
        let loop = ReferenceLoop(sessions: Self.sessions, frames)
      else { throw BenchmarkError.noMemory("two workers") }
      let holder = Holder(
        WorkerLane(
          gateway, rings[worker], memory: worker == 0 ? first : second, otherMemory: worker == 0 ? second : first))
      holder.lane.open(frames, burst)
      lanes.append(holder)
      own.append(frames)
      mixed.append(both)
      loops.append(loop)
    }
    self.cores = cores
    self.lanes = lanes
    self.own = own
    self.mixed = mixed
    self.loops = loops
    shared = [portMemory, ringMemory]
  }

  /// The first hosts of the network that belong to a worker, as many as have its sessions.
  private static func hosts(of worker: Int) -> [Int] {
    let mine = (0...).lazy.filter {
      Ownership.worker(ofInside: Flow(number: $0 * Network.flowsPerHost).source, in: .global, of: 2) == worker
    }
    return Array(mine.prefix(sessions / Network.flowsPerHost + 1))
  }

  private static func flow(_ number: Int, of hosts: [Int]) -> Int {
    hosts[number / Network.flowsPerHost] * Network.flowsPerHost + number % Network.flowsPerHost
  }

  /// One worker, two, one, two: the same for the variants in turn.
  func measure(rounds: Int) throws -> Ratios {
    var ratios = Ratios()
    let before = lanes.map { $0.lane.hits }
    for _ in 0..<rounds {
      ratios.workers.values.append(
        try ratio { [lanes, own] lane in
          lanes[lane].lane.run(own[lane], for: Self.slice)
          return (lanes[lane].lane.translated, lanes[lane].lane.nanoseconds)
        })
      let (one, two) = try handingOver()
      ratios.handingOver.values.append(two / one)
      // Of both workers' time for a packet, what the same packet costs where nobody hands over is taken off.
      ratios.handOver.values.append((2 / two - 1 / one) * 1e9 / Self.handedOver)
      ratios.reference.values.append(try ratio { [loops] in loops[$0].rewrite(for: Self.slice) })
      ratios.registers.values.append(try ratio { _ in ReferenceLoop.compute(for: Self.slice) })
    }
    for (holder, before) in zip(lanes, before) {
      guard holder.lane.hits > before, holder.lane.misses == UInt64(Self.sessions) else {
        throw BenchmarkError.wrong("packets of two workers did not find their sessions")
      }
    }
    return ratios
  }

  /// The rates of one that has nobody to hand over to, and of two that hand over.
  private func handingOver() throws -> (Double, Double) {
    let one = try alone { [lanes, own] lane in
      lanes[lane].lane.run(own[lane], for: Self.slice)
      return (lanes[lane].lane.translated, lanes[lane].lane.nanoseconds)
    }
    let two = try together { [lanes, mixed] lane in
      lanes[lane].lane.run(mixed[lane], for: Self.slice)
      return (lanes[lane].lane.translated, lanes[lane].lane.nanoseconds)
    }
    for _ in 0..<2 { for holder in lanes { holder.lane.drain() } }
    return (one, two)
  }

  private func ratio(_ work: @escaping @Sendable (Int) -> (Int, UInt64)) throws -> Double {
    let one = try alone(work)
    return try together(work) / one
  }

  /// The mean rate of each of the two alone.
  private func alone(_ work: @escaping @Sendable (Int) -> (Int, UInt64)) throws -> Double {
    var sum = 0.0
    for lane in 0..<2 { sum += try rate([lane], work) }
    return sum / 2
  }

  private func together(_ work: @escaping @Sendable (Int) -> (Int, UInt64)) throws -> Double {
    try rate([0, 1], work)
  }

  /// Pieces of work a second of the lanes that run at once, each on its core.
  private func rate(_ running: [Int], _ work: @escaping @Sendable (Int) -> (Int, UInt64)) throws -> Double {
    let start = CommonStart(of: running.count)
    var threads: [PinnedThread] = []
    for lane in running {
      threads.append(
        try PinnedThread.start(name: "worker-\(lane)", core: cores[lane]) {
          start.wait()
          let (count, nanoseconds) = work(lane)
          start.add(Double(count) / Double(max(1, nanoseconds)) * 1e9)
        })
    }
    for thread in threads { thread.join() }
    return start.sum
  }
}

/// Where a lane stands, for the one thread that runs it.
private final class Holder: @unchecked Sendable {
  var lane: WorkerLane

  init(_ lane: consuming WorkerLane) { self.lane = lane }
}

/// Where threads wait for each other before they begin, and leave what they have found.
private final class CommonStart: Sendable {
  private let missing: Atomic<Int>
  private let found = Mutex(0.0)

  init(of threads: Int) { missing = Atomic(threads) }

  func wait() {
    missing.subtract(1, ordering: .acquiringAndReleasing)
    while missing.load(ordering: .acquiring) > 0 {}
  }

  func add(_ value: Double) { found.withLock { $0 += value } }

  var sum: Double { found.withLock { $0 } }
}
