import Dataplane
import Gateways
import Glibc
import WireFormats

/// `trace`: what gateways do, told as they do it.
struct GatewayTrace {
  /// Between two looks at the ledgers.
  private static let interval = Duration.milliseconds(20)

  private let ledgers: [Ledger]
  private let request: TraceRequest

  /// Checks the request against the catalogue.
  init(_ request: TraceRequest, of view: any GatewayView) throws(Answering.Refusal) {
    if let name = request.gateway { _ = try Answering.gateway(named: name) }
    self.request = request
    ledgers = view.slowPaths.map(\.ledger)
  }

  /// Tells until the messages asked for are full, or the task is cancelled because the client left.
  func run(in format: AnswerFormat, to sink: some AnswerSink) async throws {
    for ledger in ledgers { ledger.follow() }
    defer { for ledger in ledgers { ledger.unfollow() } }
    var seen = ledgers.map(\.newest)
    var remaining = request.count ?? Int.max
    let epoch = Self.epochOffset()
    let end = request.seconds.map { ContinuousClock.now.advanced(by: .seconds($0)) }
    while remaining > 0 {
      // What came before the deadline is told.
      let isOver = end.map { ContinuousClock.now >= $0 } ?? false
      var octets: [UInt8] = []
      for place in ledgers.indices {
        let entries = ledgers[place].entries(after: seen[place])
        seen[place] = entries.last?.number ?? seen[place]
        for entry in entries where remaining > 0 && request.wants(entry) {
          remaining -= 1
          append(TraceLine(entry: entry, time: entry.time &+ epoch), in: format, to: &octets)
        }
      }
      try await sink.send(octets)
      if isOver { return }
      if octets.isEmpty { try await Task.sleep(for: Self.interval) } else { try Task.checkCancellation() }
    }
  }

  private func append(_ line: TraceLine, in format: AnswerFormat, to octets: inout [UInt8]) {
    switch format {
    case .text: octets += Array(line.text.utf8)
    case .json:
      var json = JSONText()
      line.write(to: &json)
      octets += json.take() + [UInt8(ascii: "\n")]
    }
  }

  /// Microseconds from 1970 to the zero of the slow paths' clock.
  private static func epochOffset() -> UInt64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(now.tv_sec) &* 1_000_000 &+ UInt64(now.tv_nsec) / 1000 &- monotonicNanoseconds() / 1000
  }
}

extension TraceRequest {
  /// Whether an entry is of the gateway and of the host that are asked for.
  func wants(_ entry: LedgerEntry) -> Bool {
    if let gateway, entry.gateway != gateway.lowercased() { return false }
    guard let host else { return true }
    let session = entry.session
    switch host {
    case .ipv4(let address):
      return session.ipv6 == nil
        && [session.insideLocal, session.insideGlobal, session.outsideLocal, session.outsideGlobal]
          .contains { $0.address == address }
    case .ipv6(let address): return session.ipv6.map { [$0.inside, $0.outside].contains(address) } ?? false
    }
  }
}
