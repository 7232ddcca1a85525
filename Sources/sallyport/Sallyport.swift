import ArgumentParser
import Glibc

/// `sallyport`: asks a running gateway, and checks configurations.
@main
struct Sallyport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sallyport", abstract: "Asks a running sallyportd, and checks configurations.",
    discussion: "See sallyport(1).",
    subcommands: [
      Check.self, Show.self, Clear.self, Reload.self, Capture.self, Trace.self, ReplayCommand.self, Deterministic.self,
    ])

  static func main() {
    // A reader that has seen enough, such as head(1), ends the output quietly: writes then fail with EPIPE.
    signal(SIGPIPE, SIG_IGN)
    let arguments = Self.verbFirst(Array(CommandLine.arguments.dropFirst()))
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      // With 1 a replay says that an address was not translated, so whatever else is wrong has a code of its own.
      guard arguments.first == "replay", exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Output.error.say(fullMessage(for: error))
      exit(withError: ReplayCommand.failure)
    }
  }

  /// `--socket PATH` may stand before the verb as well as behind it.
  private static func verbFirst(_ arguments: [String]) -> [String] {
    guard let first = arguments.first, arguments.count > 1 else { return arguments }
    if first == "--socket", arguments.count > 2 { return Array(arguments[2...] + arguments[..<2]) }
    return first.hasPrefix("--socket=") ? Array(arguments[1...] + arguments[..<1]) : arguments
  }
}
