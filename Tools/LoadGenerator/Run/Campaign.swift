import ArgumentParser
import Glibc

/// A whole run of a profile: ends opened, gateway found, trials made, result told.
struct Campaign {
  let name: String
  let options: LoadOptions
  /// What the profile counts, in the plural.
  let unit: String

  /// How a run ends that could not be made.
  static let impossible = ExitCode(2)
  /// How long a gateway is left alone between two trials, in nanoseconds.
  private static let settling: UInt64 = 200_000_000

  /// Runs the profile that `make` makes for each lane. `prepare` comes before the first trial and may add to the report,
  /// `ready` comes before each trial.
  func run(
    make: (Surroundings) throws -> any LoadProfile, prepare: (Crew, inout Report) throws -> Void = { _, _ in },
    ready: (Crew) throws -> Void = { _ in }
  ) throws {
    try run(make: make) { crew, report in
      try prepare(crew, &report)
      try ready(crew)
      return options.search
        ? try search(crew, &report, ready)
        : try crew.load(rate: options.requestedRate, seconds: options.seconds, label: name)
    }
  }

  /// The same with trials of the profile's own; `measure` answers what the report ends with.
  func run(
    make: (Surroundings) throws -> any LoadProfile, measure: (Crew, inout Report) throws -> Outcome
  ) throws {
    do {
      let crew = try crew(make)
      var report = Report()
      let outcome = try measure(crew, &report)
      report.add(outcome, unit: unit)
      try tell(report, outcome)
    } catch let error as EndError {
      complain("sallyport-load: \(error)")
      throw Self.impossible
    } catch let error as SystemCallError {
      complain("sallyport-load: \(error)")
      throw Self.impossible
    }
  }

  /// Opens both ends and introduces everybody.
  private func crew(_ make: (Surroundings) throws -> any LoadProfile) throws -> Crew {
    Stop.listen()
    sharpenTimers()
    let network = options.network
    let (count, owned) = (options.queues, options.ownership.iOwnThisNetwork)
    let inside = try End.open(options.inside, queues: count, field: .source, owned: owned)
    let outside = try End.open(options.outside, queues: count, field: .destination, owned: owned)
    let run = UInt16.random(in: 1...UInt16.max)
    let lanes = try (0..<count).map { index in
      let servers = network.servers(of: index, among: count)
      guard !servers.isEmpty else {
        throw ValidationError("--servers has no address for queue \(index): give consecutive ones, one for each queue.")
      }
      let surroundings = Surroundings(
        inside: Side(.inside, port: inside.ports[index], network: network),
        outside: Side(.outside, port: outside.ports[index], network: network),
        network: network, servers: servers, lane: index, lanes: count, run: run)
      return Lane(surroundings, profile: try make(surroundings), sleeps: !options.spin)
    }
    let resolution = Resolution(lanes)
    try resolution.findGateway(end: inside.text)
    resolution.introduce()
    return Crew(lanes: lanes, progress: options.quiet ? nil : ProgressLine(unit: unit))
  }

  /// Halves until the interval is narrow or the time is up; answers the best trial, or the last where none held.
  private func search(_ crew: Crew, _ report: inout Report, _ ready: (Crew) throws -> Void) throws -> Outcome {
    let deadline = monotonicNanoseconds() + UInt64(options.seconds * 1e9)
    // The first trial tells how much there can be at all.
    var last = try crew.load(rate: options.requestedRate, seconds: options.trial, label: "\(name), first trial")
    var search = RateSearch(highest: last.offeredRate, resolution: options.resolution)
    var best: Outcome?
    var trials: UInt64 = 0
    while true {
      let held = last.holds(tolerance: options.tolerance)
      // A rate that the generator did not reach says nothing about the gateway.
      search.note(last.offeredRate, held: held)
      if held, last.rate >= best?.rate ?? 0 { best = last }
      trials += 1
      if !options.quiet { complain(line(trials, last, held)) }
      guard let rate = search.next, !Stop.isAsked,
        monotonicNanoseconds() + UInt64(options.trial * 1e9) <= deadline
      else { break }
      settle(crew)
      try ready(crew)
      last = try crew.load(rate: rate, seconds: options.trial, label: "\(name), trial \(trials + 1)")
      if last.requestedRate == rate, !last.kept { search.note(rate, held: false) }
    }
    report.add("trials", "trials", .count(trials))
    report.add("no_loss_rate", "\(unit) a second without loss", .real(best?.rate ?? 0), unit: "/s")
    report.add("failed_rate", "lowest rate that failed", .real(search.high), unit: "/s")
    return best ?? last
  }

  private func line(_ trial: UInt64, _ outcome: Outcome, _ held: Bool) -> String {
    "trial \(trial): \(Figure.real(outcome.offeredRate).readable)/s, \(Figure.count(outcome.tally.lost).readable) of "
      + "\(Figure.count(outcome.tally.attempted).readable) lost: \(held ? "holds" : "does not hold")"
  }

  /// Leaves the gateway alone for a moment; what it still has comes and is thrown away by the next trial.
  func settle(_ crew: Crew) {
    let end = monotonicNanoseconds() + Self.settling
    while monotonicNanoseconds() < end {
      let now = monotonicNanoseconds()
      if crew.lanes.reduce(0, { $0 + $1.turn(now) }) == 0 { crew.lanes[0].rest(for: 1_000_000) }
    }
  }

  private func tell(_ report: Report, _ outcome: Outcome) throws {
    if options.json {
      print(report.json(facts: [("profile", name), ("unit", unit)]))
    } else {
      print(report.table)
    }
    fflush(nil)
    let isSilent = outcome.tally.completed == 0
    if isSilent {
      complain("sallyport-load: nothing that was begun came through. Does the gateway translate these hosts?")
    }
    var unmet = false
    for expectation in options.expect {
      switch expectation.holds(in: report) {
      case true: break
      case false:
        complain("expected \(expectation.text), got \(report[expectation.name]?.readable ?? "nothing")")
        unmet = true
      default:
        complain("sallyport-load: there is no figure \(expectation.name) to expect; --json shows them all.")
        throw Self.impossible
      }
    }
    if unmet { throw ExitCode.failure }
    if isSilent, options.expect.isEmpty { throw Self.impossible }
  }
}
