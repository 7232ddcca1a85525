import Translation

/// The memory of the gateway: the tables and buffers of each worker near its core, the port map, the rings. It lives as
/// long as any worker.
@safe final class GatewayMemory: Sendable {
  /// One region, which an array cannot hold by itself.
  private final class Box: Sendable {
    let region: MemoryRegion
    init(_ request: MemoryRequest) throws(MemoryError) { region = try MemoryRegion(request) }
  }

  private let shards: [Box]
  private let pools: [Box]
  private let portMemory: Box
  /// Inside global addresses that the port map has planes for.
  let portAddresses: Int
  private let ringMemory: Box
  let layout: ShardLayout
  let frames: FrameMemory
  let ports: PortMap
  let rings: [HandoverRing]
  let returns: [HandoverRing]
  /// What each worker's tables got: the pages, and why not better ones.
  let pages: [(kind: PageKind, note: String?)]

  /// Frames that one worker may have handed to another and that have not been taken.
  static let handoverCapacity = 1024

  /// Sessions of one shard: its part of `max-entries` and, since hosts spread unevenly, an eighth more.
  static func sessionsPerShard(_ maximum: Int, workers: Int) -> Int {
    let part = (maximum + workers - 1) / workers
    return min(workers == 1 ? part : min(maximum, part + part / 8 + 64), ShardLayout.maximumSessions)
  }

  init(
    _ plan: DataplanePlan, policy: Policy, state: StateDirectory?, mtu: Int, readDepth: Int
  ) throws(DataplaneError) {
    let workers = plan.workerCores.count
    let parties = workers + plan.slowPaths
    layout = ShardLayout(
      sessions: Self.sessionsPerShard(plan.translation.maximumEntries, workers: workers))
    let largest = FrameMemory.largestFrame(mtu: mtu, superFrames: !plan.offload.isEmpty)
    let bufferOctets = FrameMemory.bufferOctets(forFrame: largest)
    // Twice what is read into, so that frames can wait, be handed over and be answered meanwhile.
    let buffers = UInt32(2 * readDepth * max(1, plan.devices.count) + 128)
    let returnCapacity = Int(buffers).nextPowerOfTwo
    do throws(MemoryError) {
      var shards: [Box] = []
      var pools: [Box] = []
      for (index, core) in plan.workerCores.enumerated() {
        let node = Topology.node(of: core)
        shards.append(
          try Box(
            MemoryRequest(
              octets: layout.size, hugePages: plan.hugePages, node: node,
              file: state?.newTables(of: index))))
        pools.append(
          try Box(
            MemoryRequest(
              octets: bufferOctets * Int(buffers), hugePages: plan.hugePages, node: node, prefault: true)))
      }
      // The slow paths' buffers, where their threads run or anywhere.
      for index in 0..<plan.slowPaths {
        let node = plan.algCores.isEmpty ? nil : Topology.node(of: plan.algCores[index])
        pools.append(
          try Box(
            MemoryRequest(octets: bufferOctets * Int(buffers), hugePages: false, node: node, prefault: true)))
      }
      self.shards = shards
      self.pools = pools
      (portMemory, portAddresses) = try Self.portMemory(addresses: policy.globalAddresses.count)
      let ringOctets =
        (HandoverRing.octets(capacity: Self.handoverCapacity) + HandoverRing.octets(capacity: returnCapacity))
      ringMemory = try Box(MemoryRequest(octets: parties * parties * ringOctets + 128, hugePages: false))
    } catch {
      throw .memory(error)
    }
    unsafe frames = FrameMemory(
      bases: pools.map { unsafe $0.region.base }, bufferOctets: bufferOctets, buffersPerPool: buffers)
    unsafe ports = PortMap(memory: portMemory.region.base, addresses: portAddresses)
    var next = unsafe ringMemory.region.base
    func makeRings(capacity: Int) -> [HandoverRing] {
      (0..<parties * parties).map { _ in
        defer { unsafe next += HandoverRing.octets(capacity: capacity) }
        return unsafe HandoverRing(memory: next, capacity: capacity)
      }
    }
    rings = makeRings(capacity: Self.handoverCapacity)
    returns = makeRings(capacity: returnCapacity)
    pages = shards.map { ($0.region.pageKind, $0.region.pageNote) }
  }

  /// Addresses that reloads may add.
  static let spareAddresses = 262_144

  /// The port map's memory: planes for the addresses that there are and for those that reloads may add, of which only
  /// the addresses of memory are taken. Where the kernel grants no more than it has, there is no room for new ones.
  private static func portMemory(addresses: Int) throws(MemoryError) -> (Box, Int) {
    let roomy = addresses + spareAddresses
    if let box = try? Box(MemoryRequest(octets: PortMap.size(addresses: roomy), hugePages: false, sparse: true)) {
      return (box, roomy)
    }
    return (try Box(MemoryRequest(octets: max(64, PortMap.size(addresses: addresses)), hugePages: false)), addresses)
  }

  /// Makes the pages of all tables present, so that no packet waits for one. With ten million sessions that takes
  /// seconds, so it runs beside the workers.
  func populate(until stop: () -> Bool) {
    for box in shards { box.region.populate(until: stop) }
  }

  /// The empty shard of a worker; called once for each.
  func makeShard(_ index: Int, workers: Int, seed: (UInt64, UInt64)) -> Shard {
    unsafe Shard(
      memory: shards[index].region.base, layout: layout, seed: seed, worker: index, workers: workers,
      boot: .current)
  }
}

extension Int {
  /// The smallest power of two that is not less.
  fileprivate var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
