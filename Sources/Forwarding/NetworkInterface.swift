package import WireFormats

/// The number of an interface or sub-interface: its place in the configuration.
@usableFromInline package struct InterfaceID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// 0 to `NetworkInterface.maximumCount` - 1.
  @usableFromInline package var rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }
}

/// A layer-3 interface: a device, or one 802.1Q tag on a device.
package struct NetworkInterface: Sendable, Equatable {
  /// Interfaces and sub-interfaces that one gateway may have.
  package static let maximumCount = 64

  @usableFromInline package var id: InterfaceID
  /// The name in the configuration, such as `inside0` or `inside0.20`.
  @usableFromInline package var name: String
  /// The device that carries its frames: an index into the configured devices.
  @usableFromInline package var device: Int
  /// The 802.1Q VLAN identifier of a sub-interface (1 to 4094), nil for untagged frames.
  @usableFromInline package var vlan: UInt16?
  /// The gateway's own Ethernet address here.
  @usableFromInline package var hardwareAddress: MACAddress
  /// The gateway's own address here with its network; nil for an interface that only carries sub-interfaces.
  @usableFromInline package var address: IPv4Address?
  /// The length of `address`'s network prefix, 0 to 32.
  @usableFromInline package var prefixLength: UInt8
  /// Octets of the largest IPv4 packet that leaves here, 68 (RFC 791) to 65 535.
  @usableFromInline package var mtu: UInt16
  @usableFromInline package var realm: Realm
  @usableFromInline package var instance: RoutingInstance
  /// The gateway's own IPv6 address here; nil for an interface that carries no IPv6.
  package var ipv6: IPv6InterfaceAddress?
  /// The limits of virtual reassembly for fragments that arrive here (`ip virtual-reassembly`).
  package var reassembly = ReassemblyLimits()
  /// The largest "Maximum Segment Size" option of TCP that passes here (`ip tcp adjust-mss`); 0 leaves it alone.
  package var maximumSegmentSize: UInt16 = 0
  /// Whether ICMP unreachable messages are sent here (`no ip unreachables`; RFC 5508 REQ-9).
  package var unreachables = true

  package init(
    id: InterfaceID, name: String, device: Int, vlan: UInt16? = nil, hardwareAddress: MACAddress,
    address: IPv4Address?, prefixLength: UInt8, mtu: UInt16 = 1500, realm: Realm = .none,
    instance: RoutingInstance = .global
  ) {
    self.id = id
    self.name = name
    self.device = device
    self.vlan = vlan
    self.hardwareAddress = hardwareAddress
    self.address = address
    self.prefixLength = prefixLength
    self.mtu = mtu
    self.realm = realm
    self.instance = instance
  }

  /// The network that the interface is connected to.
  package var connected: IPv4Prefix? {
    address.map { IPv4Prefix(containing: $0, length: prefixLength) }
  }
}

/// What one interface's fragments may claim (`ip virtual-reassembly`), with IOS's defaults.
package struct ReassemblyLimits: Sendable, Equatable, BitwiseCopyable {
  /// Datagrams that are being followed at one time.
  package var maximumDatagrams: UInt16 = 64
  /// Fragments of one datagram.
  package var maximumFragments: UInt16 = 16
  /// Seconds after which a datagram that is not complete is forgotten.
  package var timeout: UInt8 = 3
  /// Drop every fragment that arrives here (`drop-fragments`).
  package var dropsFragments = false

  package init() {}
}
