/// How a super-frame of TCP or UDP is cut into the segments that it stands for, as a device with segmentation offload
/// would cut it. Each gets the headers of the super-frame, with its own lengths, sequence number and checksums.
package struct Segmentation: BitwiseCopyable {
  private let network: Int
  private let transport: Int
  private let payload: Int
  private let end: Int
  private let segmentSize: Int
  private let isTCP: Bool

  /// Segments, at least 1.
  package let count: Int

  /// The segments, of `segmentSize` payload octets each, of the super-frame whose IPv4 header lies at `network`. Nil
  /// when it is neither TCP nor UDP, is a fragment, or has malformed headers.
  package init?(_ octets: PacketOctets, at network: Int, segmentSize: Int) {
    guard segmentSize > 0, let header = IPv4Header(octets, at: network), !header.isFragment else { return nil }
    self.network = network
    self.segmentSize = segmentSize
    transport = header.payload
    end = header.end
    let room = header.end - header.payload
    var length = UDPField.headerLength
    switch header.protocolNumber {
    case .tcp:
      guard room >= TCPField.minimumLength else { return nil }
      isTCP = true
      length = Int(octets.load8(at: header.payload + TCPField.dataOffset) >> 4) * 4
      guard length >= TCPField.minimumLength else { return nil }
    case .udp: isTCP = false
    default: return nil
    }
    guard room >= length else { return nil }
    payload = header.payload + length
    count = max(1, (room - length + segmentSize - 1) / segmentSize)
  }

  /// Octets of the largest segment, from its IPv4 header on.
  package var largest: Int { payload - network + min(segmentSize, end - payload) }

  /// Writes segment `number`, 0 to `count` - 1, to `target` at `offset`, with whole checksums; returns its octets.
  package func write(_ number: Int, of octets: PacketOctets, to target: PacketOctets, at offset: Int) -> Int {
    precondition(number >= 0 && number < count)
    let start = payload + number * segmentSize
    let length = min(segmentSize, end - start)
    let headers = payload - network
    target.copy(headers, from: octets, at: network, to: offset)
    target.copy(length, from: octets, at: start, to: offset + headers)
    writeNetworkHeader(number, target, offset, length: headers + length)
    writeTransportHeader(number, target, offset + transport - network, end: offset + headers + length)
    writeChecksum(target, offset, end: offset + headers + length)
    return headers + length
  }

  private func writeNetworkHeader(_ number: Int, _ target: PacketOctets, _ offset: Int, length: Int) {
    target.store16(UInt16(length), at: offset + IPv4Field.totalLength)
    let identification = target.load16(at: offset + IPv4Field.identification)
    target.store16(identification &+ UInt16(truncatingIfNeeded: number), at: offset + IPv4Field.identification)
    target.store16(0, at: offset + IPv4Field.checksum)
    target.store16(
      InternetChecksum.finish(target.sum(offset..<offset + transport - network)), at: offset + IPv4Field.checksum)
  }

  private func writeTransportHeader(_ number: Int, _ target: PacketOctets, _ offset: Int, end: Int) {
    guard isTCP else {
      target.store16(UInt16(end - offset), at: offset + UDPField.length)
      return
    }
    let sequence = target.load32(at: offset + TCPField.sequence)
    target.store32(
      sequence &+ UInt32(truncatingIfNeeded: number * segmentSize), at: offset + TCPField.sequence)
    // FIN and PSH belong to the end of the data, CWR to its beginning (RFC 3168 section 6.1.2).
    var flags = target.load8(at: offset + TCPField.flags)
    if number < count - 1 { flags &= ~0x09 }
    if number > 0 { flags &= ~0x80 }
    target.store8(flags, at: offset + TCPField.flags)
  }

  private func writeChecksum(_ target: PacketOctets, _ offset: Int, end: Int) {
    let start = offset + transport - network
    let field = start + (isTCP ? TCPField.checksum : UDPField.checksum)
    target.store16(0, at: field)
    let pseudoHeader = InternetChecksum.pseudoHeader(
      source: target.address(at: offset + IPv4Field.source),
      destination: target.address(at: offset + IPv4Field.destination), protocol: isTCP ? .tcp : .udp,
      length: end - start)
    let checksum = InternetChecksum.finish(pseudoHeader &+ target.sum(start..<end))
    target.store16(checksum == 0 && !isTCP ? 0xFFFF : checksum, at: field)
  }
}
