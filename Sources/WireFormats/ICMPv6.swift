/// Types and offsets of ICMPv6 (RFC 4443) and of Neighbor Discovery (RFC 4861).
package enum ICMPv6 {
  package static let destinationUnreachable: UInt8 = 1
  package static let packetTooBig: UInt8 = 2
  package static let timeExceeded: UInt8 = 3
  package static let echoRequest: UInt8 = 128
  package static let echoReply: UInt8 = 129
  package static let routerSolicitation: UInt8 = 133
  package static let routerAdvertisement: UInt8 = 134
  package static let neighborSolicitation: UInt8 = 135
  package static let neighborAdvertisement: UInt8 = 136
  package static let redirect: UInt8 = 137

  package static let type = 0
  package static let code = 1
  package static let checksum = 2
  /// "MTU" of a "Packet Too Big", "Unused" of other errors.
  package static let parameter = 4
  package static let headerLength = 8

  /// Codes of "Destination Unreachable" (RFC 4443 section 3.1).
  package static let noRoute: UInt8 = 0
  package static let addressUnreachable: UInt8 = 3
  package static let portUnreachable: UInt8 = 4

  /// Whether the message is about another packet, so that none may be sent about it.
  package static func isError(_ type: UInt8) -> Bool { type < 128 || type == redirect }

  /// Fills in the checksum of the ICMPv6 message that is all of a packet's payload.
  package static func finish(_ octets: PacketOctets, network: Int, length: Int) {
    let payload = network + IPv6Field.length
    octets.store16(0, at: payload + checksum)
    octets.store16(InternetChecksum.finish(sum(octets, network: network, length: length)), at: payload + checksum)
  }

  /// Whether the message that is all of a packet's payload is whole.
  package static func isSound(_ octets: PacketOctets, network: Int, length: Int) -> Bool {
    length >= headerLength - 4 && InternetChecksum.fold(sum(octets, network: network, length: length)) == 0xFFFF
  }

  private static func sum(_ octets: PacketOctets, network: Int, length: Int) -> UInt64 {
    let payload = network + IPv6Field.length
    return InternetChecksum.pseudoHeader(
      source: octets.address6(at: network + IPv6Field.source),
      destination: octets.address6(at: network + IPv6Field.destination), nextHeader: IPv6Field.icmp, length: length)
      &+ octets.sum(payload..<payload + length)
  }
}

/// What is asked or said of a neighbour: a solicitation or an advertisement of RFC 4861 sections 4.3 and 4.4.
package struct NeighborMessage: Equatable, Sendable {
  /// "R", "S" and "O" of an advertisement, in the first octet behind the checksum.
  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let router = Self(rawValue: 0x80)
    package static let solicited = Self(rawValue: 0x40)
    package static let override = Self(rawValue: 0x20)
  }

  package var isSolicitation: Bool
  package var flags: Flags
  package var target: IPv6Address
  /// The sender's Ethernet address in a solicitation, the target's in an advertisement, where it is given.
  package var hardwareAddress: MACAddress?

  /// Octets of a message with its Ethernet address.
  package static let length = 32

  package init(isSolicitation: Bool, flags: Flags = [], target: IPv6Address, hardwareAddress: MACAddress?) {
    self.isSolicitation = isSolicitation
    self.flags = flags
    self.target = target
    self.hardwareAddress = hardwareAddress
  }

  /// Reads the message that is the payload of a packet; nil when RFC 4861 section 7.1 would have it discarded. The
  /// checksum has been looked at.
  package init?(_ octets: PacketOctets, _ header: IPv6Header) {
    let at = header.payload
    guard header.nextHeader == IPv6Field.icmp, header.hopLimit == 255, header.end - at >= 24,
      octets.load8(at: at + ICMPv6.code) == 0
    else { return nil }
    switch octets.load8(at: at) {
    case ICMPv6.neighborSolicitation: isSolicitation = true
    case ICMPv6.neighborAdvertisement: isSolicitation = false
    default: return nil
    }
    flags = isSolicitation ? [] : Flags(rawValue: octets.load8(at: at + ICMPv6.parameter))
    target = octets.address6(at: at + 8)
    guard !target.isMulticast, !target.isUnspecified else { return nil }
    // Who has no address yet asks the group, and names no address to answer to (section 7.1.1).
    let isFromNobody = header.source.isUnspecified
    guard !isFromNobody || isSolicitation && header.destination == target.solicitedNode else { return nil }
    guard isSolicitation || !header.destination.isMulticast || !flags.contains(.solicited) else { return nil }
    guard case .some(let found) = Self.link(octets, at + 24..<header.end, type: isSolicitation ? 1 : 2) else {
      return nil
    }
    hardwareAddress = found.address
    guard !isFromNobody || hardwareAddress == nil else { return nil }
  }

  private struct Link {
    var address: MACAddress?
  }

  /// The link-layer address among the options; nil when an option has no length or goes beyond the end.
  private static func link(_ octets: PacketOctets, _ range: Range<Int>, type: UInt8) -> Link? {
    var found = Link()
    var at = range.lowerBound
    while at < range.upperBound {
      guard at + 8 <= range.upperBound else { return nil }
      let length = Int(octets.load8(at: at + 1)) * 8
      guard length > 0, at + length <= range.upperBound else { return nil }
      if octets.load8(at: at) == type, length == 8 {
        let address = octets.macAddress(at: at + 2)
        guard !address.isGroup else { return nil }
        found.address = address
      }
      at += length
    }
    return found
  }

  /// Writes the message, without its checksum, at `offset`.
  package func write(to octets: PacketOctets, at offset: Int) {
    octets.store32(
      UInt32(isSolicitation ? ICMPv6.neighborSolicitation : ICMPv6.neighborAdvertisement) << 24, at: offset)
    octets.store32(UInt32(flags.rawValue) << 24, at: offset + ICMPv6.parameter)
    octets.store(target, at: offset + 8)
    octets.store8(isSolicitation ? 1 : 2, at: offset + 24)
    octets.store8(1, at: offset + 25)
    octets.store(hardwareAddress ?? .zero, at: offset + 26)
  }
}

/// A router's advertisement (RFC 4861 section 4.2): that there is one, its Ethernet address, the link's MTU, and a network
/// in which hosts give themselves addresses (RFC 4862).
package struct RouterAdvertisement {
  /// Seconds for which hosts keep the router, and the network's prefix.
  package static let routerLifetime: UInt16 = 1800
  static let validLifetime: UInt32 = 2_592_000
  static let preferredLifetime: UInt32 = 604_800

  package var hardwareAddress: MACAddress
  package var mtu: UInt16
  package var prefix: IPv6Prefix
  /// Whether the router goes away: no host shall keep it.
  package var isLast = false

  package init(hardwareAddress: MACAddress, mtu: UInt16, prefix: IPv6Prefix, isLast: Bool = false) {
    self.hardwareAddress = hardwareAddress
    self.mtu = mtu
    self.prefix = prefix
    self.isLast = isLast
  }

  /// Octets of the message.
  package static let length = 64

  /// Writes the message, without its checksum, at `offset`.
  package func write(to octets: PacketOctets, at offset: Int) {
    octets.store32(UInt32(ICMPv6.routerAdvertisement) << 24, at: offset)
    // "Cur Hop Limit" 64, no flags: addresses come from the prefix, and there is no DHCPv6 here.
    octets.store16(64 << 8, at: offset + 4)
    octets.store16(isLast ? 0 : Self.routerLifetime, at: offset + 6)
    octets.store64(0, at: offset + 8)
    octets.store16(0x0101, at: offset + 16)
    octets.store(hardwareAddress, at: offset + 18)
    octets.store32(0x0501_0000, at: offset + 24)
    octets.store32(UInt32(mtu), at: offset + 28)
    octets.store16(0x0304, at: offset + 32)
    octets.store8(prefix.length, at: offset + 34)
    // "L": on this link; "A": hosts make addresses of it, which takes 64 bits of their own.
    octets.store8(prefix.length == 64 ? 0xC0 : 0x80, at: offset + 35)
    octets.store32(Self.validLifetime, at: offset + 36)
    octets.store32(Self.preferredLifetime, at: offset + 40)
    octets.store32(0, at: offset + 44)
    octets.store(prefix.address, at: offset + 48)
  }
}
