/// Octets in the order in which they came, in the pieces in which they came: what a large packet brought is kept where it
/// lies, and only small pieces are copied together, so that none holds more memory than a few times what it says.
struct ChunkQueue: Sendable {
  /// Pieces below this are copied.
  private static let smallest = 512
  /// How large a copied piece may grow.
  private static let largest = 4096

  private var chunks: [ArraySlice<UInt8>] = []
  private var head = 0
  /// Whether the last piece is a copy, which may grow.
  private var mayGrow = false
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ octets: ArraySlice<UInt8>) {
    guard !octets.isEmpty else { return }
    count += octets.count
    // A piece of a packet keeps the whole packet.
    if octets.count >= Self.smallest, octets.endIndex < 2 * octets.count {
      chunks.append(octets)
      mayGrow = false
    } else if mayGrow, let last = chunks.indices.last, chunks[last].count < Self.largest {
      chunks[last].append(contentsOf: octets)
    } else {
      chunks.append(Array(octets)[...])
      mayGrow = true
    }
  }

  mutating func removeFirst(_ octets: Int) {
    precondition(octets >= 0 && octets <= count)
    count -= octets
    var rest = octets
    while rest > 0 {
      let taken = min(rest, chunks[head].count)
      rest -= taken
      if taken == chunks[head].count {
        chunks[head] = []
        head += 1
      } else {
        chunks[head].removeFirst(taken)
      }
    }
    if head == chunks.count {
      chunks = []
      head = 0
      mayGrow = false
    } else if head > 64, head * 2 > chunks.count {
      chunks.removeFirst(head)
      head = 0
    }
  }

  /// A part, counted from the first octet, in pieces.
  func part(_ range: Range<Int>) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    var place = head
    while place < chunks.count, start < range.upperBound {
      let chunk = chunks[place]
      let from = max(range.lowerBound - start, 0)
      let to = min(range.upperBound - start, chunk.count)
      if from < to { pieces.append(chunk[chunk.startIndex + from..<chunk.startIndex + to]) }
      start += chunk.count
      place += 1
    }
    return pieces
  }
}
