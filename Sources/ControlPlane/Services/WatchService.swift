import Configuration
package import Logging
import ServiceLifecycle

/// Looks at the counters once a second and logs what an operator should hear of.
package struct WatchService: Service {
  /// Between two looks, and so between two lines about one thing.
  static let interval = Duration.seconds(1)

  let view: any GatewayView
  let logger: Logger

  package init(_ view: any GatewayView, logger: Logger) {
    self.view = view
    self.logger = logger
  }

  package func run() async throws {
    await cancelWhenGracefulShutdown {
      var watch = RefusalWatch()
      while true {
        for line in watch.look(at: view.workers, of: view.configuration) { logger.warning("\(line)") }
        do { try await Task.sleep(for: Self.interval) } catch { return }
      }
    }
  }
}
