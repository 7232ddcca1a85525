import ArgumentParser
import Glibc

/// `sallyport`: asks a running gateway, and checks configurations.
@main
struct Sallyport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sallyport", abstract: "Asks a running sallyportd, and checks configurations.",
    discussion: "See sallyport(1).", subcommands: [Check.self, Show.self, Clear.self, Capture.self])

  static func main() {
    // A reader that has seen enough, such as head(1), ends the output quietly: writes then fail with EPIPE.
    signal(SIGPIPE, SIG_IGN)
    main(nil)
  }
}
