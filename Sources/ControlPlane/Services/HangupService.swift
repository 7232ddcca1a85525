package import Logging
import ServiceLifecycle
import UnixSignals

/// Answers SIGHUP, which asks a daemon to read its configuration again: this version does not, says so, and goes on.
package struct HangupService: Service {
  let logger: Logger

  package init(logger: Logger) { self.logger = logger }

  package func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    await cancelWhenGracefulShutdown {
      for await _ in signals {
        logger.warning("SIGHUP: reloading is not supported by this version; nothing has changed")
      }
    }
  }
}
