/// What a trial showed, all lanes together.
struct Outcome {
  var tally: Tally
  /// How long units were begun, in seconds.
  var seconds: Double
  /// The rate that was asked for; nil for as fast as possible.
  var requestedRate: Double?

  /// Units begun a second.
  var offeredRate: Double { seconds > 0 ? Double(tally.attempted) / seconds : 0 }
  /// Units completed a second.
  var rate: Double { seconds > 0 ? Double(tally.completed) / seconds : 0 }
  /// Bits of payload a second.
  var bitRate: Double { seconds > 0 ? Double(tally.octets) * 8 / seconds : 0 }

  /// Whether the generator kept up with what was asked of it, within 2 %.
  var kept: Bool { requestedRate.map { offeredRate >= $0 * 0.98 } ?? true }

  /// Whether no more than `tolerance` of the units was lost, and nothing was translated wrongly.
  func holds(tolerance: Double) -> Bool {
    tally.attempted > 0 && tally.loss <= tolerance && tally.wrongTranslations == 0 && tally.leaks == 0
  }
}
