import WireFormats

/// A UDP datagram or TCP segment that arrived, its headers read and its checksums verified.
struct Arrival {
  let frame: PacketOctets
  let source: Endpoint
  let destination: Endpoint
  let proto: IPProtocol
  /// Where the transport header begins.
  let transport: Int
  /// Where the payload lies.
  let payload: Range<Int>

  /// What a frame turns out to be.
  enum Reading {
    case packet(Arrival)
    /// A whole IPv4 packet of another kind, such as an ICMP error.
    case other(source: IPv4Address)
    /// A checksum or a length is wrong.
    case damaged
    /// Not for the hosts of this end, or no IPv4 at all.
    case foreign
  }

  /// Reads a frame addressed to `mac`. The transport checksum is not there to verify where `isUnfinished`.
  static func read(_ frame: PacketOctets, to mac: MACAddress, isUnfinished: Bool) -> Reading {
    guard frame.count >= Ethernet.headerLength, frame.macAddress(at: Ethernet.destination) == mac,
      frame.load16(at: Ethernet.type) == Ethernet.typeIPv4
    else { return .foreign }
    guard let header = IPv4Header(frame, at: Ethernet.headerLength) else { return .damaged }
    let number = header.protocolNumber
    guard !header.isFragment, number == .udp || number == .tcp else { return .other(source: header.source) }
    let transport = header.payload
    let length = header.end - transport
    guard length >= (number == .udp ? UDPField.headerLength : TCPField.minimumLength) else { return .damaged }
    let headerLength =
      number == .udp ? UDPField.headerLength : Int(frame.load8(at: transport + TCPField.dataOffset) >> 4) * 4
    guard headerLength >= UDPField.headerLength, length >= headerLength,
      isUnfinished || hasRightChecksum(frame, header, length)
    else { return .damaged }
    return .packet(
      Arrival(
        frame: frame, source: Endpoint(header.source, frame.load16(at: transport)),
        destination: Endpoint(header.destination, frame.load16(at: transport + 2)), proto: number,
        transport: transport, payload: transport + headerLength..<header.end))
  }

  private static func hasRightChecksum(_ frame: PacketOctets, _ header: IPv4Header, _ length: Int) -> Bool {
    // A UDP checksum of zero says that there is none.
    if header.protocolNumber == .udp, frame.load16(at: header.payload + UDPField.checksum) == 0 { return true }
    let pseudo = InternetChecksum.pseudoHeader(
      source: header.source, destination: header.destination, protocol: header.protocolNumber, length: length)
    return InternetChecksum.fold(pseudo &+ frame.sum(header.payload..<header.end)) == 0xFFFF
  }

  // TCP's fields; only of a segment.
  var flags: TCPFlags { TCPFlags(rawValue: frame.load8(at: transport + TCPField.flags)) }
  var sequence: UInt32 { frame.load32(at: transport + TCPField.sequence) }
  var acknowledgment: UInt32 { frame.load32(at: transport + TCPField.acknowledgment) }

  var window: UInt16 { frame.load16(at: transport + 14) }

  /// What "Window Scale" says in a segment's options (RFC 7323 section 2); nil where there is none.
  var windowShift: UInt8? {
    var offset = transport + TCPField.minimumLength
    while offset < payload.lowerBound {
      let kind = frame.load8(at: offset)
      if kind == TCPOption.end { return nil }
      if kind == TCPOption.noOperation {
        offset += 1
        continue
      }
      guard offset + 1 < payload.lowerBound else { return nil }
      let length = Int(frame.load8(at: offset + 1))
      guard length >= 2, offset + length <= payload.lowerBound else { return nil }
      if kind == 3, length == 3 { return min(frame.load8(at: offset + 2), 14) }
      offset += length
    }
    return nil
  }

  /// The flow as the receiver sees it.
  var pair: EndpointPair { EndpointPair(local: destination, remote: source) }
}
