/// What a packet costs: measured figures, from which the rate of many workers is computed.
struct Costs: Codable, Sendable {
  /// Nanoseconds of a worker for a packet that arrives where it belongs.
  var packet: Double
  /// Nanoseconds more, of giver and owner together, for one that is handed over.
  var handOver: Double
  /// Nanoseconds more for one that is handed to another memory node.
  var remote: Double
  /// Nanoseconds a turn for looking into the rings of all others.
  var polling = 0.0
  /// Packets of a turn under load.
  var burst = 64.0
}

/// The rate of one run, were every worker a core.
struct Rate: Codable, Sendable {
  let population: String
  let ports: Site.Ports
  let workers: Int
  let nodes: Int
  /// Packets a second that arrive when the busiest worker is just not overloaded.
  let packets: Double
  /// The same, were all workers equally busy.
  let packetsIfEven: Double
  /// Of the rate of as many workers that hand over nothing and are equally busy.
  let efficiency: Double

  /// - Parameter nodes: 1, or 2 where a hand-over to the other half of the workers leaves the node.
  init(_ run: TrafficRun, _ costs: Costs, nodes: Int) {
    population = run.population
    ports = run.ports
    workers = run.workers
    self.nodes = nodes
    let busy = run.loads.map { Self.nanoseconds($0, costs, nodes: nodes) }
    let count = Double(run.packets)
    let most = busy.max() ?? 0
    let mean = busy.reduce(0, +) / Double(max(1, busy.count))
    packets = most > 0 ? count / most * 1e9 : 0
    packetsIfEven = mean > 0 ? count / mean * 1e9 : 0
    efficiency = packets * costs.packet / 1e9 / Double(max(1, run.workers))
  }

  /// Nanoseconds that a worker is busy. Giver and owner bear half of a hand-over each.
  static func nanoseconds(_ load: WorkerLoad, _ costs: Costs, nodes: Int) -> Double {
    Double(load.translated) * (costs.packet + costs.polling / costs.burst)
      + Double(load.handedOut + load.handedIn) * costs.handOver / 2
      + (nodes > 1 ? Double(load.crossed) * costs.remote / 2 : 0)
  }
}
