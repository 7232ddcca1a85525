package import WireFormats

extension InternetChecksum {
  /// The sum of 16-bit words of `octets` (RFC 1071), an odd last octet padded with zero.
  package static func sum(_ octets: Span<UInt8>) -> UInt64 {
    var total: UInt64 = 0
    var offset = 0
    let whole = octets.count & ~3
    while offset < whole {
      total &+= UInt64(octets[offset]) << 24 | UInt64(octets[offset + 1]) << 16
      total &+= UInt64(octets[offset + 2]) << 8 | UInt64(octets[offset + 3])
      offset += 4
    }
    while offset < octets.count {
      total &+= offset & 1 == 0 ? UInt64(octets[offset]) << 8 : UInt64(octets[offset])
      offset += 1
    }
    return total
  }
}
