import WireFormats

/// What one lane does under a profile: begins units of load when they are due, and follows them by what arrives.
///
/// A profile is one file in Profiles: its command, and its `LoadProfile`. Each lane has its own, and nobody else touches it
/// while the lane runs.
protocol LoadProfile: AnyObject {
  /// What is counted, in the plural: packets, connections, conversations.
  static var unit: String { get }
  /// What happened since `tally` was last taken.
  var tally: Tally { get set }
  /// Units under way.
  var outstanding: Int { get }

  /// Whether there is nothing left to begin in this trial, whatever its time.
  var isExhausted: Bool { get }

  /// Begins at most `count` units; answers how many it did, fewer when too many are under way.
  func begin(_ count: Int, at now: UInt64) -> Int
  /// A packet has arrived at one of our hosts.
  func arrived(_ packet: Arrival, at side: Side, now: UInt64)
  /// Called about every millisecond: gives up what has waited too long.
  func tick(_ now: UInt64)
  /// A trial ends: what is under way has failed, and shall not be counted by the next one.
  func abandon()
}

extension LoadProfile {
  var isExhausted: Bool { false }
}

/// What a lane's profile works with.
struct Surroundings {
  let inside: Side
  let outside: Side
  let network: SimulatedNetwork
  /// The servers of this lane.
  let servers: [IPv4Address]
  /// Which lane this is, and how many there are: inside hosts' ports are shared out by them.
  let lane: Int
  let lanes: Int
  /// Tells this run's probes from those of another.
  let run: UInt16
}
