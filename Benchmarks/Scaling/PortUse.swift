import Dataplane
import Forwarding
import TestSupport
import Translation
import WireFormats

/// How full a pool is when the first session finds no port.
struct PortUse: Codable, Sendable {
  let ports: Site.Ports
  let addresses: Int
  let hosts: Int
  let workers: Int
  /// Of the pool's ports, those in use when a worker first took a substitute from another's blocks; nil if none had to.
  var whenBlocksWereUp: Double?
  /// Of the pool's ports, and of those of its fullest address, those in use at the first refusal.
  var ofPool = 0.0
  var ofFullestAddress = 0.0
  /// Of all ports given out until then, those in another worker's block.
  var inOthersBlocks = 0.0

  /// Ports from 1024 on: one class, from which those of hosts come.
  private static let portsPerAddress = 64_512

  /// Opens sessions, one after the other, each of a host that has as many of them as a heavy tail gives it, until one is
  /// refused.
  static func measure(
    ports: Site.Ports, addresses: Int, hosts: Int, workers: Int
  ) throws(MemoryError) -> PortUse {
    var use = PortUse(ports: ports, addresses: addresses, hosts: hosts, workers: workers)
    var site = Site()
    site.ports = ports
    site.addresses = addresses
    let all = addresses * portsPerAddress
    site.maximumEntries = all + 1
    // Tables are no limit here.
    let gateway = try SimulatedGateway(
      site, workers: workers, sessionsPerShard: min(all, 4 * all / workers + 65_536))
    var chance = SeededRandom(seed: 3)
    // The host of a session is drawn by the running sums of what hosts have.
    let tail = HeavyTail(shape: 1.2, least: 10, most: 2_000)
    var sums: [Int] = []
    for _ in 0..<hosts { sums.append((sums.last ?? 0) + chance.draw(tail)) }
    var opened = [Int](repeating: 0, count: hosts)
    var (given, others) = (0, 0)
    while true {
      let host = place(of: chance.below(sums[hosts - 1]), in: sums)
      let start = Int((UInt32(truncatingIfNeeded: host) &* 0x9E37_79B1) >> 16)
      let port = UInt16(1024 + (start + opened[host] * 1_021) % portsPerAddress)
      opened[host] += 1
      gateway.frame.writeUDP(
        from: Endpoint(address: IPv4Address(0x0A00_0100 + UInt32(host)), port: port),
        to: Endpoint(address: IPv4Address(0x0808_0808), port: 443))
      let journey = gateway.send(by: Site.inside)
      guard journey.isForwarded else {
        guard isRefusalOfPorts(journey) else { fatalError("a packet came to a strange end: \(journey.verdict)") }
        break
      }
      given += 1
      let global = gateway.frame.source.port
      guard Ownership.worker(ofPort: global, of: workers) != journey.ended else { continue }
      others += 1
      if global != port, use.whenBlocksWereUp == nil { use.whenBlocksWereUp = Double(given) / Double(all) }
    }
    let used = (0..<addresses).map { gateway.ports.used(address: $0, protocol: .udp, classOf: 1024) }
    use.ofPool = Double(used.reduce(0, +)) / Double(all)
    use.ofFullestAddress = Double(used.max() ?? 0) / Double(portsPerAddress)
    use.inOthersBlocks = Double(others) / Double(given)
    return use
  }

  private static func isRefusalOfPorts(_ journey: Journey) -> Bool {
    if case .refuse(_, .portsExhausted) = journey.verdict { true } else { false }
  }

  /// The first place whose running sum is above `value`.
  static func place(of value: Int, in sums: [Int]) -> Int {
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > value { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
