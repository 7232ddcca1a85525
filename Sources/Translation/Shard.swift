import Forwarding
import Synchronization
import WireFormats

/// The state of one worker: its sessions and mappings, in one position-independent region that only it writes.
///
/// Invariants, checked by `checkInvariants()` in tests: every live session is in the index under both of its keys; a
/// session's mapping is live and counts it; a port mapping holds its port in the port map and counts in its pairing.
@safe package struct Shard: ~Copyable {
  let layout: ShardLayout
  let sessionIndex: FlowIndex
  let mappingIndex: FlowIndex
  let sessions: RecordTable<SessionRecord>
  let mappings: RecordTable<MappingRecord>
  let seed: (UInt64, UInt64)
  private let header: UnsafeMutablePointer<ShardHeader>

  /// A new, empty shard over `layout.size` zeroed octets at `memory`, aligned to 64, which must outlive it.
  ///
  /// - Parameters:
  ///   - seed: the secret of the hash function, which is not in the region.
  ///   - boot: the boot of the machine that this run belongs to.
  @unsafe package init(
    memory: UnsafeMutableRawPointer, layout: ShardLayout, seed: (UInt64, UInt64), worker: Int, workers: Int,
    boot: BootIdentity = BootIdentity()
  ) {
    self.layout = layout
    self.seed = seed
    let header = unsafe memory.bindMemory(to: ShardHeader.self, capacity: 1)
    unsafe self.header = header
    unsafe header.initialize(
      to: ShardHeader(
        identity: RegionIdentity(layout, worker: worker, workers: workers, boot: boot),
        sessions: RecordTableHeader(
          capacity: layout.sessionCapacity, count: 0, highWater: 0, firstFree: .max),
        mappings: RecordTableHeader(
          capacity: layout.mappingCapacity, count: 0, highWater: 0, firstFree: .max)))
    sessionIndex = unsafe FlowIndex(
      base: memory + layout.sessionIndexOffset, bucketCount: layout.sessionBuckets)
    mappingIndex = unsafe FlowIndex(
      base: memory + layout.mappingIndexOffset, bucketCount: layout.mappingBuckets)
    sessions = unsafe RecordTable(
      base: (memory + layout.sessionsOffset).bindMemory(
        to: SessionRecord.self, capacity: Int(layout.sessionCapacity)),
      header: RecordTableHeader.pointer(in: header, at: \.sessions), capacity: layout.sessionCapacity)
    mappings = unsafe RecordTable(
      base: (memory + layout.mappingsOffset).bindMemory(
        to: MappingRecord.self, capacity: Int(layout.mappingCapacity)),
      header: RecordTableHeader.pointer(in: header, at: \.mappings), capacity: layout.mappingCapacity)
  }

  /// Sessions in use.
  package var sessionCount: Int { Int(sessions.count) }
  /// Mappings in use, pairings included.
  package var mappingCount: Int { Int(mappings.count) }

  /// Notes in the region what time it is, for a later run that takes it up.
  func note(_ time: RegionTime) { unsafe header.pointee.time = time }

  // MARK: Sessions

  /// The record number and direction bit that the index holds for a session.
  @inline(__always)
  static func entry(_ session: UInt32, _ direction: Direction) -> UInt32 {
    session << 1 | UInt32(direction.rawValue)
  }

  /// The session with `key`, in the direction that the key names.
  @inline(__always)
  func findSession(_ key: FlowKey, _ hash: UInt64) -> UInt32? { Self.find(key, hash, sessionIndex, sessions) }

  // Of the tables and not of the shard, which a call that only borrows would copy first.
  private static func find(
    _ key: FlowKey, _ hash: UInt64, _ index: FlowIndex, _ sessions: RecordTable<SessionRecord>
  ) -> UInt32? {
    index.find(hash) { verify($0, key, sessions) }.map { $0 >> 1 }
  }

  /// Whether an index entry is for `key`. Its direction is not asked: a session that `key` names is the one, whichever of
  /// its entries has led to it.
  @inline(__always)
  func verify(_ entry: UInt32, _ key: FlowKey) -> Bool { Self.verify(entry, key, sessions) }

  @inline(__always)
  private static func verify(_ entry: UInt32, _ key: FlowKey, _ sessions: RecordTable<SessionRecord>) -> Bool {
    let number = entry >> 1
    guard number < sessions.capacity, key.inOrder(sessions[number].addresses[key.side]) == key.addresses else {
      return false
    }
    return key.inOrder(sessions[number].ports[key.side]) == UInt32(truncatingIfNeeded: key.rest >> 32)
      && sessions[number].instances[key.side] == key.instance
      && sessions[number].protocolNumber == key.protocolNumber
  }

  private func rehashSession(_ entry: UInt32) -> UInt64 {
    let record = sessions[entry >> 1]
    return (entry & 1 == 0 ? record.outboundKey : record.inboundKey).hash(seed: seed)
  }

  /// Adds a session; nil when the table or both buckets of one of its keys are full.
  ///
  /// - Parameter hash: the hash of the key of the direction in which it was opened, if it is known.
  mutating func insert(_ record: inout SessionRecord, hash: UInt64? = nil) -> UInt32? {
    guard let number = sessions.allocate(next: { $0.mapping }) else { return nil }
    // A later run believes every record that is live, so it becomes live when all else of it is written. A killed
    // process leaves what its instructions have stored so far, in their order: only the compiler must not change it.
    sessions.write(&record, at: number)
    atomicMemoryFence(ordering: .releasing)
    sessions[number].flags.insert(.live)
    let isInbound = record.flags.contains(.openedInbound)
    let outbound = (isInbound ? nil : hash) ?? record.outboundKey.hash(seed: seed)
    let inbound = (isInbound ? hash : nil) ?? record.inboundKey.hash(seed: seed)
    guard sessionIndex.insert(outbound, Self.entry(number, .outbound), rehash: { rehashSession($0) }) else {
      freeSession(number)
      return nil
    }
    guard sessionIndex.insert(inbound, Self.entry(number, .inbound), rehash: { rehashSession($0) }) else {
      sessionIndex.remove(outbound, Self.entry(number, .outbound))
      freeSession(number)
      return nil
    }
    return number
  }

  private func freeSession(_ number: UInt32) {
    sessions[number].flags = []
    atomicMemoryFence(ordering: .releasing)
    sessions[number].mapping = sessions.release(number)
  }

  /// Asks for what the end of a session will look at: its mapping, and its places in the index. It costs a fraction of a
  /// removal that has to wait for each of them.
  func prefetchRemoval(_ number: UInt32) {
    let record = sessions[number]
    mappings.prefetch(record.mapping)
    prefetchSession(record.outboundKey)
    prefetchSession(record.inboundKey)
  }

  /// Asks for the mapping's places in the index, where its last user is about to end.
  func prefetchMappingRemoval(of session: UInt32) {
    let number = sessions[session].mapping
    guard number < mappings.capacity, mappings[number].users == 1, mappings[number].isPort else { return }
    prefetchMapping(mappings[number].localKey)
    prefetchMapping(mappings[number].globalKey)
  }

  private func prefetchSession(_ key: FlowKey) {
    let hash = key.hash(seed: seed)
    sessionIndex.prefetch(hash)
    sessionIndex.prefetchSecond(hash)
  }

  private func prefetchMapping(_ key: FlowKey) {
    let hash = key.hash(seed: seed)
    mappingIndex.prefetch(hash)
    mappingIndex.prefetchSecond(hash)
  }

  /// Takes a session out of the index and the table; its mapping is the caller's business.
  func removeSession(_ number: UInt32) {
    let record = sessions[number]
    sessionIndex.remove(record.outboundKey.hash(seed: seed), Self.entry(number, .outbound))
    sessionIndex.remove(record.inboundKey.hash(seed: seed), Self.entry(number, .inbound))
    freeSession(number)
  }

  // MARK: Mappings

  /// Asks for the cache line of the index where an inside endpoint's port mapping is, if it is in its first bucket.
  @inline(__always)
  func prefetchMapping(
    of local: IPv4Address, port: UInt16, _ number: IPProtocol, _ instance: RoutingInstance, _ rule: UInt16
  ) {
    mappingIndex.prefetch(MappingRecord.portKey(local, port, number, instance, rule).hash(seed: seed))
  }

  /// Asks for the places that a new mapping and its first session will take, all at once: one after the other their
  /// loads would cost more than all the rest of an admission.
  @inline(__always)
  mutating func prefetchInsertion(globalHash: UInt64, inboundKey: FlowKey) {
    mappingIndex.prefetch(globalHash)
    sessionIndex.prefetch(inboundKey.hash(seed: seed))
  }

  /// Asks for the places in both indices of a mapping's inside global endpoint and of a session to it.
  @inline(__always)
  func prefetchGlobal(
    of global: IPv4Address, port: UInt16, _ number: IPProtocol, _ outside: RoutingInstance, inboundKey: FlowKey
  ) {
    mappingIndex.prefetch(MappingRecord.globalPortKey(global, port, number, outside).hash(seed: seed))
    sessionIndex.prefetch(inboundKey.hash(seed: seed))
  }

  /// The mapping whose local key is that of `probe`.
  @inline(__always)
  func findMapping(like probe: MappingRecord) -> UInt32? {
    let key = probe.localKey
    return findMapping(key, key.hash(seed: seed))
  }

  /// The mapping with a local key, of which the hash is known.
  @inline(__always)
  func findMapping(_ key: FlowKey, _ hash: UInt64) -> UInt32? { Self.find(key, hash, mappingIndex, mappings) }

  private static func find(
    _ key: FlowKey, _ hash: UInt64, _ index: FlowIndex, _ mappings: RecordTable<MappingRecord>
  ) -> UInt32? {
    index.find(hash) { entry in
      entry & 1 == 0 && mappings[entry >> 1].localKey == key
    }.map { $0 >> 1 }
  }

  /// Whether a record number, from wherever, is that of a host's pairing under a rule.
  @inline(__always)
  func isPairing(_ number: UInt32, of host: IPv4Address, _ instance: RoutingInstance, _ rule: UInt16) -> Bool {
    number < mappings.capacity && mappings[number].kind == .pairing && mappings[number].insideLocal == host
      && mappings[number].instance == instance && mappings[number].rule == rule
  }

  /// The address mapping (basic NAT) of an inside global address.
  func findAddressMapping(global: IPv4Address, in outside: RoutingInstance) -> UInt32? {
    var probe = MappingRecord(kind: .address)
    probe.insideGlobal = global
    probe.outsideInstance = outside
    return findMapping(byGlobal: probe.globalKey)
  }

  /// The port mapping, of either kind, of an inside global endpoint.
  func findPortMapping(
    global: IPv4Address, port: UInt16, _ number: IPProtocol, in outside: RoutingInstance
  ) -> UInt32? {
    findMapping(byGlobal: MappingRecord.globalPortKey(global, port, number, outside))
  }

  private func findMapping(byGlobal key: FlowKey) -> UInt32? {
    mappingIndex.find(key.hash(seed: seed)) { entry in
      entry & 1 == 1 && mappings[entry >> 1].globalKey == key
    }.map { $0 >> 1 }
  }

  private func rehashMapping(_ entry: UInt32) -> UInt64 {
    let record = mappings[entry >> 1]
    return (entry & 1 == 0 ? record.localKey : record.globalKey).hash(seed: seed)
  }

  /// Adds a mapping; nil when the table or its buckets are full.
  mutating func insert(_ record: MappingRecord) -> UInt32? {
    var record = record
    guard record.isIndexed else { return place(&record) }
    return insert(
      &record, local: record.localKey.hash(seed: seed),
      global: record.hasGlobalKey ? record.globalKey.hash(seed: seed) : nil)
  }

  /// Adds a mapping whose record the index has, under the hashes of its keys.
  mutating func insert(_ record: inout MappingRecord, local: UInt64, global: UInt64?) -> UInt32? {
    guard let number = place(&record) else { return nil }
    guard mappingIndex.insert(local, number << 1, rehash: { rehashMapping($0) }) else {
      freeMapping(number)
      return nil
    }
    if let global {
      guard mappingIndex.insert(global, number << 1 | 1, rehash: { rehashMapping($0) }) else {
        mappingIndex.remove(local, number << 1)
        freeMapping(number)
        return nil
      }
    }
    return number
  }

  /// Puts a record into the table alone.
  @inline(__always)
  private mutating func place(_ record: inout MappingRecord) -> UInt32? {
    guard let number = mappings.allocate(next: { $0.link }) else { return nil }
    // As with sessions, the word that makes it live comes last.
    let kind = record.kind
    record.kind = .free
    mappings.write(&record, at: number)
    record.kind = kind
    atomicMemoryFence(ordering: .releasing)
    mappings[number].kind = kind
    return number
  }

  private func freeMapping(_ number: UInt32) {
    mappings[number].kind = .free
    atomicMemoryFence(ordering: .releasing)
    mappings[number].link = mappings.release(number)
  }

  /// Takes a mapping out of the index and the table; its port and pairing are the caller's business.
  func removeMapping(_ number: UInt32) {
    unindexMapping(number)
    freeMapping(number)
  }

  /// Lets a port mapping's record stand for a port that rests: out of the index, but in the table.
  func holdMapping(_ number: UInt32, since now: UInt32) {
    unindexMapping(number)
    mappings[number].kind = .held
    mappings[number].word = now
  }

  private func unindexMapping(_ number: UInt32) {
    let record = mappings[number]
    guard record.isIndexed else { return }
    mappingIndex.remove(record.localKey.hash(seed: seed), number << 1)
    if record.hasGlobalKey { mappingIndex.remove(record.globalKey.hash(seed: seed), number << 1 | 1) }
  }
}

extension RecordTableHeader {
  /// The address of a part of the header, which stays put for the region's life.
  @unsafe static func pointer(
    in header: UnsafeMutablePointer<ShardHeader>, at path: WritableKeyPath<ShardHeader, RecordTableHeader>
  ) -> UnsafeMutablePointer<RecordTableHeader> {
    unsafe UnsafeMutableRawPointer(header).advanced(by: MemoryLayout<ShardHeader>.offset(of: path)!)
      .assumingMemoryBound(to: RecordTableHeader.self)
  }
}
