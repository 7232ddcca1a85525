/// Octets in the order in which they came, the first of them in one piece. What a large packet brings to an empty queue is
/// kept where it lies, and so is what large packets bring behind a few octets: only as many of it as a reader needs are
/// copied behind those, and once they are taken the large piece is the first. Taking from the front costs nothing, and what
/// has been taken is forgotten when something is added, so that parts which others still have are never copied; an empty
/// queue has no memory.
struct OctetQueue: Sendable {
  /// Octets that may be before a large piece that is kept where it lies.
  private static let few = 8192
  /// Octets of a large piece that are copied at least.
  private static let leastCopied = 1024

  /// The first octets, in one piece.
  private(set) var front: ArraySlice<UInt8> = []
  /// What is behind the first piece.
  private var rest = ChunkQueue()
  /// How many octets at the end of the first piece are copies of those at the beginning of the rest.
  private var copied = 0
  /// Whether the first piece lies in memory that is not this queue's own, or has octets before it that have been taken.
  private var isShared = false

  var count: Int { front.count + rest.count - copied }
  var isEmpty: Bool { front.isEmpty }

  mutating func append(_ more: ArraySlice<UInt8>) {
    guard !more.isEmpty else { return }
    let isLarge = more.isMostOfItsPacket
    if front.isEmpty {
      front = isLarge ? more : Array(more)[...]
      isShared = isLarge
    } else if !rest.isEmpty || isLarge && front.count <= Self.few {
      rest.append(more)
    } else {
      add(more)
    }
  }

  /// Copies more octets to the first piece, as many as it has or some more; false when it has all.
  mutating func gather() -> Bool {
    guard copied < rest.count else { return false }
    let count = min(max(front.count, Self.leastCopied), rest.count - copied)
    for piece in rest.part(copied..<copied + count) { add(piece) }
    copied += count
    if copied == rest.count { (rest, copied) = (ChunkQueue(), 0) }
    return true
  }

  /// Adds octets to the first piece, which moves into memory of its own unless it has that.
  private mutating func add(_ more: ArraySlice<UInt8>) {
    if isShared {
      var own: [UInt8] = []
      own.reserveCapacity(2 * (front.count + more.count))
      own += front
      front = own[...]
      isShared = false
    }
    front += more
  }

  mutating func removeFirst(_ count: Int) {
    precondition(count >= 0 && count <= self.count)
    isShared = true
    let own = front.count - copied
    if count < own {
      front = front.dropFirst(count).withoutMostOfItsPacket
    } else {
      rest.removeFirst(count - own)
      front = rest.takeFirst()
      copied = 0
    }
  }

  /// Adds a part, counted from the first octet, to another queue; it stays here too.
  mutating func copy(_ range: Range<Int>, to target: inout ChunkQueue) {
    let own = front.count - copied
    if range.lowerBound < own {
      let end = min(range.upperBound, own)
      target.append(front[front.startIndex + range.lowerBound..<front.startIndex + end])
    }
    if range.upperBound > own {
      for piece in rest.part(max(range.lowerBound, own) - own..<range.upperBound - own) { target.append(piece) }
    }
  }
}
