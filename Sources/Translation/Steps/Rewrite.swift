import WireFormats

extension Translator {
  /// Writes the session's other side into the packet: addresses, ports or identifier, time to live, checksums.
  @inline(__always)
  func rewrite(_ packet: Packet, _ session: UInt32) {
    let octets = packet.octets
    let network = Int(packet.networkOffset)
    let outbound = packet.direction == .outbound
    let record = shard.sessions[session]
    let addressChange = outbound ? record.addressDifference : ~record.addressDifference
    let portChange = outbound ? record.portDifference : ~record.portDifference

    octets.store8(packet.timeToLive &- 1, at: network + IPv4Field.timeToLive)
    let checksum = octets.load16(at: network + IPv4Field.checksum)
    octets.store16(
      InternetChecksum.update(checksum, by: InternetChecksum.add(addressChange, Self.timeToLiveDifference)),
      at: network + IPv4Field.checksum)
    let source = outbound ? record.insideGlobal : record.outsideLocal
    let destination = outbound ? record.outsideGlobal : record.insideLocal
    octets.store32(source.rawValue, at: network + IPv4Field.source)
    octets.store32(destination.rawValue, at: network + IPv4Field.destination)

    guard packet.kind == .flow else { return }
    let transport = Int(packet.transportOffset)
    let sourcePort = outbound ? record.insideGlobalPort : record.outsideLocalPort
    let destinationPort = outbound ? record.outsideGlobalPort : record.insideLocalPort
    switch packet.protocolNumber {
    case .tcp:
      octets.store16(sourcePort, at: transport)
      octets.store16(destinationPort, at: transport + 2)
      updateChecksum(octets, transport + TCPField.checksum, packet, addressChange, portChange)
    case .udp:
      octets.store16(sourcePort, at: transport)
      octets.store16(destinationPort, at: transport + 2)
      // Zero says that the sender computed none (RFC 768), and none is made up for it.
      if octets.load16(at: transport + UDPField.checksum) != 0 {
        updateChecksum(octets, transport + UDPField.checksum, packet, addressChange, portChange)
        if octets.load16(at: transport + UDPField.checksum) == 0 {
          octets.store16(0xFFFF, at: transport + UDPField.checksum)
        }
      }
    default:
      let identifier = ICMPType.isReply(packet.icmpType) ? destinationPort : sourcePort
      octets.store16(identifier, at: transport + ICMPField.identifier)
      let old = octets.load16(at: transport + ICMPField.checksum)
      octets.store16(InternetChecksum.update(old, by: portChange), at: transport + ICMPField.checksum)
    }
  }

  /// Updates a transport checksum. One that waits for its payload's sum holds the pseudo-header's sum, not
  /// complemented, in which only the addresses count.
  @inline(__always)
  private func updateChecksum(
    _ octets: PacketOctets, _ offset: Int, _ packet: Packet, _ addressChange: UInt16, _ portChange: UInt16
  ) {
    let old = octets.load16(at: offset)
    let new =
      packet.offload.partialChecksum
      ? InternetChecksum.add(old, addressChange)
      : InternetChecksum.update(old, by: InternetChecksum.add(addressChange, portChange))
    octets.store16(new, at: offset)
  }
}
