import WireFormats

extension Translator {
  /// Writes the session's other side into the packet: addresses, ports or identifier, time to live, checksums.
  ///
  /// - Parameters:
  ///   - identificationChange: what `renumber` has added to the header's sum.
  ///   - numbersChange: what moved sequence numbers have added to the transport header's, which it does not have yet.
  ///   - isSegment: whether it is known to be a whole TCP header.
  @inline(__always)
  func rewrite(
    _ packet: Packet, _ session: UInt32, identificationChange: UInt16 = 0, numbersChange: UInt16 = 0,
    isSegment: Bool = false
  ) {
    let octets = packet.octets
    let network = Int(packet.networkOffset)
    let outbound = packet.direction == .outbound
    let record = shard.sessions[session]
    let addressChange = outbound ? record.addressDifference : ~record.addressDifference
    let portChange = outbound ? record.portDifference : ~record.portDifference

    // Time to live, protocol and checksum are one word, the two addresses two: a load and two stores for the header.
    let word = octets.load32(at: network + IPv4Field.timeToLive)
    let headerChange = InternetChecksum.add(
      InternetChecksum.add(addressChange, Self.timeToLiveDifference), identificationChange)
    let checksum = InternetChecksum.update(UInt16(truncatingIfNeeded: word), by: headerChange)
    octets.store32(
      (word &- 0x0100_0000) & 0xFFFF_0000 | UInt32(checksum), at: network + IPv4Field.timeToLive)
    let source = outbound ? record.insideGlobal : record.outsideLocal
    let destination = outbound ? record.outsideGlobal : record.insideLocal
    octets.store64(
      UInt64(source.rawValue) << 32 | UInt64(destination.rawValue), at: network + IPv4Field.source)

    guard isSegment || packet.kind == .flow else { return }
    let transport = Int(packet.transportOffset)
    let sourcePort = outbound ? record.insideGlobalPort : record.outsideLocalPort
    let destinationPort = outbound ? record.outsideGlobalPort : record.insideLocalPort
    switch isSegment ? .tcp : packet.protocolNumber {
    case .tcp:
      octets.store32(UInt32(sourcePort) << 16 | UInt32(destinationPort), at: transport)
      let old = octets.load16(at: transport + TCPField.checksum)
      octets.store16(
        Self.checksum(old, packet, addressChange, InternetChecksum.add(portChange, numbersChange)),
        at: transport + TCPField.checksum)
    case .udp:
      octets.store32(UInt32(sourcePort) << 16 | UInt32(destinationPort), at: transport)
      // Zero says that the sender computed none (RFC 768), and none is made up for it.
      let old = octets.load16(at: transport + UDPField.checksum)
      if old != 0 {
        let new = Self.checksum(old, packet, addressChange, portChange)
        octets.store16(new == 0 ? 0xFFFF : new, at: transport + UDPField.checksum)
      }
    default:
      let identifier = ICMPType.isReply(packet.icmpType) ? destinationPort : sourcePort
      octets.store16(identifier, at: transport + ICMPField.identifier)
      let old = octets.load16(at: transport + ICMPField.checksum)
      octets.store16(InternetChecksum.update(old, by: portChange), at: transport + ICMPField.checksum)
    }
  }

  /// A transport checksum after the change. One that waits for its payload's sum holds the pseudo-header's sum, not
  /// complemented, in which only the addresses count: it covers no field of the header yet.
  @inline(__always)
  private static func checksum(
    _ old: UInt16, _ packet: Packet, _ addressChange: UInt16, _ portChange: UInt16
  ) -> UInt16 {
    packet.offload.partialChecksum
      ? InternetChecksum.add(old, addressChange)
      : InternetChecksum.update(old, by: InternetChecksum.add(addressChange, portChange))
  }
}
