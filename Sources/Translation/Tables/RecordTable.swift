import CIntrinsics

/// A fixed number of records in the state region, with a free list through the records that are not in use.
///
/// `Record` holds no pointers. Every access is checked against the capacity.
@safe struct RecordTable<Record: BitwiseCopyable> {
  private let base: UnsafeMutablePointer<Record>
  private let header: UnsafeMutablePointer<RecordTableHeader>
  let capacity: UInt32

  /// Record numbers have 31 bits, since an index entry has another for the direction. The last is no record's.
  static var maximumCapacity: UInt32 { 0x7FFF_FFFF }

  /// The table whose records lie at `base` and whose bookkeeping at `header`, both inside the state region.
  @unsafe init(
    base: UnsafeMutablePointer<Record>, header: UnsafeMutablePointer<RecordTableHeader>, capacity: UInt32
  ) {
    precondition(capacity <= Self.maximumCapacity)
    unsafe self.base = base
    unsafe self.header = header
    self.capacity = capacity
  }

  /// Records in use.
  var count: UInt32 { unsafe header.pointee.count }
  /// Records below this number have been used at some time; no scan needs to look beyond.
  var highWater: UInt32 { unsafe header.pointee.highWater }

  @inline(__always)
  subscript(index: UInt32) -> Record {
    unsafeAddress {
      precondition(index < capacity)
      return unsafe UnsafePointer(base + Int(index))
    }
    nonmutating unsafeMutableAddress {
      precondition(index < capacity)
      return unsafe base + Int(index)
    }
  }

  /// Writes a record as the octets that it is: an assignment would go field by field.
  @inline(__always)
  func write(_ record: inout Record, at index: UInt32) {
    precondition(index < capacity)
    unsafe UnsafeMutableRawPointer(base + Int(index)).copyMemory(from: &record, byteCount: MemoryLayout<Record>.size)
  }

  /// Asks for the record's cache line; any number is allowed, a prefetch of a foreign address does nothing.
  @inline(__always)
  func prefetch(_ index: UInt32) {
    unsafe sp_prefetch_write(base + Int(index))
  }

  /// A free record's number, or nil when all are in use. `next` reads the free list's link in a free record. The record
  /// that will be given next is asked for: what is stored in a line that is far away keeps all later stores waiting.
  func allocate(next: (borrowing Record) -> UInt32) -> UInt32? {
    let free = unsafe header.pointee.firstFree
    if free != UInt32.max {
      let following = next(self[free])
      prefetch(following == UInt32.max ? unsafe header.pointee.highWater : following)
      unsafe header.pointee.firstFree = following
      unsafe header.pointee.count += 1
      return free
    }
    let fresh = unsafe header.pointee.highWater
    guard fresh < capacity else { return nil }
    prefetch(fresh + 1)
    unsafe header.pointee.highWater = fresh + 1
    unsafe header.pointee.count += 1
    return fresh
  }

  /// Puts a record on the free list; returns what its link must become.
  func release(_ index: UInt32) -> UInt32 {
    let old = unsafe header.pointee.firstFree
    unsafe header.pointee.firstFree = index
    unsafe header.pointee.count -= 1
    return old
  }
}

/// The bookkeeping of a record table, in the region's header.
struct RecordTableHeader: BitwiseCopyable {
  var capacity: UInt32
  var count: UInt32
  var highWater: UInt32
  /// The first free record below `highWater`, or UInt32.max.
  var firstFree: UInt32
}
