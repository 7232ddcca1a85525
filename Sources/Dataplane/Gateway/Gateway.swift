package import Forwarding
import Synchronization
package import Translation
import WireFormats

/// The running dataplane: devices, workers, and what they share.
package final class Gateway: Sendable {
  package let workers: [WorkerHandle]
  package let slowPaths: [SlowPathHandle]
  package let neighbors: NeighborTable
  /// The IPv6 neighbours.
  package let ipv6Neighbors: IPv6NeighborTable
  /// The session limit of all workers together.
  package let limit: SessionLimit
  /// The outside local addresses that rules have given to outside hosts.
  package let bindings: OutsideBindings
  /// Who uses which port of which inside global address.
  package let ports: PortMap
  package let devices: [DeviceStatus]

  /// What a reload replaces.
  struct Current {
    var plan: DataplanePlan
    var policy: Policy
    var interfaces: [NetworkInterface]
    /// The numbers of the rules.
    var book: RuleBook
  }
  let current: Mutex<Current>
  let isReloading = Mutex(false)
  /// Sessions that the tables were laid out for.
  let tableEntries: Int

  private let openDevices: Mutex<[TapDevice]>
  private let threads: Mutex<[PinnedThread]>
  private let stopping: StopFlag
  private let memory: GatewayMemory
  private let state: StateDirectory?
  let origin: UInt64

  private init(_ parts: GatewayParts, threads: [PinnedThread]) {
    current = Mutex(Current(plan: parts.plan, policy: parts.policy, interfaces: parts.interfaces, book: parts.book))
    tableEntries = parts.plan.translation.maximumEntries
    workers = parts.workers
    slowPaths = parts.slowPaths
    neighbors = parts.neighbors
    ipv6Neighbors = parts.ipv6Neighbors
    limit = parts.limit
    bindings = parts.bindings
    ports = parts.memory.ports
    devices = parts.devices
    openDevices = Mutex(parts.openDevices)
    memory = parts.memory
    state = parts.state
    stopping = parts.stopping
    origin = parts.origin
    self.threads = Mutex(threads)
  }

  /// The plan in force.
  package var plan: DataplanePlan { current.withLock { $0.plan } }
  /// The rules in force, for whoever lists them; each worker has a copy of its own.
  package var policy: Policy { current.withLock { $0.policy } }
  /// The interfaces, with their Ethernet addresses.
  package var interfaces: [NetworkInterface] { current.withLock { $0.interfaces } }

  /// Stores the numbers that rules have, for a later run; does nothing without a state directory.
  func store(_ book: RuleBook) throws(MemoryError) { try state?.store(rules: book.text) }

  /// Opens the devices, lays out the memory and starts the workers; on failure everything is closed again.
  package static func start(
    _ plan: DataplanePlan, notice: @escaping @Sendable (DataplaneNotice) -> Void
  ) throws(DataplaneError) -> Gateway {
    let parts = try GatewayParts(plan, notice: notice)
    var threads: [PinnedThread] = []
    do {
      for index in plan.workerCores.indices { threads.append(try parts.startWorker(index, notice: notice)) }
      try parts.begin(notice: notice)
      for slowPath in parts.slowPaths { threads.append(try parts.startSlowPath(slowPath)) }
      if plan.hugePages { threads.append(try parts.startPopulating()) }
    } catch {
      parts.stopping.stop(waking: parts.workers.map(\.wake) + parts.slowPaths.map(\.wake))
      for thread in threads { thread.join() }
      for device in parts.openDevices { device.close() }
      throw error
    }
    return Gateway(parts, threads: threads)
  }

  /// The tick that sessions and mappings count in: seconds since a second before the start of the first run whose state
  /// this one goes on from.
  package func tick() -> UInt32 {
    GatewayParts.tick(since: origin)
  }

  /// Ends the workers and closes the devices; devices that are not persistent vanish. Later calls do nothing.
  package func stop() {
    stopping.stop(waking: workers.map(\.wake) + slowPaths.map(\.wake))
    let threads = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in threads { thread.join() }
    let devices = openDevices.withLock { devices in
      defer { devices = [] }
      return devices
    }
    for device in devices { device.close() }
    state?.unlock()
  }

  deinit { stop() }

  /// Starts or stops capturing on an interface; nil stops all capturing.
  package func setCapture(interface: InterfaceID?, on: Bool) {
    for worker in workers {
      guard let interface else {
        worker.capture.stop()
        continue
      }
      let bit = UInt64(1) << UInt64(interface.rawValue & 63)
      let mask = worker.capture.interfaces
      let next = on ? mask | bit : mask & ~bit
      next == 0 ? worker.capture.stop() : worker.capture.start(interfaces: next)
    }
  }

  /// Says what the workers note of their translations; nil for nothing.
  package func setLogging(_ scope: TranslationLogging.Scope?) {
    for worker in workers { worker.journal.scope = scope }
  }

  /// Hands every captured frame of all workers to `body`; called by one reader at a time. Timestamps are
  /// `monotonicNanoseconds()`.
  package func drainCapture(_ body: (CapturedFrame) -> Void) {
    for worker in workers { _ = worker.capture.drain(body) }
  }

  /// Frames that a capture had no room for.
  package var captureLost: UInt64 { workers.reduce(0) { $0 + $1.capture.lost } }
}

/// The word that ends the workers.
final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }

  func stop(waking sleepers: [WakeDescriptor]) {
    flag.store(true, ordering: .releasing)
    for sleeper in sleepers { sleeper.signal() }
  }
}
