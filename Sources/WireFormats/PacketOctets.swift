/// The octets of one frame where they lie in a packet buffer.
///
/// This is the one place where the packet path touches raw memory. A burst is walked three times (hash, probe,
/// rewrite), so a view of a frame has to be kept between the walks; a lifetime-bound span cannot be stored in the
/// burst, hence this type. Every access is checked against `count`, in release builds too; after the length guard at
/// the head of a parser the optimizer removes most of those checks.
///
/// Invariant: `count` octets at `base` stay readable and writable for as long as the value is used. Whoever makes one
/// (a worker for a buffer it holds, a test for its array) vouches for that; the value never outlives the burst.
@usableFromInline @safe package struct PacketOctets: BitwiseCopyable {
  @usableFromInline let base: UnsafeMutableRawPointer
  /// The number of octets.
  @usableFromInline package let count: Int

  /// A view of `count` octets at `base`, which must stay valid while the view is used.
  @inlinable @unsafe package init(base: UnsafeMutableRawPointer, count: Int) {
    precondition(count >= 0)
    unsafe self.base = base
    self.count = count
  }

  /// Neither number is negative, so their difference needs no check of its own.
  @inlinable @inline(__always) func check(_ offset: Int, _ width: Int) {
    precondition(offset >= 0 && count &- offset >= width, "access outside of the packet")
  }

  /// The octet at `offset`.
  @inlinable @inline(__always) package func load8(at offset: Int) -> UInt8 {
    check(offset, 1)
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// The 16-bit number in network order at `offset`.
  @inlinable @inline(__always) package func load16(at offset: Int) -> UInt16 {
    check(offset, 2)
    return unsafe UInt16(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// The 32-bit number in network order at `offset`.
  @inlinable @inline(__always) package func load32(at offset: Int) -> UInt32 {
    check(offset, 4)
    return unsafe UInt32(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The 64-bit number in network order at `offset`.
  @inlinable @inline(__always) package func load64(at offset: Int) -> UInt64 {
    check(offset, 8)
    return unsafe UInt64(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  @inlinable @inline(__always) package func store8(_ value: UInt8, at offset: Int) {
    check(offset, 1)
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
  }

  /// Writes a 16-bit number in network order.
  @inlinable @inline(__always) package func store16(_ value: UInt16, at offset: Int) {
    check(offset, 2)
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }

  /// Writes a 32-bit number in network order.
  @inlinable @inline(__always) package func store32(_ value: UInt32, at offset: Int) {
    check(offset, 4)
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
  }

  /// Writes a 64-bit number in network order.
  @inlinable @inline(__always) package func store64(_ value: UInt64, at offset: Int) {
    check(offset, 8)
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
  }

  /// The address in network order at `offset`.
  @inlinable @inline(__always) package func address(at offset: Int) -> IPv4Address { IPv4Address(load32(at: offset)) }

  /// The Ethernet address at `offset`.
  @inlinable @inline(__always) package func macAddress(at offset: Int) -> MACAddress {
    MACAddress(UInt64(load16(at: offset)) << 32 | UInt64(load32(at: offset + 2)))
  }

  /// Writes an Ethernet address.
  @inlinable @inline(__always) package func store(_ address: MACAddress, at offset: Int) {
    store16(UInt16(truncatingIfNeeded: address.rawValue >> 32), at: offset)
    store32(UInt32(truncatingIfNeeded: address.rawValue), at: offset + 2)
  }

  /// Copies `length` octets from `source` of `other` to `target` here; the ranges may overlap.
  @inlinable package func copy(_ length: Int, from other: PacketOctets, at source: Int, to target: Int) {
    precondition(length >= 0)
    check(target, length)
    other.check(source, length)
    unsafe (base + target).copyMemory(from: other.base + source, byteCount: length)
  }

  /// The `length` octets from `offset` on: of several accesses to a header whose length is a constant, one check.
  @inlinable @inline(__always) package func part(_ offset: Int, _ length: Int) -> PacketOctets {
    precondition(length >= 0)
    check(offset, length)
    return unsafe PacketOctets(base: base + offset, count: length)
  }

  /// The first `length` octets.
  @inlinable package func prefix(_ length: Int) -> PacketOctets {
    precondition(length >= 0 && length <= count)
    return unsafe PacketOctets(base: base, count: length)
  }

  /// The octets from `offset` on.
  @inlinable package func suffix(from offset: Int) -> PacketOctets {
    precondition(offset >= 0 && offset <= count)
    return unsafe PacketOctets(base: base + offset, count: count - offset)
  }

  /// The octets in an array of their own.
  package var copied: [UInt8] {
    unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count))
  }

  /// The octets as a span.
  @inlinable package func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    body(unsafe Span(_unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: count))
  }

  /// Writes octets from the beginning on.
  package func store(_ octets: [UInt8]) { store(octets[...]) }

  /// Writes octets from the beginning on.
  package func store(_ octets: ArraySlice<UInt8>) {
    check(0, octets.count)
    unsafe octets.withUnsafeBytes {
      if let source = $0.baseAddress { unsafe base.copyMemory(from: source, byteCount: $0.count) }
    }
  }

  /// Sums the 16-bit words of a range, an odd last octet padded with zero, for an Internet checksum (RFC 1071).
  @usableFromInline package func sum(_ range: Range<Int>) -> UInt64 {
    check(range.lowerBound, range.count)
    var total: UInt64 = 0
    var offset = range.lowerBound
    while offset + 4 <= range.upperBound {
      total &+= UInt64(load32(at: offset))
      offset += 4
    }
    if offset + 2 <= range.upperBound {
      total &+= UInt64(load16(at: offset))
      offset += 2
    }
    if offset < range.upperBound { total &+= UInt64(load8(at: offset)) << 8 }
    return total
  }
}
