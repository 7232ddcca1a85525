import ArgumentParser

/// `capacity`: how many UDP sessions stand at once.
struct CapacityProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract: "Fill the gateway with UDP sessions until one does not stand: table capacity.",
    discussion: """
      Each trial uses every session once, then looks whether each is translated as before. The number of sessions \
      doubles until they do not all stand; then the interval is halved.
      """)

  /// Sessions of the first trial.
  private static let first = 1_024

  @OptionGroup var options: LoadOptions

  @Option(help: "The most sessions to try; otherwise 63 for each host.")
  var maxSessions: Int?

  @Option(help: "Sessions to open, and to look at, a second.")
  var fillRate = 100_000.0

  private var most: Int { maxSessions ?? options.hosts.count * EstablishedProfile.sessionsPerHost }

  mutating func validate() throws {
    guard (options.queues...Limits.sessions).contains(most), most <= options.hosts.count * FlowTable.portsPerHost
    else {
      throw ValidationError(
        "--max-sessions must be between \(options.queues), the number of queues, and \(FlowTable.portsPerHost) for "
          + "each host.")
    }
    guard (1...1e7).contains(fillRate), Double(most) / fillRate <= Limits.seconds else {
      throw ValidationError(
        "--fill-rate must be between 1 and 10000000, and fill all within \(Int(Limits.seconds)) seconds.")
    }
    guard !options.search, options.requestedRate == nil else {
      throw ValidationError("--search and --rate have no meaning here: the number is searched, at --fill-rate.")
    }
  }

  func run() throws {
    let campaign = Campaign(name: "capacity", options: options, unit: "sessions")
    try campaign.run { surroundings in
      FlowLoad(
        surroundings, flows: FlowTable(count: most, surroundings), sizes: DatagramSizes(all: [Probe.size]),
        direction: .out)
    } measure: { crew, report in
      let deadline = monotonicNanoseconds() + UInt64(options.seconds * 1e9)
      var search = CapacitySearch(first: max(Self.first, options.queues), most: most, resolution: options.resolution)
      var best: Outcome?
      var trials: UInt64 = 0
      repeat {
        guard let count = search.next else { break }
        let outcome = try fill(crew, count)
        // A trial that was broken off says nothing, but there must be something to tell.
        if Stop.isAsked, best != nil { break }
        let stood = Self.stand(outcome, count)
        search.note(count, stood: stood)
        if stood || best == nil { best = outcome }
        trials += 1
        if !options.quiet { complain(line(trials, count, outcome, stood)) }
        campaign.settle(crew)
      } while !Stop.isAsked && monotonicNanoseconds() < deadline
      report.add("trials", "trials", .count(trials))
      report.add("capacity", "most sessions that all stood", .count(UInt64(search.low)))
      report.add("capacity_failed", "fewest that did not", .count(UInt64(search.high ?? 0)))
      guard let best else { preconditionFailure("a search without a trial") }
      return best
    }
  }

  private static func stand(_ outcome: Outcome, _ count: Int) -> Bool {
    outcome.tally.completed == UInt64(count) && outcome.tally.wrongTranslations == 0
  }

  /// Uses the first `count` sessions once, opening those that are not, then looks at each.
  private func fill(_ crew: Crew, _ count: Int) throws -> Outcome {
    let loads = crew.lanes.compactMap { $0.profile as? FlowLoad }
    for load in loads { load.limit(to: count, among: crew.lanes.count) }
    let title = Figure.count(UInt64(count)).readable
    // Those of an earlier trial, too: what a full table has thrown out comes back, at the cost of what is beyond `count`.
    loads.forEach { $0.enter(.verifying) }
    _ = try FlowLoad.pass(crew, rate: fillRate, flows: count, label: "capacity, using \(title)")
    _ = try FlowLoad.open(crew, flows: count, rate: fillRate, label: "capacity, opening \(title)")
    return try FlowLoad.verify(crew, flows: count, rate: fillRate, label: "capacity, verifying \(title)")
  }

  private func line(_ trial: UInt64, _ count: Int, _ outcome: Outcome, _ stood: Bool) -> String {
    let wrong = outcome.tally.lost + outcome.tally.wrongTranslations
    return "trial \(trial): \(Figure.count(UInt64(count)).readable) sessions, \(Figure.count(wrong).readable) "
      + "of them \(stood ? "lost: all stand" : "gone or translated anew")"
  }
}
