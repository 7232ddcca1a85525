import Foundation

/// Everything that one run of the simulation found.
struct Findings: Codable {
  var workers: [Int] = []
  var portion = 1.0
  var costs: Costs
  var device: Costs
  var populations: [Size] = []
  var balance: [Balance] = []
  var spacing: [Spacing] = []
  var kinds: [HandOverKind] = []
  var traffic: [TrafficRun] = []
  var portUse: [PortUse] = []
  var memory: [MemoryUse] = []
  var polling: [RingPolling] = []
  var rates: [Rate] = []
  /// Rates where each packet also costs what two system calls' worth of a TAP device do.
  var deviceRates: [Rate] = []

  /// A population, as drawn.
  struct Size: Codable {
    let name: String
    let hosts: Int
    let sessions: Int
    let packets: Int
    let addresses: Int
  }

  /// Writes all values to a file.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(self).write(to: URL(fileURLWithPath: path))
  }

  /// The tables, for people.
  var text: String {
    [
      Table(
        "Populations", ["name", "hosts", "sessions", "packets", "addresses"],
        populations.map { [$0.name, "\($0.hosts)", "\($0.sessions)", "\($0.packets)", "\($0.addresses)"] }),
      Table(
        "Balance: the busiest worker's part, in fair shares",
        ["population", "workers", "hosts", "sessions", "packets"],
        balance.map {
          [
            $0.population, "\($0.workers)", number($0.hosts, 2), number($0.sessions, 2),
            "\(number($0.packets, 2)) (at worst \(number($0.packetsAtWorst, 2)))",
          ]
        }),
      Table(
        "Balance of 4096 hosts by the distance of their addresses", ["addresses", "workers", "hosts"],
        spacing.map { [$0.title, "\($0.workers)", number($0.hosts, 2)] }),
      Table(
        "Hand-over by kind", ["packets", "workers", "handed over", "workers used"],
        kinds.map { [$0.title, "\($0.workers)", percent($0.share), "\($0.workersUsed)"] }),
      Table(
        "Traffic", ["population", "ports", "workers", "handed over", "of inbound", "preserved", "refused"],
        traffic.map {
          [
            $0.population, $0.ports.rawValue, "\($0.workers)", percent($0.handedOver), percent($0.inboundHandedOver),
            percent($0.preserved), "\($0.refusedByTables) by tables, \($0.refusedByPorts) by ports",
          ]
        }),
      Table(
        "Ports in use at the first refusal",
        ["ports", "addresses", "workers", "own blocks up", "of pool", "of fullest", "in others' blocks"],
        portUse.map {
          [
            $0.ports.rawValue, "\($0.addresses)", "\($0.workers)", $0.whenBlocksWereUp.map(percent) ?? "-",
            percent($0.ofPool), percent($0.ofFullestAddress), percent($0.inOthersBlocks),
          ]
        }),
      Table(
        "Memory in MB",
        ["workers", "max-entries", "tables a worker", "buffers a worker", "rings", "port map", "all"],
        memory.map {
          [
            "\($0.workers)", "\($0.maximumEntries)", megabytes($0.tables), megabytes($0.buffers),
            megabytes($0.rings), megabytes($0.ports), megabytes($0.all),
          ]
        }),
      Table(
        "Looking into empty rings", ["workers and slow paths", "ns a turn"],
        polling.map { ["\($0.parties)", number($0.nanosecondsPerTurn, 0)] }),
      table("Rate in memory", rates), table("Rate through devices", deviceRates),
    ].map(\.text).joined(separator: "\n\n")
  }

  private func table(_ title: String, _ rates: [Rate]) -> Table {
    Table(
      title + ", millions of packets a second",
      ["population", "ports", "workers", "nodes", "rate", "if evenly spread", "efficiency"],
      rates.map {
        [
          $0.population, $0.ports.rawValue, "\($0.workers)", "\($0.nodes)", number($0.packets / 1e6, 1),
          number($0.packetsIfEven / 1e6, 1), percent($0.efficiency),
        ]
      })
  }
}

/// A table with a title.
struct Table {
  let title: String
  private let rows: [[String]]

  init(_ title: String, _ head: [String], _ rows: [[String]]) {
    self.title = title
    self.rows = [head] + rows
  }

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
        .joined(separator: "  ")
    }
    return ([title, lines[0], String(repeating: "-", count: lines[0].count)] + lines.dropFirst())
      .joined(separator: "\n")
  }
}

/// A number with a fixed number of decimals.
func number(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

/// A part of one, in percent.
func percent(_ value: Double) -> String { number(100 * value, 1) + " %" }

private func megabytes(_ octets: Int) -> String { number(Double(octets) / 1e6, 1) }
