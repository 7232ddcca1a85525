import Forwarding
import WireFormats

extension Translator {
  /// The first walk: header views, checked once; what the packet is to translation; its key and hash.
  @inline(__always)
  mutating func parse(_ packet: inout Packet) {
    if !parsePlainly(&packet) { parseCarefully(&packet) }
  }

  /// The walk of most packets: UDP or TCP behind a header without options, sound in all respects, between interfaces that
  /// translate. False for any other, of which nothing has been kept.
  @inline(__always)
  private mutating func parsePlainly(_ packet: inout Packet) -> Bool {
    let network = Int(packet.networkOffset)
    let headerLength = IPv4Field.minimumLength
    guard packet.octets.count &- network >= headerLength else { return false }
    // Three words hold the whole header, and their sum is its checksum's.
    let header = packet.octets.part(network, headerLength)
    let first = header.load64(at: 0)
    let second = header.load32(at: IPv4Field.timeToLive)
    let addresses = header.load64(at: IPv4Field.source)
    let total = Int(first >> 32 & 0xFFFF)
    let facts = self.facts[packet.ingress]
    guard first >> 56 == 0x45, packet.octets.count &- network >= total,
      InternetChecksum.isRight(InternetChecksum.add(InternetChecksum.add(first, addresses), UInt64(second))),
      IPv4Address(UInt32(addresses >> 32)).isSurelyUnicast,
      IPv4Address(UInt32(truncatingIfNeeded: addresses)).isSurelyUnicast,
      first & UInt64(IPv4Field.fragmentMask) == 0, facts.realm != .none
    else { return false }
    let number = IPProtocol(rawValue: UInt8(truncatingIfNeeded: second >> 16))
    let ports: UInt32
    if number == .udp {
      guard total >= headerLength + UDPField.headerLength else { return false }
      let transport = packet.octets.part(network, total).part(headerLength, UDPField.headerLength)
      ports = transport.load32(at: 0)
      // From the header's own octets to as many as there are: one comparison where there would be two.
      let claimed = UInt(transport.load16(at: UDPField.length)) &- UInt(UDPField.headerLength)
      guard claimed <= UInt(bitPattern: total &- headerLength &- UDPField.headerLength) else { return false }
      packet.transport = Packet.Transport(headerLength: 8)
    } else if number == .tcp {
      guard total >= headerLength + TCPField.minimumLength else { return false }
      let transport = packet.octets.part(network, total).part(headerLength, TCPField.minimumLength)
      ports = transport.load32(at: 0)
      let length = transport.load8(at: TCPField.dataOffset) >> 4 &* 4
      guard length >= TCPField.minimumLength, Int(length) <= total &- headerLength else { return false }
      packet.transport = Packet.Transport(
        tcpFlags: transport.load8(at: TCPField.flags), headerLength: length)
    } else {
      return false
    }
    // Both ports stand in the first word.
    guard ports > 0xFFFF, ports & 0xFFFF != 0 else { return false }
    packet.timeToLive = UInt8(truncatingIfNeeded: second >> 24)
    packet.fragmentField = UInt16(truncatingIfNeeded: first)
    packet.transportOffset = UInt16(truncatingIfNeeded: network &+ headerLength)
    packet.totalLength = UInt16(truncatingIfNeeded: total)
    packet.key = FlowKey(addresses: addresses, ports: ports, protocol: number, side: facts.side)
    packet.hash = packet.key.hash(seed: shard.seed)
    shard.sessionIndex.prefetch(packet.hash)
    return true
  }

  /// The walk of any packet, which says what is wrong with one that is not sound.
  @inline(never)
  private mutating func parseCarefully(_ packet: inout Packet) {
    packet.verdict = .pending
    packet.candidate = Packet.noCandidate
    packet.hash = 0
    packet.transport = Packet.Transport()
    guard let header = IPv4Header(packet.octets, at: Int(packet.networkOffset)) else {
      packet.verdict = .drop(Self.fault(packet))
      return
    }
    let facts = self.facts[packet.ingress]
    packet.key = FlowKey(
      addresses: header.addresses, ports: 0, protocol: header.protocolNumber, side: facts.side)
    packet.timeToLive = header.timeToLive
    packet.fragmentField = header.fragmentField
    packet.transportOffset = UInt16(truncatingIfNeeded: header.payload)
    packet.totalLength = UInt16(truncatingIfNeeded: header.totalLength)
    guard !header.source.isMartianSource else {
      packet.verdict = .drop(.martianSource)
      return
    }
    guard header.destination.rawValue >> 28 < 0xE, !header.destination.isLoopback,
      header.destination.rawValue >> 24 != 0
    else {
      packet.verdict = .drop(Self.fault(inDestination: header.destination))
      return
    }
    guard !header.isFragment else {
      packet.kind = .fragment
      return
    }
    guard parseTransport(&packet, header) else {
      packet.verdict = .drop(.malformedTransport)
      return
    }
    guard facts.realm != .none, packet.kind == .flow || packet.kind == .addressOnly else { return }
    packet.hash = packet.key.hash(seed: shard.seed)
    shard.sessionIndex.prefetch(packet.hash)
  }

  /// Reads ports or identifier; false when the transport header is malformed.
  private mutating func parseTransport(_ packet: inout Packet, _ header: IPv4Header) -> Bool {
    let octets = packet.octets
    let offset = header.payload
    let length = header.end - offset
    switch header.protocolNumber {
    case .tcp:
      guard length >= TCPField.minimumLength else { return false }
      readPorts(&packet, offset)
      packet.tcpFlags = TCPFlags(rawValue: octets.load8(at: offset + TCPField.flags))
      packet.transportHeaderLength = octets.load8(at: offset + TCPField.dataOffset) >> 4 &* 4
      return packet.transportHeaderLength >= 20 && Int(packet.transportHeaderLength) <= length
        && packet.sourcePort != 0 && packet.destinationPort != 0
    case .udp:
      guard length >= UDPField.headerLength else { return false }
      readPorts(&packet, offset)
      packet.transportHeaderLength = 8
      let claimed = Int(octets.load16(at: offset + UDPField.length))
      return claimed >= UDPField.headerLength && claimed <= length && packet.sourcePort != 0
        && packet.destinationPort != 0
    case .icmp:
      guard length >= ICMPField.headerLength else { return false }
      return parseICMP(&packet, offset)
    default:
      packet.kind = .addressOnly
      return true
    }
  }

  /// Both ports stand in the first word of TCP and UDP.
  private mutating func readPorts(_ packet: inout Packet, _ offset: Int) {
    let ports = packet.octets.load32(at: offset)
    packet.sourcePort = UInt16(truncatingIfNeeded: ports >> 16)
    packet.destinationPort = UInt16(truncatingIfNeeded: ports)
  }

  private mutating func parseICMP(_ packet: inout Packet, _ offset: Int) -> Bool {
    packet.icmpType = packet.octets.load8(at: offset)
    packet.transportHeaderLength = 8
    // The identifier is the querier's, as a port is its host's: a query from A with identifier 7 and one from B with
    // identifier 7 are two flows (RFC 5508 section 3.1).
    if ICMPType.isQuery(packet.icmpType) {
      packet.sourcePort = packet.octets.load16(at: offset + ICMPField.identifier)
    } else if ICMPType.isReply(packet.icmpType) {
      packet.destinationPort = packet.octets.load16(at: offset + ICMPField.identifier)
    } else {
      packet.kind = ICMPType.isError(packet.icmpType) ? .icmpError : .otherICMP
    }
    return true
  }

  /// Why the destination was refused; off the packet path.
  @inline(never)
  private static func fault(inDestination address: IPv4Address) -> DropReason {
    address.isMulticast || address == .broadcast ? .multicast : .martianDestination
  }

  /// Why the IPv4 header was refused; off the packet path.
  @inline(never)
  private static func fault(_ packet: Packet) -> DropReason {
    switch IPv4Header.diagnose(packet.octets, at: Int(packet.networkOffset)) {
    case .truncated: .frameTooShort
    case .notVersion4, .headerLength, .totalLength: .malformedIPv4
    case .checksum: .badIPv4Checksum
    }
  }
}
