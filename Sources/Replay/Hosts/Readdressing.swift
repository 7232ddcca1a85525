import Gateways
import WireFormats

extension RecordedPacket {
  /// The packet between other ends, its checksums right whatever they were: devices that compute them leave captures
  /// with wrong ones. Those of fragments are moved on from what they were, since nobody has all of their octets.
  func readdressed(from source: Endpoint, to destination: Endpoint) -> [UInt8] {
    var packet = octets
    let oldPorts = ports
    packet.store32(source.address.rawValue, at: IPv4Field.source)
    packet.store32(destination.address.rawValue, at: IPv4Field.destination)
    if oldPorts != nil {
      switch protocolNumber {
      case .icmp: packet.store16(isReply ? destination.port : source.port, at: headerLength + ICMPField.identifier)
      default:
        packet.store16(source.port, at: headerLength + TCPField.sourcePort)
        packet.store16(destination.port, at: headerLength + TCPField.destinationPort)
      }
    }
    if isFragment {
      updateTransportChecksum(of: &packet)
    } else {
      packet.completeTransportChecksum(at: headerLength, protocolNumber)
    }
    packet.completeHeaderChecksum(at: 0, length: headerLength)
    return packet
  }

  /// Whether it answers an ICMP query, so that its identifier is the other end's.
  private var isReply: Bool {
    protocolNumber == .icmp && headerLength < octets.count && ICMPType.isReply(octets[headerLength + ICMPField.type])
  }

  /// Moves the transport checksum of a first fragment on by what the addresses and ports have changed (RFC 1624).
  private func updateTransportChecksum(of packet: inout [UInt8]) {
    let field: Int
    switch protocolNumber {
    case .tcp: field = headerLength + TCPField.checksum
    case .udp: field = headerLength + UDPField.checksum
    default: return
    }
    guard !isLaterFragment, field + 2 <= packet.count else { return }
    let old = packet.number16(at: field)
    // A UDP sender that computed none has none (RFC 768).
    guard protocolNumber != .udp || old != 0 else { return }
    var checksum = old
    for place in [IPv4Field.source, IPv4Field.destination, headerLength] {
      checksum = InternetChecksum.update(
        checksum, by: InternetChecksum.difference(from: octets.number32(at: place), to: packet.number32(at: place)))
    }
    packet.store16(checksum == 0 && protocolNumber == .udp ? 0xFFFF : checksum, at: field)
  }

  /// An ICMP error from `source` to `destination` about what `quotation` names, as its sender knows the two ends of that;
  /// sequence numbers that it quotes are moved by `shift`.
  func error(
    from source: IPv4Address, to destination: IPv4Address, about quotation: Quotation, between quotedSource: Endpoint,
    _ quotedDestination: Endpoint, shift: UInt32
  ) -> [UInt8] {
    var packet = octets
    packet.store32(source.rawValue, at: IPv4Field.source)
    packet.store32(destination.rawValue, at: IPv4Field.destination)
    packet.store32(quotedSource.address.rawValue, at: quotation.start + IPv4Field.source)
    packet.store32(quotedDestination.address.rawValue, at: quotation.start + IPv4Field.destination)
    packet.completeHeaderChecksum(at: quotation.start, length: quotation.headerLength)
    let transport = quotation.transport
    if Self.ports(of: octets, at: transport, quotation.protocolNumber, quotation.isLaterFragment) != nil {
      if quotation.protocolNumber == .icmp {
        packet.store16(quotedSource.port, at: transport + ICMPField.identifier)
      } else {
        packet.store16(quotedSource.port, at: transport)
        packet.store16(quotedDestination.port, at: transport + 2)
      }
      if quotation.protocolNumber == .tcp {
        let sequence = packet.number32(at: transport + TCPField.sequence)
        packet.store32(sequence &+ shift, at: transport + TCPField.sequence)
      }
    }
    packet.completeTransportChecksum(at: headerLength, .icmp)
    packet.completeHeaderChecksum(at: 0, length: headerLength)
    return packet
  }
}

extension [UInt8] {
  /// Computes the checksum of the IPv4 header of `length` octets at `offset`.
  mutating func completeHeaderChecksum(at offset: Int, length: Int) {
    store16(0, at: offset + IPv4Field.checksum)
    let sum = InternetChecksum.sum(span.extracting(offset..<offset + length))
    store16(InternetChecksum.finish(sum), at: offset + IPv4Field.checksum)
  }

  /// Computes the transport checksum of a whole packet whose transport header begins at `transport`; what is too short
  /// to have one stays as it is.
  mutating func completeTransportChecksum(at transport: Int, _ number: IPProtocol) {
    let field: Int
    switch number {
    case .tcp where transport + TCPField.minimumLength <= count: field = transport + TCPField.checksum
    case .udp where transport + UDPField.headerLength <= count: field = transport + UDPField.checksum
    case .icmp where transport + ICMPField.headerLength <= count: field = transport + ICMPField.checksum
    default: return
    }
    if number == .udp, number16(at: field) == 0 { return }
    // "Length" of UDP may leave octets behind the datagram out, which the checksum then leaves out too.
    var end = count
    if number == .udp {
      let length = Int(number16(at: transport + UDPField.length))
      if length >= UDPField.headerLength, transport + length <= count { end = transport + length }
    }
    store16(0, at: field)
    var sum = InternetChecksum.sum(span.extracting(transport..<end))
    if number != .icmp {
      sum &+= InternetChecksum.pseudoHeader(
        source: IPv4Address(number32(at: IPv4Field.source)),
        destination: IPv4Address(number32(at: IPv4Field.destination)),
        protocol: number, length: end - transport)
    }
    let checksum = InternetChecksum.finish(sum)
    store16(checksum == 0 && number == .udp ? 0xFFFF : checksum, at: field)
  }
}
