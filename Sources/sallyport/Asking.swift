import ArgumentParser
import ControlPlane

/// Where the daemon listens.
struct SocketOption: ParsableArguments {
  @Option(help: ArgumentHelp("The daemon's control socket.", valueName: "path"))
  var socket = "/run/sallyport/control.sock"

  /// Sends a command, writes what the daemon answers to `output` and what it remarks to standard error.
  ///
  /// Throws the exit code of a failure, whose reason has been shown.
  func ask(_ words: [String], format: AnswerFormat, to output: Output = .standard) throws {
    var failure: String?
    do {
      try ControlClient(path: socket).ask(Request(format: format, words: words)) { frame in
        switch frame {
        case .data(let octets):
          switch output.write(octets) {
          case .written: return true
          case .closed: return false
          case .failed(let reason):
            failure = "writing: \(reason)"
            return false
          }
        case .note(let text): Output.error.say(text)
        case .error(let text): failure = text
        case .end: break
        }
        return true
      }
    } catch {
      failure = "\(error)"
    }
    guard let failure else { return }
    Output.error.say("error: " + failure)
    throw ExitCode.failure
  }
}
