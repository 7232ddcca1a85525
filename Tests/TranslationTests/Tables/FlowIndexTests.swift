import TestSupport
import Testing

@testable import Translation

/// An index over memory of its own, with the hashes that its values stand for.
@safe private final class IndexBed {
  let memory: UnsafeMutableRawPointer
  let index: FlowIndex
  var hashes: [UInt64] = []

  init(buckets: UInt32) {
    let size = Int(buckets) * FlowIndex.bucketSize
    unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    index = unsafe FlowIndex(base: memory, bucketCount: buckets)
  }

  deinit { unsafe memory.deallocate() }

  /// Adds the next value under a hash.
  func add(_ hash: UInt64) -> Bool {
    hashes.append(hash)
    return insert(UInt32(hashes.count - 1))
  }

  func insert(_ value: UInt32) -> Bool { index.insert(hashes[Int(value)], value) { self.hashes[Int($0)] } }

  /// The value that was added under a hash, found as the packet path finds it: by tag, then verified.
  func find(_ value: UInt32) -> UInt32? { index.find(hashes[Int(value)]) { $0 == value } }
}

@Suite struct FlowIndexTests {
  @Test(arguments: [UInt64(1), 2, 3]) func `the planned load fits to the last entry, and all are found`(_ seed: UInt64)
  {
    let planned = 20_000
    let bed = IndexBed(buckets: FlowIndex.bucketCount(for: UInt64(planned)))
    var random = SeededRandom(seed: seed)
    var refused = 0
    for _ in 0..<planned where !bed.add(random.next() | 1 << 32) { refused += 1 }
    #expect(refused == 0)
    #expect(bed.index.used == planned)
    var lost = 0
    for value in 0..<UInt32(planned) where bed.find(value) != value { lost += 1 }
    #expect(lost == 0)
    for value in 0..<UInt32(planned) { #expect(bed.index.remove(bed.hashes[Int(value)], value)) }
    #expect(bed.index.used == 0)
  }

  @Test(arguments: [UInt64(4), 5]) func `it does as a dictionary does, whatever is added and removed`(_ seed: UInt64) {
    let bed = IndexBed(buckets: FlowIndex.bucketCount(for: 500))
    var random = SeededRandom(seed: seed)
    var reference: Set<UInt32> = []
    for round in 0..<20_000 {
      if reference.count < 500, random.oneIn(2) || reference.isEmpty {
        // Every fourth hash is one of a few, so that tags and buckets collide.
        let hash = random.oneIn(4) ? UInt64(random.number(in: 0...7)) << 40 | 1 << 32 | 9 : random.next() | 1 << 32
        if bed.add(hash) { reference.insert(UInt32(bed.hashes.count - 1)) }
      } else if let victim = reference.randomElement(using: &random) {
        #expect(bed.index.remove(bed.hashes[Int(victim)], victim))
        #expect(!bed.index.remove(bed.hashes[Int(victim)], victim))
        #expect(bed.find(victim) == nil)
        reference.remove(victim)
      }
      if round % 500 == 0 {
        #expect(bed.index.used == reference.count)
        #expect(reference.allSatisfy { bed.find($0) == $0 })
      }
    }
    for value in reference { #expect(bed.index.remove(bed.hashes[Int(value)], value)) }
    #expect((0..<bed.index.bucketCount).allSatisfy { bed.index.strays($0) == 0 })
  }

  @Test func `entries of one hash fill two buckets and no more`() {
    let bed = IndexBed(buckets: 16)
    var fits = 0
    for _ in 0..<30 where bed.add(0xABCD_EF01_2345_6789) { fits += 1 }
    #expect(fits == 2 * FlowIndex.slotsPerBucket)
    for value in 0..<UInt32(fits) { #expect(bed.find(value) == value) }
  }

  @Test func `a full bucket makes room by moving one entry to its other bucket`() {
    let bed = IndexBed(buckets: 64)
    var random = SeededRandom(seed: 6)
    // All share the first bucket (the upper half of the hash) and differ in their second.
    var fits = 0
    for _ in 0..<200 where bed.add(5 << 58 | 1 << 32 | random.next() & 0xFFFF_FFFF) { fits += 1 }
    #expect(fits > 12)
    var found = 0
    for value in 0..<UInt32(200) where bed.find(value) == value { found += 1 }
    #expect(found == fits)
  }

  @Test func `a bucket counts the entries of its keys that are in their second buckets`() {
    let bed = IndexBed(buckets: 64)
    var random = SeededRandom(seed: 8)
    let hashes = (0..<13).map { _ in 5 << 58 | 1 << 32 | random.next() & 0xFFFF_FFFF }
    for hash in hashes.dropLast() { #expect(bed.add(hash)) }
    #expect(bed.index.strays(5) == 0)
    #expect(bed.add(hashes[12]))
    #expect(bed.index.strays(5) == 1)
    #expect(bed.index.candidateInSecond(hashes[12]) == 12)
    #expect(bed.find(12) == 12)
    #expect(bed.index.remove(hashes[12], 12))
    #expect(bed.index.strays(5) == 0)
    #expect(bed.index.candidateInSecond(hashes[12]) == nil)
  }

  @Test func `a count of strays that has run full forgets none of them`() {
    let bed = IndexBed(buckets: 64)
    var random = SeededRandom(seed: 9)
    var added: [UInt32] = []
    for value in 0..<UInt32(400) where bed.add(5 << 58 | 1 << 32 | random.next() & 0xFFFF_FFFF) { added.append(value) }
    #expect(added.count > 300)
    #expect(bed.index.strays(5) == .max)
    for value in added.dropLast(10) { #expect(bed.index.remove(bed.hashes[Int(value)], value)) }
    #expect(added.suffix(10).allSatisfy { bed.find($0) == $0 })
  }

  @Test func `a hash whose low octet is zero has a tag nevertheless`() {
    #expect(FlowIndex.tag(0x1_0000_0000) == 1)
    let bed = IndexBed(buckets: 2)
    #expect(bed.add(0x1_0000_0000))
    #expect(bed.find(0) == 0)
    #expect(bed.index.candidateInFirst(0x1_0000_0000) == 0)
  }

  @Test func `an empty index has no candidate`() {
    let bed = IndexBed(buckets: 2)
    #expect(bed.index.candidateInFirst(0xFFFF_FFFF_FFFF_FFFF) == nil)
    #expect(bed.index.candidateInSecond(0xFFFF_FFFF_FFFF_FFFF) == nil)
    #expect(!bed.index.remove(1 << 32, 0))
  }

  @Test(arguments: [0, 1, 10, 11, 1020, 1021, 20_000_000] as [UInt64])
  func `buckets are planned for a load that always fits, without waste`(_ entries: UInt64) {
    let buckets = UInt64(FlowIndex.bucketCount(for: entries))
    #expect(buckets >= 2)
    #expect(entries * 100 <= buckets * 12 * 85)
    #expect(buckets <= 2 || entries * 100 > (buckets - 1) * 12 * 75)
  }
}
