import Synchronization

/// The numbers of free nodes, from which any thread takes and to which any thread gives back, without a lock.
///
/// A stack whose top is one word: the number on top, and a version that moves with every change, so that a number which
/// was taken and given back meanwhile is not mistaken for one that never left.
@safe struct SharedFreeList: ~Copyable, Sendable {
  private static var none: UInt32 { .max }

  private let top: Atomic<UInt64>
  private nonisolated(unsafe) let links: UnsafeMutablePointer<Atomic<UInt32>>
  private let count: Int

  /// All numbers from 0 to `count` - 1 are free; the lowest is taken first.
  init(count: Int) {
    self.count = count
    top = Atomic(count > 0 ? 0 : UInt64(Self.none))
    unsafe links = .allocate(capacity: count)
    for node in 0..<count {
      unsafe (links + node).initialize(to: Atomic(node + 1 < count ? UInt32(node + 1) : Self.none))
    }
  }

  deinit { unsafe links.deallocate() }

  /// Takes a number; nil when none is free.
  func take() -> UInt32? {
    var seen = top.load(ordering: .acquiring)
    while true {
      let node = UInt32(truncatingIfNeeded: seen)
      guard node != Self.none else { return nil }
      let below = unsafe links[Int(node)].load(ordering: .acquiring)
      let (exchanged, original) = top.compareExchange(
        expected: seen, desired: (seen >> 32 &+ 1) << 32 | UInt64(below), ordering: .acquiringAndReleasing)
      if exchanged { return node }
      seen = original
    }
  }

  /// Gives a number back that was taken.
  func giveBack(_ node: UInt32) {
    precondition(node < count)
    var seen = top.load(ordering: .acquiring)
    while true {
      unsafe links[Int(node)].store(UInt32(truncatingIfNeeded: seen), ordering: .releasing)
      let (exchanged, original) = top.compareExchange(
        expected: seen, desired: (seen >> 32 &+ 1) << 32 | UInt64(node), ordering: .acquiringAndReleasing)
      if exchanged { return }
      seen = original
    }
  }
}
