import ArgumentParser
import Translation

/// Measures translation alone, on one core, without the kernel: what a worker does with a burst between reading and
/// writing it. Beside each rate stands a C loop that does only the hash, the memory access and the rewrite.
@main
struct InMemoryBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sallyport-benchmark",
    abstract: "Measure parse, look-up and rewrite of 64-byte UDP frames, new sessions, expiry, memory and start.")

  /// Established sessions, and the packets a second to reach with them, in millions.
  private static let sizes: [(sessions: Int, aim: Double)] = [
    (1_000, 35), (65_536, 25), (1_032_192, 15), (4_128_768, 10),
  ]
  /// New sessions a second to reach, in millions.
  private static let creationAim = 4.0
  /// Octets a session may take, all tables counted.
  private static let octetsAim = 128.0
  /// Percent of the packet rate that expiry may take.
  private static let disturbanceAim = 3.0
  /// Nanoseconds that a packet at the wrong worker may cost more.
  private static let handOverAim = 60.0
  /// What two workers on two cores should do in the time of one.
  private static let twoWorkersAim = 1.8
  /// Sessions that a start makes room for, and the seconds it may take.
  private static let startSessions = 10_000_000
  private static let startAim = 3.0

  /// Calls that are held, the octets that all may take, and the microseconds that one INVITE may.
  private static let calls = 100_000
  private static let callOctetsAim = 200.0e6 / 100_000
  private static let inviteAim = 10.0

  @Option(help: "Repetitions of each measurement, 1 to 50.")
  var repetitions = 5

  @Flag(help: "One short repetition.")
  var quick = false

  @Flag(help: "The slow path alone.")
  var slowPath = false

  @Flag(help: "Two workers on two cores alone.")
  var twoWorkers = false

  @Flag(help: "SIP's calls alone.")
  var sip = false

  @Option(help: ArgumentHelp("A table of this many sessions alone.", valueName: "count"))
  var sessions: Int?

  @Option(help: ArgumentHelp("Write all values to a file.", valueName: "file"))
  var json: String?

  mutating func validate() throws {
    guard (1...50).contains(repetitions) else { throw ValidationError("--repetitions must be between 1 and 50.") }
    if let sessions {
      guard (64...10_000_000).contains(sessions) else {
        throw ValidationError("--sessions must be between 64 and 10000000.")
      }
    }
  }

  func run() throws {
    var results = Results()
    if let sessions {
      let aim = Self.sizes.first { $0.sessions >= sessions }?.aim ?? Self.sizes[Self.sizes.count - 1].aim
      results.rows += try measure(sessions: sessions, aim: aim)
    } else if sip {
      results.rows += try measureCalls()
    } else if twoWorkers {
      results.rows += try measureTwoWorkers()
    } else {
      if !slowPath { results.rows += try measureFastPath() }
      results.rows += try SlowPathBench.measure(rounds: rounds)
    }
    results.holds = results.rows.allSatisfy(\.holds)
    print(results.table)
    print("\nOne core, bursts of \(Burst.size), flows in random order; medians with extremes, of more than ten")
    print("values with quartiles. Of the starts the slowest counts.")
    if let json { try results.write(to: json) }
  }

  private func measureFastPath() throws -> [Row] {
    var results = Results()
    for (sessions, aim) in Self.sizes { results.rows += try measure(sessions: sessions, aim: aim) }
    results.rows.append(try measureDisturbance())
    if let row = try measureHandOver() { results.rows.append(row) }
    results.rows += try measureTwoWorkers()
    results.rows.append(
      Row(
        title: "memory a session", unit: "octets",
        samples: Samples(values: [ShardLayout(sessions: Self.startSessions).octetsPerSession]), aim: Self.octetsAim,
        lowerIsBetter: true))
    results.rows += try measureCalls()
    results.rows.append(try measureStart())
    return results.rows
  }

  private var rounds: Int { quick ? 1 : repetitions }

  /// SIP: the INVITE that begins a call, and one within it; and what a call takes.
  private func measureCalls() throws -> [Row] {
    let calls = quick ? Self.calls / 10 : Self.calls
    var first = Row(title: "INVITE, the first of a call", unit: "us", lowerIsBetter: true)
    var again = Row(title: "INVITE of 1200 octets", unit: "us", aim: Self.inviteAim, lowerIsBetter: true)
    var memory = Row(
      title: "memory a SIP call with its door", unit: "octets", aim: Self.callOctetsAim, lowerIsBetter: true)
    var doors = Row(title: "of that the door, at the worker", unit: "octets", lowerIsBetter: true)
    for _ in 0..<rounds {
      var signalling = try CallSignalling()
      let result = try signalling.measure(calls: calls)
      first.samples.values.append(result.first)
      again.samples.values.append(result.again)
      let door = try CallDoors.octets(doors: calls)
      doors.samples.values.append(door)
      memory.samples.values.append(result.octets + door)
    }
    return [again, first, memory, doors]
  }

  /// One table size: established sessions and the C loop in turn, then sessions that come and go.
  private func measure(sessions: Int, aim: Double) throws -> [Row] {
    var forwarding = Row(title: "established, \(sessions) sessions", unit: "Mpps", floor: Samples(), aim: aim)
    // A thousand sessions are made in a third of a millisecond, which no clock measures well.
    let isLarge = sessions > 1_000
    var creation = Row(
      title: "new sessions, up to \(sessions)", unit: "M/s", aim: isLarge ? Self.creationAim : nil)
    var expiry = Row(title: "expiry of \(sessions) sessions", unit: "ns each", lowerIsBetter: true)
    var bench = try Bench(sessions: sessions, portion: quick ? 0.25 : 1)
    // The first time round touches every page and makes every session: warm-up, and the frames are looked at.
    _ = try bench.create()
    try bench.verify()
    for _ in 0..<rounds {
      forwarding.samples.values.append(try bench.forward() / 1e6)
      forwarding.floor?.values.append(bench.floor() / 1e6)
      expiry.samples.values.append(try bench.expire())
      creation.samples.values.append(try bench.create() / 1e6)
    }
    return isLarge ? [forwarding, creation, expiry] : [forwarding]
  }

  /// What a million sessions that end take from the packets of others.
  private func measureDisturbance() throws -> Row {
    var row = Row(
      title: "expiry of 1032192 sessions, of the packet rate", unit: "%", aim: Self.disturbanceAim, lowerIsBetter: true)
    var disturbance = try ExpiryDisturbance()
    row.samples = try disturbance.loss(pairs: quick ? 31 : 301)
    return row
  }

  /// What it costs that a packet arrives at the wrong worker; nil on a machine with one core.
  private func measureHandOver() throws -> Row? {
    let samples = try HandOverCost.measure(rounds: quick ? 5 : 25, packets: 1 << 20)
    guard !samples.values.isEmpty else {
      print("hand-over: not measured, since there is one core only")
      return nil
    }
    return Row(title: "hand-over", unit: "ns", samples: samples, aim: Self.handOverAim, lowerIsBetter: true)
  }

  /// What a second core adds; nothing on a machine with one.
  private func measureTwoWorkers() throws -> [Row] {
    guard let two = try TwoWorkers() else {
      print("two workers: not measured, since there is one core only")
      return []
    }
    let ratios = try two.measure(rounds: quick ? 3 : 21)
    let part = Int(TwoWorkers.handedOver * 100)
    return [
      Row(
        title: "two workers on two cores, of one", unit: "times", samples: ratios.workers, aim: Self.twoWorkersAim),
      Row(title: "the same, \(part) % handed over", unit: "times", samples: ratios.handingOver),
      Row(title: "a hand-over among others", unit: "ns", samples: ratios.handOver, lowerIsBetter: true),
      Row(title: "the C loop on two cores, of one", unit: "times", samples: ratios.reference),
      Row(title: "a loop in registers on two cores, of one", unit: "times", samples: ratios.registers),
    ]
  }

  /// The slowest start counts: later ones are given memory that the hypervisor has at hand from the ones before.
  private func measureStart() throws -> Row {
    var row = Row(
      title: "start with room for \(Self.startSessions) sessions", unit: "s", aim: Self.startAim, lowerIsBetter: true,
      worstCounts: true)
    for _ in 0..<rounds { row.samples.values.append(try startTime(sessions: Self.startSessions)) }
    return row
  }
}
