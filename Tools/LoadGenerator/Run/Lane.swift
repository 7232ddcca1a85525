import CKernel
import Glibc
import Synchronization
import WireFormats

/// A thread's share of the load: one queue of each end, and a profile of its own.
final class Lane {
  /// What others may read while the lane runs.
  final class Gauge: Sendable {
    let attempted = Atomic<UInt64>(0)
    let completed = Atomic<UInt64>(0)
  }

  /// What a lane did in one trial.
  struct Share {
    var tally: Tally
    /// When it began its last units, on the monotonic clock.
    var openUntil: UInt64
  }

  /// Units begun between two looks at the clock.
  static let burst = 32
  /// Batches received from one end before the other has its turn.
  private static let batches = 4
  /// The longest sleep when nothing is due, in nanoseconds.
  private static let longestSleep: UInt64 = 1_000_000
  /// How long after the last arrival what is still under way counts as lost, in nanoseconds.
  static let patience: UInt64 = 300_000_000

  let surroundings: Surroundings
  let profile: any LoadProfile
  let gauge = Gauge()
  /// Whether it sleeps when nothing is due, and so begins what came due meanwhile all at once.
  private let sleeps: Bool
  private var lastTick: UInt64 = 0
  private var lastArrival: UInt64 = 0

  init(_ surroundings: Surroundings, profile: any LoadProfile, sleeps: Bool = true) {
    self.surroundings = surroundings
    self.profile = profile
    self.sleeps = sleeps
  }

  /// Begins units at `rate` a second, or as fast as possible, from now until `end`; answers what became of them.
  func load(rate: Double?, until end: UInt64) -> Share {
    let start = monotonicNanoseconds()
    discardWaiting()
    profile.tally = Tally()
    lastArrival = start
    var openUntil = start
    var pace = rate.map { Pace(packetsPerSecond: $0, batch: Self.burst, now: start) }
    while true {
      let now = monotonicNanoseconds()
      let isOpen = now < end && !profile.isExhausted && !Stop.isAsked
      var begun = 0
      if isOpen {
        let due = min(pace?.due(at: now) ?? Self.burst, Self.burst)
        begun = due > 0 ? profile.begin(due, at: now) : 0
        pace?.add(begun)
        openUntil = now
      }
      let moved = turn(now)
      if !isOpen, isOver(now, since: end) { break }
      if moved + begun == 0, sleeps || !isOpen {
        rest(for: isOpen ? min(pace?.pause ?? 50_000, Self.longestSleep) : Self.longestSleep)
      }
    }
    profile.abandon()
    publish()
    var tally = profile.tally
    tally.overruns = surroundings.inside.overruns() + surroundings.outside.overruns()
    tally.queueFull = surroundings.inside.refusals() + surroundings.outside.refusals()
    // A trial whose time is up has loaded for all of it, though its last units may have been due a little earlier.
    return Share(tally: tally, openUntil: profile.isExhausted ? openUntil : monotonicNanoseconds())
  }

  /// Sends what is written, receives what has come; answers how many frames came.
  @discardableResult
  func turn(_ now: UInt64) -> Int {
    surroundings.inside.flush()
    surroundings.outside.flush()
    var moved = 0
    for side in [surroundings.outside, surroundings.inside] {
      for _ in 0..<Self.batches {
        let count = receive(at: side)
        moved += count
        if count < FrameBatch.capacity { break }
      }
    }
    if moved > 0 { lastArrival = now }
    if now &- lastTick >= 1_000_000 {
      lastTick = now
      profile.tick(now)
      publish()
    }
    surroundings.inside.flush()
    surroundings.outside.flush()
    return moved
  }

  /// Sleeps until something arrives, at most `nanoseconds`.
  func rest(for nanoseconds: UInt64) {
    var descriptors = [
      pollfd(fd: surroundings.inside.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: surroundings.outside.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    _ = unsafe sp_poll(&descriptors, 2, nanoseconds)
  }

  private func receive(at side: Side) -> Int {
    // Read once a batch: a delay is then at most a batch's handling too long, and never too short.
    let now = monotonicNanoseconds()
    return side.receive { reading in
      switch reading {
      case .packet(let packet):
        if side.realm == .outside, surroundings.network.isInside(packet.source.address) { profile.tally.leaks += 1 }
        profile.arrived(packet, at: side, now: now)
      case .other(let source):
        if side.realm == .outside, surroundings.network.isInside(source) { profile.tally.leaks += 1 }
        profile.tally.refused += 1
      case .damaged: profile.tally.damaged += 1
      case .foreign: break
      }
    }
  }

  /// Whether nothing more is to come of what was begun before `end`.
  private func isOver(_ now: UInt64, since end: UInt64) -> Bool {
    profile.outstanding == 0 || now &- max(lastArrival, min(end, now)) >= Self.patience || Stop.isAsked
      || now > end + Limits.drain
  }

  /// Throws away what arrived since the last trial.
  private func discardWaiting() {
    for side in [surroundings.inside, surroundings.outside] {
      var batches = 0
      while side.receive({ _ in }) > 0, batches < 1_000 { batches += 1 }
      _ = side.overruns()
      _ = side.refusals()
    }
  }

  private func publish() {
    gauge.attempted.store(profile.tally.attempted, ordering: .relaxed)
    gauge.completed.store(profile.tally.completed, ordering: .relaxed)
  }
}
