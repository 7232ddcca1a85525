/// What has arrived of one flow's numbered packets, in the order of RFC 4737: a packet is reordered when a later one came
/// before it. Of the last 64 numbers it is known which have come; what comes later than that counts as reordered once
/// more and cannot be told from a duplicate.
struct SequenceWindow {
  enum Place {
    case next
    case reordered
    case duplicate
  }

  /// The number after the highest that has come.
  private(set) var expected: UInt32 = 0
  /// Bit n: whether the number n + 1 below `expected` has come.
  private var seen: UInt64 = 0

  /// Notes that a number has come.
  mutating func note(_ sequence: UInt32) -> Place {
    let ahead = Int32(bitPattern: sequence &- expected)
    if ahead >= 0 {
      let shift = UInt64(ahead) + 1
      seen = shift < 64 ? seen << shift | 1 : 1
      expected = sequence &+ 1
      return .next
    }
    let behind = UInt64(-Int64(ahead)) - 1
    guard behind < 64 else { return .reordered }
    guard seen >> behind & 1 == 0 else { return .duplicate }
    seen |= 1 << behind
    return .reordered
  }
}
