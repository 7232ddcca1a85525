import TestSupport
import WireFormats

// The frames of a play, made of the input's octets.
extension InputReader {
  /// A packet with right headers, and then some octets of it changed; and whether it is still what it claims to be.
  mutating func frame(from host: Host, to address: IPv4Address) -> (frame: Frame, isWhole: Bool) {
    let source = host.at(pick([80, 5000, 5001, 1]))
    let destination = SocketAddress(address, pick([80, 53, 5000]))
    let shape = next()
    var datagram =
      switch shape % 6 {
      case 0, 1: Datagram.udp(from: source, to: destination)
      case 2, 3: Datagram.tcp(from: source, to: destination, TCPFlags(rawValue: next()))
      case 4: Datagram.echoRequest(from: host, to: address, identifier: source.port)
      default: Datagram(from: source, to: destination, .other(next()))
      }
    if shape & 0x40 != 0 { datagram.options = [1, 1, 1, 0] }
    if shape & 0x80 != 0 { datagram.partialChecksum = true }
    datagram.payload = octets(Int(next() & 15))
    var frame = datagram.frame()
    let changes = Int(next() & 3)
    for _ in 0..<changes {
      frame.octets[14 + Int(next()) % (frame.octets.count - 14)] = next()
    }
    if next() & 1 == 0 { repairHeader(&frame) }
    let isPartialQuery = shape % 6 == 4 && shape & 0x80 != 0
    return (frame, changes == 0 && shape % 6 != 5 && !isPartialQuery)
  }

  /// Octets as they come behind an Ethernet header, with a header checksum that lets them past the first guard.
  mutating func raw() -> Frame {
    var frame = Frame(octets: [UInt8](repeating: 0, count: 14) + octets(Int(next())))
    if next() & 3 != 0, frame.octets.count >= 34 {
      frame.octets[14] = 0x45
      let length = frame.octets.count - 14
      (frame.octets[16], frame.octets[17]) = (UInt8(length >> 8), UInt8(length & 255))
    }
    repairHeader(&frame)
    return frame
  }

  private func repairHeader(_ frame: inout Frame) {
    let length = frame.octets.count > 14 ? Int(frame.octets[14] & 15) * 4 : 0
    guard length >= 20, frame.octets.count >= 14 + length else { return }
    (frame.octets[24], frame.octets[25]) = (0, 0)
    let checksum = NaiveChecksum.checksum(frame.octets[14..<14 + length])
    (frame.octets[24], frame.octets[25]) = (UInt8(checksum >> 8), UInt8(checksum & 255))
  }

  /// What the other end of a packet that left may say to it.
  mutating func answer(to left: SentPacket) -> Datagram {
    switch left.protocolNumber {
    case 6: return .tcp(from: left.destination, to: left.source, TCPFlags(rawValue: next()))
    case 17: return .udp(from: left.destination, to: left.source)
    case 1:
      return Datagram.echoReply(from: .carol, to: left.sourceAddress, identifier: left.identifier).with {
        $0.source.address = left.destinationAddress
      }
    default:
      return Datagram(
        from: SocketAddress(left.destinationAddress, 0), to: SocketAddress(left.sourceAddress, 0),
        .other(left.protocolNumber))
    }
  }

  /// An ICMP error about a packet, whose quotation may be damaged or cut short.
  mutating func error(
    from source: IPv4Address, to destination: IPv4Address, about packet: SentPacket?
  ) -> Frame {
    var quoted = packet?.packet ?? []
    if !quoted.isEmpty, next() & 3 == 0 { quoted[Int(next()) % quoted.count] = next() }
    return Datagram.icmpError(
      type: pick([3, 11, 12, 5]), code: next(), rest: UInt32(next16()), from: source,
      to: destination, about: quoted, quoting: Int(next())
    ).frame()
  }
}
