import ArgumentParser
import Configuration
import ControlPlane

/// `sallyport deterministic {inside ADDRESS [vrf V] | global ADDRESS PORT} --config FILE`.
struct Deterministic: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute who has which ports under deterministic rules (RFC 7422).",
    usage: "sallyport deterministic {inside ADDRESS [vrf V] | global ADDRESS PORT} --config <file> [--json]",
    discussion: """
      Needs nothing but the configuration: the one that was in force at the time that is asked about. Exits with 1 when \
      the address has no ports, or the port belongs to nobody.
      """)

  @Argument(help: "What to compute.")
  var words: [String] = []

  @Option(help: ArgumentHelp("The configuration, in IOS syntax.", valueName: "file"))
  var config: String

  @Flag(help: "Answer in JSON.")
  var json = false

  func run() throws {
    do {
      let gateway = try GatewayConfiguration.load(path: config)
      let answer = try DeterministicQuery.parse(words).answer(from: gateway)
      _ = Output.standard.write(json ? answer.json : Array(answer.text.utf8))
    } catch let errors as ConfigurationErrors {
      Output.error.say(errors.rendered())
      throw ExitCode.failure
    } catch let error as CommandError {
      Output.error.say("error: " + error.rendered)
      throw ExitCode.failure
    } catch let refusal as DeterministicQuery.Refusal {
      Output.error.say("error: \(refusal)")
      throw ExitCode.failure
    }
  }
}
