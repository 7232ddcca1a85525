import ArgumentParser
import Dataplane
import Translation

/// Runs the daemon's translators, 2 to 64 of them, in one thread over the traffic of an office, a campus and an access
/// network, and computes from what they did what so many cores would do.
@main
struct ScalingSimulation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling-simulation",
    abstract: "Simulate 2 to 64 workers: balance, hand-over, ports, memory, and the rate that follows.")

  @Option(help: "Numbers of workers, separated by commas.")
  var workers = "2,4,8,16,32,64"

  @Option(help: "Nanoseconds of a packet in memory (sallyport-benchmark, 65536 established sessions).")
  var packet = 33.0

  @Option(help: "Nanoseconds of a worker for a small packet through a device (Tools/bench).")
  var device = 1600.0

  @Option(help: "Nanoseconds that a hand-over costs more, among other packets (sallyport-benchmark --two-workers).")
  var handOver = 220.0

  @Option(help: "Nanoseconds that a hand-over to another memory node costs beyond that.")
  var remote = 150.0

  @Option(help: "The part of each population's hosts to simulate, 0.001 to 1.")
  var portion = 1.0

  @Option(help: "Draws of each population for the balance, 1 to 100.")
  var draws = 10

  @Option(help: ArgumentHelp("Write all values to a file.", valueName: "file"))
  var json: String?

  private var counts: [Int] { workers.split(separator: ",").compactMap { Int($0) } }

  func validate() throws {
    guard !counts.isEmpty, counts.count == workers.split(separator: ",", omittingEmptySubsequences: false).count,
      counts.allSatisfy({ (2...PortMap.maximumWorkers).contains($0) })
    else { throw ValidationError("--workers takes numbers from 2 to \(PortMap.maximumWorkers), such as 2,8.") }
    guard (0.001...1).contains(portion) else { throw ValidationError("--portion must be between 0.001 and 1.") }
    guard (1...100).contains(draws) else { throw ValidationError("--draws must be between 1 and 100.") }
    guard [packet, device].allSatisfy({ $0 > 0 && $0.isFinite }),
      [handOver, remote].allSatisfy({ $0 >= 0 && $0.isFinite })
    else { throw ValidationError("Costs are positive numbers of nanoseconds.") }
  }

  func run() throws {
    var findings = Findings(
      workers: counts, portion: portion, costs: Costs(packet: packet, handOver: handOver, remote: remote),
      device: Costs(packet: device, handOver: handOver, remote: remote))
    findings.polling = try counts.map { try RingPolling.measure(parties: $0 + 1) }
    for population in Population.all.map({ portion < 1 ? $0.scaled(by: portion) : $0 }) {
      let drawn = population.draw(seed: 1)
      findings.populations.append(
        Findings.Size(
          name: population.name, hosts: population.hosts, sessions: drawn.packets.count,
          packets: drawn.packets.reduce(0, +), addresses: population.addresses))
      findings.balance += Balance.measure(population, workers: counts, draws: draws)
      for ports in [Site.Ports.preserved, .random, .sets] {
        for count in counts {
          let run = try TrafficRun.measure(population, ports: ports, workers: count)
          findings.traffic.append(run)
          findings.rates += rates(run, findings.costs, findings.polling)
          findings.deviceRates += rates(run, findings.device, findings.polling)
        }
      }
    }
    for count in counts {
      findings.spacing += Spacing.measure(workers: count, hosts: 4096)
      findings.kinds += try HandOverKind.measure(workers: count)
      for ports in [Site.Ports.preserved, .random] {
        findings.portUse.append(try PortUse.measure(ports: ports, addresses: 1, hosts: 100, workers: count))
        let hosts = max(10, Int(7_500 * portion))
        findings.portUse.append(try PortUse.measure(ports: ports, addresses: 16, hosts: hosts, workers: count))
      }
      for entries in [TranslationConfiguration.defaultMaximumEntries, 16_777_216] {
        findings.memory.append(MemoryUse(workers: count, maximumEntries: entries, addresses: 128))
      }
    }
    print(findings.text)
    if let json { try findings.write(to: json) }
  }

  private func rates(_ run: TrafficRun, _ costs: Costs, _ polling: [RingPolling]) -> [Rate] {
    var costs = costs
    costs.polling = polling.first { $0.parties == run.workers + 1 }?.nanosecondsPerTurn ?? 0
    return [1, 2].map { Rate(run, costs, nodes: $0) }
  }
}
