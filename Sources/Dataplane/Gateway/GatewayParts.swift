import Forwarding
import Gateways
import Synchronization
import Translation
import WireFormats

/// The gateway on its way up: everything but the threads.
struct GatewayParts: Sendable {
  let plan: DataplanePlan
  let policy: Policy
  let interfaces: [NetworkInterface]
  let devices: [DeviceStatus]
  let openDevices: [TapDevice]
  let workers: [WorkerHandle]
  let slowPaths: [SlowPathHandle]
  let neighbors = NeighborTable()
  let ipv6Neighbors = IPv6NeighborTable()
  let limit: SessionLimit
  let bindings: OutsideBindings
  /// The numbers of the rules.
  let book: RuleBook
  let memory: GatewayMemory
  /// The state directory, and what an earlier run left there; nil where the plan has none.
  let state: StateDirectory?
  let earlier: EarlierState
  let gate: StartGate
  let stopping = StopFlag()
  /// The moment that ticks count from, which goes on from the earlier run's.
  let origin: UInt64

  init(_ plan: DataplanePlan, notice: @Sendable (DataplaneNotice) -> Void) throws(DataplaneError) {
    let count = plan.workerCores.count
    guard (1...PortMap.maximumWorkers).contains(count), Set(plan.workerCores).count == count else {
      throw .workers("worker-cores must name 1 to \(PortMap.maximumWorkers) different cores")
    }
    self.plan = plan
    // The lock comes first: the daemon before this one has ended when it is free.
    do throws(MemoryError) {
      state = try plan.stateDirectory.map { (path) throws(MemoryError) in try StateDirectory(path) }
    } catch {
      throw .memory(error)
    }
    earlier = EarlierState(state?.earlierTables ?? [], boot: .current, sinceBoot: bootNanoseconds())
    origin = monotonicNanoseconds() &- UInt64(earlier.tick) * 1_000_000_000
    gate = StartGate(expected: count)
    let opened = try Self.open(plan)
    openDevices = opened
    var interfaces = plan.interfaces
    for index in interfaces.indices {
      let device = opened[interfaces[index].device]
      if interfaces[index].hardwareAddress == .zero { interfaces[index].hardwareAddress = device.gatewayAddress }
      interfaces[index].mtu = min(interfaces[index].mtu, UInt16(clamping: device.mtu))
    }
    self.interfaces = interfaces
    devices = zip(plan.devices, opened).enumerated().map { index, pair in
      DeviceStatus(
        name: pair.1.name, networkNamespace: pair.0.networkNamespace, mtu: pair.1.mtu, queues: count,
        offload: pair.1.offload.description,
        steering: Self.steer(pair.1, index, interfaces, notice))
    }
    var book = state?.rules.map { RuleBook(text: $0) } ?? RuleBook()
    policy = Policy(
      interfaces: interfaces, routes: RoutingTable(plan.routes), translation: plan.translation,
      ipv6Routes: plan.ipv6Routes, book: &book)
    self.book = book
    var source = SystemRandomNumberGenerator()
    bindings = OutsideBindings(
      capacity: Self.bindingCapacity(plan.translation), key: (source.next(), source.next()))
    limit = SessionLimit(maximum: plan.translation.maximumEntries)
    do throws(DataplaneError) {
      memory = try GatewayMemory(
        plan, policy: policy, state: state, mtu: opened.map(\.mtu).max() ?? 1500)
      policy.reserveStaticPorts(in: memory.ports)
      workers = try Self.handles(plan, memory)
      slowPaths = try Self.slowPathHandles(plan)
    } catch {
      for device in opened { device.close() }
      throw error
    }
    for worker in workers { worker.journal.scope = plan.translation.logging.widestScope }
    for refusal in earlier.refusals { notice(.stateRefused(path: refusal.path, why: refusal.why)) }
    for (index, pages) in memory.pages.enumerated() {
      if let note = pages.note { notice(.pages(worker: index, note: note)) }
    }
  }

  /// Outside hosts that can have a local address at one time: those of the pools, and as many more for a reload.
  private static func bindingCapacity(_ translation: TranslationConfiguration) -> Int {
    let pools = Set(translation.outsideRules.map(\.pool))
    let wanted = pools.reduce(0) { $0 + (translation.pools[$1]?.count ?? 0) }
    return min(max(1024, 2 * wanted), OutsideBindings.maximumCapacity)
  }

  /// Opens all devices, or none.
  private static func open(_ plan: DataplanePlan) throws(DataplaneError) -> [TapDevice] {
    var opened: [TapDevice] = []
    for request in plan.devices {
      var request = request
      request.queues = plan.workerCores.count
      request.offload = plan.offload
      if plan.stateDirectory != nil { request.persistent = true }
      do throws(DeviceError) {
        opened.append(try TapDevice.open(request))
      } catch {
        for device in opened { device.close() }
        throw .device(error)
      }
    }
    return opened
  }

  /// Lets the kernel steer a device's frames to the workers that own them; says how it is done.
  private static func steer(
    _ device: TapDevice, _ index: Int, _ interfaces: [NetworkInterface],
    _ notice: @Sendable (DataplaneNotice) -> Void
  ) -> String {
    device.stopSteering()
    guard device.queueDescriptors.count > 1 else { return "none: one worker" }
    guard let interface = interfaces.first(where: { $0.device == index && $0.realm != .none }) else {
      return "kernel's own: no translation here"
    }
    do throws(SteeringError) {
      try device.steer(by: interface.realm == .inside ? .inside(instance: interface.instance.rawValue) : .outside)
      return "ebpf"
    } catch {
      notice(.steering(device: device.name, note: error.description))
      return "software: \(error.description)"
    }
  }

  private static func handles(
    _ plan: DataplanePlan, _ memory: GatewayMemory
  ) throws(DataplaneError) -> [WorkerHandle] {
    var handles: [WorkerHandle] = []
    for (index, core) in plan.workerCores.enumerated() {
      do throws(RingError) {
        handles.append(
          WorkerHandle(
            index: index, core: core, node: Topology.node(of: core), pageKind: memory.pages[index].kind.rawValue,
            counters: TranslationCounters(), wake: try WakeDescriptor()))
      } catch {
        throw .ring(error)
      }
    }
    return handles
  }

  private static func slowPathHandles(_ plan: DataplanePlan) throws(DataplaneError) -> [SlowPathHandle] {
    var handles: [SlowPathHandle] = []
    do throws(RingError) {
      for index in 0..<plan.slowPaths {
        let core = plan.algCores.isEmpty ? nil : plan.algCores[index]
        handles.append(try SlowPathHandle(index: index, core: core))
      }
    } catch {
      throw .ring(error)
    }
    return handles
  }

  /// Starts the thread of a slow path.
  func startSlowPath(_ handle: SlowPathHandle) throws(DataplaneError) -> PinnedThread {
    let slowPlan = SlowPathPlan(
      index: handle.index, workers: workers.count, slowPaths: slowPaths.count, memory: memory.frames,
      rings: memory.rings, returns: memory.returns, wakes: workers.map(\.wake), interfaces: interfaces,
      settings: plan.engineSettings)
    let origin = origin
    let book = PolicyBook(policy: policy, bindings: bindings) { Self.tick(since: origin) }
    do throws(ThreadError) {
      return try PinnedThread.start(name: "sp-slow-\(handle.index)", core: handle.core) { [stopping] in
        var slowPath = SlowPathWorker(slowPlan, handle: handle, addresses: book)
        slowPath.run(until: { stopping.isSet })
      }
    } catch {
      throw .thread(error)
    }
  }

  /// The plan of one worker.
  private func workerPlan(_ index: Int) -> WorkerPlan {
    WorkerPlan(
      index: index, workers: workers.count, slowPaths: slowPaths.count,
      queues: openDevices.map { $0.queueDescriptors[index] },
      memory: memory.frames, neighbors: neighbors, ipv6Neighbors: ipv6Neighbors, rings: memory.rings,
      returns: memory.returns,
      wakes: workers.map(\.wake) + slowPaths.map(\.wake), interfaces: interfaces, deviceCount: openDevices.count,
      poll: plan.poll,
      burst: plan.burst, ringEntries: UInt32(plan.ringEntries), readDepth: MemoryPlan.readDepth,
      originNanoseconds: origin)
  }

  private func makeTranslator(_ index: Int) -> Translator {
    var source = SystemRandomNumberGenerator()
    var book = book
    return Translator(
      // Each worker compiles its own copy, so that no two cores count references of the same rules.
      policy: Policy(
        interfaces: interfaces, routes: RoutingTable(plan.routes), translation: plan.translation,
        ipv6Routes: plan.ipv6Routes, book: &book),
      shard: memory.makeShard(index, workers: workers.count, seed: (source.next(), source.next())),
      ports: memory.ports, neighbors: neighbors, counters: workers[index].counters, limit: limit,
      bindings: bindings,
      random: KeyedRandom(key: (source.next(), source.next())), worker: index, workers: workers.count,
      journal: workers[index].journal)
  }

  /// Starts the thread of a worker. Its engine is made on that thread: a ring belongs to the thread that made it.
  func startWorker(
    _ index: Int, notice: @escaping @Sendable (DataplaneNotice) -> Void
  ) throws(DataplaneError) -> PinnedThread {
    do throws(ThreadError) {
      return try PinnedThread.start(name: "sp-worker-\(index)", core: plan.workerCores[index]) { [self] in
        do throws(RingError) {
          run(index, on: try IORing.make(for: workerPlan(index)))
        } catch {
          notice(.engine(worker: index, note: error.description))
          do throws(RingError) {
            run(index, on: try ReadWriteQueue.make(for: workerPlan(index)))
          } catch {
            preconditionFailure("reading and writing needs nothing that could be refused: \(error.description)")
          }
        }
      }
    } catch {
      throw .thread(error)
    }
  }

  /// The tick that sessions and mappings count in: seconds since a second before the start of the first run that this
  /// one goes on from.
  func tick() -> UInt32 { Self.tick(since: origin) }

  static func tick(since origin: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: (monotonicNanoseconds() &- origin) / 1_000_000_000) &+ 1
  }

  /// Waits until the workers have taken up what an earlier run left, makes the tables so filled those that a later run
  /// finds, and lets the workers begin.
  func begin(notice: @Sendable (DataplaneNotice) -> Void) throws(DataplaneError) {
    let began = monotonicNanoseconds()
    let taken = gate.waitForAll()
    do throws(MemoryError) {
      try state?.store(rules: book.text)
      try state?.commit()
    } catch {
      throw .memory(error)
    }
    gate.open()
    state?.removeEarlier()
    guard !earlier.isEmpty else { return }
    notice(
      .stateTakenUp(
        sessions: taken.sessions, skipped: taken.skipped,
        milliseconds: Int((monotonicNanoseconds() - began) / 1_000_000)))
  }

  /// Starts the thread that makes the tables' pages present, and then ends.
  func startPopulating() throws(DataplaneError) -> PinnedThread {
    do throws(ThreadError) {
      return try PinnedThread.start(name: "sp-populate", core: nil) { [memory, stopping] in
        memory.populate(until: { stopping.isSet })
      }
    } catch {
      throw .thread(error)
    }
  }

  private func run<IO: PacketIO & ~Copyable>(_ index: Int, on io: consuming IO) {
    workers[index].engineText.withLock { [summary = io.summary] in $0 = summary }
    var translator = makeTranslator(index)
    gate.pass(earlier.takeUp(into: &translator, now: tick()), until: { stopping.isSet })
    var worker = Worker(
      plan: workerPlan(index), handle: workers[index], io: io, translator: translator)
    worker.run(until: { stopping.isSet })
  }
}

extension PacketIO where Self: ~Copyable {
  /// An engine that knows the worker's queues and all buffers.
  static func make(for plan: WorkerPlan) throws(RingError) -> Self {
    // A completion for every buffer there is, and the wake-up.
    let outstanding = plan.memory.buffersPerPool * UInt32(plan.parties) + 8
    var io = try Self(entries: plan.ringEntries, completionEntries: outstanding)
    try io.register(files: plan.queues)
    try unsafe io.register(buffers: plan.memory.pools)
    return io
  }
}
