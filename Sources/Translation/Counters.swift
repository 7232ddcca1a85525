import Synchronization
package import WireFormats

/// What translation counts, one a worker.
package enum TranslationCounter: Int, CaseIterable, Sendable {
  /// Packets that found their session.
  case hits
  /// Packets that found none.
  case misses
  /// Sessions made.
  case sessionsCreated
  /// Sessions that ended because they were idle.
  case sessionsExpired
  /// Sessions that an operator cleared.
  case sessionsCleared
  /// Port, address and pairing mappings made.
  case mappingsCreated
  /// Packets that crossed the gateway untranslated.
  case untranslated
  /// ICMP errors whose quoted packet was translated.
  case icmpErrorsTranslated
  /// Packets that were handed to the worker that owns them.
  case handedOver
  /// Sessions that are there now.
  case sessions
  /// Mappings that are there now.
  case mappings
  /// Doors that are open now.
  case doors
  /// Doors opened.
  case doorsOpened
  /// Doors that were asked for and not opened.
  case doorsRefused
  /// Sessions that came through a door.
  case doorsUsed
}

/// The counters of one worker: written by that worker alone, read by anybody. A count is a relaxed load and a relaxed
/// store, which is one instruction.
package final class TranslationCounters: Sendable {
  private let counts: InlineArray<16, Atomic<UInt64>>
  private let drops: InlineArray<64, Atomic<UInt64>>

  /// The last session that could not be made: inside local address in the upper half, then reason (8 bits) and rule
  /// number (16). 0 for none yet.
  private let refusal = Atomic<UInt64>(0)

  package init() {
    counts = InlineArray { _ in Atomic(0) }
    drops = InlineArray { _ in Atomic(0) }
    precondition(TranslationCounter.allCases.count <= 16 && DropReason.allCases.count <= 64)
  }

  /// Adds to a counter. Called by the owning worker.
  @inline(__always)
  package func add(_ amount: UInt64 = 1, to counter: TranslationCounter) {
    let value = counts[counter.rawValue].load(ordering: .relaxed)
    counts[counter.rawValue].store(value &+ amount, ordering: .relaxed)
  }

  /// Sets a gauge. Called by the owning worker.
  package func set(_ counter: TranslationCounter, to value: Int) {
    counts[counter.rawValue].store(UInt64(value), ordering: .relaxed)
  }

  /// Counts a drop. Called by the owning worker.
  package func count(_ reason: DropReason) {
    let value = drops[Int(reason.rawValue)].load(ordering: .relaxed)
    drops[Int(reason.rawValue)].store(value &+ 1, ordering: .relaxed)
  }

  /// Notes which host was refused a session, for the log. Called by the owning worker.
  func note(refusalOf host: IPv4Address, rule: Int, reason: DropReason) {
    refusal.store(
      UInt64(host.rawValue) << 32 | UInt64(reason.rawValue) << 16 | UInt64(rule & 0xFFFF), ordering: .relaxed)
  }

  /// The last refusal of a session under a dynamic rule, or nil when there was none.
  package var lastRefusal: (host: IPv4Address, rule: Int, reason: DropReason)? {
    let word = refusal.load(ordering: .relaxed)
    guard word != 0, let reason = DropReason(rawValue: UInt8(truncatingIfNeeded: word >> 16)) else { return nil }
    return (IPv4Address(UInt32(word >> 32)), Int(word & 0xFFFF), reason)
  }

  /// The value of a counter.
  package func value(of counter: TranslationCounter) -> UInt64 { counts[counter.rawValue].load(ordering: .relaxed) }

  /// How often packets were dropped for a reason.
  package func drops(for reason: DropReason) -> UInt64 { drops[Int(reason.rawValue)].load(ordering: .relaxed) }
}
