import TestSupport
import Testing

@testable import VirtualTCP

/// Octets that look as they do in their packet: behind headers, with none behind them.
private func packet(_ octets: [UInt8]) -> ArraySlice<UInt8> {
  ([UInt8](repeating: 0xEE, count: 52) + octets).dropFirst(52)
}

/// A part of a queue in one piece.
private func all(_ queue: inout ChunkQueue, _ range: Range<Int>) -> [UInt8] { Array(queue.part(range).joined()) }

extension SeededRandom {
  /// How large a packet's payload is: often small, often of an Ethernet packet, at times of a super-frame.
  fileprivate mutating func payload() -> [UInt8] {
    switch number(in: 0...9) {
    case 0...3: octets(number(in: 1...40))
    case 4...5: octets(number(in: 41...1_000))
    case 6...8: octets(number(in: 1_001...1_460))
    default: octets(number(in: 1_461...20_000))
    }
  }
}

@Suite("A queue of pieces")
struct ChunkQueueTests {
  @Test(arguments: UInt64(0)..<10)
  func `has what a simple array has, wherever the last part ended`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var queue = ChunkQueue()
    var model: [UInt8] = []
    // Where the next part begins that is sent for the first time.
    var next = 0
    for _ in 0..<1_500 {
      switch random.number(in: 0...9) {
      case 0...3 where model.count < 40_000:
        let more = random.payload()
        queue.append(random.oneIn(4) ? more[...] : packet(more))
        model += more
      case 4...6:
        // Parts follow one another, as they are sent.
        let end = min(next + random.number(in: 0...3_000), model.count)
        #expect(all(&queue, next..<end) == Array(model[next..<end]))
        next = end
      case 7:
        // One is sent again.
        let start = random.number(in: 0...model.count)
        let end = min(start + random.number(in: 0...3_000), model.count)
        #expect(all(&queue, start..<end) == Array(model[start..<end]))
      case 8:
        let first = queue.takeFirst()
        #expect(Array(first) == Array(model.prefix(first.count)) && first.isEmpty == model.isEmpty)
        model.removeFirst(first.count)
        next = max(0, next - first.count)
      default:
        let taken = random.oneIn(20) ? model.count : random.number(in: 0...min(model.count, 8_000))
        queue.removeFirst(taken)
        model.removeFirst(taken)
        next = max(0, next - taken)
      }
      #expect(queue.count == model.count && queue.isEmpty == model.isEmpty)
    }
    #expect(all(&queue, 0..<model.count) == model)
  }

  @Test func `keeps its place when what lies before it goes`() {
    var queue = ChunkQueue()
    let octets = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    for start in stride(from: 0, to: octets.count, by: 1_000) {
      queue.append(packet(Array(octets[start..<start + 1_000])))
    }
    // Enough pieces that those which are gone are cleared away behind its back.
    var removed = 0
    for sent in stride(from: 0, to: octets.count - 100_000, by: 2_500) {
      let range = sent + 90_000..<sent + 92_500
      #expect(all(&queue, range.lowerBound - removed..<range.upperBound - removed) == Array(octets[range]))
      queue.removeFirst(2_500)
      removed += 2_500
    }
    #expect(all(&queue, 0..<queue.count) == Array(octets[removed...]))
  }

  @Test func `does not keep a packet for its last octets`() {
    var queue = ChunkQueue()
    queue.append(packet([UInt8](repeating: 7, count: 60_000)))
    queue.removeFirst(59_990)
    let rest = queue.part(0..<10)
    #expect(rest.count == 1 && rest[0].endIndex == 10)
  }
}

@Suite("A queue whose front is in one piece")
struct OctetQueueTests {
  /// What a reader does that looks for messages: it has more gathered until one is whole, and passes it on.
  @Test(arguments: UInt64(0)..<12)
  func `has what a simple array has, whatever is gathered`(seed: UInt64) {
    var random = SeededRandom(seed: 1_000 + seed)
    var queue = OctetQueue()
    var target = ChunkQueue()
    var model: [UInt8] = []
    var passed: [UInt8] = []
    for _ in 0..<1_500 {
      switch random.number(in: 0...9) {
      case 0...4 where model.count < 40_000:
        let more = random.payload()
        queue.append(random.oneIn(4) ? more[...] : packet(more))
        model += more
      case 5, 6:
        let before = queue.front.count
        let hasMore = queue.gather()
        #expect(hasMore == (before < model.count), "all is there, or more of it is in front")
        #expect(hasMore ? queue.front.count > before : queue.front.count == before)
      case 7:
        // A part stays where it is until it is removed, and what was handed over is never changed.
        let start = random.number(in: 0...model.count)
        let end = random.number(in: start...model.count)
        queue.copy(start..<end, to: &target)
        passed += model[start..<end]
      default:
        // Up to the border of what lies in one piece, before it and over it.
        let counts = [queue.front.count, random.number(in: 0...queue.front.count), random.number(in: 0...model.count)]
        let taken = random.pick(counts)
        queue.removeFirst(taken)
        model.removeFirst(taken)
      }
      #expect(queue.count == model.count && queue.isEmpty == model.isEmpty)
      #expect(queue.front.isEmpty == model.isEmpty && Array(queue.front) == Array(model.prefix(queue.front.count)))
      if passed.count > 50_000 {
        #expect(all(&target, 0..<target.count) == passed)
        target.removeFirst(target.count)
        passed = []
      }
    }
    while queue.gather() {}
    #expect(Array(queue.front) == model)
    #expect(all(&target, 0..<target.count) == passed)
  }

  @Test func `keeps a large piece where it lies behind a few octets, and copies no more of it than is asked for`() {
    var queue = OctetQueue()
    let large = (0..<60_000).map { UInt8(truncatingIfNeeded: $0) }
    queue.append([1, 2, 3][...])
    queue.append(packet(large))
    #expect(queue.front.count == 3 && queue.count == 60_003)
    var hasMore = queue.gather()
    #expect(hasMore && queue.front.count == 3 + 1_024 && queue.count == 60_003)
    hasMore = queue.gather()
    #expect(hasMore && queue.front.count == 2 * (3 + 1_024))
    // Behind the copies it goes on where it lies.
    queue.removeFirst(3)
    #expect(queue.front.count == 60_000 && queue.front.startIndex == 52)
  }

  @Test func `over the border between the copies and what they are of, goes on behind it`() {
    for taken in [2, 3, 4, 1_026, 1_027, 1_028, 60_002, 60_003] {
      var queue = OctetQueue()
      let large = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      queue.append([1, 2, 3][...])
      queue.append(packet(large))
      let hasMore = queue.gather()
      #expect(hasMore)
      queue.removeFirst(taken)
      let rest = Array(([1, 2, 3] + large).dropFirst(taken))
      #expect(queue.count == rest.count && queue.isEmpty == rest.isEmpty)
      while queue.gather() {}
      #expect(Array(queue.front) == rest)
    }
  }

  @Test func `never changes what it has handed over`() {
    var queue = OctetQueue()
    var target = ChunkQueue()
    queue.append(packet([UInt8](repeating: 1, count: 1_000)))
    queue.copy(0..<900, to: &target)
    queue.removeFirst(900)
    queue.append([2, 2, 2][...])
    queue.append(packet([UInt8](repeating: 3, count: 1_000)))
    let hasMore = queue.gather()
    #expect(
      hasMore
        && Array(queue.front) == [UInt8](repeating: 1, count: 100) + [2, 2, 2] + [UInt8](repeating: 3, count: 1_000))
    #expect(all(&target, 0..<900) == [UInt8](repeating: 1, count: 900))
  }

  @Test func `does not keep a packet for its last octets`() {
    var queue = OctetQueue()
    queue.append(packet([UInt8](repeating: 7, count: 60_000)))
    queue.removeFirst(59_990)
    #expect(queue.front.endIndex == 10 && queue.count == 10)
  }
}
