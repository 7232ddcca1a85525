import Dataplane
import Forwarding
import TestSupport
import Translation
import WireFormats

/// A population's traffic through so many workers: what was handed over, who was busiest, and whom nobody served.
struct TrafficRun: Codable, Sendable {
  let population: String
  let ports: Site.Ports
  let workers: Int
  var sessions = 0
  /// Sessions refused since their worker's table was full, and since no port was left for their host.
  var refusedByTables = 0
  var refusedByPorts = 0
  /// Of the ports given out by a rule, those that are the host's own.
  var preserved = 0.0
  /// Of all packets, and of those from outside, those that arrived at another worker than their owner's.
  var handedOver = 0.0
  var inboundHandedOver = 0.0
  /// What each worker did.
  var loads: [WorkerLoad] = []

  /// The run's packets.
  var packets: Int { loads.reduce(0) { $0 + $1.translated } }

  static func measure(
    _ population: Population, ports: Site.Ports, workers: Int, seed: UInt64 = 1
  ) throws(MemoryError) -> TrafficRun {
    let drawn = population.draw(seed: seed)
    var site = Site()
    site.ports = ports
    site.addresses = population.addresses
    site.published = population.publishedHosts
    site.publishedFirst = population.address(of: 0)
    // Enough for all, and for the second session of those that turn round.
    site.maximumEntries = drawn.packets.count + drawn.packets.count / 100 + 16
    var traffic = Traffic(
      population: population, gateway: try SimulatedGateway(site, workers: workers), chance: SeededRandom(seed: ~seed))
    var starts: [Int] = []
    var next = 0
    for count in drawn.sessions {
      starts.append(next)
      next += count
    }
    for host in (0..<population.hosts).shuffled(using: &traffic.chance) {
      let firstPort = traffic.chance.below(Population.sourcePorts.count)
      for session in 0..<drawn.sessions[host] {
        traffic.open(of: host, session, firstPort: firstPort, packets: drawn.packets[starts[host] + session])
      }
    }
    return traffic.figures(ports)
  }
}

/// The traffic under way: each session's first packet of each direction is sent, and counts for all of its kind, since
/// those that follow go the same way.
private struct Traffic {
  let population: Population
  let gateway: SimulatedGateway
  var chance: SeededRandom
  var run = (sessions: 0, byTables: 0, byPorts: 0, preserved: 0, given: 0, inbound: 0, inboundHandedOver: 0)

  mutating func open(of host: Int, _ session: Int, firstPort: Int, packets: Int) {
    let inbound = Int(Double(packets) * Population.inboundPart)
    let range = Population.sourcePorts
    let port = range.lowerBound + (firstPort + session * 1_021) % range.count
    let source = Endpoint(address: population.address(of: host), port: UInt16(port))
    let published = population.publishedHosts
    if published > 0, host >= published, chance.below(Population.hairpinOneIn) == 0 {
      turnRound(from: source, to: chance.below(published), out: packets - inbound, back: inbound)
      return
    }
    let remote = Endpoint(
      address: IPv4Address(0x0800_0000 + UInt32(chance.below(1 << 24))), port: UInt16(1 + chance.below(65_535)))
    gateway.frame.writeUDP(from: source, to: remote)
    let journey = gateway.send(by: Site.inside, weight: packets - inbound)
    guard isOpen(journey) else { return }
    let global = gateway.frame.source
    if host >= published {
      run.given += 1
      if global.port == source.port { run.preserved += 1 }
    }
    gateway.frame.writeUDP(from: remote, to: global)
    note(gateway.send(by: Site.outside, weight: inbound), inbound)
    if chance.below(Population.errorOneIn) == 0 {
      gateway.frame.writeError(from: remote.address, aboutUDPFrom: global, to: remote)
      note(gateway.send(by: Site.outside), 1)
    }
  }

  /// A session with a published host, which answers what it sees.
  private mutating func turnRound(from source: Endpoint, to published: Int, out: Int, back: Int) {
    let target = Endpoint(address: Site.globalAddress(ofPublished: published), port: 443)
    gateway.frame.writeUDP(from: source, to: target)
    guard isOpen(gateway.send(by: Site.inside, weight: out)) else { return }
    let seen = gateway.frame.source
    gateway.frame.writeUDP(from: Endpoint(address: population.address(of: published), port: 443), to: seen)
    gateway.send(by: Site.inside, weight: back)
  }

  private mutating func isOpen(_ journey: Journey) -> Bool {
    switch journey.verdict {
    case .forward:
      run.sessions += 1
      return true
    case .refuse(_, .sessionsExhausted), .refuse(_, .mappingsExhausted): run.byTables += 1
    case .refuse(_, .portsExhausted): run.byPorts += 1
    default: fatalError("a first packet came to a strange end: \(journey.verdict)")
    }
    return false
  }

  private mutating func note(_ journey: Journey, _ weight: Int) {
    guard journey.isForwarded else { fatalError("an answer came to a strange end: \(journey.verdict)") }
    run.inbound += weight
    run.inboundHandedOver += journey.handOvers * weight
  }

  func figures(_ ports: Site.Ports) -> TrafficRun {
    var result = TrafficRun(population: population.name, ports: ports, workers: gateway.workers)
    result.sessions = run.sessions
    (result.refusedByTables, result.refusedByPorts) = (run.byTables, run.byPorts)
    result.preserved = Double(run.preserved) / Double(max(1, run.given))
    result.loads = gateway.loads
    let handed = gateway.loads.reduce(0) { $0 + $1.handedOut }
    result.handedOver = Double(handed) / Double(max(1, result.packets))
    result.inboundHandedOver = Double(run.inboundHandedOver) / Double(max(1, run.inbound))
    return result
  }
}
