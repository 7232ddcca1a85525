import Foundation
import TestSupport

/// A bounded Pareto distribution: most values lie near `least`, and a few near `most` make up much of the sum. Sessions
/// of a host and packets of a session are so distributed in every network that has been counted.
struct HeavyTail: Sendable {
  let shape: Double
  let least: Double
  let most: Double

  /// The value below which the part `place` (0 to 1) of all values lies.
  func value(at place: Double) -> Double {
    let (low, high) = (pow(least, -shape), pow(most, -shape))
    return min(most, max(least, pow(low - place * (low - high), -1 / shape)))
  }

  /// The mean, in closed form.
  var mean: Double {
    let cut = 1 - pow(least / most, shape)
    return pow(least, shape) / cut * shape / (shape - 1) * (pow(least, 1 - shape) - pow(most, 1 - shape))
  }
}

extension SeededRandom {
  /// A number from 0 up to but not including 1.
  mutating func fraction() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

  /// A number below `limit`.
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  /// A whole number from a distribution.
  mutating func draw(_ tail: HeavyTail) -> Int { Int(tail.value(at: fraction())) }
}
