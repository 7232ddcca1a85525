import ArgumentParser

/// `udp-receive`: counts what arrives at a port.
struct UDPReceive: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "udp-receive", abstract: "Count the UDP datagrams that arrive at a port.")

  @Option(help: "The port to listen on.")
  var port: UInt16

  @Option(help: "Threads, each with a socket of its own that shares the port.")
  var threads = 1

  @OptionGroup var duration: RunLength

  mutating func validate() throws {
    guard port != 0 else { throw ValidationError("--port must be above 0.") }
    guard (1...Limits.threads).contains(threads) else {
      throw ValidationError("--threads must be between 1 and \(Limits.threads).")
    }
  }

  func run() throws {
    let receivers = try (0..<threads).map { _ in try UDPReceiver(port: port) }
    let start = monotonicNanoseconds()
    let end = start + duration.nanoseconds
    announceReady()
    let others = try receivers.dropFirst().map { receiver in
      try RunningThread { receiver.run(until: end) }
    }
    receivers[0].run(until: end)
    for thread in others { thread.join() }
    report(receivers.map(\.count), nanoseconds: monotonicNanoseconds() - start)
  }

  private func report(_ counts: [UDPReceiver.Count], nanoseconds: UInt64) {
    let active = counts.filter { $0.received > 0 }
    let first = active.map(\.first).min() ?? 0
    let last = active.map(\.last).max() ?? 0
    printResult([
      ("received", .count(counts.reduce(0) { $0 + $1.received })),
      ("bytes", .count(counts.reduce(0) { $0 + $1.bytes })),
      ("seconds", .real(Double(nanoseconds) / 1e9)),
      ("active_seconds", .real(Double(last - first) / 1e9)),
    ])
  }
}
