import WireFormats

/// Writes the headers of what the generator sends; payloads are the profiles' business.
enum FrameWriter {
  /// Where the payload of a UDP datagram begins in its frame.
  static let udpPayload = Ethernet.headerLength + IPv4Field.minimumLength + UDPField.headerLength
  /// Where the payload of a TCP segment without options begins in its frame.
  static let tcpPayload = Ethernet.headerLength + IPv4Field.minimumLength + TCPField.minimumLength

  /// Octets of options in the segments of a handshake.
  static let handshakeOptions = 8
  /// The shift of the windows that are announced (RFC 7323 section 2): 8 MiB.
  private static let windowShift: UInt32 = 7

  private static let network = Ethernet.headerLength
  private static let transport = Ethernet.headerLength + IPv4Field.minimumLength

  /// Writes Ethernet and IPv4 headers into a frame that holds just the packet.
  private static func writeNetwork(
    _ frame: PacketOctets, _ link: LinkAddresses, _ pair: EndpointPair, _ number: IPProtocol
  ) {
    frame.store(link.destination, at: Ethernet.destination)
    frame.store(link.source, at: Ethernet.source)
    frame.store16(Ethernet.typeIPv4, at: Ethernet.type)
    frame.store16(0x4500, at: network)
    frame.store16(UInt16(frame.count - network), at: network + IPv4Field.totalLength)
    frame.store16(0, at: network + IPv4Field.identification)
    frame.store16(IPv4Field.dontFragment, at: network + IPv4Field.fragment)
    frame.store8(64, at: network + IPv4Field.timeToLive)
    frame.store8(number.rawValue, at: network + IPv4Field.protocolNumber)
    frame.store16(0, at: network + IPv4Field.checksum)
    frame.store32(pair.local.address.rawValue, at: network + IPv4Field.source)
    frame.store32(pair.remote.address.rawValue, at: network + IPv4Field.destination)
    frame.store16(
      InternetChecksum.finish(frame.sum(network..<transport)), at: network + IPv4Field.checksum)
    frame.store16(pair.local.port, at: transport)
    frame.store16(pair.remote.port, at: transport + 2)
  }

  /// Finishes a UDP datagram whose payload is already in the frame, with nothing but zeros from `zeros` on.
  static func finishUDP(
    _ frame: PacketOctets, _ link: LinkAddresses, _ pair: EndpointPair, zerosFrom zeros: Int = .max
  ) {
    writeNetwork(frame, link, pair, .udp)
    let length = frame.count - transport
    frame.store16(UInt16(length), at: transport + UDPField.length)
    frame.store16(0, at: transport + UDPField.checksum)
    let checksum = InternetChecksum.finish(
      pseudoHeader(frame, pair, .udp) &+ frame.sum(transport..<min(frame.count, max(zeros, transport))))
    frame.store16(checksum == 0 ? 0xFFFF : checksum, at: transport + UDPField.checksum)
  }

  /// Finishes a TCP segment whose payload is already in the frame, with nothing but zeros from `zeros` on; with
  /// `partial` the payload's part of the checksum is left to whoever cuts the super-frame. A segment with SYN needs room
  /// for `handshakeOptions`.
  static func finishTCP(
    _ frame: PacketOctets, _ link: LinkAddresses, _ pair: EndpointPair, _ segment: SegmentNumbers,
    partial: Bool = false, zerosFrom zeros: Int = .max
  ) {
    writeNetwork(frame, link, pair, .tcp)
    if segment.flags.contains(.syn) {
      // "Maximum Segment Size" 1460; a no-operation and "Window Scale".
      frame.store32(0x0204_05B4, at: tcpPayload)
      frame.store32(0x0103_0300 | windowShift, at: tcpPayload + 4)
    }
    frame.store32(segment.sequence, at: transport + TCPField.sequence)
    frame.store32(segment.acknowledgment, at: transport + TCPField.acknowledgment)
    frame.store8(segment.flags.contains(.syn) ? 0x70 : 0x50, at: transport + TCPField.dataOffset)
    frame.store8(segment.flags.rawValue, at: transport + TCPField.flags)
    frame.store16(0xFFFF, at: transport + 14)  // "Window"
    frame.store16(0, at: transport + TCPField.checksum)
    frame.store16(0, at: transport + 18)  // "Urgent Pointer"
    let sum = pseudoHeader(frame, pair, .tcp)
    frame.store16(
      partial
        ? InternetChecksum.fold(sum)
        : InternetChecksum.finish(sum &+ frame.sum(transport..<min(frame.count, max(zeros, transport)))),
      at: transport + TCPField.checksum)
  }

  private static func pseudoHeader(_ frame: PacketOctets, _ pair: EndpointPair, _ number: IPProtocol) -> UInt64 {
    InternetChecksum.pseudoHeader(
      source: pair.local.address, destination: pair.remote.address, protocol: number, length: frame.count - transport)
  }
}

/// The Ethernet addresses that a frame carries.
struct LinkAddresses {
  var source: MACAddress
  var destination: MACAddress
}

/// What a TCP header says beside its ports.
struct SegmentNumbers {
  var sequence: UInt32
  var acknowledgment: UInt32
  var flags: TCPFlags
}
