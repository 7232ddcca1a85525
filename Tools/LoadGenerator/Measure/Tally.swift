internal import Histogram

/// What a lane counted in one trial. A unit is what the profile counts in: a packet, a connection, a conversation.
struct Tally {
  /// Units begun.
  var attempted: UInt64 = 0
  /// Units that ended as they should.
  var completed: UInt64 = 0
  /// Octets of payload in completed units.
  var octets: UInt64 = 0
  var duplicated: UInt64 = 0
  var reordered: UInt64 = 0
  /// Packets of a flow that had another address or port than the flow had before.
  var wrongTranslations: UInt64 = 0
  /// Packets outside whose source is an inside host.
  var leaks: UInt64 = 0
  /// Packets whose checksum or length is wrong.
  var damaged: UInt64 = 0
  /// Messages whose payload names other endpoints than the gateway's translation of the packets.
  var wrongPayloads: UInt64 = 0
  /// Connections refused by a reset, and ICMP messages.
  var refused: UInt64 = 0
  /// Packets to our hosts that belong to nothing we began.
  var unexpected: UInt64 = 0
  /// Segments sent again.
  var retransmitted: UInt64 = 0
  /// Packets of calls' media that arrived where they were meant to.
  var media: UInt64 = 0
  /// Frames that a device had no room for: lost before the gateway, by a gateway that does not keep up.
  var queueFull: UInt64 = 0
  /// Frames that arrived and found no room in the generator's own queues: what it then calls loss may be its own.
  var overruns: UInt64 = 0
  var latency = Latency()

  /// Units that were begun and did not end as they should.
  var lost: UInt64 { attempted - min(attempted, completed) }

  /// The lost part of what was begun.
  var loss: Double { attempted == 0 ? 0 : Double(lost) / Double(attempted) }

  mutating func add(_ other: Tally) {
    attempted += other.attempted
    completed += other.completed
    octets += other.octets
    duplicated += other.duplicated
    reordered += other.reordered
    wrongTranslations += other.wrongTranslations
    leaks += other.leaks
    damaged += other.damaged
    wrongPayloads += other.wrongPayloads
    refused += other.refused
    unexpected += other.unexpected
    retransmitted += other.retransmitted
    media += other.media
    queueFull += other.queueFull
    overruns += other.overruns
    latency.add(other.latency)
  }
}

/// Delays in nanoseconds, to three significant digits.
struct Latency {
  /// The longest delay that is told apart, in nanoseconds: a minute.
  private static let longest: UInt64 = 60_000_000_000

  private var histogram = Histogram<UInt64>(
    lowestDiscernibleValue: 64, highestTrackableValue: Latency.longest, numberOfSignificantValueDigits: .three)

  /// Notes a delay.
  mutating func note(_ nanoseconds: UInt64) {
    histogram.record(min(nanoseconds, Self.longest))
  }

  mutating func add(_ other: Latency) { histogram.add(other.histogram) }

  var count: UInt64 { histogram.totalCount }
  var mean: Double { count == 0 ? 0 : histogram.mean }
  var longest: UInt64 { count == 0 ? 0 : histogram.max }

  /// The delay that `percentile` percent do not exceed.
  func percentile(_ percentile: Double) -> UInt64 { count == 0 ? 0 : histogram.valueAtPercentile(percentile) }
}
