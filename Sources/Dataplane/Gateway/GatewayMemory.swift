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

  init(
    _ plan: DataplanePlan, policy: Policy, state: StateDirectory?, mtu: Int
  ) throws(DataplaneError) {
    let wanted = MemoryPlan(plan, addresses: policy.globalAddresses.count, mtu: mtu)
    let parties = wanted.parties
    layout = wanted.layout
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
              octets: wanted.poolOctets, hugePages: plan.hugePages, node: node, prefault: true)))
      }
      // The slow paths' buffers, where their threads run or anywhere.
      for index in 0..<plan.slowPaths {
        let node = plan.algCores.isEmpty ? nil : Topology.node(of: plan.algCores[index])
        pools.append(
          try Box(
            MemoryRequest(octets: wanted.poolOctets, hugePages: false, node: node, prefault: true)))
      }
      self.shards = shards
      self.pools = pools
      (portMemory, portAddresses) = try Self.portMemory(addresses: wanted.addresses)
      ringMemory = try Box(MemoryRequest(octets: wanted.allRingOctets + 128, hugePages: false))
    } catch {
      throw .memory(error)
    }
    unsafe frames = FrameMemory(
      bases: pools.map { unsafe $0.region.base }, bufferOctets: wanted.bufferOctets,
      buffersPerPool: wanted.buffersPerPool)
    unsafe ports = PortMap(memory: portMemory.region.base, addresses: portAddresses)
    var next = unsafe ringMemory.region.base
    func makeRings(capacity: Int) -> [HandoverRing] {
      (0..<parties * parties).map { _ in
        defer { unsafe next += HandoverRing.octets(capacity: capacity) }
        return unsafe HandoverRing(memory: next, capacity: capacity)
      }
    }
    rings = makeRings(capacity: MemoryPlan.handoverCapacity)
    returns = makeRings(capacity: wanted.returnCapacity)
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
