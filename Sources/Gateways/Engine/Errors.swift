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
    let old = packet.octets.span.number32(at: segment + TCPField.sequence)
    let new = stream.connection.unmap(sequence: old, quotedDirection)
    changed.octets.store32(new, at: segment + TCPField.sequence)
    let checksum = packet.octets.span.number16(at: message + ICMPField.checksum)
    let difference = Self.difference(from: old, to: new, atOddOffset: (segment - message) & 1 == 1)
    changed.octets.store16(InternetChecksum.update(checksum, by: difference), at: message + ICMPField.checksum)
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

  private static func difference(from old: UInt32, to new: UInt32, atOddOffset isOdd: Bool) -> UInt16 {
    let difference = InternetChecksum.difference(from: old, to: new)
    return isOdd ? difference.byteSwapped : difference
  }
}
