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
