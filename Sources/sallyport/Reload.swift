import ArgumentParser
import ControlPlane

/// `sallyport reload`.
struct Reload: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Have the gateway read its configuration again.",
    discussion: """
      Sessions whose rule still stands go on, the others end. A file with any error changes nothing: its errors are \
      shown, and the exit code is 1.
      """)

  @Flag(help: "Answer in JSON.")
  var json = false

  @OptionGroup var daemon: SocketOption

  func run() throws { try daemon.ask(["reload"], format: json ? .json : .text) }
}
