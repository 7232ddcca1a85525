import CIntrinsics

/// A hash index from flow keys to 32-bit values, in buckets of one cache line.
///
///     0           12       13    16                               64
///     | 12 tags   | strays | pad | 12 values of 32 bits           |
///
/// A tag is 8 bits of the hash, 0 for a free slot; twelve are compared with one instruction. An entry lives in one of
/// two buckets: in its first while that has room, else in its second, else one entry is moved to its own other bucket.
/// To fill the emptier of the two would have to move fewer, but in a full table that has been in use for long it would
/// put a third of the entries, and not a sixth, where only a second cache line finds them. A bucket counts its strays,
/// the entries that are in their second bucket while this is their first: where there are none, who looks for a key
/// needs no other cache line, so that a new flow is mostly known to be new by one. Keys are not stored: the caller
/// verifies a value against its record, which the burst has prefetched meanwhile.
@safe struct FlowIndex {
  static let slotsPerBucket = 12
  static let bucketSize = 64
  private static let slotMask: UInt32 = 0xFFF
  private static let straysOffset = 12
  private static let valuesOffset = 16

  private let base: UnsafeMutableRawPointer
  /// Buckets, at least 2; any number, not only powers of two, so that the table can be as large as its records need.
  let bucketCount: UInt32

  @unsafe init(base: UnsafeMutableRawPointer, bucketCount: UInt32) {
    precondition(bucketCount >= 2)
    unsafe self.base = base
    self.bucketCount = bucketCount
  }

  /// Buckets for `entries` entries at a load of at most 78 %: beyond that ever more insertions have to move an entry,
  /// and each move reads records from all over the memory.
  static func bucketCount(for entries: UInt64) -> UInt32 {
    UInt32(clamping: max(2, (entries * 100 + 935) / 936))
  }

  @inline(__always)
  static func tag(_ hash: UInt64) -> UInt8 {
    let low = UInt8(truncatingIfNeeded: hash)
    return low &+ (low == 0 ? 1 : 0)
  }

  @inline(__always)
  private func first(_ hash: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: ((hash >> 32) &* UInt64(bucketCount)) >> 32)
  }

  @inline(__always)
  private func second(_ hash: UInt64) -> UInt32 {
    let other = UInt32(truncatingIfNeeded: hash >> 8) &* 0x9E37_79B1
    let bucket = UInt32(truncatingIfNeeded: (UInt64(other) &* UInt64(bucketCount)) >> 32)
    guard bucket == first(hash) else { return bucket }
    return bucket &+ 1 == bucketCount ? 0 : bucket &+ 1
  }

  /// The address of a bucket; `bucket` is always below `bucketCount` because both functions above scale into it.
  @inline(__always)
  private func address(_ bucket: UInt32) -> UnsafeMutableRawPointer {
    unsafe base + Int(bucket) &* Self.bucketSize
  }

  @inline(__always)
  private func matches(_ bucket: UInt32, _ tag: UInt8) -> UInt32 {
    unsafe sp_match16(address(bucket).assumingMemoryBound(to: UInt8.self), tag) & Self.slotMask
  }

  @inline(__always)
  private func value(_ bucket: UInt32, _ slot: Int) -> UInt32 {
    unsafe address(bucket).load(fromByteOffset: Self.valuesOffset + slot * 4, as: UInt32.self)
  }

  /// Free slots of a bucket.
  func freeSlots(_ bucket: UInt32) -> Int { matches(bucket, 0).nonzeroBitCount }

  private func tag(_ bucket: UInt32, _ slot: Int) -> UInt8 {
    unsafe address(bucket).load(fromByteOffset: slot, as: UInt8.self)
  }

  @inline(__always)
  private func set(_ bucket: UInt32, _ slot: Int, tag: UInt8, value: UInt32) {
    unsafe address(bucket).storeBytes(of: value, toByteOffset: Self.valuesOffset + slot * 4, as: UInt32.self)
    unsafe address(bucket).storeBytes(of: tag, toByteOffset: slot, as: UInt8.self)
  }

  /// Entries that have this bucket as their first and are in their second; 255 for that many or more, now or once.
  @inline(__always)
  func strays(_ bucket: UInt32) -> UInt8 {
    unsafe address(bucket).load(fromByteOffset: Self.straysOffset, as: UInt8.self)
  }

  private func setStrays(_ bucket: UInt32, _ count: UInt8) {
    unsafe address(bucket).storeBytes(of: count, toByteOffset: Self.straysOffset, as: UInt8.self)
  }

  private func addStray(of bucket: UInt32) {
    let count = strays(bucket)
    if count < .max { setStrays(bucket, count + 1) }
  }

  /// A count that has run full says nothing any more but that there may be strays.
  private func removeStray(of bucket: UInt32) {
    let count = strays(bucket)
    if count > 0, count < .max { setStrays(bucket, count - 1) }
  }

  /// Asks for the cache line of the hash's first bucket.
  @inline(__always)
  func prefetch(_ hash: UInt64) {
    unsafe sp_prefetch(address(first(hash)))
  }

  /// Asks for the cache line of the hash's second bucket.
  @inline(__always)
  func prefetchSecond(_ hash: UInt64) {
    unsafe sp_prefetch(address(second(hash)))
  }

  /// Asks for the cache line of the hash's second bucket if the first, which should have come, has strays.
  @inline(__always)
  func prefetchSecondForStrays(_ hash: UInt64) {
    if strays(first(hash)) != 0 { prefetchSecond(hash) }
  }

  /// The value of the first slot of the first bucket whose tag fits.
  @inline(__always)
  func candidateInFirst(_ hash: UInt64) -> UInt32? { candidate(first(hash), Self.tag(hash)) }

  /// The value of the first slot of the second bucket whose tag fits.
  @inline(__always)
  func candidateInSecond(_ hash: UInt64) -> UInt32? {
    strays(first(hash)) == 0 ? nil : candidate(second(hash), Self.tag(hash))
  }

  @inline(__always)
  private func candidate(_ bucket: UInt32, _ tag: UInt8) -> UInt32? {
    let found = matches(bucket, tag)
    return found == 0 ? nil : value(bucket, found.trailingZeroBitCount)
  }

  /// The first value in the two buckets that fits the tag and that `isWanted` accepts.
  @inline(__always)
  func find(_ hash: UInt64, where isWanted: (UInt32) -> Bool) -> UInt32? {
    let tag = Self.tag(hash)
    let one = first(hash)
    var found = matches(one, tag)
    while found != 0 {
      let candidate = value(one, found.trailingZeroBitCount)
      if isWanted(candidate) { return candidate }
      found &= found &- 1
    }
    guard strays(one) != 0 else { return nil }
    let two = second(hash)
    found = matches(two, tag)
    while found != 0 {
      let candidate = value(two, found.trailingZeroBitCount)
      if isWanted(candidate) { return candidate }
      found &= found &- 1
    }
    return nil
  }

  /// Adds an entry; false when neither bucket has room and nothing can be moved. `rehash` gives the hash of an entry
  /// that is in the index.
  @inline(__always)
  func insert(_ hash: UInt64, _ newValue: UInt32, rehash: (UInt32) -> UInt64) -> Bool {
    let one = first(hash)
    let free = matches(one, 0)
    guard free != 0 else { return insertStray(hash, newValue, rehash) }
    set(one, free.trailingZeroBitCount, tag: Self.tag(hash), value: newValue)
    return true
  }

  /// Adds an entry whose first bucket is full.
  @inline(never)
  private func insertStray(_ hash: UInt64, _ newValue: UInt32, _ rehash: (UInt32) -> UInt64) -> Bool {
    let tag = Self.tag(hash)
    let (one, two) = (first(hash), second(hash))
    let free = matches(two, 0)
    if free != 0 {
      set(two, free.trailingZeroBitCount, tag: tag, value: newValue)
    } else {
      if displace(from: one, tag, newValue, rehash) { return true }
      guard displace(from: two, tag, newValue, rehash) else { return false }
    }
    addStray(of: one)
    return true
  }

  /// Moves one entry of a full bucket to its other bucket and takes its slot.
  private func displace(
    from bucket: UInt32, _ tag: UInt8, _ newValue: UInt32, _ rehash: (UInt32) -> UInt64
  ) -> Bool {
    for slot in 0..<Self.slotsPerBucket {
      let moved = value(bucket, slot)
      let hash = rehash(moved)
      let isFirst = first(hash) == bucket
      let other = isFirst ? second(hash) : first(hash)
      let free = matches(other, 0)
      guard free != 0 else { continue }
      isFirst ? addStray(of: bucket) : removeStray(of: other)
      set(other, free.trailingZeroBitCount, tag: self.tag(bucket, slot), value: moved)
      set(bucket, slot, tag: tag, value: newValue)
      return true
    }
    return false
  }

  /// Takes an entry out; false when it was not there.
  @discardableResult
  func remove(_ hash: UInt64, _ oldValue: UInt32) -> Bool {
    let tag = Self.tag(hash)
    for side in 0..<2 {
      let bucket = side == 0 ? first(hash) : second(hash)
      var found = matches(bucket, tag)
      while found != 0 {
        let slot = found.trailingZeroBitCount
        if value(bucket, slot) == oldValue {
          unsafe address(bucket).storeBytes(of: 0, toByteOffset: slot, as: UInt8.self)
          if side == 1 { removeStray(of: first(hash)) }
          return true
        }
        found &= found &- 1
      }
    }
    return false
  }
}
