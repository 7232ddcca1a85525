import Testing
import Translation

@testable import scaling_simulation

@Suite struct `Simulated workers` {
  private let small = Population(
    name: "small", hosts: 40, addresses: 1, publishedHosts: 2,
    sessionsPerHost: HeavyTail(shape: 1.2, least: 3, most: 40))

  @Test(arguments: [2, 16, 64]) func `serve every session and count every packet`(_ workers: Int) throws {
    let run = try TrafficRun.measure(small, ports: .preserved, workers: workers)
    let drawn = small.draw(seed: 1)
    #expect(run.sessions == drawn.packets.count && run.refusedByTables == 0 && run.refusedByPorts == 0)
    // Those that turn round and errors about sessions come on top.
    #expect(run.packets >= drawn.packets.reduce(0, +))
    let (out, taken) = run.loads.reduce((0, 0)) { ($0.0 + $1.handedOut, $0.1 + $1.handedIn) }
    #expect(out == taken && out > 0)
  }

  @Test func `hand over most answers to preserved ports and none to random ones`() throws {
    let kinds = try HandOverKind.measure(workers: 8)
    func share(_ title: String) throws -> Double { try #require(kinds.first { $0.title == title }).share }
    #expect(try share("from inside") == 0)
    #expect(try share("answers, random ports") == 0)
    #expect(abs(try share("answers, ports preserved") - 7.0 / 8) < 0.05)
    #expect(abs(try share("from outside to a one-to-one address") - 7.0 / 8) < 0.1)
  }

  @Test func `use every port of an address before one is refused`() throws {
    let use = try PortUse.measure(ports: .random, addresses: 1, hosts: 100, workers: 4)
    #expect(use.ofFullestAddress == 1 && use.ofPool == 1)
    let early = try #require(use.whenBlocksWereUp)
    #expect(early > 0.2 && early < 1)
  }
}
