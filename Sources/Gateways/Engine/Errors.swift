import Translation
import VirtualTCP
import WireFormats

extension GatewayEngine {
  /// An ICMP error about a session of a gateway. What it quotes of a TCP stream has the numbers that the receiver knows;
  /// its sender knows others where the gateway has added or removed octets.
  mutating func receiveError(_ packet: InspectedPacket, _ layout: PacketLayout, now: UInt64) {
    guard let stream = streams[packet.session.id] else {
      forward(packet)
      return
    }
    let message = layout.headerLength
    let quoted = message + ICMPField.quotation
    // Every octet that is read below lies within the packet: the quoted header of `length` octets and eight more.
    guard quoted + IPv4Field.minimumLength <= layout.totalLength else {
      forward(packet)
      return
    }
    let length = Int(packet.octets[quoted] & 15) * 4
    let segment = quoted + length
    guard length >= IPv4Field.minimumLength, segment + TCPField.acknowledgment <= layout.totalLength,
      packet.octets[quoted + IPv4Field.protocolNumber] == IPProtocol.tcp.rawValue
    else {
      forward(packet)
      return
    }
    // The quoted segment went the other way.
    let quotedDirection: Direction = packet.direction == .outbound ? .inbound : .outbound
    var changed = packet
    moveNumbers(of: &changed.octets, at: segment, end: layout.totalLength, message: message, quotedDirection, stream)
    if packet.octets[message + ICMPField.type] == ICMPType.destinationUnreachable,
      packet.octets[message + ICMPField.code] == 4
    {
      let mtu = Int(packet.octets.span.number16(at: message + ICMPField.nextHopMTU))
      if mtu >= Int(IPv4Field.leastLinkMTU) {
        stream.connection.reduceSegmentSize(quotedDirection, to: mtu, now: now)
        advance(stream, now: now)
      }
    }
    forward(changed)
  }

  /// Gives the quoted segment the numbers that its sender gave it, as far as they are quoted, and corrects both checksums.
  private func moveNumbers(
    of octets: inout [UInt8], at segment: Int, end: Int, message: Int, _ direction: Direction, _ stream: StreamSession
  ) {
    let connection = stream.connection
    let other: Direction = direction == .outbound ? .inbound : .outbound
    // Everything here is at an even place of the message, since headers are made of words.
    var difference: UInt16 = 0
    func move(_ field: Int, _ new: (UInt32) -> UInt32) {
      let old = octets.span.number32(at: field)
      octets.store32(new(old), at: field)
      difference = InternetChecksum.add(difference, InternetChecksum.difference(from: old, to: new(old)))
    }
    move(segment + TCPField.sequence) { connection.unmap(sequence: $0, direction) }
    if segment + TCPField.flags < end, TCPFlags(rawValue: octets[segment + TCPField.flags]).contains(.ack) {
      move(segment + TCPField.acknowledgment) { connection.map(sequence: $0, other) }
    }
    guard segment + TCPField.checksum + 2 <= end else {
      let checksum = octets.span.number16(at: message + ICMPField.checksum)
      octets.store16(InternetChecksum.update(checksum, by: difference), at: message + ICMPField.checksum)
      return
    }
    // What the quoted checksum makes up for leaves the message's own as it is.
    let checksum = octets.span.number16(at: segment + TCPField.checksum)
    octets.store16(InternetChecksum.update(checksum, by: difference), at: segment + TCPField.checksum)
  }
}
