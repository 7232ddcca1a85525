import TestSupport
import WireFormats

/// Who is behind the gateway: so many hosts, with so many sessions each, over so many addresses.
struct Population: Sendable {
  let name: String
  let hosts: Int
  /// Addresses of the pool that all share.
  let addresses: Int
  /// Hosts with a one-to-one static entry, whose services the others use too.
  let publishedHosts: Int
  let sessionsPerHost: HeavyTail

  /// Packets of a session, both ways.
  static let packetsPerSession = HeavyTail(shape: 1.1, least: 2, most: 1_000_000)
  /// Of the packets of a session, those that come from outside.
  static let inboundPart = 0.6
  /// One session in so many goes to another inside host by its global address, where there are published hosts.
  static let hairpinOneIn = 200
  /// One session in so many is told something by an ICMP error from outside.
  static let errorOneIn = 50
  /// Source ports that hosts choose from: Linux's.
  static let sourcePorts = 32_768...60_999

  static let office = Population(
    name: "office", hosts: 100, addresses: 1, publishedHosts: 2,
    sessionsPerHost: HeavyTail(shape: 1.2, least: 10, most: 2_000))
  static let campus = Population(
    name: "campus", hosts: 5_000, addresses: 16, publishedHosts: 50,
    sessionsPerHost: HeavyTail(shape: 1.2, least: 10, most: 2_000))
  static let access = Population(
    name: "access", hosts: 60_000, addresses: 128, publishedHosts: 0,
    sessionsPerHost: HeavyTail(shape: 1.2, least: 8, most: 2_000))

  static let all = [office, campus, access]

  /// The address of a host: neighbours follow one another, as leases do.
  func address(of host: Int) -> IPv4Address { IPv4Address(0x0A00_0100 + UInt32(host)) }

  /// A smaller one of the same kind.
  func scaled(by portion: Double) -> Population {
    Population(
      name: name, hosts: max(10, Int(Double(hosts) * portion)),
      addresses: max(1, Int((Double(addresses) * portion).rounded(.up))),
      publishedHosts: publishedHosts == 0 ? 0 : max(1, Int(Double(publishedHosts) * portion)),
      sessionsPerHost: sessionsPerHost)
  }

  /// Sessions of each host, and the packets of all, in the order of their hosts.
  func draw(seed: UInt64) -> (sessions: [Int], packets: [Int]) {
    var chance = SeededRandom(seed: seed)
    var sessions: [Int] = []
    var packets: [Int] = []
    sessions.reserveCapacity(hosts)
    packets.reserveCapacity(Int(Double(hosts) * sessionsPerHost.mean * 1.2))
    for _ in 0..<hosts {
      let count = chance.draw(sessionsPerHost)
      sessions.append(count)
      for _ in 0..<count { packets.append(chance.draw(Self.packetsPerSession)) }
    }
    return (sessions, packets)
  }
}
