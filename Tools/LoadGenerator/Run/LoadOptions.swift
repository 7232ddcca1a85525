import ArgumentParser
import WireFormats

/// What every profile is told: where it stands, whom it plays, how long, and what is expected.
struct LoadOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The end at the gateway's inside.", valueName: "[tap:]device[@namespace]"))
  var inside: EndArgument

  @Option(help: ArgumentHelp("The end at the gateway's outside.", valueName: "[tap:]device[@namespace]"))
  var outside: EndArgument

  @Option(help: ArgumentHelp("The gateway's inside address.", valueName: "address"))
  var gateway: HostAddress

  @Option(help: ArgumentHelp("Inside hosts to play.", valueName: "first+count"))
  var hosts: AddressRange

  @Option(help: ArgumentHelp("Outside servers to play.", valueName: "first+count"))
  var servers: AddressRange

  @Option(
    help: ArgumentHelp(
      "A router to play before the hosts, where they are not on the gateway's segment.", valueName: "address"))
  var hostRouter: HostAddress?

  @Option(help: ArgumentHelp("The same before the servers.", valueName: "address"))
  var serverRouter: HostAddress?

  @Option(help: "Queues of each end, each with a thread.")
  var queues = 1

  @Option(help: "How long to load, in seconds, at most 600; with --search, for all trials together.")
  var seconds = 10.0

  @Option(help: "Units to begin a second, or max; with --search, the highest rate to try.")
  var rate: RateArgument = .unlimited

  @Flag(help: "Never sleep while loading: each unit leaves when it is due, and every queue's thread takes a core.")
  var spin = false

  @Flag(help: "Find the highest rate without loss, by halving.")
  var search = false

  @Option(help: "With --search: how long each trial loads, in seconds.")
  var trial = 1.0

  @Option(help: "The part of the units that may be lost, 0 to 1, in a trial that holds.")
  var tolerance = 0.0

  @Option(help: "With --search: how narrow the interval becomes, as a part of its upper end.")
  var resolution = 0.02

  @Flag(help: "Print the result as one line of JSON.")
  var json = false

  @Flag(help: "No progress line.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "What a figure has to be, or the exit status is 1; the names are those of --json. May be given again.",
      valueName: "name<=number"))
  var expect: [Expectation] = []

  @OptionGroup var ownership: OwnershipFlag

  mutating func validate() throws {
    guard seconds > 0, seconds <= Limits.seconds else {
      throw ValidationError("--seconds must be above 0 and at most \(Int(Limits.seconds)).")
    }
    guard trial > 0, !search || trial <= seconds else {
      throw ValidationError("--trial must be above 0 and at most --seconds.")
    }
    guard (0..<1).contains(tolerance) else { throw ValidationError("--tolerance must be at least 0 and below 1.") }
    guard (0.0001...0.5).contains(resolution) else {
      throw ValidationError("--resolution must be between 0.0001 and 0.5.")
    }
    guard (1...Limits.queues).contains(queues) else {
      throw ValidationError("--queues must be between 1 and \(Limits.queues).")
    }
    guard servers.count >= queues else {
      throw ValidationError("--servers needs an address for each of the \(queues) queues.")
    }
    guard !hosts.overlaps(servers) else { throw ValidationError("--hosts and --servers overlap.") }
    guard !hosts.contains(gateway.value), !servers.contains(gateway.value) else {
      throw ValidationError("--gateway is among the addresses to play.")
    }
    guard inside != outside else { throw ValidationError("--inside and --outside are the same end.") }
  }

  var network: SimulatedNetwork {
    SimulatedNetwork(
      hosts: hosts, servers: servers, gateway: gateway.value, hostRouter: hostRouter?.value,
      serverRouter: serverRouter?.value)
  }

  /// The rate asked for; nil for as fast as possible.
  var requestedRate: Double? {
    switch rate {
    case .unlimited: nil
    case .packetsPerSecond(let rate): rate
    }
  }
}
