/// Types and offsets of ICMPv6 (RFC 4443) and of Neighbor Discovery (RFC 4861).
package enum ICMPv6 {
  package static let destinationUnreachable: UInt8 = 1
  package static let packetTooBig: UInt8 = 2
  package static let timeExceeded: UInt8 = 3
  package static let parameterProblem: UInt8 = 4
  package static let echoRequest: UInt8 = 128
  package static let echoReply: UInt8 = 129
  package static let routerSolicitation: UInt8 = 133
  package static let routerAdvertisement: UInt8 = 134
  package static let neighborSolicitation: UInt8 = 135
  package static let neighborAdvertisement: UInt8 = 136
  package static let redirect: UInt8 = 137

  package static let type = 0
  package static let code = 1
  package static let checksum = 2
  /// "MTU" of a "Packet Too Big", "Unused" of other errors.
  package static let parameter = 4
  package static let headerLength = 8

  /// Codes of "Destination Unreachable" (RFC 4443 section 3.1).
  package static let noRoute: UInt8 = 0
  package static let addressUnreachable: UInt8 = 3
  package static let portUnreachable: UInt8 = 4

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
