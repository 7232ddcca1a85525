import Glibc
import Synchronization

/// All lanes of a run, which load together.
final class Crew {
  let lanes: [Lane]
  private let progress: ProgressLine?

  init(lanes: [Lane], progress: ProgressLine?) {
    self.lanes = lanes
    self.progress = progress
  }

  /// One trial: `rate` units a second over all lanes, or as fast as possible, for `seconds`. `label` goes before the
  /// progress line.
  func load(rate: Double?, seconds: Double, label: String) throws -> Outcome {
    let start = monotonicNanoseconds()
    let end = start + UInt64(seconds * 1e9)
    let results = Results(count: lanes.count)
    let threads = try lanes.enumerated().map { index, lane in
      try RunningThread {
        let share = lane.load(rate: rate.map { $0 / Double(self.lanes.count) }, until: end)
        results.put(share, at: index)
      }
    }
    while results.missing > 0 {
      sleepBriefly(20_000_000)
      progress?.show(label: label, gauges: lanes.map(\.gauge), start: start, end: end)
    }
    threads.forEach { $0.join() }
    progress?.clear()
    let sum = results.sum()
    // A run that was ended early, or had nothing left to begin, has not loaded for the whole time.
    let loaded = min(end, max(sum.openUntil, start + 1)) - start
    return Outcome(tally: sum.tally, seconds: Double(loaded) / 1e9, requestedRate: rate)
  }

  /// Where threads leave what they counted.
  private final class Results: Sendable {
    private let shares: Mutex<[Lane.Share?]>
    private let left: Atomic<Int>

    init(count: Int) {
      shares = Mutex(Array(repeating: nil, count: count))
      left = Atomic(count)
    }

    var missing: Int { left.load(ordering: .acquiring) }

    func put(_ share: Lane.Share, at index: Int) {
      shares.withLock { $0[index] = share }
      left.subtract(1, ordering: .acquiringAndReleasing)
    }

    func sum() -> Lane.Share {
      shares.withLock { shares in
        shares.reduce(into: Lane.Share(tally: Tally(), openUntil: 0)) { sum, share in
          guard let share else { return }
          sum.tally.add(share.tally)
          sum.openUntil = max(sum.openUntil, share.openUntil)
        }
      }
    }
  }
}
