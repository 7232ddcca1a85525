import ArgumentParser

/// `cps`: new sessions a second, each with a request and a reply.
struct ConnectionsProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cps",
    abstract: "New TCP connections (handshake, request, reply, close) or UDP flows (request, reply): sessions a second."
  )

  @OptionGroup var options: LoadOptions

  @Option(help: "tcp or udp.")
  var transport: SessionTransport = .tcp

  @OptionGroup var patience: Patience

  @Option(help: "Payload of a request and of a reply, in bytes.")
  var size = 64

  mutating func validate() throws {
    guard (Probe.size...TCPStack.segmentSize).contains(size) else {
      throw ValidationError("--size must be between \(Probe.size) and \(TCPStack.segmentSize).")
    }
  }

  func run() throws {
    try Campaign(name: "cps", options: options, unit: "connections").run { surroundings in
      switch transport {
      case .tcp: TCPSessions(surroundings, size: size, patience: patience)
      case .udp: UDPSessions(surroundings, size: size, patience: patience)
      }
    }
  }
}

enum SessionTransport: String, ExpressibleByArgument, CaseIterable {
  case tcp, udp
}

/// How many units may be under way, and for how long.
struct Patience: ParsableArguments {
  @Option(help: "Units under way at any time, at most.")
  var concurrency = 1_000

  @Option(help: "How long a unit may take before it has failed, in seconds.")
  var timeout = 1.0

  mutating func validate() throws {
    guard (1...Limits.underWay).contains(concurrency) else {
      throw ValidationError("--concurrency must be between 1 and \(Limits.underWay).")
    }
    guard timeout > 0, timeout <= 60 else { throw ValidationError("--timeout must be above 0 and at most 60.") }
  }

  /// The share of one of several lanes.
  func concurrency(of lane: Int, among lanes: Int) -> Int {
    max(1, concurrency / lanes + (lane < concurrency % lanes ? 1 : 0))
  }

  var nanoseconds: UInt64 { UInt64(timeout * 1e9) }
}
