import Dataplane
import Translation

/// What a gateway takes at start, from the plan that the daemon makes (`MemoryPlan`); octets.
struct MemoryUse: Codable, Sendable {
  let workers: Int
  let maximumEntries: Int
  let addresses: Int
  /// The tables and packet buffers of one worker.
  let tables: Int
  let buffers: Int
  /// The rings between all, and the port map when every port is in use.
  let rings: Int
  let ports: Int
  let all: Int

  /// Two devices, super-frames, one slow path.
  init(workers: Int, maximumEntries: Int, addresses: Int) {
    var plan = DataplanePlan(workerCores: Array(0..<workers))
    plan.devices = [TapRequest(name: "inside0", queues: workers), TapRequest(name: "outside0", queues: workers)]
    plan.translation.maximumEntries = maximumEntries
    let memory = MemoryPlan(plan, addresses: addresses, mtu: 1500)
    self.workers = workers
    self.maximumEntries = maximumEntries
    self.addresses = addresses
    tables = memory.layout.size
    buffers = memory.poolOctets
    rings = memory.allRingOctets
    ports = memory.portOctets
    all = memory.octets
  }
}
