import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `The pace of a worker` {
  /// How long a worker spins after its last frame before it sleeps, in nanoseconds.
  private func spinning(_ pace: inout Pace, from start: UInt64) -> UInt64 {
    var time = start
    while pace.next(work: 0, at: time) == .spin { time += 100 }
    return time - start
  }

  @Test(arguments: PollMode.allCases)
  func `goes on at once after work`(_ mode: PollMode) {
    var pace = Pace(mode)
    for turn in 0..<10 { #expect(pace.next(work: 1, at: UInt64(turn) * 1_000_000_000) == .go) }
  }

  @Test func `in the busy mode never sleeps`() {
    var pace = Pace(.busy)
    for turn in 0..<100 { #expect(pace.next(work: 0, at: UInt64(turn) * 1_000_000_000) == .spin) }
  }

  @Test func `in the interrupt mode never spins`() {
    var pace = Pace(.interrupt)
    #expect(pace.next(work: 5, at: 1000) == .go)
    for turn in 0..<100 { #expect(pace.next(work: 0, at: 1000 + UInt64(turn)) == .sleep) }
  }

  @Test func `in the adaptive mode spins longer the more often that pays, up to fifty microseconds`() {
    var pace = Pace(.adaptive)
    var time: UInt64 = 1_000_000
    var windows: [UInt64] = []
    for _ in 0..<8 {
      #expect(pace.next(work: 1, at: time) == .go)
      // The next frame comes while the worker spins, so that spinning has paid.
      #expect(pace.next(work: 0, at: time + 500) == .spin)
      time += 600
      #expect(pace.next(work: 1, at: time) == .go)
      var copy = pace
      windows.append(spinning(&copy, from: time))
    }
    #expect(windows == [2000, 4000, 8000, 16_000, 32_000, 50_000, 50_000, 50_000])
  }

  @Test func `in the adaptive mode spins shorter each time that it was in vain, down to a microsecond`() {
    var pace = Pace(.adaptive)
    var time: UInt64 = 1_000_000
    for _ in 0..<8 {
      _ = pace.next(work: 1, at: time)
      _ = pace.next(work: 0, at: time + 500)
      time += 600
    }
    var windows: [UInt64] = []
    for _ in 0..<9 {
      time += 1_000_000
      // Work that comes after a sleep says nothing about spinning.
      #expect(pace.next(work: 1, at: time) == .go)
      windows.append(spinning(&pace, from: time))
    }
    #expect(windows == [50_000, 25_000, 12_500, 6300, 3200, 1600, 1000, 1000, 1000])
  }

  @Test func `in the adaptive mode comes to spin for frames at a steady distance, which it slept through at first`() {
    var pace = Pace(.adaptive)
    var time: UInt64 = 1_000_000
    var slept: [Bool] = []
    for _ in 0..<8 {
      #expect(pace.next(work: 1, at: time) == .go)
      let next = time + 30_000
      var sleeps = false
      var look = time
      while look < next, !sleeps {
        sleeps = pace.next(work: 0, at: look) == .sleep
        look += 100
      }
      slept.append(sleeps)
      time = next
    }
    #expect(slept == [true, true, true, true, true, false, false, false])
  }

  @Test func `in the adaptive mode does not come to spin for frames that it slept through while others want its core`()
  {
    var pace = Pace(.adaptive)
    var time: UInt64 = 1_000_000
    for _ in 0..<20 {
      #expect(pace.next(work: 1, at: time) == .go)
      // The first look is long over when the second one comes: somebody else ran.
      #expect(pace.next(work: 0, at: time + 100) == .spin)
      #expect(pace.next(work: 0, at: time + 20_000) == .sleep)
      time += 30_000
    }
  }

  @Test func `in the adaptive mode does not spin for frames farther apart than the longest window`() {
    var pace = Pace(.adaptive)
    for turn in 1...20 {
      let time = UInt64(turn) * 60_000
      #expect(pace.next(work: 1, at: time) == .go)
      #expect(spinning(&pace, from: time) == 1000)
    }
  }

  @Test func `in the adaptive mode sleeps on while nothing comes`() {
    var pace = Pace(.adaptive)
    for turn in 0..<100 { #expect(pace.next(work: 0, at: 1_000_000 + UInt64(turn)) == .sleep) }
  }
}

@Suite struct `A worker's loop` {
  private func run(_ mode: PollMode, turns: Int) throws -> WorkerBench {
    let bench = try WorkerBench(BenchSetup().with { $0.poll = mode })
    let countdown = Countdown(turns)
    bench.cells[0].worker.run(until: { countdown.isOver })
    return bench
  }

  @Test func `in the busy mode never waits`() throws {
    let bench = try run(.busy, turns: 200)
    #expect(bench.cells[0].worker.io.waits.isEmpty)
    #expect(bench.load(.sleeps) == 0)
    // Without anything to hand over or to collect it does not ask the kernel either.
    #expect(bench.cells[0].worker.io.submissions < 20)
  }

  @Test func `in the interrupt mode waits after each idle turn, no longer than until the next housekeeping`() throws {
    let bench = try run(.interrupt, turns: 200)
    #expect(bench.load(.sleeps) == 200)
    #expect(bench.cells[0].worker.io.waits == Array(repeating: 100_000_000, count: 200))
  }

  @Test func `looks more often after packets that wait for ARP`() throws {
    let bench = try WorkerBench(
      BenchSetup().with {
        $0.poll = .interrupt
        $0.knowsNeighbors = false
      })
    _ = bench.send(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice)
    let countdown = Countdown(3)
    bench.cells[0].worker.run(until: { countdown.isOver })
    #expect(bench.cells[0].worker.io.waits.last == 2_000_000)
  }

  @Test func `takes what comes while it waits in its next turn`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.poll = .interrupt })
    bench.arrive(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice)
    let countdown = Countdown(6)
    bench.cells[0].worker.run(until: { countdown.isOver })
    #expect(bench.written(on: .outside).count == 1)
  }
}
