/// Where the tables of one shard lie in its region. All offsets count from the region's start: the region holds no
/// pointer and can be mapped anywhere, by this run or a later one.
package struct ShardLayout: Equatable, Sendable {
  /// The most sessions one shard can hold: a flow index keeps a record number and a direction in 32 bits.
  package static let maximumSessions = 1 << 30

  /// Sessions that the shard holds.
  package let sessionCapacity: UInt32
  /// Mappings: one for every session, and one in sixteen more for pairings.
  package let mappingCapacity: UInt32
  let sessionBuckets: UInt32
  let mappingBuckets: UInt32
  let sessionIndexOffset: Int
  let mappingIndexOffset: Int
  let sessionsOffset: Int
  let mappingsOffset: Int
  /// Octets of the whole region.
  package let size: Int

  /// Octets that the header takes.
  static let headerSize = 4096

  /// The layout for `sessions` sessions, 16 to `maximumSessions`.
  package init(sessions: Int) {
    precondition(sessions <= Self.maximumSessions)
    sessionCapacity = UInt32(max(16, sessions))
    mappingCapacity = sessionCapacity + sessionCapacity / 16 + 16
    sessionBuckets = FlowIndex.bucketCount(for: UInt64(sessionCapacity) * 2)
    mappingBuckets = FlowIndex.bucketCount(for: UInt64(mappingCapacity) * 2)
    sessionIndexOffset = Self.headerSize
    mappingIndexOffset = sessionIndexOffset + Int(sessionBuckets) * FlowIndex.bucketSize
    sessionsOffset = mappingIndexOffset + Int(mappingBuckets) * FlowIndex.bucketSize
    mappingsOffset = sessionsOffset + Int(sessionCapacity) * MemoryLayout<SessionRecord>.stride
    size = mappingsOffset + Int(mappingCapacity) * MemoryLayout<MappingRecord>.stride
  }

  /// Octets of the region a session, all tables counted.
  package var octetsPerSession: Double { Double(size) / Double(sessionCapacity) }
}
