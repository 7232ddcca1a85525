import ArgumentParser
import ControlPlane

/// `sallyport clear …`.
struct Clear: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "End translations, or set their statistics to zero.",
    usage: "sallyport clear <words> ... [--json] [--socket <path>]",
    discussion: """
      ip nat translation {'*' | forced}
      ip nat translation [vrf V] inside GLOBAL LOCAL [forced]
      ip nat translation [vrf V] outside LOCAL GLOBAL [forced]
      ip nat translation {tcp|udp|icmp} inside GLOBAL PORT LOCAL PORT [outside LOCAL PORT GLOBAL PORT]
      ip nat translation {esp|gre} inside GLOBAL LOCAL [outside LOCAL GLOBAL]
      ip nat statistics

      An address that sessions use is cleared only with forced, and then with them.
      Quote the asterisk, which the shell would otherwise replace.
      """, aliases: ["cl", "cle", "clea"])

  @Argument(help: "What to clear.")
  var words: [String] = []

  @Flag(help: "Answer in JSON.")
  var json = false

  @OptionGroup var daemon: SocketOption

  func run() throws { try daemon.ask(["clear"] + words, format: json ? .json : .text) }
}
