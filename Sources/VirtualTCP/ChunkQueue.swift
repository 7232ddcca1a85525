/// Octets in the order in which they came, in the pieces in which they came: what a large packet brought is kept where it
/// lies, and only small pieces are copied together, so that none holds more memory than a few times what it says.
struct ChunkQueue: Sendable {
  /// How large a copied piece may grow.
  private static let largest = 4096

  private var chunks: [ArraySlice<UInt8>] = []
  private var head = 0
  /// Whether the last piece is a copy, which may grow.
  private var mayGrow = false
  /// Where the last part ended, as a place in `chunks` and the octets before it: the next one most often begins there.
  private var latest = (place: 0, start: 0)
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ octets: ArraySlice<UInt8>) {
    guard !octets.isEmpty else { return }
    count += octets.count
    if octets.isMostOfItsPacket {
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
    latest.start -= octets
    var rest = octets
    while rest > 0 {
      let taken = min(rest, chunks[head].count)
      rest -= taken
      if taken == chunks[head].count {
        chunks[head] = []
        head += 1
      } else {
        chunks[head] = chunks[head].dropFirst(taken).withoutMostOfItsPacket
      }
    }
    if head == chunks.count {
      chunks = []
      head = 0
      mayGrow = false
      latest = (0, 0)
    } else if head > 64, head * 2 > chunks.count {
      chunks.removeFirst(head)
      latest.place -= head
      head = 0
    }
    if latest.start < 0 { latest = (head, 0) }
  }

  /// Takes the first piece; an empty one if there is none.
  mutating func takeFirst() -> ArraySlice<UInt8> {
    guard count > 0 else { return [] }
    let piece = chunks[head]
    removeFirst(piece.count)
    return piece
  }

  /// A part, counted from the first octet, in pieces.
  mutating func part(_ range: Range<Int>) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    if range.lowerBound < latest.start || latest.place < head { latest = (head, 0) }
    var (place, start) = latest
    while place < chunks.count, start < range.upperBound {
      let chunk = chunks[place]
      let from = max(range.lowerBound - start, 0)
      let to = min(range.upperBound - start, chunk.count)
      latest = (place, start)
      if from < to { pieces.append(chunk[chunk.startIndex + from..<chunk.startIndex + to]) }
      start += chunk.count
      place += 1
    }
    return pieces
  }
}

extension ArraySlice<UInt8> {
  /// Whether octets that came in a packet are kept where they lie: a piece of a packet keeps the whole packet, so small
  /// ones are copied.
  var isMostOfItsPacket: Bool { count >= 512 && endIndex < 2 * count }

  /// What has been left of a packet, in memory of its own if that is little.
  var withoutMostOfItsPacket: Self { endIndex < 8 * count ? self : Array(self)[...] }
}
