/// Octets that came before others that precede them. Where two segments disagree, what came first stands.
struct Reassembly: Sendable {
  /// Pieces below this are copied behind the one that they continue.
  private static let smallest = 512

  /// Octets at their place in the stream.
  private struct Piece: Sendable {
    var start: Int
    var octets: ArraySlice<UInt8>
    var end: Int { start + octets.count }
  }

  /// In order, without overlap.
  private var pieces: [Piece] = []
  private(set) var count = 0

  var isEmpty: Bool { pieces.isEmpty }
  var pieceCount: Int { pieces.count }

  /// The runs without a gap that are held, first the one where `newest` lies (RFC 2018 section 4).
  func runs(newest: Int?) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for piece in pieces {
      if let last = runs.indices.last, runs[last].upperBound == piece.start {
        runs[last] = runs[last].lowerBound..<piece.end
      } else {
        runs.append(piece.start..<piece.end)
      }
    }
    if let newest, let place = runs.firstIndex(where: { $0.contains(newest) }) { runs.swapAt(0, place) }
    return runs
  }

  /// Keeps octets that begin at `start`, but those that are there already. False when that would take more than `limit`
  /// pieces.
  mutating func insert(_ octets: ArraySlice<UInt8>, at start: Int, limit: Int) -> Bool {
    var rest = octets
    var at = start
    var place = firstPlace(endingAfter: start)
    while !rest.isEmpty, place < pieces.count, pieces[place].start < at + rest.count {
      let piece = pieces[place]
      if at < piece.start {
        let gap = piece.start - at
        guard add(rest.prefix(gap), at: at, before: &place, limit) else { return false }
        rest = rest.dropFirst(gap)
        at += gap
      }
      let skipped = min(piece.end - at, rest.count)
      rest = rest.dropFirst(skipped)
      at += skipped
      place += 1
    }
    return rest.isEmpty || add(rest, at: at, before: &place, limit)
  }

  private func firstPlace(endingAfter start: Int) -> Int {
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].end <= start { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Adds octets that nothing overlaps, behind the piece before `place` or as one of their own; `place` still names the
  /// piece that it named.
  private mutating func add(_ octets: ArraySlice<UInt8>, at start: Int, before place: inout Int, _ limit: Int) -> Bool {
    if place > 0, pieces[place - 1].end == start, octets.count < Self.smallest {
      pieces[place - 1].octets.append(contentsOf: octets)
    } else {
      guard pieces.count < limit else { return false }
      let own = octets.isMostOfItsPacket ? octets : Array(octets)[...]
      pieces.insert(Piece(start: start, octets: own), at: place)
      place += 1
    }
    count += octets.count
    return true
  }

  /// Takes what continues the stream at `place`.
  mutating func take(from place: Int) -> ArraySlice<UInt8>? {
    while let first = pieces.first, first.start <= place {
      pieces.removeFirst()
      count -= first.octets.count
      if pieces.isEmpty { pieces = [] }
      guard first.end > place else { continue }
      return first.octets.dropFirst(place - first.start)
    }
    return nil
  }
}
