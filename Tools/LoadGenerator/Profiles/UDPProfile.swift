import ArgumentParser

/// `udp`: datagrams of flows that are already open, in one direction or both.
struct UDPProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "udp", abstract: "Datagrams of open flows, in one direction or both: packets a second.")

  @OptionGroup var options: LoadOptions

  @Option(help: "How many flows, spread evenly over the hosts.")
  var flows = 1_000

  @Option(help: "Payload of a datagram in bytes, a list of sizes taken in turn, or imix.")
  var size = DatagramSizes(all: [Probe.size])

  @Option(help: "Which way datagrams go: out, in or both.")
  var direction: FlowDirection = .out

  mutating func validate() throws {
    guard (options.queues...Limits.sessions).contains(flows), flows <= options.hosts.count * FlowTable.portsPerHost
    else {
      throw ValidationError(
        "--flows must be between \(options.queues), the number of queues, and \(FlowTable.portsPerHost) for each host.")
    }
  }

  func run() throws {
    try Campaign(name: "udp", options: options, unit: FlowLoad.unit).run { surroundings in
      FlowLoad(
        surroundings, flows: FlowTable(count: flows, surroundings), sizes: size, direction: direction)
    } prepare: { crew, report in
      let opened = try FlowLoad.open(crew, flows: flows, rate: 50_000, label: "udp, opening flows")
      report.add("flows", "flows open", .count(UInt64(opened)))
    }
  }
}

/// Which way the datagrams of flows go.
enum FlowDirection: String, ExpressibleByArgument, CaseIterable {
  case out, `in`, both
}

/// Payload sizes on the command line.
struct DatagramSizes: ExpressibleByArgument {
  /// The sizes, taken in turn.
  let all: [Int]

  /// What an unfragmented datagram on Ethernet carries at most.
  static let largest = 1_472

  init(all: [Int]) { self.all = all }

  init?(argument: String) {
    if argument == "imix" {
      // The simple mix of packets of 64, 594 and 1518 octets on the wire, seven to four to one, well shuffled.
      let small = Probe.size
      let (medium, large) = (548, 1_472)
      all = [small, medium, small, small, medium, small, large, small, medium, small, medium, small]
      return
    }
    let sizes = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard !sizes.isEmpty, sizes.allSatisfy({ $0.map { (Probe.size...Self.largest).contains($0) } ?? false }) else {
      return nil
    }
    all = sizes.compactMap { $0 }
  }

  var defaultValueDescription: String { all.map(String.init).joined(separator: ",") }
}
