import ArgumentParser

/// `tcp`: bulk data on a few connections.
struct TCPProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tcp", abstract: "Bulk data on TCP connections with a fixed window: bits a second.",
    discussion: """
      There is no congestion control: what is lost is sent again from there on. The unit is the octet.
      """)

  @OptionGroup var options: LoadOptions

  @Option(help: "Connections.")
  var streams = 1

  @Option(help: "Octets under way on each connection, at most.")
  var window = 262_144

  @Option(help: "Which way data goes: out or in.")
  var direction: BulkDirection = .out

  @Flag(help: "Send frames of 1514 octets instead of super-frames that are cut where a device needs it.")
  var noOffload = false

  mutating func validate() throws {
    guard (options.queues...Limits.streams).contains(streams) else {
      throw ValidationError("--streams must be between \(options.queues), the number of queues, and \(Limits.streams).")
    }
    guard (TCPStack.segmentSize...Limits.window).contains(window) else {
      throw ValidationError("--window must be between \(TCPStack.segmentSize) and \(Limits.window).")
    }
    guard !options.search, options.requestedRate == nil else {
      throw ValidationError("--search and --rate have no meaning here: the window decides.")
    }
  }

  func run() throws {
    try Campaign(name: "tcp", options: options, unit: BulkStreams.unit).run { surroundings in
      BulkStreams(
        surroundings, streams: streams, window: UInt32(window), direction: direction, superFrames: !noOffload)
    }
  }
}

enum BulkDirection: String, ExpressibleByArgument, CaseIterable {
  case out, `in`
}
