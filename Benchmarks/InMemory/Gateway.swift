import Forwarding
import Translation

/// A translator of one worker with the memory it needs, and what to feed it with.
struct Gateway: ~Copyable {
  let sessions: Int
  let layout: ShardLayout
  let counters = TranslationCounters()
  var translator: Translator
  var now: UInt32 = 1
  private let state: Region
  private let portMemory: Region

  /// A gateway with room for `sessions` sessions; nil when the system has no memory for it.
  init?(sessions: Int) {
    let policy = Network.policy(sessions: sessions)
    let addresses = policy.globalAddresses.count
    guard let portMemory = Region(size: PortMap.size(addresses: addresses)) else { return nil }
    self.init(
      sessions: sessions, policy: policy, portMemory: portMemory,
      ports: unsafe PortMap(memory: portMemory.base, addresses: addresses), neighbors: Network.neighbors())
  }

  /// One worker of a gateway of several, which share ports and neighbours.
  init?(
    sessions: Int, policy: Policy, portMemory: Region, ports: PortMap, neighbors: NeighborTable, worker: Int = 0,
    workers: Int = 1
  ) {
    self.sessions = sessions
    layout = ShardLayout(sessions: sessions)
    self.portMemory = portMemory
    guard let state = Region(size: layout.size) else { return nil }
    self.state = state
    let seed: (UInt64, UInt64) = (0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344)
    translator = Translator(
      policy: policy,
      shard: unsafe Shard(memory: state.base, layout: layout, seed: seed, worker: worker, workers: workers),
      ports: ports, neighbors: neighbors, counters: counters, limit: SessionLimit(maximum: sessions),
      random: KeyedRandom(key: (0xA409_3822_299F_31D0, 0x082E_FA98_EC4E_6C89)), worker: worker, workers: workers)
  }

  /// Sends every frame through once, in bursts.
  mutating func pass(_ frames: Frames, _ burst: borrowing Burst) {
    var first = 0
    while first < frames.count {
      burst.arrive(frames, first)
      burst.translate(&translator, now: now)
      first += Burst.size
    }
  }

  /// Lets all sessions grow old and ends them; answers how many turns of the sweep it took.
  mutating func expireAll() -> Int {
    now += translator.policy.timeouts.udp + 1
    var turns = 0
    while counters.value(of: .sessions) > 0 {
      translator.expire(now: now)
      turns += 1
    }
    return turns
  }
}
