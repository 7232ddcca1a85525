/// Offsets and numbers of the IPv6 header (RFC 8200 section 3).
@usableFromInline package enum IPv6Field {
  @inlinable package static var payloadLength: Int { 4 }
  @inlinable package static var nextHeader: Int { 6 }
  @inlinable package static var hopLimit: Int { 7 }
  @inlinable package static var source: Int { 8 }
  @inlinable package static var destination: Int { 24 }
  /// Octets of the header.
  @inlinable package static var length: Int { 40 }

  /// The "Next Header" of ICMPv6.
  @inlinable package static var icmp: UInt8 { 58 }
  /// The smallest MTU of a link that carries IPv6 (section 5).
  @inlinable package static var minimumMTU: Int { 1280 }
}

/// A view of an IPv6 header that has been checked: it and its payload lie within the octets.
package struct IPv6Header {
  package let source: IPv6Address
  package let destination: IPv6Address
  package let nextHeader: UInt8
  package let hopLimit: UInt8
  /// Where the payload begins, and where it ends; what follows is padding.
  package let payload: Int
  package let end: Int

  /// Reads the header at `offset`; nil when it is no IPv6 header or its payload does not lie within the octets.
  package init?(_ octets: PacketOctets, at offset: Int) {
    guard offset >= 0, octets.count >= offset + IPv6Field.length, octets.load8(at: offset) >> 4 == 6 else { return nil }
    payload = offset + IPv6Field.length
    end = payload + Int(octets.load16(at: offset + IPv6Field.payloadLength))
    guard end <= octets.count else { return nil }
    nextHeader = octets.load8(at: offset + IPv6Field.nextHeader)
    hopLimit = octets.load8(at: offset + IPv6Field.hopLimit)
    source = octets.address6(at: offset + IPv6Field.source)
    destination = octets.address6(at: offset + IPv6Field.destination)
  }

  /// Writes a header for `length` octets of payload at `offset`.
  package static func write(
    to octets: PacketOctets, at offset: Int, nextHeader: UInt8, hopLimit: UInt8, source: IPv6Address,
    destination: IPv6Address, length: Int
  ) {
    octets.store32(0x6000_0000, at: offset)
    octets.store16(UInt16(length), at: offset + IPv6Field.payloadLength)
    octets.store8(nextHeader, at: offset + IPv6Field.nextHeader)
    octets.store8(hopLimit, at: offset + IPv6Field.hopLimit)
    octets.store(source, at: offset + IPv6Field.source)
    octets.store(destination, at: offset + IPv6Field.destination)
  }
}

extension PacketOctets {
  package func address6(at offset: Int) -> IPv6Address {
    IPv6Address(load64(at: offset), load64(at: offset + 8))
  }

  package func store(_ address: IPv6Address, at offset: Int) {
    store64(address.high, at: offset)
    store64(address.low, at: offset + 8)
  }
}

extension InternetChecksum {
  /// The pseudo-header's sum over IPv6 (RFC 8200 section 8.1).
  package static func pseudoHeader(
    source: IPv6Address, destination: IPv6Address, nextHeader: UInt8, length: Int
  ) -> UInt64 {
    sum(source) + sum(destination) + UInt64(nextHeader) + UInt64(length)
  }

  /// The sum of an address's words.
  package static func sum(_ address: IPv6Address) -> UInt64 {
    (address.high >> 32) + (address.high & 0xFFFF_FFFF) + (address.low >> 32) + (address.low & 0xFFFF_FFFF)
  }
}
