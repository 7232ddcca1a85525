import Dataplane
import Forwarding
import TestSupport
import Translation
import WireFormats

/// A kind of packet, and how many of them arrive at another worker than their owner's.
struct HandOverKind: Codable, Sendable {
  let title: String
  let workers: Int
  let share: Double
  /// Workers that the sessions of the kind are at.
  let workersUsed: Int

  private static let hosts = 512
  private static let sessionsPerHost = 8
  private static let publishedHosts = 256
  private static let first = IPv4Address(0x0A00_0100)

  static func measure(workers: Int) throws(MemoryError) -> [HandOverKind] {
    var published = Site()
    published.published = publishedHosts
    published.publishedFirst = first
    var virtual = Site()
    virtual.realHosts = 64
    virtual.realFirst = first
    return [
      try count("from inside", workers, at: Site()) { gateway, tally in
        open(gateway) { journey, _, _ in tally.note(journey) }
      },
      try count("answers, ports preserved", workers, at: site(.preserved), answers),
      try count("answers, random ports", workers, at: site(.random), answers),
      try count("answers, sets of 64 ports", workers, at: site(.sets), answers),
      try count("answers, deterministic ports", workers, at: site(.deterministic), answers),
      try count("ICMP errors from outside", workers, at: site(.random), errors),
      try count("from outside to a one-to-one address", workers, at: published, callers),
      try count("from inside to an inside global address", workers, at: published, hairpins),
      try count("answers of the hosts behind a virtual one", workers, at: virtual, answersOfRealHosts),
    ]
  }

  /// What is counted of one kind.
  private struct Tally {
    var packets = 0
    var handedOver = 0
    var owners: Set<Int> = []

    mutating func note(_ journey: Journey) {
      guard journey.isForwarded else { fatalError("a packet came to a strange end: \(journey.verdict)") }
      packets += 1
      handedOver += journey.handOvers > 0 ? 1 : 0
      owners.insert(journey.ended)
    }
  }

  /// Plays a scene at a gateway of its own and counts its packets.
  private static func count(
    _ title: String, _ workers: Int, at site: Site, _ play: (SimulatedGateway, inout Tally) -> Void
  ) throws(MemoryError) -> HandOverKind {
    var tally = Tally()
    play(try SimulatedGateway(site, workers: workers), &tally)
    return HandOverKind(
      title: title, workers: workers, share: Double(tally.handedOver) / Double(max(1, tally.packets)),
      workersUsed: tally.owners.count)
  }

  /// A site that gives ports out in some way, of as many addresses as that takes.
  private static func site(_ ports: Site.Ports) -> Site {
    var site = Site()
    site.ports = ports
    site.addresses = ports == .deterministic ? 64 : 1
    return site
  }

  /// Opens every session of every host: the first packet's journey, the inside global endpoint, and the remote one.
  private static func open(
    _ gateway: SimulatedGateway, _ body: (Journey, _ global: Endpoint, _ remote: Endpoint) -> Void
  ) {
    var chance = SeededRandom(seed: 5)
    for host in 0..<hosts {
      let firstPort = chance.below(Population.sourcePorts.count)
      for session in 0..<sessionsPerHost {
        let port = Population.sourcePorts.lowerBound + (firstPort + session * 1_021) % Population.sourcePorts.count
        let source = Endpoint(address: IPv4Address(first.rawValue + UInt32(host)), port: UInt16(port))
        let remote = Endpoint(address: IPv4Address(0x0808_0000 + UInt32(host)), port: 443)
        gateway.frame.writeUDP(from: source, to: remote)
        let journey = gateway.send(by: Site.inside)
        guard journey.isForwarded else { fatalError("a first packet came to a strange end: \(journey.verdict)") }
        body(journey, gateway.frame.source, remote)
      }
    }
  }

  private static func answers(_ gateway: SimulatedGateway, _ tally: inout Tally) {
    open(gateway) { _, global, remote in
      gateway.frame.writeUDP(from: remote, to: global)
      tally.note(gateway.send(by: Site.outside))
    }
  }

  private static func errors(_ gateway: SimulatedGateway, _ tally: inout Tally) {
    open(gateway) { _, global, remote in
      gateway.frame.writeError(from: remote.address, aboutUDPFrom: global, to: remote)
      tally.note(gateway.send(by: Site.outside))
    }
  }

  /// Sessions from outside to hosts with a static entry, at many ports.
  private static func callers(_ gateway: SimulatedGateway, _ tally: inout Tally) {
    for host in 0..<publishedHosts {
      for port in 0..<8 {
        gateway.frame.writeUDP(
          from: Endpoint(address: IPv4Address(0x0808_0808), port: UInt16(20_000 + host)),
          to: Endpoint(address: Site.globalAddress(ofPublished: host), port: UInt16(1024 + port * 977)))
        tally.note(gateway.send(by: Site.outside))
      }
    }
  }

  private static func hairpins(_ gateway: SimulatedGateway, _ tally: inout Tally) {
    var chance = SeededRandom(seed: 9)
    for host in 0..<hosts {
      let source = Endpoint(address: IPv4Address(first.rawValue + 1024 + UInt32(host)), port: 40_000)
      gateway.frame.writeUDP(
        from: source,
        to: Endpoint(address: Site.globalAddress(ofPublished: chance.below(publishedHosts)), port: 443))
      tally.note(gateway.send(by: Site.inside))
    }
  }

  /// What real hosts answer to connections to one port of a virtual host.
  private static func answersOfRealHosts(_ gateway: SimulatedGateway, _ tally: inout Tally) {
    for client in 0..<2_048 {
      let from = Endpoint(address: IPv4Address(0x0808_0000 + UInt32(client)), port: 50_000)
      gateway.frame.writeTCP(from: from, to: Endpoint(address: Site.virtualHost, port: 443), flags: .syn)
      let opened = gateway.send(by: Site.outside)
      guard opened.isForwarded else { fatalError("a connection came to a strange end: \(opened.verdict)") }
      gateway.frame.writeTCP(from: gateway.frame.destination, to: from, flags: [.syn, .ack])
      tally.note(gateway.send(by: Site.inside))
    }
  }
}
