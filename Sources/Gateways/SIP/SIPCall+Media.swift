// Which of a call's doors its inside host still has media at.
extension SIPCall {
  /// Seconds that a door stays when another description is in force: for media and answers on their way. What has come
  /// through it already needs it no more.
  static let grace: UInt32 = 32

  /// One more description of the inside host's, which names doors.
  mutating func beginDescription() { descriptions &+= 1 }

  /// The description at hand names a door.
  mutating func name(_ door: SIPDoor) {
    guard let index = doors.firstIndex(where: { $0.id == door.id }) else { return }
    doors[index].description = descriptions
    doors[index].closes = nil
  }

  /// The last description is in force: what only earlier ones name is to close. Where several have answered, each of them
  /// may have another one.
  mutating func supersede(now: UInt32) {
    guard dialogs.count <= 1 else { return }
    for index in doors.indices where doors[index].description != 0 && doors[index].closes == nil {
      if doors[index].description != descriptions { doors[index].closes = now &+ Self.grace }
    }
  }

  /// Takes out the doors whose time is up.
  mutating func takeSuperseded(now: UInt32) -> [SIPDoor] {
    let due = doors.filter { $0.closes.map { $0 <= now } ?? false }
    doors.removeAll { door in due.contains { $0.id == door.id } }
    return due
  }

  /// The last description was refused: what only it names is to close.
  mutating func dismissOffer(now: UInt32) {
    for index in doors.indices where doors[index].description == descriptions && !doors[index].isActive {
      doors[index].closes = now &+ Self.grace
    }
  }

  /// Takes out the door that closes next, to make room for another one.
  mutating func takeSuperseded() -> SIPDoor? {
    let next = doors.indices.min { doors[$0].closes ?? .max < doors[$1].closes ?? .max }
    guard let next, doors[next].closes != nil else { return nil }
    return doors.remove(at: next)
  }
}
