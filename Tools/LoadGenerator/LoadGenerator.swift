import ArgumentParser

/// Makes and counts the traffic of the measurements: one generator and one sink per figure, each ending with one line
/// of JSON on standard output. A sink says `ready` on standard error once its sockets listen.
@main
struct LoadGenerator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sallyport-load",
    abstract: "Generate and count test traffic; every run is bounded in time and prints one line of JSON.",
    subcommands: [UDPSend.self, UDPReceive.self, ConnectServe.self, Connect.self])
}

/// What no run may exceed, whatever it is asked for.
enum Limits {
  /// The longest run, in seconds.
  static let seconds = 600.0
  /// The most sockets that one run opens for flows.
  static let flows = 60_000
  /// The most ports that one run listens on or connects to.
  static let ports = 1_024
  /// The most connections that one client keeps open at once.
  static let concurrency = 16_384
  /// The most threads that one sink runs.
  static let threads = 64
  /// The largest UDP payload over IPv4, in bytes, which also bounds a segmented send as a whole.
  static let payload = 65_507
  /// The most segments the kernel accepts in one segmented send (UDP_MAX_SEGMENTS).
  static let segments = 128
}

/// How long a run lasts.
struct RunLength: ParsableArguments {
  @Option(help: "How long to run, in seconds, at most 600.")
  var seconds: Double

  mutating func validate() throws {
    guard seconds > 0, seconds <= Limits.seconds else {
      throw ValidationError("--seconds must be above 0 and at most \(Int(Limits.seconds)).")
    }
  }

  /// The same in nanoseconds.
  var nanoseconds: UInt64 { UInt64(seconds * 1e9) }
}
