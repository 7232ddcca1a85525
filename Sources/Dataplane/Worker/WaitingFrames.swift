/// The packets of one worker that wait for a neighbour's answer: few, and not for long.
struct WaitingFrames<Hop: Equatable & BitwiseCopyable>: ~Copyable {
  /// Packets that wait for one neighbour at most (RFC 1122 section 2.3.2.2 asks for one at least).
  static var maximumPerNeighbor: Int { 16 }
  /// Packets that wait at all.
  static var capacity: Int { 64 }
  /// Ticks after which a packet has waited long enough.
  static var patience: UInt32 { 3 }

  /// One packet, rewritten and ready to go.
  struct Entry: BitwiseCopyable {
    var frame: Frame
    var network: UInt16
    var end: UInt32
    /// Whether it is larger than the neighbour's link.
    var exceedsLink: Bool
    /// The neighbour itself, not its place in the table: one that does not answer is forgotten before its packets are,
    /// and its place may then be another's.
    var hop: Hop
    var since: UInt32
  }

  private var entries: InlineArray<64, Entry?> = InlineArray(repeating: nil)
  private(set) var count = 0

  /// Adds a packet; false when it would be one too many.
  mutating func add(_ entry: Entry) -> Bool {
    guard count < Self.capacity else { return false }
    var same = 0
    for index in 0..<count where entries[index]?.hop == entry.hop { same += 1 }
    guard same < Self.maximumPerNeighbor else { return false }
    entries[count] = entry
    count += 1
    return true
  }

  /// Takes out the oldest packet that `isDue` accepts; the others keep their order.
  mutating func takeFirst(where isDue: (Entry) -> Bool) -> Entry? {
    for index in 0..<count {
      guard let entry = entries[index], isDue(entry) else { continue }
      for later in index..<count - 1 { entries[later] = entries[later + 1] }
      count -= 1
      entries[count] = nil
      return entry
    }
    return nil
  }
}
