/// The first octets of a region: what it is, what time it was, and the bookkeeping of its tables.
struct ShardHeader: BitwiseCopyable {
  /// What does not change while the region is in use, and the checksum over it.
  var identity: RegionIdentity
  var checksum: UInt64
  /// What its worker noted last.
  var time = RegionTime()
  var sessions: RecordTableHeader
  var mappings: RecordTableHeader

  init(identity: RegionIdentity, sessions: RecordTableHeader, mappings: RecordTableHeader) {
    self.identity = identity
    checksum = identity.checksum
    self.sessions = sessions
    self.mappings = mappings
  }
}

/// What a region is. The magic number and the version stand where they stood in every version, so that any run can tell
/// what it has before it.
struct RegionIdentity: BitwiseCopyable, Sendable {
  /// "SALLYPRT".
  static let magic: UInt64 = 0x5341_4C4C_5950_5254
  /// Version 1 had neither checksum nor time and kept the hash function's secret.
  static let currentVersion: UInt32 = 2

  var magic = RegionIdentity.magic
  var version = RegionIdentity.currentVersion
  /// The shard's worker and the number of workers, which decided who owned what.
  var worker: UInt16
  var workers: UInt16
  var boot: BootIdentity
  /// Octets of a record.
  var sessionSize = UInt32(MemoryLayout<SessionRecord>.stride)
  var mappingSize = UInt32(MemoryLayout<MappingRecord>.stride)
  var sessionCapacity: UInt32
  var mappingCapacity: UInt32
  /// Where the records lie, and the octets of the whole region.
  var sessionsOffset: UInt64
  var mappingsOffset: UInt64
  var size: UInt64

  init(_ layout: ShardLayout, worker: Int, workers: Int, boot: BootIdentity) {
    self.worker = UInt16(worker)
    self.workers = UInt16(workers)
    self.boot = boot
    sessionCapacity = layout.sessionCapacity
    mappingCapacity = layout.mappingCapacity
    sessionsOffset = UInt64(layout.sessionsOffset)
    mappingsOffset = UInt64(layout.mappingsOffset)
    size = UInt64(layout.size)
  }

  /// FNV-1a over the fields, word by word: enough to tell a header that was written whole from anything else.
  var checksum: UInt64 {
    let words: [UInt64] = [
      magic, UInt64(version) << 32 | UInt64(worker) << 16 | UInt64(workers), boot.high, boot.low,
      UInt64(sessionSize) << 32 | UInt64(mappingSize), UInt64(sessionCapacity) << 32 | UInt64(mappingCapacity),
      sessionsOffset, mappingsOffset, size,
    ]
    return words.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01B3 }
  }
}

/// One boot of a machine: Linux's random `boot_id`. Clocks of two boots cannot be compared.
package struct BootIdentity: Hashable, Sendable, BitwiseCopyable {
  package var high: UInt64
  package var low: UInt64

  /// The identity with these 128 bits; zeros where nobody asks.
  package init(high: UInt64 = 0, low: UInt64 = 0) {
    self.high = high
    self.low = low
  }
}

/// The time at a worker's last housekeeping.
package struct RegionTime: Hashable, Sendable, BitwiseCopyable {
  /// The tick that sessions and mappings count in, in seconds.
  package var tick: UInt32
  /// Nanoseconds since the machine's boot, times of sleep included (CLOCK_BOOTTIME).
  package var sinceBoot: UInt64

  package init(tick: UInt32 = 0, sinceBoot: UInt64 = 0) {
    self.tick = tick
    self.sinceBoot = sinceBoot
  }
}
