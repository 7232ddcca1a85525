import Forwarding
import WireFormats

extension Translator {
  /// Lowers the "Maximum Segment Size" option of a SYN to what the interfaces on its way allow (`ip tcp adjust-mss`;
  /// RFC 9293 section 3.7.1 has the option).
  @inline(never)
  mutating func clampSegmentSize(_ packet: inout Packet, leavingBy egress: InterfaceID) {
    let limits = [facts[packet.ingress].maximumSegmentSize, facts[egress].maximumSegmentSize] as InlineArray<2, UInt16>
    var limit = UInt16.max
    for index in limits.indices where limits[index] != 0 { limit = min(limit, limits[index]) }
    guard limit != .max, packet.protocolNumber == .tcp else { return }
    let octets = packet.octets
    let transport = Int(packet.transportOffset)
    let end = transport + Int(packet.transportHeaderLength)
    var offset = transport + TCPField.minimumLength
    while offset < end {
      let kind = octets.load8(at: offset)
      if kind == TCPOption.end { return }
      if kind == TCPOption.noOperation {
        offset += 1
        continue
      }
      guard offset + 2 <= end else { return }
      let length = Int(octets.load8(at: offset + 1))
      guard length >= 2, offset + length <= end else { return }
      if kind == TCPOption.maximumSegmentSize, length == 4 {
        lower(to: limit, at: offset + 2, in: &packet)
        return
      }
      offset += length
    }
  }

  private mutating func lower(to limit: UInt16, at offset: Int, in packet: inout Packet) {
    let octets = packet.octets
    let old = octets.load16(at: offset)
    guard old > limit else { return }
    octets.store16(limit, at: offset)
    // A checksum that waits for the segment's sum will cover the new value by itself.
    guard !packet.offload.partialChecksum else { return }
    let place = Int(packet.transportOffset) + TCPField.checksum
    // An option may begin at an odd offset; then its octets lie the other way round in the sum.
    let isOdd = (offset - Int(packet.transportOffset)) & 1 == 1
    let change = InternetChecksum.difference(
      from: UInt32(isOdd ? old.byteSwapped : old), to: UInt32(isOdd ? limit.byteSwapped : limit))
    octets.store16(InternetChecksum.update(octets.load16(at: place), by: change), at: place)
  }
}
