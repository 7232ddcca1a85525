import WireFormats

extension InspectedPacket {
  /// The datagrams of a UDP super-frame, which a device hands over in one piece: each with the headers of the whole, its
  /// own lengths and its own checksums.
  var datagrams: [InspectedPacket] {
    guard let layout = PacketLayout(octets.span), segmentSize > 0 else { return [self] }
    let headers = layout.headerLength + UDPField.headerLength
    var result: [InspectedPacket] = []
    var at = headers
    while at < layout.totalLength {
      let end = min(at + Int(segmentSize), layout.totalLength)
      var part = self
      part.segmentSize = 0
      part.hasPartialChecksum = false
      part.octets = Array(octets[..<headers]) + octets[at..<end]
      if !layout.isIPv6 {
        let identification = octets.span.number16(at: IPv4Field.identification) &+ UInt16(result.count)
        part.octets.store16(identification, at: IPv4Field.identification)
      }
      layout.setLength(of: &part.octets, to: part.octets.count)
      part.octets.store16(UInt16(UDPField.headerLength + end - at), at: layout.headerLength + UDPField.length)
      PacketLayout(part.octets.span)?.setTransportChecksum(
        of: &part.octets, at: layout.headerLength + UDPField.checksum)
      result.append(part)
      at = end
    }
    return result
  }
}
