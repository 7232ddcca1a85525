package import Configuration
import Synchronization

/// What a reload did.
package struct ReloadReport: Hashable, Sendable {
  /// Sessions whose rule still stands.
  package var sessionsKept: Int
  /// Sessions that were ended because theirs does not.
  package var sessionsCleared: Int
  /// From reading the file to the last session looked at.
  package var milliseconds: Int

  package init(sessionsKept: Int, sessionsCleared: Int, milliseconds: Int) {
    self.sessionsKept = sessionsKept
    self.sessionsCleared = sessionsCleared
    self.milliseconds = milliseconds
  }
}

/// Why a reload changed nothing: one sentence, or the errors of the file with their lines.
package struct ReloadRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The reason as a client sees it.
  package var description: String
  /// The reason in lines for a log, which has no place for a caret under a word.
  package var logLines: [String]

  package init(_ description: String) {
    self.description = description
    logLines = [description]
  }

  /// Everything that is wrong with the file.
  package init(_ errors: ConfigurationErrors) {
    description = errors.rendered()
    logLines = errors.errors.map { "\($0.location): error: \($0.message)" }
  }
}

/// Reads the file of a running configuration again, checks it whole, and has it put in force: one reload at a time, and
/// with any error nothing changes.
package final class ConfigurationReload: Sendable {
  /// Puts a checked configuration in force and returns the sessions kept and ended.
  package typealias Replacement =
    @Sendable (GatewayConfiguration) async throws(ReloadRefusal) -> (kept: Int, ended: Int)

  private let path: String
  private let isUnderWay = Atomic<Bool>(false)

  /// Reloads from the file at `path`.
  package init(path: String) { self.path = path }

  /// Has the file's configuration put in force by `replace` instead of `current`.
  package func run(
    insteadOf current: GatewayConfiguration, _ replace: Replacement
  ) async throws(ReloadRefusal) -> ReloadReport {
    guard !isUnderWay.exchange(true, ordering: .acquiring) else {
      throw ReloadRefusal("another reload is under way")
    }
    defer { isUnderWay.store(false, ordering: .releasing) }
    let clock = ContinuousClock()
    let start = clock.now
    let configuration: GatewayConfiguration
    do throws(ConfigurationErrors) {
      configuration = try GatewayConfiguration.load(path: path)
    } catch {
      throw ReloadRefusal(error)
    }
    try Self.checkRestart(from: current, to: configuration)
    let (kept, ended) = try await replace(configuration)
    let (seconds, attoseconds) = (clock.now - start).components
    return ReloadReport(
      sessionsKept: kept, sessionsCleared: ended,
      milliseconds: Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
  }

  /// What only a new process can take up, beside what the dataplane itself refuses.
  private static func checkRestart(
    from current: GatewayConfiguration, to next: GatewayConfiguration
  ) throws(ReloadRefusal) {
    if next.controlSocket != current.controlSocket {
      throw ReloadRefusal(
        "the control socket cannot move from \(current.controlSocket) to \(next.controlSocket) while the gateway runs; "
          + "restart it")
    }
  }
}
