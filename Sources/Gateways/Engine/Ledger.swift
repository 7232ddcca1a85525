import Synchronization
package import Translation

/// What one message brought about: each field before and after, doors, remarks.
package struct LedgerEntry: Sendable {
  /// Counts up from 1.
  package var number: UInt64 = 0
  /// Microseconds of the monotonic clock, or of a capture.
  package var time: UInt64
  /// The gateway's name.
  package var gateway: String
  package var session: ControlSession
  /// Which way the message went.
  package var direction: Direction
  /// The kind of the message, such as `PORT`; empty where the gateway named none.
  package var kind: String
  package var edits: [LedgerEdit] = []
  package var doors: [TranslationAgent.OpenedDoor] = []
  package var remarks: [String] = []
  /// Why the gateway stepped aside, if it did.
  package var steppedAside: StepAsideReason?
  /// Whether nothing of it was done (`dry-run`).
  package var isDryRun = false
  /// The octets of a message that did not parse, and so went on as it was.
  package var malformed: [UInt8]?

  package init(
    time: UInt64, gateway: String, session: ControlSession, direction: Direction, kind: String
  ) {
    self.time = time
    self.gateway = gateway
    self.session = session
    self.direction = direction
    self.kind = kind
  }

  /// Whether there is anything to tell.
  package var isWorthTelling: Bool {
    !edits.isEmpty || !doors.isEmpty || !remarks.isEmpty || steppedAside != nil
  }
}

/// A field before and after.
package struct LedgerEdit: Hashable, Sendable {
  package var field: String
  package var before: [UInt8]
  package var after: [UInt8]

  package init(field: String, before: [UInt8], after: [UInt8]) {
    self.field = field
    self.before = before
    self.after = after
  }
}

/// The last things that gateways did, for whoever follows (`sallyport trace`). While nobody does it costs one relaxed load
/// a message.
package final class Ledger: Sendable {
  /// Entries that are kept for slow readers.
  package static let capacity = 4096

  private let readers = Atomic<Int>(0)
  private let entries = Mutex<(next: UInt64, kept: [LedgerEntry])>((1, []))

  package init() {}

  /// Whether anybody follows.
  package var isOn: Bool { readers.load(ordering: .relaxed) > 0 }

  /// One more, or one fewer, follows.
  package func follow() { readers.add(1, ordering: .relaxed) }
  package func unfollow() { readers.subtract(1, ordering: .relaxed) }

  /// The number of the newest entry; 0 for none.
  package var newest: UInt64 { entries.withLock { $0.next - 1 } }

  /// Writes an entry down.
  package func note(_ entry: LedgerEntry) {
    entries.withLock { state in
      var entry = entry
      entry.number = state.next
      state.next += 1
      if state.kept.count >= Self.capacity { state.kept.removeFirst(Self.capacity / 4) }
      state.kept.append(entry)
    }
  }

  /// The entries after one that the reader has seen, oldest first; what the reader was too slow for is missing.
  package func entries(after number: UInt64) -> [LedgerEntry] {
    entries.withLock { state in Array(state.kept.drop { $0.number <= number }) }
  }
}
