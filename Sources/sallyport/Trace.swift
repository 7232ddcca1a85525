import ArgumentParser
import ControlPlane

/// `sallyport trace`.
struct Trace: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what application-level gateways do, as they do it.",
    discussion: """
      One line for each field that a gateway replaces, with what stood there and what stands there now, for each door \
      that it opens, and for each reason to leave something alone. Without --count and --seconds the trace lasts until \
      it is interrupted.
      """)

  @Option(help: ArgumentHelp("Only this gateway, such as ftp.", valueName: "name"))
  var gateway: String?

  @Option(help: ArgumentHelp("Only sessions of this host, by any of its addresses.", valueName: "address"))
  var host: String?

  @Option(help: "End after this many messages.")
  var count: Int?

  @Option(help: "End after this many seconds.")
  var seconds: Int?

  @Flag(help: "One JSON object a line.")
  var json = false

  @OptionGroup var daemon: SocketOption

  func validate() throws {
    for (name, value) in [("count", count), ("seconds", seconds)] {
      guard let value, !(1...CaptureRequest.maximum).contains(value) else { continue }
      throw ValidationError("--\(name) takes a number from 1 to \(CaptureRequest.maximum)")
    }
  }

  func run() throws {
    var words = ["trace"]
    if let gateway { words += ["gateway", gateway] }
    if let host { words += ["host", host] }
    if let count { words += ["count", String(count)] }
    if let seconds { words += ["seconds", String(seconds)] }
    try daemon.ask(words, format: json ? .json : .text)
  }
}
