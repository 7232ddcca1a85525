/// Types and offsets of ICMPv6 (RFC 4443) and of Neighbor Discovery (RFC 4861).
@usableFromInline package enum ICMPv6 {
  @inlinable package static var destinationUnreachable: UInt8 { 1 }
  @inlinable package static var packetTooBig: UInt8 { 2 }
  @inlinable package static var timeExceeded: UInt8 { 3 }
  @inlinable package static var parameterProblem: UInt8 { 4 }
  @inlinable package static var echoRequest: UInt8 { 128 }
  @inlinable package static var echoReply: UInt8 { 129 }
  @inlinable package static var routerSolicitation: UInt8 { 133 }
  @inlinable package static var routerAdvertisement: UInt8 { 134 }
  @inlinable package static var neighborSolicitation: UInt8 { 135 }
  @inlinable package static var neighborAdvertisement: UInt8 { 136 }
  @inlinable package static var redirect: UInt8 { 137 }

  @inlinable package static var type: Int { 0 }
  @inlinable package static var code: Int { 1 }
  @inlinable package static var checksum: Int { 2 }
  /// "MTU" of a "Packet Too Big", "Unused" of other errors.
  @inlinable package static var parameter: Int { 4 }
  @inlinable package static var headerLength: Int { 8 }

  /// Codes of "Destination Unreachable" (RFC 4443 section 3.1).
  @inlinable package static var noRoute: UInt8 { 0 }
  @inlinable package static var addressUnreachable: UInt8 { 3 }
  @inlinable package static var portUnreachable: UInt8 { 4 }

  /// Whether the message is about another packet, so that none may be sent about it.
  package static func isError(_ type: UInt8) -> Bool { type < 128 || type == redirect }

  /// Fills in the checksum of the ICMPv6 message that is all of a packet's payload.
  package static func finish(_ octets: PacketOctets, network: Int, length: Int) {
    let payload = network + IPv6Field.length
    octets.store16(0, at: payload + checksum)
    octets.store16(InternetChecksum.finish(sum(octets, network: network, length: length)), at: payload + checksum)
  }

  /// Whether the message that is all of a packet's payload is whole.
  package static func isSound(_ octets: PacketOctets, network: Int, length: Int) -> Bool {
    length >= headerLength - 4 && InternetChecksum.fold(sum(octets, network: network, length: length)) == 0xFFFF
  }

  private static func sum(_ octets: PacketOctets, network: Int, length: Int) -> UInt64 {
    let payload = network + IPv6Field.length
    return InternetChecksum.pseudoHeader(
      source: octets.address6(at: network + IPv6Field.source),
      destination: octets.address6(at: network + IPv6Field.destination), nextHeader: IPv6Field.icmp, length: length)
      &+ octets.sum(payload..<payload + length)
  }
}
