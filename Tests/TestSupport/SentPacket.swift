package import WireFormats

/// A packet that left the gateway, read without the code under test.
package struct SentPacket: Sendable {
  /// The frame, and where its IPv4 header begins.
  package let frame: [UInt8]
  package let networkOffset: Int
  /// Whether the transport checksum still waits for its payload's sum.
  package let partialChecksum: Bool

  package init(frame: [UInt8], networkOffset: Int, partialChecksum: Bool = false) {
    self.frame = frame
    self.networkOffset = networkOffset
    self.partialChecksum = partialChecksum
  }

  private func octet(_ offset: Int) -> Int {
    frame.indices.contains(networkOffset + offset) ? Int(frame[networkOffset + offset]) : 0
  }
  private func word(_ offset: Int) -> UInt16 { UInt16(octet(offset) << 8 | octet(offset + 1)) }
  private func address(_ offset: Int) -> IPv4Address {
    IPv4Address(UInt32(word(offset)) << 16 | UInt32(word(offset + 2)))
  }

  package var headerLength: Int { (octet(0) & 15) * 4 }
  package var totalLength: Int { Int(word(2)) }
  package var identification: UInt16 { word(4) }
  /// "Flags" and "Fragment Offset" as one number.
  package var fragmentField: UInt16 { word(6) }
  package var timeToLive: UInt8 { UInt8(octet(8)) }
  package var protocolNumber: UInt8 { UInt8(octet(9)) }
  package var sourceAddress: IPv4Address { address(12) }
  package var destinationAddress: IPv4Address { address(16) }
  /// The source with its port; an ICMP query's identifier stands for the port.
  package var source: SocketAddress { SocketAddress(sourceAddress, isICMP ? identifier : word(headerLength)) }
  package var destination: SocketAddress {
    SocketAddress(destinationAddress, isICMP ? identifier : word(headerLength + 2))
  }
  package var isICMP: Bool { protocolNumber == 1 }
  package var icmpType: UInt8 { UInt8(octet(headerLength)) }
  package var icmpCode: UInt8 { UInt8(octet(headerLength + 1)) }
  /// "Identifier" of an ICMP query.
  package var identifier: UInt16 { word(headerLength + 4) }
  /// "Next-Hop MTU" of an ICMP error.
  package var nextHopMTU: UInt16 { word(headerLength + 6) }
  /// The field of the transport checksum.
  package var transportChecksum: UInt16 {
    word(headerLength + (protocolNumber == 6 ? 16 : protocolNumber == 17 ? 6 : 2))
  }

  /// The IPv4 packet without Ethernet header and padding.
  package var packet: [UInt8] {
    Array(frame.dropFirst(networkOffset).prefix(totalLength))
  }

  /// What the transport header carries.
  package var payload: [UInt8] {
    let header = protocolNumber == 6 ? octet(headerLength + 12) >> 4 * 4 : protocolNumber == 17 || isICMP ? 8 : 0
    return Array(packet.dropFirst(headerLength + header))
  }

  /// The packet that an ICMP error quotes.
  package var quoted: SentPacket {
    SentPacket(frame: Array(packet.dropFirst(headerLength + 8)), networkOffset: 0)
  }

  /// What is wrong with the checksums, each computed from nothing; empty when all are right.
  package var checksumProblems: [String] {
    var problems: [String] = []
    let bytes = packet
    if NaiveChecksum.sum(bytes.prefix(headerLength)) != 0xFFFF { problems.append("the IPv4 checksum is wrong") }
    let transport = bytes.dropFirst(headerLength)
    let pseudo = NaiveChecksum.pseudoHeader(
      source: Array(bytes[12..<16]), destination: Array(bytes[16..<20]), protocolNumber: protocolNumber,
      length: transport.count)
    switch protocolNumber {
    case 6, 17:
      if protocolNumber == 17, transportChecksum == 0 { break }
      let sum = partialChecksum ? NaiveChecksum.sum(pseudo) : NaiveChecksum.sum(pseudo + transport)
      let wanted = partialChecksum ? transportChecksum : 0xFFFF
      // Zero and all ones are the same number in ones' complement.
      if sum % 0xFFFF != wanted % 0xFFFF { problems.append("the transport checksum is wrong") }
    case 1:
      if NaiveChecksum.sum(transport) != 0xFFFF { problems.append("the ICMP checksum is wrong") }
    default: break
    }
    return problems
  }
}
