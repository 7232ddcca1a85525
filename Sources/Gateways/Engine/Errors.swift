import Translation
import VirtualTCP
import WireFormats

/// What an ICMP error quotes of a TCP segment.
private struct QuotedSegment {
  /// Where the error's own message begins.
  let message: Int
  /// Where the quoted TCP header begins: it reaches to "Acknowledgment Number" at least.
  let segment: Int
  /// The MTU that the error asks for; nil when it is about something else.
  let mtu: Int?

  /// Nil when the error quotes something else, or too little.
  init?(_ octets: Span<UInt8>, _ layout: PacketLayout) {
    message = layout.headerLength
    let end = layout.totalLength
    if layout.isIPv6 {
      guard let quoted = IPv6Flow.quoted(by: octets, at: message, to: end), quoted.flow.transport == .tcp else {
        return nil
      }
      segment = quoted.transport
      let isAboutSize = octets[message + ICMPv6.type] == ICMPv6.packetTooBig
      // What asks for less than every link takes is not believed (RFC 8201 section 4).
      mtu =
        isAboutSize
        ? Int(octets.number32(at: message + ICMPv6.parameter)).atLeast(IPv6Field.minimumMTU) : nil
    } else {
      let quoted = message + ICMPField.quotation
      guard quoted + IPv4Field.minimumLength <= end else { return nil }
      let length = Int(octets[quoted] & 15) * 4
      guard length >= IPv4Field.minimumLength, octets[quoted + IPv4Field.protocolNumber] == IPProtocol.tcp.rawValue
      else { return nil }
      segment = quoted + length
      let isAboutSize =
        octets[message + ICMPField.type] == ICMPType.destinationUnreachable && octets[message + ICMPField.code] == 4
      mtu =
        isAboutSize
        ? Int(octets.number16(at: message + ICMPField.nextHopMTU)).atLeast(Int(IPv4Field.leastLinkMTU)) : nil
    }
    guard segment + TCPField.acknowledgment <= end else { return nil }
  }
}

extension Int {
  fileprivate func atLeast(_ least: Int) -> Int? { self >= least ? self : nil }
}

extension GatewayEngine {
  /// An ICMP error about a session of a gateway. What it quotes of a TCP stream has the numbers that the receiver knows;
  /// its sender knows others where the gateway has added or removed octets.
  mutating func receiveError(_ packet: InspectedPacket, _ layout: PacketLayout, now: UInt64) {
    guard let stream = streams[packet.session.id], let quoted = QuotedSegment(packet.octets.span, layout) else {
      forward(packet)
      return
    }
    // The quoted segment went the other way.
    let quotedDirection: Direction = packet.direction == .outbound ? .inbound : .outbound
    var changed = packet
    moveNumbers(of: &changed.octets, quoted, end: layout.totalLength, quotedDirection, stream)
    if let mtu = quoted.mtu {
      stream.connection.reduceSegmentSize(quotedDirection, to: mtu, now: now)
      advance(stream, now: now)
    }
    forward(changed)
  }

  /// Gives the quoted segment the numbers that its sender gave it, as far as they are quoted, and corrects both checksums.
  private func moveNumbers(
    of octets: inout [UInt8], _ quoted: QuotedSegment, end: Int, _ direction: Direction, _ stream: StreamSession
  ) {
    let connection = stream.connection
    let segment = quoted.segment
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
      // Where the checksum stands is the same in both versions of ICMP.
      let checksum = octets.span.number16(at: quoted.message + ICMPField.checksum)
      octets.store16(InternetChecksum.update(checksum, by: difference), at: quoted.message + ICMPField.checksum)
      return
    }
    // What the quoted checksum makes up for leaves the message's own as it is.
    let checksum = octets.span.number16(at: segment + TCPField.checksum)
    octets.store16(InternetChecksum.update(checksum, by: difference), at: segment + TCPField.checksum)
  }
}
