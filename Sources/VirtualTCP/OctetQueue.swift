/// Octets in the order in which they came, in one piece. What a large packet brings to an empty queue is kept where it lies.
/// Taking from the front costs nothing, and what has been taken is forgotten when something is added, so that parts which
/// others still have are never copied; an empty queue has no memory.
struct OctetQueue: Sendable {
  /// Pieces below this are copied: a piece of a packet keeps the whole packet.
  private static let smallest = 512

  private var octets: ArraySlice<UInt8> = []
  /// Whether memory is this queue's own, and has octets at its front that have been taken.
  private var hasTaken = false

  var count: Int { octets.count }
  var isEmpty: Bool { octets.isEmpty }

  mutating func append(_ more: ArraySlice<UInt8>) {
    if octets.isEmpty {
      let isLarge = more.count >= Self.smallest && more.endIndex < 2 * more.count
      octets = isLarge ? more : Array(more)[...]
      hasTaken = isLarge
    } else if hasTaken {
      // Into memory of its own: whoever has a part of the old one keeps that.
      var joined: [UInt8] = []
      joined.reserveCapacity(2 * (octets.count + more.count))
      joined += octets
      joined += more
      octets = joined[...]
      hasTaken = false
    } else {
      octets += more
    }
  }

  mutating func removeFirst(_ count: Int) {
    precondition(count >= 0 && count <= self.count)
    octets = octets.dropFirst(count)
    hasTaken = true
    if octets.isEmpty { octets = [] }
  }

  /// A part, counted from the first octet.
  func part(_ range: Range<Int>) -> ArraySlice<UInt8> {
    octets[octets.startIndex + range.lowerBound..<octets.startIndex + range.upperBound]
  }

  /// All of it in one piece.
  func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result { body(octets.span) }
}
