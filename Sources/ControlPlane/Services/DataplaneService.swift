package import Dataplane
package import Logging
import ServiceLifecycle

/// Holds the running dataplane: the last service to end, because the others ask it.
package struct DataplaneService: Service {
  let gateway: Gateway
  let logger: Logger

  package init(_ gateway: Gateway, logger: Logger) {
    self.gateway = gateway
    self.logger = logger
  }

  package func run() async throws {
    // Ends with graceful shutdown or cancellation, whichever comes.
    try? await gracefulShutdown()
    gateway.stop()
    logger.info("workers have ended, devices are closed")
  }
}
