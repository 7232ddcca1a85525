import Synchronization

/// A clock that goes when it is told to.
final class VirtualClock: Sendable {
  private let microseconds: Atomic<UInt64>
  private let origin: UInt64

  init(_ now: UInt64) {
    microseconds = Atomic(now)
    origin = now
  }

  var now: UInt64 {
    get { microseconds.load(ordering: .relaxed) }
    set { microseconds.store(newValue, ordering: .relaxed) }
  }

  /// Seconds since the clock was made, and a few: the translator's ticks, of which 0 means never.
  var tick: UInt32 { UInt32(truncatingIfNeeded: (now - origin) / 1_000_000 + 1000) }
}
