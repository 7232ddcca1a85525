import ArgumentParser

/// `teardown`: opens TCP connections, then closes them.
struct TeardownProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "teardown",
    abstract: "Open TCP connections, then close them: closes a second.",
    discussion: """
      A close is complete when the last acknowledgment of its FIN segments has come through. With --search each trial \
      opens its connections anew, and the highest rate at which every close is carried through is found.
      """)

  @OptionGroup var options: LoadOptions

  @Option(help: "Connections to open before each trial.")
  var connections = 10_000

  @Option(help: "Connections to open a second.")
  var openRate = 10_000.0

  mutating func validate() throws {
    guard (options.queues...Limits.underWay).contains(connections) else {
      throw ValidationError(
        "--connections must be between \(options.queues), the number of queues, and \(Limits.underWay).")
    }
    guard (1...1e7).contains(openRate), Double(connections) / openRate <= Limits.seconds else {
      throw ValidationError(
        "--open-rate must be between 1 and 10000000, and open all within \(Int(Limits.seconds)) seconds.")
    }
  }

  func run() throws {
    try Campaign(name: "teardown", options: options, unit: TCPClosings.unit).run { surroundings in
      TCPClosings(surroundings, connections: connections)
    } prepare: { _, report in
      report.add("connections", "connections before each trial", .count(UInt64(connections)))
    } ready: { crew in
      let opened = try TCPClosings.open(crew, connections: connections, rate: openRate)
      if opened < connections {
        complain("sallyport-load: only \(opened) of \(connections) connections could be opened.")
      }
    }
  }
}
