/// Octets in the order in which they came, in one piece. Taking from the front costs nothing until half of the memory lies idle; an
/// empty queue has no memory.
struct OctetQueue: Sendable {
  private var storage: [UInt8] = []
  private var head = 0

  /// What is left is never in more memory than twice its size and this.
  private static let idleOctets = 65_536

  var count: Int { storage.count - head }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ octets: some Collection<UInt8>) { storage.append(contentsOf: octets) }

  mutating func removeFirst(_ count: Int) {
    precondition(count >= 0 && count <= self.count)
    head += count
    if head == storage.count {
      storage = []
      head = 0
    } else if head > Self.idleOctets, head * 2 > storage.count {
      storage.removeFirst(head)
      head = 0
    }
  }

  /// A part, counted from the first octet.
  func part(_ range: Range<Int>) -> ArraySlice<UInt8> { storage[head + range.lowerBound..<head + range.upperBound] }

  /// All of it in one piece.
  func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    body(storage.span.extracting(head..<storage.count))
  }
}
