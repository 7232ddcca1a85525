import TestSupport
import WireFormats

/// A frame as a device carries it, virtio header and all, made and read without the code under test.
struct WireFrame: Equatable, CustomStringConvertible {
  /// The fields of the virtio header.
  struct Offload: Equatable {
    var flags: UInt8 = 0
    var gsoType: UInt8 = 0
    var headerLength: UInt16 = 0
    var gsoSize: UInt16 = 0
    var checksumStart: UInt16 = 0
    var checksumOffset: UInt16 = 0
  }

  var offload = Offload()
  var destination: MACAddress
  var source: MACAddress
  var vlan: UInt16?
  var type: UInt16
  /// What follows the Ethernet header.
  var payload: [UInt8]

  var isARP: Bool { type == 0x0806 }
  var isIPv4: Bool { type == 0x0800 }
  /// Octets of the Ethernet header.
  var networkOffset: Int { vlan == nil ? 14 : 18 }
  var packet: SentPacket {
    SentPacket(frame: payload, networkOffset: 0, partialChecksum: offload.flags & 1 != 0)
  }
  var arp: ARPMessage? { isARP ? ARPMessage(payload) : nil }

  var description: String {
    let tag = vlan.map { " tag \($0)" } ?? ""
    return "\(source) > \(destination)\(tag) \(isARP ? "ARP" : "type \(type)") \(payload)"
  }

  /// The Ethernet frame.
  var ethernet: [UInt8] {
    let tag = vlan.map { [0x81, 0x00] + Self.big($0) } ?? []
    return Self.octets(destination) + Self.octets(source) + tag + Self.big(type) + payload
  }

  /// The frame as it is read from a device.
  var octets: [UInt8] {
    [offload.flags, offload.gsoType] + Self.little(offload.headerLength) + Self.little(offload.gsoSize)
      + Self.little(offload.checksumStart) + Self.little(offload.checksumOffset) + ethernet
  }

  static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
  static func little(_ value: UInt16) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
  static func octets(_ address: MACAddress) -> [UInt8] {
    (0..<6).map { UInt8(truncatingIfNeeded: address.rawValue >> (40 - 8 * $0)) }
  }
}

extension WireFrame {
  /// A datagram from a station on a segment to the gateway, with the virtio header that its kernel would make.
  init(_ datagram: Datagram, from station: MACAddress, on segment: Segment) {
    self.init(
      destination: segment.gateway, source: station, vlan: segment.vlan, type: 0x0800, payload: datagram.packet())
    let isTCP = datagram.protocolNumber == 6
    let transport = networkOffset + 20 + datagram.options.count
    if datagram.partialChecksum {
      offload.flags = 1
      offload.checksumStart = UInt16(transport)
      offload.checksumOffset = isTCP ? 16 : 6
    }
    if datagram.segmentSize != 0 {
      // VIRTIO_NET_HDR_GSO_TCPV4 and VIRTIO_NET_HDR_GSO_UDP_L4.
      offload.gsoType = isTCP ? 1 : 5
      offload.gsoSize = datagram.segmentSize
      offload.headerLength = UInt16(transport + (isTCP ? 20 + datagram.tcpOptions.count : 8))
    }
    payload += [UInt8](repeating: 0, count: datagram.padding)
  }

  /// Reads a frame that was written to a device; nil when it is too short to be one.
  init?(written octets: [UInt8]) {
    guard octets.count >= 24 else { return nil }
    func little(_ offset: Int) -> UInt16 { UInt16(octets[offset]) | UInt16(octets[offset + 1]) << 8 }
    func big(_ offset: Int) -> UInt16 { UInt16(octets[offset]) << 8 | UInt16(octets[offset + 1]) }
    func address(_ offset: Int) -> MACAddress {
      MACAddress(octets[offset..<offset + 6].reduce(0) { $0 << 8 | UInt64($1) })
    }
    let isTagged = big(22) == 0x8100
    guard !isTagged || octets.count >= 28 else { return nil }
    self.init(
      offload: Offload(
        flags: octets[0], gsoType: octets[1], headerLength: little(2), gsoSize: little(4), checksumStart: little(6),
        checksumOffset: little(8)),
      destination: address(10), source: address(16), vlan: isTagged ? big(24) & 0xFFF : nil,
      type: big(isTagged ? 26 : 22), payload: Array(octets[(isTagged ? 28 : 24)...]))
  }
}

/// The fields of an ARP message for IPv4 over Ethernet (RFC 826).
struct ARPMessage: Equatable {
  var operation: UInt16
  var senderMAC: MACAddress
  var sender: IPv4Address
  var targetMAC: MACAddress
  var target: IPv4Address

  static func request(from host: Host, for target: IPv4Address) -> Self {
    Self(operation: 1, senderMAC: host.hardwareAddress, sender: host.address, targetMAC: .zero, target: target)
  }

  static func reply(from host: Host, to segment: Segment) -> Self {
    Self(
      operation: 2, senderMAC: host.hardwareAddress, sender: host.address, targetMAC: segment.gateway,
      target: segment.address)
  }

  var octets: [UInt8] {
    func big(_ address: IPv4Address) -> [UInt8] { (0..<4).map { UInt8(address.rawValue >> (24 - 8 * $0) & 255) } }
    return [0, 1, 8, 0, 6, 4] + WireFrame.big(operation) + WireFrame.octets(senderMAC) + big(sender)
      + WireFrame.octets(targetMAC) + big(target)
  }

  /// The message in a frame, or from a station to everybody (a request) or to the gateway (a reply).
  func frame(on segment: Segment) -> WireFrame {
    WireFrame(
      destination: operation == 1 ? .broadcast : segment.gateway, source: senderMAC, vlan: segment.vlan, type: 0x0806,
      payload: octets)
  }
}

extension ARPMessage {
  /// Reads a message; nil when it is not one.
  init?(_ octets: [UInt8]) {
    guard octets.count >= 28, Array(octets[0..<6]) == [0, 1, 8, 0, 6, 4] else { return nil }
    func number(_ range: Range<Int>) -> UInt64 { octets[range].reduce(0) { $0 << 8 | UInt64($1) } }
    self.init(
      operation: UInt16(number(6..<8)), senderMAC: MACAddress(number(8..<14)),
      sender: IPv4Address(UInt32(number(14..<18))), targetMAC: MACAddress(number(18..<24)),
      target: IPv4Address(UInt32(number(24..<28))))
  }
}
