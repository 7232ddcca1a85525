import ArgumentParser
import Configuration

/// `sallyport check FILE`.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validate a configuration.",
    discussion: "Exits with 0 for a valid file; otherwise shows each error with its line and a caret, and exits with 1."
  )

  @Argument(help: "The configuration, in IOS syntax.")
  var file: String

  func run() throws {
    do {
      _ = try GatewayConfiguration.load(path: file)
    } catch {
      Output.error.say(error.rendered())
      throw ExitCode.failure
    }
    _ = Output.standard.write(Array("\(file): no errors\n".utf8))
  }
}
