package import Translation

/// What a gateway remembers beyond single control sessions: calls and registrations, which a hundred sessions may speak of
/// and which outlive them all. There is one for each gateway on each slow path, and a slow path has all sessions of its
/// inside hosts.
///
/// An inspector reads it while it reads a message, and hands its changes to the agent (`TranslationAgent.change`). They are
/// made once the message has been read to its end, so a message that waits for a door, fails, or is read in a dry run
/// has changed nothing.
package protocol GatewayMemory: AnyObject {
  /// One thing that a message brings about.
  associatedtype Change

  /// Makes a change. `now` is the time of the message, in microseconds.
  func apply(_ change: Change, now: UInt64)

  /// Forgets what has taken too long, and says what is to be done about doors. Comes about once a second.
  func turn(now: UInt64) -> [DoorDuty]

  /// Whether it remembers nothing, so that no turn is due.
  var isEmpty: Bool { get }

  /// Takes over other settings.
  func adopt(_ settings: EngineSettings)

  /// Forgets everything, since the gateway was switched off; answers the doors that were open for it.
  func forgetAll() -> [DoorID]

  /// What it remembers, for listings, at most `limit` rows.
  func rows(limit: Int, now: UInt64) -> [MemoryRow]
}

/// What a memory wants done about a door of its own.
package enum DoorDuty: Hashable, Sendable {
  case activate(DoorID)
  case close(DoorID)
  /// It stays for so many seconds more.
  case extend(DoorID, seconds: UInt32)
  /// A host's doors that an earlier run has left under a name, at the worker that has the host.
  case closeEarlier(NamedDoors, worker: UInt8)
}

/// Something that a gateway remembers, as listings show it: a word each for what it is, whose, and how it stands.
package struct MemoryRow: Hashable, Sendable {
  /// Such as `call`.
  package var kind: String
  /// What the protocol calls it, such as a Call-ID.
  package var name: String
  package var host: String
  package var state: String
  package var doors: Int
  /// Seconds since it began.
  package var age: UInt64

  package init(kind: String, name: String, host: String, state: String, doors: Int, age: UInt64) {
    self.kind = kind
    self.name = name
    self.host = host
    self.state = state
    self.doors = doors
    self.age = age
  }
}
