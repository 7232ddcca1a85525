/// Offsets and bits of an IPv4 header (RFC 791 section 3.1), counted from its first octet.
///
///     0        1        2           4    6                8    9         10        12      16           20
///     | ver/IHL | TOS  | total length | id | flags, fragment | TTL | protocol | checksum | source | destination |
@usableFromInline package enum IPv4Field {
  @inlinable package static var versionAndIHL: Int { 0 }
  @inlinable package static var typeOfService: Int { 1 }
  @inlinable package static var totalLength: Int { 2 }
  @inlinable package static var identification: Int { 4 }
  @inlinable package static var fragment: Int { 6 }
  @inlinable package static var timeToLive: Int { 8 }
  @inlinable package static var protocolNumber: Int { 9 }
  @inlinable package static var checksum: Int { 10 }
  @inlinable package static var source: Int { 12 }
  @inlinable package static var destination: Int { 16 }
  /// Octets of a header without options.
  @inlinable package static var minimumLength: Int { 20 }
  /// Octets that every link carries without cutting (RFC 791 section 3.2).
  @inlinable package static var leastLinkMTU: UInt16 { 68 }
  /// DF in the "Flags" field.
  @inlinable package static var dontFragment: UInt16 { 0x4000 }
  /// MF in the "Flags" field.
  @inlinable package static var moreFragments: UInt16 { 0x2000 }
  /// MF and "Fragment Offset": not zero in every fragment of a datagram.
  @inlinable package static var fragmentMask: UInt16 { 0x3FFF }
  /// "Fragment Offset": not zero in every fragment but the first.
  @inlinable package static var offsetMask: UInt16 { 0x1FFF }
}

/// What is wrong with a frame's IPv4 header.
package enum IPv4Fault: UInt8, CaseIterable, Sendable {
  case truncated
  case notVersion4
  case headerLength
  case totalLength
  case checksum
}

/// An IPv4 header that passed its length guard: the fixed fields, and where the payload lies.
@usableFromInline package struct IPv4Header: BitwiseCopyable {
  /// Where the header begins in the frame.
  @usableFromInline package let offset: Int
  /// "IHL" in octets, 20 to 60.
  @usableFromInline package let headerLength: Int
  /// "Total Length", at least `headerLength`, within the frame.
  @usableFromInline package let totalLength: Int
  @usableFromInline package let protocolNumber: IPProtocol
  @usableFromInline package let timeToLive: UInt8
  /// "Flags" and "Fragment Offset" as one number.
  @usableFromInline package let fragmentField: UInt16
  /// Source address in the upper half, destination address in the lower.
  @usableFromInline package let addresses: UInt64

  /// Reads the header at `offset`, or nil if it is malformed (`diagnose` says how). The checksum is verified, as RFC
  /// 1812 section 5.2.2 asks of a router.
  @inlinable @inline(__always)
  package init?(_ octets: PacketOctets, at offset: Int) {
    guard offset >= 0, octets.count >= offset + IPv4Field.minimumLength else { return nil }
    // Five words hold the whole header, and their sum is its checksum's.
    let first = octets.load32(at: offset)
    let second = octets.load32(at: offset + 4)
    let third = octets.load32(at: offset + 8)
    let source = octets.load32(at: offset + IPv4Field.source)
    let destination = octets.load32(at: offset + IPv4Field.destination)
    let total = Int(first & 0xFFFF)
    let length = Int(first >> 24 & 0x0F) &* 4
    guard first >> 28 == 4, length >= IPv4Field.minimumLength, total >= length, octets.count >= offset + total else {
      return nil
    }
    var sum = UInt64(first) &+ UInt64(second) &+ UInt64(third)
    sum = sum &+ UInt64(source) &+ UInt64(destination)
    if length > IPv4Field.minimumLength {
      sum = sum &+ octets.sum(offset + IPv4Field.minimumLength..<offset + length)
    }
    guard InternetChecksum.fold(sum) == 0xFFFF else { return nil }
    self.offset = offset
    self.headerLength = length
    self.totalLength = total
    self.protocolNumber = IPProtocol(rawValue: UInt8(truncatingIfNeeded: third >> 16))
    self.timeToLive = UInt8(truncatingIfNeeded: third >> 24)
    self.fragmentField = UInt16(truncatingIfNeeded: second)
    self.addresses = UInt64(source) << 32 | UInt64(destination)
  }

  /// Reads the header that an ICMP error quotes: its datagram may be cut short, and its checksum is checked apart
  /// (RFC 5508 section 4.2).
  package init?(quotedIn octets: PacketOctets, at offset: Int) {
    guard offset >= 0, octets.count >= offset + IPv4Field.minimumLength else { return nil }
    let first = octets.load8(at: offset)
    let length = Int(first & 0x0F) * 4
    let total = Int(octets.load16(at: offset + IPv4Field.totalLength))
    guard first >> 4 == 4, length >= IPv4Field.minimumLength, total >= length, octets.count >= offset + length,
      InternetChecksum.fold(octets.sum(offset..<offset + length)) == 0xFFFF
    else { return nil }
    self.offset = offset
    self.headerLength = length
    self.totalLength = total
    self.protocolNumber = IPProtocol(rawValue: octets.load8(at: offset + IPv4Field.protocolNumber))
    self.timeToLive = octets.load8(at: offset + IPv4Field.timeToLive)
    self.fragmentField = octets.load16(at: offset + IPv4Field.fragment)
    self.addresses = octets.load64(at: offset + IPv4Field.source)
  }

  @inlinable @inline(__always) package var source: IPv4Address {
    IPv4Address(UInt32(truncatingIfNeeded: addresses >> 32))
  }
  @inlinable @inline(__always) package var destination: IPv4Address {
    IPv4Address(UInt32(truncatingIfNeeded: addresses))
  }

  /// Where the payload begins in the frame.
  @inlinable @inline(__always) package var payload: Int { offset + headerLength }
  /// Where the datagram ends in the frame; what follows is padding.
  @inlinable @inline(__always) package var end: Int { offset + totalLength }
  /// Whether this is a fragment, the first one included.
  @inlinable @inline(__always) package var isFragment: Bool { fragmentField & IPv4Field.fragmentMask != 0 }
  /// Whether DF is set.
  @inlinable @inline(__always) package var dontFragment: Bool { fragmentField & IPv4Field.dontFragment != 0 }

  /// Says why `init?` refused; off the packet path.
  @inline(never)
  package static func diagnose(_ octets: PacketOctets, at offset: Int) -> IPv4Fault {
    guard offset >= 0, octets.count >= offset + IPv4Field.minimumLength else { return .truncated }
    let first = octets.load8(at: offset)
    guard first >> 4 == 4 else { return .notVersion4 }
    let length = Int(first & 0x0F) * 4
    guard length >= IPv4Field.minimumLength, octets.count >= offset + length else { return .headerLength }
    let total = Int(octets.load16(at: offset + IPv4Field.totalLength))
    guard total >= length, octets.count >= offset + total else { return .totalLength }
    return .checksum
  }
}
