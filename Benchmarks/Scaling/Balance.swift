import Forwarding
import Translation
import WireFormats

/// How evenly hosts, sessions and packets are spread over workers by the hash that steers them.
struct Balance: Codable, Sendable {
  let population: String
  let workers: Int
  /// What the busiest worker has, in multiples of a fair share: medians of the draws.
  let hosts: Double
  let sessions: Double
  let packets: Double
  /// The same of packets in the worst of the draws.
  let packetsAtWorst: Double

  /// The largest value over the mean; 1 where there is nothing to share.
  static func ratio(_ shares: [Int]) -> Double {
    let sum = shares.reduce(0, +)
    guard sum > 0, let most = shares.max() else { return 1 }
    return Double(most) * Double(shares.count) / Double(sum)
  }

  /// The balance with each of these numbers of workers, over the same draws.
  static func measure(_ population: Population, workers counts: [Int], draws: Int) -> [Balance] {
    var found = Array(repeating: (hosts: [Double](), sessions: [Double](), packets: [Double]()), count: counts.count)
    for draw in 0..<draws {
      let drawn = population.draw(seed: UInt64(1 + draw))
      for (place, workers) in counts.enumerated() {
        let shares = shares(of: population, drawn.sessions, drawn.packets, workers: workers)
        found[place].hosts.append(ratio(shares.map(\.hosts)))
        found[place].sessions.append(ratio(shares.map(\.sessions)))
        found[place].packets.append(ratio(shares.map(\.packets)))
      }
    }
    return zip(counts, found).map { workers, found in
      Balance(
        population: population.name, workers: workers, hosts: found.hosts.median, sessions: found.sessions.median,
        packets: found.packets.median, packetsAtWorst: found.packets.max() ?? 1)
    }
  }

  private static func shares(
    of population: Population, _ sessions: [Int], _ packets: [Int], workers: Int
  ) -> [(hosts: Int, sessions: Int, packets: Int)] {
    var shares = Array(repeating: (hosts: 0, sessions: 0, packets: 0), count: workers)
    var next = 0
    for (host, count) in sessions.enumerated() {
      let worker = Ownership.worker(ofInside: population.address(of: host), in: .global, of: workers)
      shares[worker].hosts += 1
      shares[worker].sessions += count
      for session in next..<next + count { shares[worker].packets += packets[session] }
      next += count
    }
    return shares
  }
}

/// How evenly hosts are spread whose addresses do not simply follow one another.
struct Spacing: Codable, Sendable {
  let title: String
  let workers: Int
  let hosts: Double

  /// The distance of neighbouring hosts' addresses, and what has it.
  static let kinds: [(title: String, distance: UInt32)] = [
    ("consecutive", 1), ("one in each /30", 4), ("one in each /24", 256), ("one in each /16 of 10.0.0.0/8", 65_536),
  ]

  static func measure(workers: Int, hosts: Int) -> [Spacing] {
    kinds.map { kind in
      var shares = [Int](repeating: 0, count: workers)
      for host in 0..<min(hosts, Int(0x0100_0000 / kind.distance)) {
        let address = IPv4Address(0x0A00_0001 &+ UInt32(host) &* kind.distance)
        shares[Ownership.worker(ofInside: address, in: .global, of: workers)] += 1
      }
      return Spacing(title: kind.title, workers: workers, hosts: Balance.ratio(shares))
    }
  }
}

extension [Double] {
  /// The middle value; 0 of none.
  var median: Double {
    guard !isEmpty else { return 0 }
    let sorted = sorted()
    let middle = count / 2
    return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
