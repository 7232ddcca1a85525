import ArgumentParser

/// `established`: fills the gateway with UDP sessions, looks whether they stand, then loads them all.
struct EstablishedProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "established",
    abstract: "Fill the gateway with UDP sessions, verify each, then load them: table capacity and packets a second.",
    discussion: """
      Sessions are 63 for each host, as CSIT counts: 64512, 258048, 1032192 and 4128768 sessions take 1024, 4096, \
      16384 and 65536 hosts.
      """)

  /// Sessions of each host.
  static let sessionsPerHost = 63

  @OptionGroup var options: LoadOptions

  @Option(help: "How many sessions; otherwise 63 for each host.")
  var sessions: Int?

  @Option(help: "Sessions to open a second.")
  var fillRate = 100_000.0

  @Option(help: "Payload of a datagram in bytes, a list of sizes taken in turn, or imix.")
  var size = DatagramSizes(all: [Probe.size])

  @Option(help: "Which way datagrams go: out, in or both.")
  var direction: FlowDirection = .out

  private var count: Int { sessions ?? options.hosts.count * Self.sessionsPerHost }

  mutating func validate() throws {
    guard (options.queues...Limits.sessions).contains(count), count <= options.hosts.count * FlowTable.portsPerHost
    else {
      throw ValidationError(
        "--sessions must be between \(options.queues), the number of queues, and \(FlowTable.portsPerHost) for each "
          + "host.")
    }
    guard (1...1e7).contains(fillRate) else { throw ValidationError("--fill-rate must be between 1 and 10000000.") }
    guard Double(count) / fillRate <= Limits.seconds else {
      throw ValidationError("Filling would take longer than \(Int(Limits.seconds)) seconds: raise --fill-rate.")
    }
  }

  func run() throws {
    try Campaign(name: "established", options: options, unit: FlowLoad.unit).run { surroundings in
      FlowLoad(
        surroundings, flows: FlowTable(count: count, surroundings), sizes: size, direction: direction)
    } prepare: { crew, report in
      let start = monotonicNanoseconds()
      let opened = try FlowLoad.open(crew, flows: count, rate: fillRate, label: "established, filling")
      let seconds = Double(monotonicNanoseconds() - start) / 1e9
      report.add("sessions_wanted", "sessions wanted", .count(UInt64(count)))
      report.add("sessions_opened", "sessions opened", .count(UInt64(opened)))
      report.add("fill_seconds", "time to fill", .real(seconds), unit: "s")
      let verified = try FlowLoad.verify(crew, flows: count, rate: fillRate, label: "established, verifying").tally
      report.add("sessions_verified", "sessions that still stand", .count(verified.completed))
      report.add("sessions_changed", "sessions translated anew", .count(verified.wrongTranslations))
    }
  }
}
