import Synchronization
import Translation

/// What `clear ip nat statistics` has set to zero: the counters go on, because each is written by its worker alone, and
/// the listing shows what has been added since.
package final class StatisticsBaseline: Sendable {
  private struct Counts {
    var counters: [TranslationCounter: UInt64] = [:]
    var drops: [DropReason: UInt64] = [:]
  }

  private let cleared = Mutex(Counts())

  package init() {}

  /// Takes the present counts as zero.
  package func clear(at workers: [WorkerStatus]) {
    var counts = Counts()
    for worker in workers {
      counts.counters.merge(worker.translation) { $0 &+ $1 }
      counts.drops.merge(worker.drops) { $0 &+ $1 }
    }
    cleared.withLock { [counts] in $0 = counts }
  }

  /// What a counter has counted since over all workers. How many there are of something now is not a count.
  func value(of counter: TranslationCounter, at workers: [WorkerStatus]) -> UInt64 {
    let sum = workers.reduce(0) { $0 &+ ($1.translation[counter] ?? 0) }
    guard counter != .sessions, counter != .mappings else { return sum }
    return sum &- cleared.withLock { $0.counters[counter] ?? 0 }
  }

  /// How often packets have been dropped since for one of the reasons.
  func drops(_ reasons: [DropReason], at workers: [WorkerStatus]) -> UInt64 {
    reasons.reduce(0) { total, reason in
      let sum = workers.reduce(0) { $0 &+ ($1.drops[reason] ?? 0) }
      return total &+ sum &- cleared.withLock { $0.drops[reason] ?? 0 }
    }
  }
}
