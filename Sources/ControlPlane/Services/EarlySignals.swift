import Glibc
import ServiceLifecycle
import Synchronization

/// A request to end that comes before the services that would answer it: remembered, and answered by them, where the
/// system's own answer would leave the control socket's file behind.
package struct EarlySignals: Service {
  private static let wasAsked = Atomic<Bool>(false)

  package init() {}

  /// Remembers SIGTERM and SIGINT from now on, until the services watch for them.
  package static func remember() {
    for number in [SIGTERM, SIGINT] {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { _ in
        EarlySignals.wasAsked.store(true, ordering: .relaxed)
      }
      unsafe sigaction(number, &action, nil)
    }
  }

  /// Returns at once when the daemon was asked to end before it watched, which ends the others; otherwise with them.
  package func run() async throws {
    guard !Self.wasAsked.load(ordering: .relaxed) else { return }
    try? await gracefulShutdown()
  }
}
