package import Forwarding
import Synchronization

/// What all workers share of the limits on sessions: `ip nat translation max-entries`, of the whole gateway, of each
/// routing instance and of each limited access list. What a host may have is its own worker's business.
@safe package final class SessionLimit: Sendable {
  /// Instances that are counted one by one; those with higher numbers count as the last.
  package static let maximumInstances = 4096

  private let maximumWord: Atomic<Int>
  private let missed = Atomic<UInt64>(0)
  private let peakUsed = Atomic<Int>(0)
  // All access is atomic; the memory lives as long as the limit.
  private nonisolated(unsafe) let counts: UnsafeMutablePointer<Atomic<Int>>
  /// What each place of `counts` refused.
  private nonisolated(unsafe) let refusals: UnsafeMutablePointer<Atomic<UInt64>>

  private static let listPlaces = 16
  private static let places = 1 + maximumInstances + listPlaces

  package init(maximum: Int) {
    maximumWord = Atomic(maximum)
    unsafe counts = .allocate(capacity: Self.places)
    unsafe refusals = .allocate(capacity: Self.places)
    for place in 0..<Self.places {
      unsafe (counts + place).initialize(to: Atomic(0))
      unsafe (refusals + place).initialize(to: Atomic(0))
    }
  }

  deinit {
    unsafe counts.deallocate()
    unsafe refusals.deallocate()
  }

  /// Sessions that the whole gateway may hold.
  package var maximum: Int { maximumWord.load(ordering: .relaxed) }

  /// Changes the total; sessions beyond it stay.
  package func setMaximum(_ maximum: Int) { maximumWord.store(maximum, ordering: .relaxed) }

  private static func place(_ instance: RoutingInstance) -> Int {
    1 + min(Int(instance.rawValue), maximumInstances - 1)
  }

  /// Takes one place of the total; false when there is none.
  func take() -> Bool {
    let before = unsafe counts[0].add(1, ordering: .relaxed).oldValue
    if before >= maximum {
      unsafe counts[0].subtract(1, ordering: .relaxed)
      missed.add(1, ordering: .relaxed)
      return false
    }
    if before >= peakUsed.load(ordering: .relaxed) { peakUsed.store(before + 1, ordering: .relaxed) }
    return true
  }

  /// Gives one place of the total back.
  func giveBack() { unsafe counts[0].subtract(1, ordering: .relaxed) }

  /// Counts a session of an instance; false, and not counted, when there are `maximum` already.
  func take(_ instance: RoutingInstance, maximum: Int) -> Bool { take(Self.place(instance), maximum) }

  func giveBack(_ instance: RoutingInstance) {
    unsafe counts[Self.place(instance)].subtract(1, ordering: .relaxed)
  }

  /// Counts a session of the limited list at `list`.
  func take(list: Int, maximum: Int) -> Bool { take(1 + Self.maximumInstances + list, maximum) }

  func giveBack(list: Int) {
    unsafe counts[1 + Self.maximumInstances + list].subtract(1, ordering: .relaxed)
  }

  private func take(_ place: Int, _ maximum: Int) -> Bool {
    if unsafe counts[place].add(1, ordering: .relaxed).oldValue < maximum { return true }
    unsafe counts[place].subtract(1, ordering: .relaxed)
    unsafe refusals[place].add(1, ordering: .relaxed)
    missed.add(1, ordering: .relaxed)
    return false
  }

  /// Counts a refusal that another limit made.
  func noteMiss() { missed.add(1, ordering: .relaxed) }

  /// Sessions now, the most there were, and how many were refused.
  package var usage: (used: Int, peak: Int, missed: UInt64) {
    (unsafe counts[0].load(ordering: .relaxed), peakUsed.load(ordering: .relaxed), missed.load(ordering: .relaxed))
  }

  /// Sessions of an instance now.
  package func used(instance: RoutingInstance) -> Int {
    unsafe counts[Self.place(instance)].load(ordering: .relaxed)
  }

  /// Sessions of a limited list now; `list` is its place among the limits, 0 to 14.
  package func used(list: Int) -> Int {
    precondition(list >= 0 && list < Self.listPlaces)
    return unsafe counts[1 + Self.maximumInstances + list].load(ordering: .relaxed)
  }

  /// Sessions that were refused because their instance had as many as it may.
  package func missed(instance: RoutingInstance) -> UInt64 {
    unsafe refusals[Self.place(instance)].load(ordering: .relaxed)
  }

  /// Sessions that were refused because the hosts of a limited list had as many as they may; `list` as in
  /// `used(list:)`.
  package func missed(list: Int) -> UInt64 {
    precondition(list >= 0 && list < Self.listPlaces)
    return unsafe refusals[1 + Self.maximumInstances + list].load(ordering: .relaxed)
  }
}
