import Glibc
import Synchronization
import Translation

/// Where workers wait at their start until each has taken up its part of an earlier run's state: a port that one gives
/// to a new session might be that of an old one of another.
final class StartGate: Sendable {
  private let expected: Int
  private let arrived = Atomic<Int>(0)
  private let isOpen = Atomic<Bool>(false)
  private let sum = Mutex(TakenUp())

  /// Microseconds between two looks; there are few of them, all at the start.
  private static let interval: UInt32 = 100

  init(expected: Int) { self.expected = expected }

  /// A worker: what it has taken up. Returns when it may begin, or when `stop` says so.
  func pass(_ part: TakenUp, until stop: () -> Bool) {
    sum.withLock { $0 += part }
    arrived.add(1, ordering: .releasing)
    while !isOpen.load(ordering: .acquiring), !stop() { usleep(Self.interval) }
  }

  /// Waits until every worker has come; returns what they took up together.
  func waitForAll() -> TakenUp {
    while arrived.load(ordering: .acquiring) < expected { usleep(Self.interval) }
    return sum.withLock { $0 }
  }

  /// Lets the workers begin.
  func open() { isOpen.store(true, ordering: .releasing) }
}
