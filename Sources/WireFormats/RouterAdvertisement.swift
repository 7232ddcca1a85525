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
