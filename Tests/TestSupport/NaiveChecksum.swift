/// The Internet checksum as RFC 1071 section 1 tells it, octet by octet and without a thought of speed, so that it
/// shares no line with the code under test.
package enum NaiveChecksum {
  /// The ones' complement sum of the 16-bit words of `octets`, an odd last octet padded with zero.
  package static func sum(_ octets: some Sequence<UInt8>) -> UInt16 {
    var total = 0
    var isHigh = true
    for octet in octets {
      total += isHigh ? Int(octet) * 256 : Int(octet)
      isHigh.toggle()
      if total > 0xFFFF { total -= 0xFFFF }
    }
    return UInt16(total)
  }

  /// The checksum of `octets`, in which the checksum field is zero.
  package static func checksum(_ octets: some Sequence<UInt8>) -> UInt16 { ~sum(octets) }

  /// The pseudo-header of RFC 9293 section 3.1 and RFC 768 as octets.
  package static func pseudoHeader(
    source: [UInt8], destination: [UInt8], protocolNumber: UInt8, length: Int
  ) -> [UInt8] {
    source + destination + [0, protocolNumber, UInt8(length >> 8), UInt8(length & 255)]
  }
}
