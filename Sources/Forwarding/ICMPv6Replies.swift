package import WireFormats

/// The ICMPv6 messages that the gateway itself sends about other packets, written into packet buffers (RFC 4443).
package enum ICMPv6Replies {
  /// The hop limit of what the gateway sends.
  package static let hopLimit: UInt8 = 64

  /// Whether an error may be sent about a packet (RFC 4443 section 2.4 e): not about an ICMPv6 error or redirect, nor about
  /// what came from no single host or, but for "Packet Too Big", went to many.
  package static func mayReport(_ octets: PacketOctets, _ header: IPv6Header, type: UInt8) -> Bool {
    guard !header.source.isUnspecified, !header.source.isMartianSource,
      !header.destination.isMulticast || type == ICMPv6.packetTooBig
    else { return false }
    guard let upper = header.upperLayer(in: octets) else { return false }
    guard upper.protocolNumber == IPv6Field.icmp else { return true }
    return upper.offset < header.end && !ICMPv6.isError(octets.load8(at: upper.offset))
  }

  /// Writes an error about the packet at `network` of `original` to `target`, from its IPv6 header on; returns the octets
  /// written: as much of the packet as fits in the smallest MTU (section 2.4 c).
  package static func writeError(
    type: UInt8, code: UInt8, parameter: UInt32, about original: PacketOctets, network: Int, _ header: IPv6Header,
    from source: IPv6Address, to target: PacketOctets
  ) -> Int {
    let quoted = min(header.end - network, IPv6Field.minimumMTU - IPv6Field.length - ICMPv6.headerLength)
    let payload = IPv6Field.length
    target.copy(quoted, from: original, at: network, to: payload + ICMPv6.headerLength)
    target.store8(type, at: payload)
    target.store8(code, at: payload + ICMPv6.code)
    target.store32(parameter, at: payload + ICMPv6.parameter)
    let length = ICMPv6.headerLength + quoted
    IPv6Header.write(
      to: target, at: 0, nextHeader: IPv6Field.icmp, hopLimit: hopLimit, source: source, destination: header.source,
      length: length)
    ICMPv6.finish(target, network: 0, length: length)
    return IPv6Field.length + length
  }

  /// Turns the echo request at `network` into its reply, in place (section 4.2), from `source` if the request went to a
  /// group. False when it is not a sound echo request.
  package static func answerEcho(
    _ octets: PacketOctets, network: Int, _ header: IPv6Header, from source: IPv6Address
  ) -> Bool {
    let length = header.end - header.payload
    guard header.nextHeader == IPv6Field.icmp, length >= ICMPv6.headerLength, !header.source.isUnspecified,
      octets.load8(at: header.payload) == ICMPv6.echoRequest, ICMPv6.isSound(octets, network: network, length: length)
    else { return false }
    octets.store8(ICMPv6.echoReply, at: header.payload)
    octets.store8(hopLimit, at: network + IPv6Field.hopLimit)
    octets.store(header.destination.isMulticast ? source : header.destination, at: network + IPv6Field.source)
    octets.store(header.source, at: network + IPv6Field.destination)
    ICMPv6.finish(octets, network: network, length: length)
    return true
  }
}
