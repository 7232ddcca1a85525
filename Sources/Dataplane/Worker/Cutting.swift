import Forwarding
import Translation
import WireFormats

extension Worker where IO: ~Copyable {
  /// Sends a packet that is larger than its neighbour's link in fragments, in order (RFC 791, RFC 4787 REQ-13).
  ///
  /// What a device would have to complete cannot be cut before it is complete: a super-frame becomes its segments, a
  /// partial checksum a whole one.
  mutating func cut(_ frame: Frame, network: Int, end: Int, to neighbor: NeighborState) {
    let header = memory.header(of: frame)
    let octets = memory.octets(of: frame).prefix(end)
    let gso = header.load8(at: VirtioHeader.gsoType) & ~VirtioHeader.gsoECN
    guard gso == VirtioHeader.gsoNone else {
      guard gso == VirtioHeader.gsoTCPv4 || gso == VirtioHeader.gsoUDP,
        let segments = Segmentation(
          octets, at: network, segmentSize: Int(header.load16(at: VirtioHeader.gsoSize).byteSwapped))
      else {
        drop(frame, .fragmentationRequired)
        return
      }
      sendSegments(segments, of: octets, to: neighbor)
      release(frame.buffer)
      return
    }
    if header.load8(at: VirtioHeader.flags) & VirtioHeader.needsChecksum != 0 {
      guard completeChecksum(header, octets, network: network) else {
        drop(frame, .fragmentationRequired)
        return
      }
    }
    sendFragments(of: frame, octets, network: network, to: neighbor)
  }

  /// Sends the segments of a super-frame, each in fragments if need be.
  private mutating func sendSegments(_ segments: Segmentation, of octets: PacketOctets, to neighbor: NeighborState) {
    let network = headerLength(of: neighbor)
    for number in 0..<segments.count {
      guard let frame = newFrame(device: links[neighbor.interface].device) else { return }
      let target = memory.octets(of: frame)
      guard target.count >= network + segments.largest else {
        drop(frame, .fragmentationRequired)
        return
      }
      let length = segments.write(number, of: octets, to: target, at: network)
      var segment = frame
      segment.length = UInt32(VirtioHeader.size + network + length)
      sendFragments(of: segment, memory.octets(of: segment), network: network, to: neighbor)
    }
  }

  /// Sends a packet whose checksums are whole: in fragments, or as it is if it fits.
  private mutating func sendFragments(
    of frame: Frame, _ octets: PacketOctets, network: Int, to neighbor: NeighborState
  ) {
    let link = links[neighbor.interface]
    guard let cut = IPv4Fragmentation(octets, at: network, mtu: Int(link.mtu)) else {
      guard Int(octets.load16(at: network + IPv4Field.totalLength)) <= Int(link.mtu) else {
        drop(frame, .fragmentationRequired)
        return
      }
      transmit(frame, network: network, end: octets.count, to: neighbor)
      return
    }
    // A datagram without its end is of no use to anybody.
    guard pool.count >= cut.count - 1 else {
      drop(frame, .noBuffer)
      return
    }
    handle.load.add(to: .datagramsCut)
    handle.load.add(cut.count, to: .fragmentsMade)
    let first = cut.trimFirst(octets)
    // The first fragment stays where the packet lies, whose other octets stay as they are until it has been sent.
    transmit(frame, network: network, end: network + first, to: neighbor)
    let offset = headerLength(of: neighbor)
    for number in 1..<cut.count {
      guard let fragment = newFrame(device: link.device) else { return }
      let length = cut.write(number, of: octets, to: memory.octets(of: fragment), at: offset)
      transmit(fragment, network: offset, end: offset + length, to: neighbor)
    }
  }

  private mutating func headerLength(of neighbor: NeighborState) -> Int {
    links[neighbor.interface].vlan == 0 ? Ethernet.headerLength : Ethernet.headerLength + Ethernet.tagLength
  }

  /// Completes a checksum that was left to the device, whose field holds the pseudo-header's sum; false when the virtio
  /// header points outside of the packet.
  private mutating func completeChecksum(_ header: PacketOctets, _ octets: PacketOctets, network: Int) -> Bool {
    let start = Int(header.load16(at: VirtioHeader.checksumStart).byteSwapped)
    let field = start + Int(header.load16(at: VirtioHeader.checksumOffset).byteSwapped)
    guard start >= network + IPv4Field.minimumLength, field + 2 <= octets.count else { return false }
    let checksum = InternetChecksum.finish(octets.sum(start..<octets.count))
    let isUDP = octets.load8(at: network + IPv4Field.protocolNumber) == IPProtocol.udp.rawValue
    octets.store16(checksum == 0 && isUDP ? 0xFFFF : checksum, at: field)
    for offset in 0..<VirtioHeader.size { header.store8(0, at: offset) }
    return true
  }
}
