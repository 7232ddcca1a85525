import Forwarding
import WireFormats

extension Translator {
  /// The first walk: header views, checked once; what the packet is to translation; its key and hash.
  @inline(__always)
  mutating func parse(_ packet: inout Packet) {
    packet.verdict = .pending
    packet.candidate = Packet.noCandidate
    packet.hash = 0
    packet.kind = .flow
    packet.sourcePort = 0
    packet.destinationPort = 0
    packet.tcpFlags = []
    packet.icmpType = 0
    guard let header = IPv4Header(packet.octets, at: Int(packet.networkOffset)) else {
      packet.verdict = .drop(Self.fault(packet))
      return
    }
    let facts = self.facts[packet.ingress]
    packet.realm = facts.realm
    packet.direction = facts.realm == .outside ? .inbound : .outbound
    packet.source = header.source
    packet.destination = header.destination
    packet.protocolNumber = header.protocolNumber
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
    guard packet.realm != .none, packet.kind == .flow || packet.kind == .addressOnly else { return }
    packet.key = FlowKey(
      source: packet.source, sourcePort: packet.sourcePort, destination: packet.destination,
      destinationPort: packet.destinationPort, protocol: packet.protocolNumber, instance: facts.instance,
      direction: packet.direction)
    packet.hash = packet.key.hash(seed: shard.seed)
    shard.sessionIndex.prefetch(packet.hash)
  }

  /// Reads ports or identifier; false when the transport header is malformed.
  @inline(__always)
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
  @inline(__always)
  private mutating func readPorts(_ packet: inout Packet, _ offset: Int) {
    let ports = packet.octets.load32(at: offset)
    packet.sourcePort = UInt16(truncatingIfNeeded: ports >> 16)
    packet.destinationPort = UInt16(truncatingIfNeeded: ports)
  }

  @inline(__always)
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
