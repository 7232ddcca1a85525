/// The words that a turn has taken out of the rings and not looked at yet: a burst of each other party at most.
///
/// Invariant: `words` has a burst's places for each party, of which the first `counts` are filled.
@safe struct HandedIn: ~Copyable {
  /// Words of one party at most.
  static let burst = 64

  private let words: UnsafeMutableBufferPointer<UInt64>
  private let counts: UnsafeMutableBufferPointer<Int>

  init(parties: Int) {
    unsafe words = .allocate(capacity: parties * Self.burst)
    unsafe counts = .allocate(capacity: parties)
    unsafe words.initialize(repeating: 0)
    unsafe counts.initialize(repeating: 0)
  }

  deinit {
    unsafe words.deallocate()
    unsafe counts.deallocate()
  }

  /// Takes a party's words out of its ring.
  mutating func take(from ring: HandoverRing, of party: Int) {
    precondition(unsafe party >= 0 && party < counts.count)
    let places = unsafe UnsafeMutableBufferPointer(rebasing: words[party * Self.burst..<(party + 1) * Self.burst])
    unsafe counts[party] = ring.take(into: places)
  }

  /// The number of a party's words.
  @inline(__always)
  func count(of party: Int) -> Int {
    precondition(unsafe party >= 0 && party < counts.count)
    return unsafe counts[party]
  }

  @inline(__always)
  subscript(index: Int, of party: Int) -> UInt64 {
    precondition(index >= 0 && index < count(of: party))
    return unsafe words[party * Self.burst + index]
  }

  /// Forgets a party's words, which have been looked at.
  mutating func clear(of party: Int) {
    precondition(unsafe party >= 0 && party < counts.count)
    unsafe counts[party] = 0
  }
}
