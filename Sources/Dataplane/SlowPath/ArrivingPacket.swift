import Forwarding
import Gateways
import Translation
import WireFormats

/// A packet that a worker has handed to a slow path, as the engine is told of it.
struct ArrivingPacket {
  /// From the IP header to the end that its length names, in the worker's buffer.
  let octets: PacketOctets
  let isIPv6: Bool
  let direction: Direction
  let arrival: Arrival
  let segmentSize: UInt16
  let hasPartialChecksum: Bool

  /// Nil when the frame is shorter than its headers say, or has arrived at no interface.
  @inline(__always)
  init?(_ frame: Frame, _ annotation: FrameAnnotation, _ memory: FrameMemory, _ interface: NetworkInterface?) {
    guard let interface else { return nil }
    let frameOctets = memory.octets(of: frame)
    let isTagged = frameOctets.load16(at: Ethernet.type) == Ethernet.typeVLAN
    let network = Ethernet.headerLength + (isTagged ? Ethernet.tagLength : 0)
    guard frameOctets.count >= network + IPv4Field.minimumLength else { return nil }
    isIPv6 = frameOctets.load8(at: network) >> 4 == 6
    let length =
      isIPv6
      ? IPv6Field.length + Int(frameOctets.load16(at: network + IPv6Field.payloadLength))
      : Int(frameOctets.load16(at: network + IPv4Field.totalLength))
    guard network + length <= frameOctets.count else { return nil }
    octets = frameOctets.prefix(network + length).suffix(from: network)
    direction = interface.realm == .outside ? .inbound : .outbound
    arrival = Arrival(
      ingress: annotation.ingress, passage: annotation.passage.intersection(.hairpin).rawValue, mtu: interface.mtu)
    let header = memory.header(of: frame)
    let isSuper = header.load8(at: VirtioHeader.gsoType) != VirtioHeader.gsoNone
    segmentSize = isSuper ? header.load16(at: VirtioHeader.gsoSize).byteSwapped : 0
    hasPartialChecksum = header.load8(at: VirtioHeader.flags) & VirtioHeader.needsChecksum != 0
  }
}
