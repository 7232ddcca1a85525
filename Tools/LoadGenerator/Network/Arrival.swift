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

  /// The payload in an array of its own.
  var octets: [UInt8] { payload.map { frame.load8(at: $0) } }

  /// The flow as the receiver sees it.
  var pair: EndpointPair { EndpointPair(local: destination, remote: source) }
}
