package import WireFormats

/// The IPv6 address that stands for a host's own in tests.
package func ipv6Address(of address: IPv4Address) -> IPv6Address {
  IPv6Address(0x2001_0DB8_0000_0000, UInt64(address.rawValue))
}

/// An IPv4 packet as the same hosts would send it over IPv6, with its transport checksum.
package func overIPv6(_ packet: [UInt8]) -> [UInt8] {
  let header = Int(packet[0] & 15) * 4
  let transport = Array(packet[header...])
  func octets(_ start: Int) -> [UInt8] {
    [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0] + packet[start..<start + 4]
  }
  var result: [UInt8] = [
    0x60, 0, 0, 0, UInt8(transport.count >> 8), UInt8(transport.count & 255), packet[9], packet[8],
  ]
  result += octets(12) + octets(16) + transport
  let field = 40 + (packet[9] == IPProtocol.tcp.rawValue ? 16 : 6)
  guard packet[9] != IPProtocol.icmp.rawValue, field + 2 <= result.count else { return result }
  (result[field], result[field + 1]) = (0, 0)
  let checksum = ~transportSum(result)
  (result[field], result[field + 1]) = (UInt8(checksum >> 8), UInt8(checksum & 255))
  return result
}

/// The sum of the transport and its pseudo-header of an IPv6 packet without extension headers: 0xFFFF when the checksum is
/// right.
package func transportSum(_ packet: [UInt8]) -> UInt16 {
  var sum = UInt64(packet.count - 40) + UInt64(packet[6])
  for index in stride(from: 8, to: packet.count, by: 2) {
    sum += UInt64(packet[index]) << 8 | UInt64(index + 1 < packet.count ? packet[index + 1] : 0)
  }
  while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
  return UInt16(sum)
}
