package import Logging
import ServiceLifecycle
import UnixSignals

/// Answers SIGHUP, which asks a daemon to read its configuration again; what came of it goes to the log.
package struct HangupService: Service {
  let view: any GatewayView
  let logger: Logger

  package init(_ view: any GatewayView, logger: Logger) {
    self.view = view
    self.logger = logger
  }

  package func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    await cancelWhenGracefulShutdown {
      for await _ in signals { await reload() }
    }
  }

  /// One reload, told in the log.
  func reload() async {
    do throws(ReloadRefusal) {
      let listing = ReloadListing(report: try await view.reload())
      logger.notice("SIGHUP: \(listing.sentence)")
    } catch {
      logger.error("SIGHUP: the configuration was not reloaded, and nothing has changed")
      for line in error.logLines { logger.error("\(line)") }
    }
  }
}
