package import WireFormats

/// The ICMP messages that the gateway itself sends, written into packet buffers.
package enum ICMPReplies {
  /// Octets of the largest ICMP error (RFC 1812 section 4.3.2.3): it quotes as much as fits.
  package static let maximumErrorLength = 576
  /// The time to live of what the gateway sends (RFC 1700's default).
  package static let timeToLive: UInt8 = 64

  /// Whether an error may be sent about a packet (RFC 1122 section 3.2.2, RFC 1812 section 4.3.2.7): not about an ICMP
  /// error, a fragment other than the first, or what came from or went to more than one host.
  package static func mayReport(_ octets: PacketOctets, network: Int) -> Bool {
    guard let header = IPv4Header(octets, at: network), header.fragmentField & IPv4Field.offsetMask == 0,
      !header.source.isMartianSource, !header.destination.isMulticast, header.destination != .broadcast
    else { return false }
    guard header.protocolNumber == .icmp else { return true }
    guard header.totalLength > header.headerLength else { return false }
    let type = octets.load8(at: header.payload)
    return ICMPType.isQuery(type) || ICMPType.isReply(type)
  }

  /// Writes an ICMP error about the packet at `network` of `original` to `target`, from its IPv4 header on; returns
  /// the octets written. `target` has room for `maximumErrorLength`.
  package static func writeError(
    type: UInt8, code: UInt8, nextHopMTU: UInt16, about original: PacketOctets, network: Int,
    from source: IPv4Address, to target: PacketOctets
  ) -> Int {
    let header = IPv4Field.minimumLength + ICMPField.headerLength
    let total = Int(original.load16(at: network + IPv4Field.totalLength))
    let quoted = min(total, original.count - network, maximumErrorLength - header)
    let destination = original.address(at: network + IPv4Field.source)
    target.copy(quoted, from: original, at: network, to: header)
    let transport = IPv4Field.minimumLength
    target.store8(type, at: transport + ICMPField.type)
    target.store8(code, at: transport + ICMPField.code)
    target.store16(0, at: transport + ICMPField.checksum)
    target.store16(0, at: transport + ICMPField.identifier)
    target.store16(nextHopMTU, at: transport + ICMPField.nextHopMTU)
    let length = header + quoted
    target.store16(
      InternetChecksum.finish(target.sum(transport..<length)), at: transport + ICMPField.checksum)
    // Precedence as RFC 1812 section 4.3.2.5 asks: errors are internetwork control.
    writeHeader(target, typeOfService: 0xC0, length: length, source: source, destination: destination)
    return length
  }

  private static func writeHeader(
    _ target: PacketOctets, typeOfService: UInt8, length: Int, source: IPv4Address, destination: IPv4Address
  ) {
    target.store16(0x4500 | UInt16(typeOfService), at: 0)
    target.store16(UInt16(length), at: IPv4Field.totalLength)
    target.store32(0, at: IPv4Field.identification)
    target.store8(timeToLive, at: IPv4Field.timeToLive)
    target.store8(IPProtocol.icmp.rawValue, at: IPv4Field.protocolNumber)
    target.store16(0, at: IPv4Field.checksum)
    target.store32(source.rawValue, at: IPv4Field.source)
    target.store32(destination.rawValue, at: IPv4Field.destination)
    target.store16(
      InternetChecksum.finish(target.sum(0..<IPv4Field.minimumLength)), at: IPv4Field.checksum)
  }

  /// Turns the echo request at `network` into its reply, in place (RFC 1122 section 3.2.2.6). False when it is not a
  /// sound echo request.
  package static func answerEcho(_ octets: PacketOctets, network: Int) -> Bool {
    guard let header = IPv4Header(octets, at: network), header.protocolNumber == .icmp, !header.isFragment,
      header.end - header.payload >= ICMPField.headerLength,
      octets.load8(at: header.payload) == ICMPType.echoRequest,
      InternetChecksum.fold(octets.sum(header.payload..<header.end)) == 0xFFFF
    else { return false }
    octets.store8(ICMPType.echoReply, at: header.payload)
    octets.store16(0, at: header.payload + ICMPField.checksum)
    octets.store16(
      InternetChecksum.finish(octets.sum(header.payload..<header.end)), at: header.payload + ICMPField.checksum)
    octets.store32(header.destination.rawValue, at: network + IPv4Field.source)
    octets.store32(header.source.rawValue, at: network + IPv4Field.destination)
    octets.store8(timeToLive, at: network + IPv4Field.timeToLive)
    octets.store16(0, at: network + IPv4Field.checksum)
    octets.store16(InternetChecksum.finish(octets.sum(network..<header.payload)), at: network + IPv4Field.checksum)
    return true
  }
}
