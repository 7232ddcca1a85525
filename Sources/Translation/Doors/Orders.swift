import Forwarding
import WireFormats

extension Translator {
  /// Does what the slow path asks, between bursts.
  ///
  /// - Parameter now: the tick.
  package mutating func perform(_ order: SessionOrder, now: UInt32) -> OrderAnswer {
    self.now = now
    switch order {
    case .open(let request): return open(request)
    case .activate(let id):
      if let place = doors.find(id) {
        doors.activate(place)
        if let kept = doors[place]?.kept { shard.mappings[kept.record].isActiveDoor = true }
      }
    case .close(let id):
      if let place = doors.find(id) { close(place) }
    case .extend(let id, let seconds):
      if let place = doors.find(id) {
        doors.extend(place, to: now &+ seconds)
        if let kept = doors[place]?.kept { shard.mappings[kept.record].word = now &+ seconds }
      }
    case .closeEarlier(let named): closeEarlier(named)
    case .note(let id, let shift):
      guard let session = find(id) else { return .refused(.parentEnded) }
      return setShift(of: session, to: shift) ? .done : .refused(.tableFull)
    case .release(let id, let shift):
      // A session that is gone needs no slow path either.
      guard let session = find(id) else { return .done }
      guard setShift(of: session, to: shift) else { return .refused(.tableFull) }
      shard.sessions[session].isInspected = false
    case .end(let id):
      if let session = find(id) {
        end(session: session)
        counters.add(to: .sessionsCleared)
      }
    }
    return .done
  }

  /// Closes a door. A session that came through it goes on.
  mutating func close(_ place: UInt32) {
    guard let door = doors.remove(place) else { return }
    counters.set(.doors, to: doors.count)
    if let kept = door.kept { forget(kept) }
    for mapping in door.mappings { leave(mapping) }
  }

  /// Closes doors that nobody has used in their time.
  mutating func expireDoors() {
    guard !doors.isEmpty else { return }
    var slice = Self.doorsInspected
    while let place = doors.takeDue(now: now, slice: &slice) { close(place) }
  }

  /// Places of the table that one turn of the sweep looks at.
  private static var doorsInspected: Int { 256 }

  /// A mapping has one user fewer, and ends with the last.
  private mutating func leave(_ mapping: UInt32) {
    shard.mappings[mapping].users -= 1
    guard shard.mappings[mapping].users == 0 else { return }
    if shard.mappings[mapping].kind == .address {
      shard.mappings[mapping].idleSince = now
    } else {
      end(mapping: mapping)
    }
  }
}
