import Testing

@testable import Translation

@Suite struct ShardLayoutTests {
  @Test func `a session record is one cache line, a mapping record half of one`() {
    #expect(MemoryLayout<SessionRecord>.size == 64)
    #expect(MemoryLayout<SessionRecord>.stride == 64)
    #expect(MemoryLayout<MappingRecord>.size == 32)
    #expect(MemoryLayout<MappingRecord>.stride == 32)
    #expect(FlowIndex.bucketSize == 64)
    #expect(MemoryLayout<ShardHeader>.size <= ShardLayout.headerSize)
  }

  @Test(arguments: [65_536, 1_048_576, 10_000_000]) func `a session takes at most 128 octets, all in`(_ sessions: Int) {
    let layout = ShardLayout(sessions: sessions)
    #expect(layout.sessionCapacity == UInt32(sessions))
    #expect(layout.octetsPerSession <= 128)
    #expect(layout.size <= 128 * sessions)
  }

  @Test(arguments: [0, 1, 16, 17, 1000, 4097, 1_048_576])
  func `tables lie behind each other, on cache lines, and fill the region`(_ sessions: Int) {
    let layout = ShardLayout(sessions: sessions)
    #expect(layout.sessionCapacity >= 16)
    #expect(layout.mappingCapacity > layout.sessionCapacity)
    let ends = [
      layout.sessionIndexOffset + Int(layout.sessionBuckets) * 64,
      layout.mappingIndexOffset + Int(layout.mappingBuckets) * 64,
      layout.sessionsOffset + Int(layout.sessionCapacity) * 64,
      layout.mappingsOffset + Int(layout.mappingCapacity) * 32,
    ]
    let starts = [layout.sessionIndexOffset, layout.mappingIndexOffset, layout.sessionsOffset, layout.mappingsOffset]
    #expect(starts.allSatisfy { $0 % 64 == 0 })
    #expect(Array(starts.dropFirst()) + [layout.size] == ends)
    #expect(starts[0] >= MemoryLayout<ShardHeader>.size)
  }
}
