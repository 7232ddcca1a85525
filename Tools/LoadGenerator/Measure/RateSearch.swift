/// The search for the highest rate without loss (RFC 2544 section 26.1, RFC 9693): each trial loads at one rate
/// for the same time, and the next rate halves the interval between the highest rate that held and the lowest that did
/// not.
struct RateSearch {
  /// The highest rate that held; 0 while none has.
  private(set) var low = 0.0
  /// The lowest rate that did not hold.
  private(set) var high: Double
  /// The search ends when the interval is narrower than this part of its upper end.
  let resolution: Double
  /// Whether some rate has failed: until then the highest one is tried.
  private var hasFailed = false

  /// Searches from 0 to `highest` units a second.
  init(highest: Double, resolution: Double) {
    high = highest
    self.resolution = resolution
  }

  /// The rate to try next; nil when the interval is narrow enough.
  var next: Double? {
    guard hasFailed else { return low < high ? high : nil }
    let middle = (low + high) / 2
    return high - low > resolution * high && middle >= 1 ? middle : nil
  }

  /// Notes whether a rate held.
  mutating func note(_ rate: Double, held: Bool) {
    if held {
      low = max(low, rate)
    } else {
      hasFailed = true
      high = min(high, rate)
    }
  }
}
