import Forwarding
import Gateways
import TestSupport
import Translation
import WireFormats

@testable import Dataplane

/// A gateway on a bench: one or several workers over devices in memory, driven turn by turn by hand, with a clock that
/// only the test moves.
@safe final class WorkerBench {
  /// One worker, in a box that an array can hold.
  final class Cell {
    var worker: Worker<MemoryIO>
    let devices: [MemoryDevice]

    init(_ worker: consuming Worker<MemoryIO>, _ devices: [MemoryDevice]) {
      self.worker = worker
      self.devices = devices
    }
  }

  /// One slow path, in a box that an array can hold.
  final class SlowCell {
    var worker: SlowPathWorker
    init(_ worker: consuming SlowPathWorker) { self.worker = worker }
  }

  let policy: Policy
  let neighbors = NeighborTable()
  let ipv6Neighbors = IPv6NeighborTable()
  let ports: PortMap
  let handles: [WorkerHandle]
  let rings: [HandoverRing]
  private(set) var cells: [Cell] = []
  private(set) var slowCells: [SlowCell] = []
  private(set) var slowHandles: [SlowPathHandle] = []
  /// Nanoseconds of the workers' clock.
  private(set) var time: UInt64
  private let origin: UInt64
  private let memory: [UnsafeMutableRawPointer]

  init(_ setup: BenchSetup = BenchSetup()) throws {
    policy = setup.policy
    let parties = setup.workers + setup.slowPaths
    // Workers read the real clock once, in `start`; from then on time is the test's.
    origin = monotonicNanoseconds()
    time = origin
    var regions: [UnsafeMutableRawPointer] = unsafe []
    func region(_ octets: Int) -> UnsafeMutableRawPointer {
      let region = UnsafeMutableRawPointer.allocate(byteCount: max(octets, 128), alignment: 128)
      unsafe regions.append(region)
      return unsafe region
    }
    func zeroed(_ octets: Int) -> UnsafeMutableRawPointer {
      let region = unsafe region(octets)
      unsafe region.initializeMemory(as: UInt8.self, repeating: 0, count: octets)
      return unsafe region
    }
    func makeRings(capacity: Int) -> [HandoverRing] {
      (0..<parties * parties).map { _ in
        unsafe HandoverRing(memory: region(HandoverRing.octets(capacity: capacity)), capacity: capacity)
      }
    }
    let addresses = policy.globalAddresses.count
    ports = unsafe PortMap(memory: zeroed(PortMap.size(addresses: addresses)), addresses: addresses)
    policy.reserveStaticPorts(in: ports)
    rings = makeRings(capacity: setup.ringCapacity)
    let returns = makeRings(capacity: 1 << (32 - (setup.buffers - 1).leadingZeroBitCount))
    let octets = FrameMemory.bufferOctets(
      forFrame: FrameMemory.largestFrame(mtu: 1500, superFrames: setup.superFrames))
    let frames = unsafe FrameMemory(
      bases: (0..<parties).map { _ in unsafe region(octets * Int(setup.buffers)) }, bufferOctets: octets,
      buffersPerPool: setup.buffers)
    handles = try (0..<setup.workers).map {
      WorkerHandle(
        index: $0, core: $0, node: 0, pageKind: "ordinary pages", counters: TranslationCounters(),
        wake: try WakeDescriptor())
    }
    slowHandles = try (0..<setup.slowPaths).map { try SlowPathHandle(index: $0, core: nil) }
    let wakes = handles.map(\.wake) + slowHandles.map(\.wake)
    let limit = SessionLimit(maximum: 100_000)
    let layout = ShardLayout(sessions: 4096)
    for index in 0..<setup.workers {
      let plan = WorkerPlan(
        index: index, workers: setup.workers, slowPaths: setup.slowPaths, queues: [-1, -1], memory: frames,
        neighbors: neighbors, ipv6Neighbors: ipv6Neighbors, rings: rings,
        returns: returns, wakes: wakes, interfaces: setup.interfaces, deviceCount: 2, poll: setup.poll,
        burst: setup.burst, ringEntries: 64, readDepth: setup.readDepth, originNanoseconds: origin)
      let shard = unsafe Shard(
        memory: zeroed(layout.size), layout: layout, seed: (1, 2), worker: index, workers: setup.workers)
      let translator = Translator(
        policy: policy, shard: shard, ports: ports, neighbors: neighbors, counters: handles[index].counters,
        limit: limit, random: KeyedRandom(key: (3, UInt64(index))), worker: index, workers: setup.workers)
      var io = try MemoryIO.make(for: plan)
      let devices = [MemoryDevice(), MemoryDevice()]
      io.devices = devices
      cells.append(Cell(Worker(plan: plan, handle: handles[index], io: io, translator: translator), devices))
    }
    var settings = EngineSettings()
    settings.enabled = Set(GatewayCatalog.all.map { $0.id })
    settings.superFrames = setup.superFrames
    settings.superFramesIPv6 = setup.superFrames
    for handle in slowHandles {
      let plan = SlowPathPlan(
        index: handle.index, workers: setup.workers, slowPaths: setup.slowPaths, memory: frames, rings: rings,
        returns: returns, wakes: handles.map(\.wake), interfaces: setup.interfaces, settings: settings)
      slowCells.append(SlowCell(SlowPathWorker(plan, handle: handle, addresses: setup.addresses)))
    }
    unsafe memory = regions
    if setup.knowsNeighbors { introduceEverybody() }
    for cell in cells { cell.worker.start() }
    settle()
    if !setup.keepsAnnouncements { forgetWritten() }
  }

  deinit {
    cells = []
    slowCells = []
    for index in 0..<(unsafe memory.count) { unsafe memory[index].deallocate() }
  }

  private func introduceEverybody() {
    for segment in Segment.allCases {
      for host in segment.hosts { introduce(host, on: segment) }
    }
  }

  /// Makes a host's Ethernet address known.
  func introduce(_ host: Host, on segment: Segment) {
    let hop = NextHop(interface: segment.interface, neighbor: host.address)
    guard neighbors.findOrAdd(hop, now: tick) != nil else { return }
    neighbors.learn(hop, address: host.hardwareAddress, now: tick)
  }
}

extension WorkerBench {
  /// The workers' tick.
  var tick: UInt32 { UInt32((time - origin) / 1_000_000_000) + 1 }

  // MARK: Turns and time

  /// One turn of one worker: what its loop does before it rests. Returns the number of frames.
  @discardableResult func turn(_ worker: Int = 0) -> Int {
    cells[worker].worker.io.submit()
    return cells[worker].worker.turn(at: time)
  }

  /// One turn of one slow path.
  @discardableResult func turn(slowPath: Int) -> Int { slowCells[slowPath].worker.turn(at: time / 1000) }

  /// Turns all workers, without time passing, until nothing moves any more; false when that does not end.
  @discardableResult func settle() -> Bool {
    var idle = 0
    for _ in 0..<2000 {
      var work = 0
      for worker in cells.indices { work += turn(worker) }
      for slowPath in slowCells.indices { work += turn(slowPath: slowPath) }
      let isQuiet = cells.allSatisfy { $0.worker.io.isQuiet && !$0.worker.hasHandedOver() }
      idle = work == 0 && isQuiet ? idle + 1 : 0
      if idle == 2 { return true }
    }
    return false
  }

  /// Lets time pass in steps of housekeeping, and settles after each.
  func pass(seconds: Double) {
    for _ in 0..<Int(seconds * 10) {
      time += 100_000_000
      settle()
    }
  }

  /// Moves the clock; nobody turns.
  func tick(nanoseconds: UInt64) { time += nanoseconds }

  // MARK: Frames

  /// Puts a frame into a worker's queue of the segment's device.
  func arrive(_ frame: WireFrame, on segment: Segment, at worker: Int = 0) {
    cells[worker].devices[segment.device].arriving.append(frame.octets)
  }

  /// Puts a datagram of a host's into a worker's queue; mallory's come by way of the router.
  func arrive(_ datagram: Datagram, from host: Host, at worker: Int = 0) {
    let station = host == .mallory ? Host.router : host
    let segment = Segment(of: station)
    arrive(WireFrame(datagram, from: station.hardwareAddress, on: segment), on: segment, at: worker)
  }

  /// Sends a datagram of a host's through the gateway, and returns everything that left because of it.
  func send(_ datagram: Datagram, from host: Host, at worker: Int = 0) -> [WireFrame] {
    forgetWritten()
    arrive(datagram, from: host, at: worker)
    settle()
    return written()
  }

  /// Sends an ARP message, and returns everything that left because of it.
  func send(_ message: ARPMessage, on segment: Segment, at worker: Int = 0) -> [WireFrame] {
    forgetWritten()
    arrive(message.frame(on: segment), on: segment, at: worker)
    settle()
    return written()
  }

  /// The frames that left since they were last forgotten, by worker and device, or those of one segment.
  func written(on segment: Segment? = nil) -> [WireFrame] {
    var frames: [WireFrame] = []
    for cell in cells {
      for (number, device) in cell.devices.enumerated() {
        for octets in device.written {
          guard let frame = WireFrame(written: octets) else { continue }
          if let segment, segment.device != number || segment.vlan != frame.vlan { continue }
          frames.append(frame)
        }
      }
    }
    return frames
  }

  func forgetWritten() {
    for cell in cells {
      for device in cell.devices { device.forgetWritten() }
    }
  }

  // MARK: What is counted

  func drops(_ reason: DropReason) -> Int { handles.reduce(0) { $0 + Int($1.counters.drops(for: reason)) } }
  func load(_ counter: LoadCounter) -> Int { handles.reduce(0) { $0 + Int($1.load.value(counter)) } }

  /// The reasons that were counted, each with its number.
  var allDrops: [DropReason: Int] {
    Dictionary(
      uniqueKeysWithValues: DropReason.allCases.map { ($0, drops($0)) }.filter { $0.1 > 0 })
  }

  /// What is wrong with the bench while nothing is on its way: a buffer that is nowhere, a broken contract, a table that
  /// disagrees with another. Empty when all is well.
  var problems: [String] {
    var problems: [String] = []
    var free = 0
    for cell in cells {
      free += cell.worker.pool.count + cell.worker.io.waitingReads + cell.worker.waiting.count
      free += cell.worker.waitingIPv6.count
      free += cell.worker.translator.fragmentsHeld
      problems += cell.worker.io.problems + cell.worker.translator.checkInvariants()
    }
    for cell in slowCells { free += cell.worker.freeBuffers }
    let all = (cells.count + slowCells.count) * Int(cells[0].worker.memory.buffersPerPool)
    if free != all { problems.append("\(free) of \(all) buffers are free, read into, or waiting") }
    return problems
  }
}
