/// The search for how many sessions stand (RFC 9693, connection tracking table capacity): the number doubles until one
/// does not stand, then the interval between the largest that stood and the smallest that did not is halved.
struct CapacitySearch {
  /// The largest number that stood; 0 while none has.
  private(set) var low = 0
  /// The smallest number that did not stand; nil while each has.
  private(set) var high: Int?
  private let first: Int
  private let most: Int
  /// The search ends when the interval is narrower than this part of its upper end.
  private let resolution: Double

  /// Searches from `first` sessions to `most`.
  init(first: Int, most: Int, resolution: Double) {
    self.first = min(first, most)
    self.most = most
    self.resolution = resolution
  }

  /// The number to try next; nil when the interval is narrow enough, or all stood.
  var next: Int? {
    guard let high else { return low == 0 ? first : low < most ? min(low * 2, most) : nil }
    let middle = low + (high - low) / 2
    return Double(high - low) > resolution * Double(high) && middle > low ? middle : nil
  }

  /// Notes whether a number of sessions stood.
  mutating func note(_ count: Int, stood: Bool) {
    if stood { low = max(low, count) } else { high = min(high ?? count, count) }
  }
}
