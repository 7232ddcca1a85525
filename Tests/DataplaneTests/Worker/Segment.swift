import Forwarding
import TestSupport
import Translation
import WireFormats

/// A segment that the bench's gateway is on: an interface of its own, on a device that may carry two.
enum Segment: UInt8, CaseIterable, Sendable {
  /// 10.10.10.0/24, untagged on device 0: alice and bob.
  case inside
  /// 203.0.113.0/24, untagged on device 1: carol, dave and the router.
  case outside
  /// 10.10.20.0/24, VLAN 20 on device 0: frank.
  case taggedInside
  /// 192.0.2.0/24, VLAN 30 on device 1: grace.
  case taggedOutside

  var interface: InterfaceID { InterfaceID(rawValue: rawValue) }
  var device: Int { self == .inside || self == .taggedInside ? 0 : 1 }
  var realm: Realm { device == 0 ? .inside : .outside }

  var vlan: UInt16? {
    switch self {
    case .inside, .outside: nil
    case .taggedInside: 20
    case .taggedOutside: 30
    }
  }

  /// The gateway's own address here.
  var address: IPv4Address {
    switch self {
    case .inside: Place.insideAddress
    case .outside: Place.outsideAddress
    case .taggedInside: IPv4Address(0x0A0A_1401)
    case .taggedOutside: IPv4Address(0xC000_0201)
    }
  }

  /// The gateway's own Ethernet address here; a sub-interface has its device's.
  var gateway: MACAddress { MACAddress(0x02_00_00_00_00_01 + UInt64(device)) }

  var hosts: [Host] {
    switch self {
    case .inside: [.alice, .bob]
    case .outside: [.carol, .dave, .router]
    case .taggedInside: [.frank]
    case .taggedOutside: [.grace]
    }
  }

  /// Where a host stands; mallory's packets come by the router.
  init(of host: Host) {
    self = Self.allCases.first { $0.hosts.contains(host) } ?? .outside
  }

  func networkInterface(mtu: UInt16) -> NetworkInterface {
    NetworkInterface(
      id: interface, name: "\(self)", device: device, vlan: vlan, hardwareAddress: gateway, address: address,
      prefixLength: 24, mtu: mtu, realm: realm)
  }
}

extension Host {
  /// Inside, behind a tag.
  static let frank = Host("frank", "10.10.20.30", 0x02_00_00_00_14_30)
  /// Outside, behind a tag.
  static let grace = Host("grace", "192.0.2.40", 0x02_00_00_00_C0_40)
}
