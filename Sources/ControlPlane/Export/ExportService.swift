package import Configuration
package import Dataplane
import Forwarding
import Glibc
package import Logging
import ServiceLifecycle
import Synchronization
package import Translation
package import WireFormats

/// Writes down what becomes of translations: lines of the system log, and NetFlow packets to collectors.
package final class ExportService: Service {
  /// The longest time that an event waits in a journal.
  static let longestWait = Duration.milliseconds(100)
  /// The pause when there is a lot to do: room for the worker to send.
  static let shortestWait = Duration.milliseconds(1)

  private let source: any JournalSource
  private let logger: Logger
  private let configuration: Mutex<GatewayConfiguration?>
  private let latest = Mutex(ExportStatus())

  package init(_ source: any JournalSource, configuration: GatewayConfiguration, logger: Logger) {
    self.source = source
    self.logger = logger
    self.configuration = Mutex(configuration)
  }

  /// Follows another configuration after a reload: within `longestWait`.
  package func adopt(_ configuration: GatewayConfiguration) { self.configuration.withLock { $0 = configuration } }

  /// What has been written, as of the last turn.
  package var status: ExportStatus { latest.withLock { $0 } }

  package func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      var exporter = Exporter(source, start: monotonicNanoseconds()) { [logger] in logger.info("\($0)") }
      var wait = Self.longestWait
      while !Task.isCancelled {
        let taken = turn(&exporter)
        wait = taken > 0 ? max(Self.shortestWait, wait / 4) : min(Self.longestWait, wait * 2)
        do { try await Task.sleep(for: wait) } catch { break }
      }
      exporter.finish(at: .now)
      note(exporter)
      await Self.waitUntilSent(source)
    }
  }

  /// Gives the worker the time to send what it was left with, before it is ended too. In a task of its own, because
  /// the service's is cancelled by now.
  private static func waitUntilSent(_ source: any JournalSource) async {
    await Task {
      for _ in 0..<50 where !source.isIdle { try? await Task.sleep(for: .milliseconds(2)) }
    }.value
  }

  private func turn(_ exporter: inout Exporter) -> Int {
    let adopted = configuration.withLock { configuration in
      defer { configuration = nil }
      return configuration
    }
    if let adopted { exporter.adopt(adopted) }
    let taken = exporter.turn(at: .now)
    note(exporter)
    return taken
  }

  private func note(_ exporter: Exporter) {
    let status = exporter.status
    latest.withLock { $0 = status }
  }
}

extension Moment {
  /// Both clocks, read one after the other.
  static var now: Moment {
    var wall = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &wall)
    return Moment(
      monotonic: monotonicNanoseconds(),
      unixMilliseconds: UInt64(wall.tv_sec) * 1000 + UInt64(wall.tv_nsec) / 1_000_000)
  }
}

extension Gateway: JournalSource {
  package var ruleIDs: [UInt16] { policy.rules.map(\.id) }

  package var journals: [TranslationJournal] { workers.map(\.journal) }

  /// The first worker sends for all: there are few packets, and one sender keeps them in order.
  package var datagramRoom: Int { workers.first?.datagramRoom ?? 0 }

  package func isReady(for address: IPv4Address) -> Bool {
    guard let hop = policy.routes.nextHop(to: address, in: .global), let neighbor = neighbors.find(hop) else {
      return false
    }
    return neighbors.state(of: neighbor).isResolved
  }

  package var isIdle: Bool { workers.first?.hasSentDatagrams ?? true }

  package func send(_ datagram: OwnDatagram) { workers.first?.send(datagram) }
}
