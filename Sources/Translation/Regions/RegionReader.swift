/// The records of a region that an earlier run left, whatever it left: every read is checked against the octets that
/// are there, and nothing is believed of a record but that it is one.
///
/// The region is not in use: its writer has ended, in the middle of a store perhaps. A record is written whole before
/// it is marked as live (`Shard.insert`), so what is live here is whole.
package struct RegionReader: ~Escapable {
  private let octets: RawSpan
  private let identity: RegionIdentity
  /// What its worker noted last, some tenths of a second before its end.
  package let time: RegionTime
  /// Records that have been in use at some time; the numbers of live ones are below.
  package let sessionLimit: UInt32
  package let mappingLimit: UInt32

  /// Ticks are seconds, and no gateway runs for 68 years.
  private static let latestTick = UInt32.max / 2

  /// The boot of the machine that the region's run belonged to.
  package var boot: BootIdentity { identity.boot }

  /// Looks at the header. `octets` are the whole region, as its run left it.
  @_lifetime(copy octets)
  package init(_ octets: RawSpan) throws(RegionError) {
    guard octets.byteCount >= ShardLayout.headerSize else { throw .notARegion }
    // Every bit pattern is a header: it consists of integers.
    let header = unsafe octets.unsafeLoadUnaligned(fromByteOffset: 0, as: ShardHeader.self)
    let identity = header.identity
    guard identity.magic == RegionIdentity.magic else { throw .notARegion }
    guard identity.version == RegionIdentity.currentVersion else { throw .version(identity.version) }
    guard header.checksum == identity.checksum else { throw .checksum }
    let sizes = (UInt32(MemoryLayout<SessionRecord>.stride), UInt32(MemoryLayout<MappingRecord>.stride))
    guard identity.sessionSize == sizes.0, identity.mappingSize == sizes.1 else {
      throw .recordSizes(session: identity.sessionSize, mapping: identity.mappingSize)
    }
    guard Self.fits(identity.sessionCapacity, sizes.0, at: identity.sessionsOffset, identity.size),
      Self.fits(identity.mappingCapacity, sizes.1, at: identity.mappingsOffset, identity.size)
    else { throw .bounds }
    guard identity.size <= UInt64(octets.byteCount) else {
      throw .truncated(octets: octets.byteCount, of: identity.size)
    }
    guard header.time.tick <= Self.latestTick else { throw .clock(tick: header.time.tick) }
    self.octets = octets
    self.identity = identity
    time = header.time
    sessionLimit = min(header.sessions.highWater, identity.sessionCapacity)
    mappingLimit = min(header.mappings.highWater, identity.mappingCapacity)
  }

  /// Whether `count` records of `size` octets fit between `offset` and `end`.
  private static func fits(_ count: UInt32, _ size: UInt32, at offset: UInt64, _ end: UInt64) -> Bool {
    let (last, overflow) = offset.addingReportingOverflow(UInt64(count) * UInt64(size))
    return !overflow && last <= end && offset >= UInt64(ShardLayout.headerSize)
  }

  /// Session `number`, or nil when there is none.
  package func session(_ number: UInt32) -> SessionRecord? {
    guard number < sessionLimit else { return nil }
    let offset = Int(identity.sessionsOffset) + Int(number) * MemoryLayout<SessionRecord>.stride
    // Every bit pattern is a session record: it consists of integers.
    let record = unsafe octets.unsafeLoadUnaligned(fromByteOffset: offset, as: SessionRecord.self)
    return record.flags.contains(.live) ? record : nil
  }

  /// Mapping `number`, or nil when there is none.
  package func mapping(_ number: UInt32) -> MappingRecord? {
    guard number < mappingLimit else { return nil }
    let offset = Int(identity.mappingsOffset) + Int(number) * MemoryLayout<MappingRecord>.stride
    // The kind is an enumeration, for which not every octet stands; the other fields are integers.
    let kind = unsafe octets.unsafeLoadUnaligned(
      fromByteOffset: offset + MemoryLayout<MappingRecord>.offset(of: \.kind)!, as: UInt8.self)
    guard let kind = MappingRecord.Kind(rawValue: kind), kind != .free else { return nil }
    return unsafe octets.unsafeLoadUnaligned(fromByteOffset: offset, as: MappingRecord.self)
  }
}

extension RegionReader {
  /// The tick that it is now by the region's clock: the time noted last and the time since, in which nobody counted. A
  /// machine that has been booted since has a clock that says nothing about it; then no time has passed.
  ///
  /// - Parameter sinceBoot: nanoseconds since the machine's boot, now.
  package func tick(in current: BootIdentity, sinceBoot: UInt64) -> UInt32 {
    guard boot == current, sinceBoot > time.sinceBoot else { return time.tick }
    let seconds = (sinceBoot - time.sinceBoot) / 1_000_000_000
    return UInt32(min(UInt64(time.tick) + seconds, UInt64(Self.latestTick)))
  }
}
