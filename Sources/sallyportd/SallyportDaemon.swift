import ArgumentParser
import Configuration
import ControlPlane
import Glibc
import Logging

/// `sallyportd`: the gateway, in the foreground.
@main
struct SallyportDaemon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sallyportd", abstract: "A multi-core NAT gateway.",
    discussion: """
      Runs in the foreground and logs to standard error. SIGTERM and SIGINT end it, SIGHUP reads the configuration again. See sallyportd(8).
      """)

  @Option(help: ArgumentHelp("The configuration, in IOS syntax.", valueName: "file"))
  var config: String

  @Option(help: "The least important events to log: trace, debug, info, notice, warning, error or critical.")
  var logLevel: LogLevel = .info

  func run() async throws {
    EarlySignals.remember()
    StandardErrorLog.bootstrap(level: logLevel.level)
    let logger = Logger(label: "sallyportd")
    let gateway: GatewayConfiguration
    do {
      gateway = try GatewayConfiguration.load(path: config)
    } catch {
      Self.complain(error.rendered())
      throw ExitCode.failure
    }
    do {
      try await Daemon(gateway, path: config, logger: logger).run()
    } catch {
      logger.critical("\(error)")
      throw ExitCode.failure
    }
  }

  private static func complain(_ text: String) {
    let octets = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
    _ = unsafe octets.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// The levels of the log, by their names.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
