import ArgumentParser
import ControlPlane
import Glibc

/// `sallyport capture INTERFACE --write FILE`.
struct Capture: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the frames of an interface to a pcapng file.",
    discussion: """
      Frames are seen as they arrive, before translation, and as they leave, after it. Without --count and --seconds \
      the capture lasts until it is interrupted. There is one capture at a time.
      """)

  @Argument(help: "The interface, or all.")
  var interface: String

  @Option(help: ArgumentHelp("The file to write; - for standard output.", valueName: "file"))
  var write: String

  @Option(help: "End after this many frames.")
  var count: Int?

  @Option(help: "End after this many seconds.")
  var seconds: Int?

  @OptionGroup var daemon: SocketOption

  func validate() throws {
    for (name, value) in [("count", count), ("seconds", seconds)] {
      guard let value, !(1...CaptureRequest.maximum).contains(value) else { continue }
      throw ValidationError("--\(name) takes a number from 1 to \(CaptureRequest.maximum)")
    }
  }

  func run() throws {
    var words = ["capture", interface]
    if let count { words += ["count", String(count)] }
    if let seconds { words += ["seconds", String(seconds)] }
    guard write != "-" else { return try daemon.ask(words, format: .text) }
    let descriptor = unsafe open(write, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      Output.error.say("error: \(write): \(unsafe String(cString: strerror(errno)))")
      throw ExitCode.failure
    }
    defer { close(descriptor) }
    try daemon.ask(words, format: .text, to: Output(descriptor: descriptor))
  }
}
