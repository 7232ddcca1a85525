import Forwarding
import Translation
import WireFormats

/// What the frame path needs of each layer-3 interface, and which of them a frame belongs to.
struct LinkTable: Sendable {
  /// One interface.
  struct Link: BitwiseCopyable, Sendable {
    var device: UInt8 = 0
    /// The 802.1Q identifier, 0 for untagged frames.
    var vlan: UInt16 = 0
    var hardwareAddress = MACAddress(0)
    var address = IPv4Address(0)
    var network = IPv4Prefix(containing: IPv4Address(0), length: 32)
    var realm = Realm.none
    /// Octets of the largest IPv4 packet that leaves here.
    var mtu: UInt16 = 0
    /// Whether hosts here are told that something is unreachable (`ip unreachables`).
    var unreachables = true

    /// Whether an error may be sent here (RFC 5508 REQ-9).
    func reports(_ refusal: ICMPRefusal) -> Bool {
      unreachables || refusal.type != ICMPType.destinationUnreachable
    }
  }

  private var links = InlineArray<64, Link>(repeating: Link())
  /// The interface of each device's untagged frames; 255 for none.
  private var untagged = InlineArray<64, UInt8>(repeating: 255)
  private var tagged: [Tagged] = []

  private struct Tagged {
    var device: UInt8
    var vlan: UInt16
    var interface: InterfaceID
  }

  init(_ interfaces: [NetworkInterface]) {
    for interface in interfaces {
      links[Int(interface.id.rawValue)] = Link(
        device: UInt8(interface.device), vlan: interface.vlan ?? 0, hardwareAddress: interface.hardwareAddress,
        address: interface.address ?? .unspecified,
        network: interface.connected ?? IPv4Prefix(containing: .unspecified, length: 32), realm: interface.realm,
        mtu: interface.mtu, unreachables: interface.unreachables)
      if let vlan = interface.vlan {
        tagged.append(Tagged(device: UInt8(interface.device), vlan: vlan, interface: interface.id))
      } else {
        untagged[interface.device] = interface.id.rawValue
      }
    }
  }

  @inline(__always)
  subscript(interface: InterfaceID) -> Link { links[Int(interface.rawValue & 63)] }

  /// The interface of a device's untagged frames.
  @inline(__always)
  func interface(of device: UInt8) -> InterfaceID? {
    let number = untagged[Int(device & 63)]
    return number == 255 ? nil : InterfaceID(rawValue: number)
  }

  /// The sub-interface of a device's frames with a tag.
  func interface(of device: UInt8, vlan: UInt16) -> InterfaceID? {
    for entry in tagged where entry.device == device && entry.vlan == vlan { return entry.interface }
    return nil
  }
}
