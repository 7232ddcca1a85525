import Testing
import Translation

@testable import Dataplane

@Suite struct MemoryPlanTests {
  private func plan(workers: Int, entries: Int = 1_048_576) -> MemoryPlan {
    var plan = DataplanePlan(workerCores: Array(0..<workers))
    plan.devices = [TapRequest(name: "in", queues: workers), TapRequest(name: "out", queues: workers)]
    plan.translation.maximumEntries = entries
    return MemoryPlan(plan, addresses: 4, mtu: 1500)
  }

  @Test(arguments: [1, 2, 15, PortMap.maximumWorkers]) func `all shards together hold what the gateway may`(
    _ workers: Int
  ) {
    for entries in [1, 20, 65_536, 1_048_576, 100_000_000] {
      let one = MemoryPlan.sessionsPerShard(entries, workers: workers)
      #expect(one * workers >= entries && one <= entries)
    }
  }

  @Test func `a shard of few sessions has room for a busy host`() {
    #expect(MemoryPlan.sessionsPerShard(100_000, workers: 8) == 12_500 + 65_536)
    #expect(MemoryPlan.sessionsPerShard(16_000_000, workers: 8) == 2_000_000 + 250_000)
    #expect(MemoryPlan.sessionsPerShard(20, workers: 8) == 20)
  }

  @Test func `rings grow with the square of the parties, and stay small`() {
    let (two, many) = (plan(workers: 2), plan(workers: PortMap.maximumWorkers))
    #expect(two.parties == 3 && many.parties == 65)
    #expect(many.allRingOctets == two.allRingOctets / 9 * 65 * 65)
    #expect(many.allRingOctets < 100_000_000)
    #expect(two.octets == 2 * two.layout.size + 3 * two.poolOctets + two.allRingOctets + two.portOctets)
  }
}
