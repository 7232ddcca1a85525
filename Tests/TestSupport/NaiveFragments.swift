/// Cutting and putting together as RFC 791 section 3.2 tells it, octet by octet and without the code under test.
package enum NaiveFragments {
  /// A packet's fragments: cut after each of `cuts`, which count octets of its payload and are multiples of eight.
  package static func cut(_ packet: [UInt8], at cuts: [Int]) -> [[UInt8]] {
    let header = Array(packet.prefix(headerLength(packet)))
    let payload = Array(packet.dropFirst(header.count))
    let old = Int(packet[6]) << 8 | Int(packet[7])
    let edges = [0] + cuts.filter { $0 > 0 && $0 < payload.count }.sorted() + [payload.count]
    return zip(edges, edges.dropFirst()).map { start, end in
      let more = end < payload.count ? 0x2000 : old & 0x2000
      return headed(header, payload[start..<end], fragment: (old & 0x1FFF) + start / 8 | more)
    }
  }

  private static func headed(_ header: [UInt8], _ payload: ArraySlice<UInt8>, fragment: Int) -> [UInt8] {
    var header = header
    let length = header.count + payload.count
    header.replaceSubrange(2..<4, with: [UInt8(length >> 8), UInt8(length & 255)])
    header.replaceSubrange(6..<8, with: [UInt8(fragment >> 8), UInt8(fragment & 255)])
    header.replaceSubrange(10..<12, with: [0, 0])
    let checksum = NaiveChecksum.checksum(header)
    header.replaceSubrange(10..<12, with: [UInt8(checksum >> 8), UInt8(checksum & 255)])
    return header + payload
  }

  /// The packet that fragments are of, whatever their order; nil when one is missing, two share an octet or say
  /// different things of their datagram, or a header's checksum is wrong.
  package static func join(_ fragments: [[UInt8]]) -> [UInt8]? {
    guard let first = fragments.first(where: { offset($0) == 0 }) else { return nil }
    var octets: [Int: UInt8] = [:]
    var end: Int?
    for fragment in fragments {
      let header = headerLength(fragment)
      guard NaiveChecksum.sum(fragment.prefix(header)) == 0xFFFF,
        identity(fragment) == identity(first), Int(fragment[2]) << 8 | Int(fragment[3]) == fragment.count
      else { return nil }
      for (place, octet) in fragment.dropFirst(header).enumerated() {
        guard octets.updateValue(octet, forKey: offset(fragment) + place) == nil else { return nil }
      }
      if fragment[6] & 0x20 == 0 {
        guard end == nil else { return nil }
        end = offset(fragment) + fragment.count - header
      }
    }
    guard let end, octets.count == end, octets.keys.allSatisfy({ $0 < end }) else { return nil }
    let payload = (0..<end).compactMap { octets[$0] }
    return headed(Array(first.prefix(headerLength(first))), payload[...], fragment: 0)
  }

  /// What makes fragments one datagram's.
  private static func identity(_ packet: [UInt8]) -> [UInt8] { Array(packet[4..<6] + packet[8..<10] + packet[12..<20]) }

  package static func headerLength(_ packet: [UInt8]) -> Int { Int(packet[0] & 15) * 4 }

  /// Where a fragment's payload begins in its datagram's.
  package static func offset(_ packet: [UInt8]) -> Int { (Int(packet[6] & 0x1F) << 8 | Int(packet[7])) * 8 }
}

extension Datagram {
  /// The frames of the datagram's fragments, cut after each of `cuts` octets of its IPv4 payload.
  package func fragments(cutAt cuts: [Int]) -> [Frame] {
    NaiveFragments.cut(packet(), at: cuts).map { packet in
      var frame = frame()
      frame.octets.replaceSubrange(frame.networkOffset..., with: packet)
      return frame
    }
  }
}
