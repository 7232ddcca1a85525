import Forwarding
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
  let neighbors = NeighborTable()
  let limit: SessionLimit
  let memory: GatewayMemory
  let stopping = StopFlag()
  let origin = monotonicNanoseconds()

  /// Reads of one batch on a device at most; `Inlet` chooses how many it takes.
  static let readDepth = 64

  init(_ plan: DataplanePlan, notice: @Sendable (DataplaneNotice) -> Void) throws(DataplaneError) {
    let count = plan.workerCores.count
    guard (1...PortMap.maximumWorkers).contains(count), Set(plan.workerCores).count == count else {
      throw .workers("worker-cores must name 1 to \(PortMap.maximumWorkers) different cores")
    }
    self.plan = plan
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
    policy = Policy(
      interfaces: interfaces, routes: RoutingTable(plan.routes), translation: plan.translation)
    limit = SessionLimit(maximum: plan.translation.maximumEntries)
    do throws(DataplaneError) {
      memory = try GatewayMemory(
        plan, policy: policy, mtu: opened.map(\.mtu).max() ?? 1500, readDepth: Self.readDepth)
      policy.reserveStaticPorts(in: memory.ports)
      workers = try Self.handles(plan, memory)
    } catch {
      for device in opened { device.close() }
      throw error
    }
    for worker in workers { worker.journal.scope = plan.translation.logging.widestScope }
    for path in memory.clearedFiles { notice(.stateNotTakenUp(path: path)) }
    for (index, pages) in memory.pages.enumerated() {
      if let note = pages.note { notice(.pages(worker: index, note: note)) }
    }
  }

  /// Opens all devices, or none.
  private static func open(_ plan: DataplanePlan) throws(DataplaneError) -> [TapDevice] {
    var opened: [TapDevice] = []
    for request in plan.devices {
      var request = request
      request.queues = plan.workerCores.count
      request.offload = plan.offload
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

  /// The plan of one worker.
  private func workerPlan(_ index: Int) -> WorkerPlan {
    WorkerPlan(
      index: index, workers: workers.count, queues: openDevices.map { $0.queueDescriptors[index] },
      memory: memory.frames, neighbors: neighbors, rings: memory.rings, returns: memory.returns,
      wakes: workers.map(\.wake), interfaces: interfaces, deviceCount: openDevices.count, poll: plan.poll,
      burst: plan.burst, ringEntries: UInt32(plan.ringEntries), readDepth: Self.readDepth,
      originNanoseconds: origin)
  }

  private func makeTranslator(_ index: Int) -> Translator {
    var source = SystemRandomNumberGenerator()
    return Translator(
      // Each worker compiles its own copy, so that no two cores count references of the same rules.
      policy: Policy(interfaces: interfaces, routes: RoutingTable(plan.routes), translation: plan.translation),
      shard: memory.makeShard(index, workers: workers.count, seed: (source.next(), source.next())),
      ports: memory.ports, neighbors: neighbors, counters: workers[index].counters, limit: limit,
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
    var worker = Worker(
      plan: workerPlan(index), handle: workers[index], io: io, translator: makeTranslator(index))
    worker.run(until: { stopping.isSet })
  }
}

extension PacketIO where Self: ~Copyable {
  /// An engine that knows the worker's queues and all buffers.
  static func make(for plan: WorkerPlan) throws(RingError) -> Self {
    // A completion for every buffer there is, and the wake-up.
    let outstanding = plan.memory.buffersPerPool * UInt32(plan.workers) + 8
    var io = try Self(entries: plan.ringEntries, completionEntries: outstanding)
    try io.register(files: plan.queues)
    try unsafe io.register(buffers: plan.memory.pools)
    return io
  }
}
