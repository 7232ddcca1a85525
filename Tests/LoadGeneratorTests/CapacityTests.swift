import Testing

@testable import sallyport_load

@Suite struct `The search for a capacity` {
  private func search(_ capacity: Int, most: Int, resolution: Double = 0.01) -> (found: CapacitySearch, tried: [Int]) {
    var search = CapacitySearch(first: 1_000, most: most, resolution: resolution)
    var tried: [Int] = []
    while let count = search.next, tried.count < 100 {
      tried.append(count)
      search.note(count, stood: count <= capacity)
    }
    return (search, tried)
  }

  @Test func `doubles until it fails, then halves`() {
    let (found, tried) = search(5_500, most: 1 << 20)
    #expect(tried.prefix(5) == [1_000, 2_000, 4_000, 8_000, 6_000])
    #expect(found.low <= 5_500)
    #expect(found.high ?? 0 > 5_500)
    #expect(Double((found.high ?? 0) - found.low) <= 0.01 * 5_600)
  }

  @Test func `ends at what it may try at most`() {
    let (found, tried) = search(.max, most: 3_000)
    #expect(tried == [1_000, 2_000, 3_000])
    #expect(found.low == 3_000)
    #expect(found.high == nil)
  }

  @Test(arguments: [0, 1, 999, 1_000, 1_001]) func `finds small ones exactly`(capacity: Int) {
    let (found, tried) = search(capacity, most: 100_000, resolution: 0.0001)
    #expect(found.low == capacity)
    #expect(found.high == capacity + 1)
    #expect(tried.count < 20)
  }
}

@Suite struct `Closed connections` {
  private func close(_ faults: MemoryGateway.Faults, rate: Double?) throws -> (opened: Int, outcome: Outcome) {
    let bench = Bench(faults) { TCPClosings($0, connections: 300) }
    try Resolution([bench.lane]).findGateway(end: "memory")
    let crew = Crew(lanes: [bench.lane], progress: nil)
    let opened = try TCPClosings.open(crew, connections: 300, rate: 5_000)
    return (opened, try crew.load(rate: rate, seconds: 2, label: ""))
  }

  @Test func `are each carried through, at the rate asked for`() throws {
    let (opened, outcome) = try close(.init(), rate: 1_000)
    #expect(opened == 300)
    #expect(outcome.tally.attempted == 300)
    #expect(outcome.tally.completed == 300)
    #expect(outcome.tally.latency.count == 300)
    // The trial ends with the last close, not with its time.
    #expect(outcome.seconds > 0.25)
    #expect(outcome.seconds < 1.5)
    #expect(outcome.tally.refused + outcome.tally.unexpected + outcome.tally.wrongTranslations == 0)
  }

  @Test func `of which a segment is lost have failed; those that did not open are opened anew`() throws {
    let (opened, outcome) = try close(.init(dropOneOf: 20), rate: 2_000)
    #expect(opened > 250)
    #expect(outcome.tally.attempted == UInt64(opened))
    #expect(outcome.tally.completed < outcome.tally.attempted)
    #expect(outcome.tally.completed > outcome.tally.attempted / 2)
  }

  @Test func `are none where nothing opens`() throws {
    let (opened, outcome) = try close(.init(dropOneOf: 1), rate: nil)
    #expect(opened == 0)
    #expect(outcome.tally.attempted == 0)
  }
}

@Suite struct `A part of the flows` {
  @Test func `is used when there is a limit`() throws {
    let bench = Bench.flows(count: 50)
    let load = try #require(bench.lane.profile as? FlowLoad)
    load.limit(to: 20, among: 1)
    load.enter(.verifying)
    #expect(try bench.load().completed == 20)
    #expect(load.opened == 20)
    load.limit(to: 1_000, among: 1)
    load.enter(.verifying)
    #expect(try bench.load().completed == 50)
  }
}
