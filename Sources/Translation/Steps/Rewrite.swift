import WireFormats

extension Translator {
  /// Writes the session's other side into the packet: addresses, ports or identifier, time to live, checksums.
  /// The packet is `inout` so that it need not be copied.
  ///
  /// - Parameters:
  ///   - identificationChange: what `renumber` has added to the header's sum.
  ///   - numbersChange: what moved sequence numbers have added to the transport header's, which it does not have yet.
  ///   - isSegment: whether it is known to be a whole TCP header.
  @inline(__always)
  func rewrite(
    _ packet: inout Packet, _ session: UInt32, identificationChange: UInt16 = 0, numbersChange: UInt16 = 0,
    isSegment: Bool = false
  ) {
    rewriteHeader(&packet, session, identificationChange: identificationChange)
    guard isSegment || packet.transport.isFlow else { return }
    switch isSegment ? .tcp : packet.protocolNumber {
    case .udp: rewriteDatagram(&packet, session)
    case .tcp:
      let transport = packet.octets.part(Int(packet.transportOffset), TCPField.minimumLength)
      transport.store32(shard.sessions[session].portsLeaving(packet.key), at: TCPField.sourcePort)
      let addressChange = shard.sessions[session].addressChange(packet.key)
      let portChange = InternetChecksum.add(shard.sessions[session].portChange(packet.key), numbersChange)
      let old = transport.load16(at: TCPField.checksum)
      // One that waits for its payload's sum holds the pseudo-header's, not complemented, in which only the addresses
      // count: it covers no field of the header yet.
      transport.store16(
        packet.offload.partialChecksum
          ? InternetChecksum.add(old, addressChange)
          : InternetChecksum.update(old, by: InternetChecksum.add(addressChange, portChange)),
        at: TCPField.checksum)
    default:
      let transport = packet.octets.part(Int(packet.transportOffset), ICMPField.headerLength)
      let ports = shard.sessions[session].portsLeaving(packet.key)
      let identifier = ICMPType.isReply(packet.icmpType) ? UInt16(truncatingIfNeeded: ports) : UInt16(ports >> 16)
      transport.store16(identifier, at: ICMPField.identifier)
      let portChange = shard.sessions[session].portChange(packet.key)
      let old = transport.load16(at: ICMPField.checksum)
      transport.store16(InternetChecksum.update(old, by: portChange), at: ICMPField.checksum)
    }
  }

  /// The addresses, the time to live and the header's checksum.
  @inline(__always)
  func rewriteHeader(_ packet: inout Packet, _ session: UInt32, identificationChange: UInt16 = 0) {
    let header = packet.octets.part(Int(packet.networkOffset), IPv4Field.minimumLength)
    let addressChange = shard.sessions[session].addressChange(packet.key)
    let change = InternetChecksum.add(
      InternetChecksum.add(addressChange, identificationChange), Self.timeToLiveDifference)
    header.store16(
      InternetChecksum.update(header.load16(at: IPv4Field.checksum), by: change), at: IPv4Field.checksum)
    header.store8(packet.timeToLive &- 1, at: IPv4Field.timeToLive)
    header.store64(shard.sessions[session].addressesLeaving(packet.key), at: IPv4Field.source)
  }

  /// A datagram's ports and checksum.
  @inline(__always)
  func rewriteDatagram(_ packet: inout Packet, _ session: UInt32) {
    let transport = packet.octets.part(Int(packet.transportOffset), UDPField.headerLength)
    transport.store32(shard.sessions[session].portsLeaving(packet.key), at: UDPField.sourcePort)
    // Zero says that the sender computed none (RFC 768), and none is made up for it.
    let old = transport.load16(at: UDPField.checksum)
    guard old != 0 else { return }
    let addressChange = shard.sessions[session].addressChange(packet.key)
    // What is not zero does not become zero by adding, which is why this does not subtract as other protocols do.
    let change =
      packet.offload.partialChecksum
      ? addressChange
      : ~InternetChecksum.add(addressChange, shard.sessions[session].portChange(packet.key))
    transport.store16(InternetChecksum.add(old, change), at: UDPField.checksum)
  }
}
