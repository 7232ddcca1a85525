import TestSupport
import Translation
import VirtualTCP

extension Simulation {
  /// Passes whole messages on, some with edits, and what remains when the stream has ended.
  mutating func edit(_ direction: Direction) {
    while connection.unreadCount(direction) > 0 {
      let length = wanted[direction] ?? 1 + Int(random.next() % UInt64(longestMessage))
      wanted[direction] = length
      let unread = connection.unreadCount(direction)
      guard unread >= length || connection.hasEnded(direction) else { return }
      let count = min(length, unread)
      wanted[direction] = nil
      let message = connection.withUnread(direction) { span in (0..<count).map { span[$0] } }
      let edits = someEdits(of: count)
      connection.pass(count, edits: edits, direction, now: now)
      var result: [UInt8] = []
      var from = 0
      for edit in edits {
        result += message[from..<edit.range.lowerBound] + edit.octets
        from = edit.range.upperBound
      }
      result += message[from...]
      if direction == .outbound { expectedOutside += result } else { expectedInside += result }
    }
  }

  private mutating func someEdits(of count: Int) -> [StreamEdit] {
    var edits: [StreamEdit] = []
    var from = 0
    while from < count, chance(40), edits.count < 5 {
      let start = from + Int(random.next() % UInt64(count - from))
      let length = Int(random.next() % UInt64(min(20, count - start) + 1))
      let octets = (0..<Int(random.next() % 25)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      edits.append(StreamEdit(range: start..<start + length, octets: octets))
      from = start + max(length, 1)
    }
    return edits
  }
}
