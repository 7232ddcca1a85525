import Forwarding
import WireFormats

/// `show interfaces`: a paragraph an interface.
struct InterfaceListing {
  let interfaces: [InterfaceStatus]

  var text: String { interfaces.map(Self.paragraph).joined() }

  private static func paragraph(_ status: InterfaceStatus) -> String {
    let interface = status.interface
    let device = status.device
    let place = device.networkNamespace.map { " in network namespace \($0)" } ?? ""
    var text = "\(interface.name)\n"
    text += "  Device \(device.name)\(place), \(device.queues) \(device.queues == 1 ? "queue" : "queues"), "
    text += "MTU \(device.mtu), offload \(device.offload), steering \(device.steering)\n"
    if let vlan = interface.vlan { text += "  Encapsulation 802.1Q, VLAN identifier \(vlan)\n" }
    text += "  Hardware address \(NeighborListing.dotted(interface.hardwareAddress)), IP MTU \(interface.mtu)\n"
    if let address = interface.address { text += "  Internet address \(address)/\(interface.prefixLength)\n" }
    if interface.realm != .none { text += "  ip nat \(interface.realm)\n" }
    text += "     \(status.receivedPackets) packets input, \(status.receivedOctets) bytes\n"
    text += "     \(status.sentPackets) packets output, \(status.sentOctets) bytes\n"
    return text
  }

  func write(to json: inout JSONText) {
    json.array(interfaces) { json, status in
      let interface = status.interface
      json.object { json in
        json.member("name", interface.name)
        json.member("device", status.device.name)
        json.member("networkNamespace", status.device.networkNamespace)
        json.member("queues", status.device.queues)
        json.member("deviceMTU", status.device.mtu)
        json.member("offload", status.device.offload)
        json.member("steering", status.device.steering)
        json.member("vlan", interface.vlan)
        json.member("hardwareAddress", interface.hardwareAddress.description)
        json.member("mtu", interface.mtu)
        json.member("address", interface.address?.description)
        json.member("prefixLength", interface.address == nil ? nil : interface.prefixLength)
        json.member("realm", "\(interface.realm)")
        json.member("receivedPackets", status.receivedPackets)
        json.member("receivedOctets", status.receivedOctets)
        json.member("sentPackets", status.sentPackets)
        json.member("sentOctets", status.sentOctets)
      }
    }
  }
}
