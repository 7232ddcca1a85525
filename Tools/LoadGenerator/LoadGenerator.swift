import ArgumentParser

/// Loads a NAT gateway and tells how it bore it. The profiles stand on both sides of the gateway with hosts of their own;
/// the commands on sockets (`udp-send` to `connect-serve`) run on hosts that exist, a generator and a sink for each figure.
@main
struct LoadGenerator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sallyport-load",
    abstract: "Load a NAT gateway from both sides, and tell how it bore it.",
    discussion: """
      Each profile plays inside hosts and outside servers at the two ends given, for 10 seconds unless told otherwise. \
      See sallyport-load(1). Exit status: 0 done, 1 an expectation was not met, 2 the run could not be made, 64 usage.
      """,
    groupedSubcommands: [
      CommandGroup(
        name: "Profiles",
        subcommands: [
          UDPProfile.self, ConnectionsProfile.self, TeardownProfile.self, EstablishedProfile.self,
          CapacityProfile.self, TCPProfile.self, FTPProfile.self, TFTPProfile.self, DNSProfile.self, SIPProfile.self,
        ]),
      CommandGroup(
        name: "On Sockets", subcommands: [UDPSend.self, UDPReceive.self, ConnectServe.self, Connect.self]),
    ])
}

/// What no run may exceed, whatever it is asked for.
enum Limits {
  /// The longest run, in seconds.
  static let seconds = 600.0
  /// How long a trial waits for what was begun, at most, in nanoseconds.
  static let drain: UInt64 = 3_000_000_000
  /// The most inside hosts, or outside servers.
  static let addresses = 1 << 20
  /// The most queues of an end.
  static let queues = 64
  /// The most connections or conversations under way.
  static let underWay = 1 << 20
  /// The most connections that carry bulk data.
  static let streams = 4_096
  /// The largest window of such a connection, in octets: what is announced.
  static let window = 8 << 20
  /// The most UDP sessions.
  static let sessions = 1 << 24
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
