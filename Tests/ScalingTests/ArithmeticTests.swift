import Testing

@testable import scaling_simulation

@Suite struct `The simulation's arithmetic` {
  @Test func `a heavy tail keeps its bounds and its mean`() {
    let tail = HeavyTail(shape: 1.2, least: 10, most: 2_000)
    #expect(abs(tail.value(at: 0) - 10) < 1e-6 && abs(tail.value(at: 1) - 2_000) < 1e-6)
    // The mean of equally spaced quantiles comes near the closed form.
    let count = 200_000
    let sum = (0..<count).reduce(0.0) { $0 + tail.value(at: (Double($1) + 0.5) / Double(count)) }
    #expect(abs(sum / Double(count) / tail.mean - 1) < 0.01)
    // A tenth of the hosts has more than two fifths of the sessions.
    let top = (count * 9 / 10..<count).reduce(0.0) { $0 + tail.value(at: (Double($1) + 0.5) / Double(count)) }
    #expect(top / sum > 0.4)
  }

  @Test func `balance is the busiest worker's part in fair shares`() {
    #expect(Balance.ratio([5, 5, 5, 5]) == 1)
    #expect(Balance.ratio([8, 0, 0, 0]) == 4)
    #expect(Balance.ratio([]) == 1 && Balance.ratio([0, 0]) == 1)
  }

  @Test func `the busiest worker bounds the rate, and a hop to another node costs more`() {
    var run = TrafficRun(population: "two", ports: .random, workers: 2)
    run.loads = [WorkerLoad(translated: 300), WorkerLoad(translated: 100)]
    let costs = Costs(packet: 100, handOver: 40, remote: 60)
    let uneven = Rate(run, costs, nodes: 1)
    // 400 packets in the 30 000 ns of the busier one; evenly they would take 20 000.
    #expect(abs(uneven.packets - 400 / 30_000e-9) < 1 && abs(uneven.packetsIfEven - 400 / 20_000e-9) < 1)
    #expect(abs(uneven.efficiency - 2.0 / 3) < 1e-9)

    let handing = WorkerLoad(translated: 200, handedOut: 50, handedIn: 50, crossed: 100)
    run.loads = [handing, handing]
    #expect(Rate.nanoseconds(handing, costs, nodes: 1) == 20_000 + 2_000)
    #expect(Rate.nanoseconds(handing, costs, nodes: 2) == 20_000 + 2_000 + 3_000)
    #expect(Rate(run, costs, nodes: 2).packets < Rate(run, costs, nodes: 1).packets)
  }

  @Test func `a session is drawn of the host whose part of the sum it is in`() {
    let sums = [3, 4, 9]
    #expect((0..<9).map { PortUse.place(of: $0, in: sums) } == [0, 0, 0, 1, 2, 2, 2, 2, 2])
  }
}
