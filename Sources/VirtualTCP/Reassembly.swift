/// Octets that came before others that precede them. Where two segments disagree, what came first stands.
struct Reassembly: Sendable {
  /// A run of octets without a gap, at its place in the stream.
  private struct Piece: Sendable {
    var start: Int
    var octets: [UInt8]
    var end: Int { start + octets.count }
  }

  /// In order, neither overlapping nor touching.
  private var pieces: [Piece] = []
  private(set) var count = 0

  var isEmpty: Bool { pieces.isEmpty }
  var pieceCount: Int { pieces.count }

  /// The runs that are held, the newest first where `newest` lies in one (RFC 2018 section 4).
  func runs(newest: Int?) -> [Range<Int>] {
    var runs = pieces.map { $0.start..<$0.end }
    if let newest, let place = runs.firstIndex(where: { $0.contains(newest) }) { runs.swapAt(0, place) }
    return runs
  }

  /// Keeps octets that begin at `start`, but those that are there already.
  mutating func insert(_ octets: ArraySlice<UInt8>, at start: Int) {
    var rest = octets
    var at = start
    var added: [Piece] = []
    for piece in pieces where piece.end > start && piece.start < start + octets.count {
      if at < piece.start {
        added.append(Piece(start: at, octets: Array(rest.prefix(piece.start - at))))
      }
      let skipped = max(0, min(piece.end - at, rest.count))
      rest = rest.dropFirst(skipped)
      at += skipped
      if rest.isEmpty { break }
    }
    if !rest.isEmpty { added.append(Piece(start: at, octets: Array(rest))) }
    for piece in added { merge(piece) }
  }

  private mutating func merge(_ piece: Piece) {
    count += piece.octets.count
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].start < piece.start { low = middle + 1 } else { high = middle }
    }
    if low > 0, pieces[low - 1].end == piece.start {
      pieces[low - 1].octets += piece.octets
      joinFollower(of: low - 1)
    } else {
      pieces.insert(piece, at: low)
      joinFollower(of: low)
    }
  }

  private mutating func joinFollower(of place: Int) {
    guard place + 1 < pieces.count, pieces[place].end == pieces[place + 1].start else { return }
    pieces[place].octets += pieces[place + 1].octets
    pieces.remove(at: place + 1)
  }

  /// Takes what continues the stream at `place`.
  mutating func take(from place: Int) -> ArraySlice<UInt8>? {
    while let first = pieces.first, first.start <= place {
      pieces.removeFirst()
      count -= first.octets.count
      if pieces.isEmpty { pieces = [] }
      guard first.end > place else { continue }
      return first.octets[(place - first.start)...]
    }
    return nil
  }

  mutating func removeAll() {
    pieces = []
    count = 0
  }
}
