package import WireFormats

extension InternetChecksum {
  /// The sum of 16-bit words of `octets` (RFC 1071), an odd last octet padded with zero.
  package static func sum(_ octets: Span<UInt8>) -> UInt64 {
    unsafe octets.withUnsafeBytes { unsafe sum($0) }
  }

  /// The sum of the words of pieces that lie one behind the other.
  static func sum(_ pieces: [ArraySlice<UInt8>]) -> UInt64 {
    var total: UInt64 = 0
    var isOdd = false
    for piece in pieces {
      let folded = fold(unsafe piece.withUnsafeBytes { unsafe sum($0) })
      // What begins at an odd place has its octets in each other's places (RFC 1071 section 2).
      total &+= UInt64(isOdd ? folded.byteSwapped : folded)
      if piece.count % 2 == 1 { isOdd.toggle() }
    }
    return total
  }

  /// Sums words as the machine reads them, which in the end is the same sum with its octets exchanged (RFC 1071 section 2).
  private static func sum(_ octets: UnsafeRawBufferPointer) -> UInt64 {
    guard let base = octets.baseAddress else { return 0 }
    var total: UInt64 = 0
    var offset = 0
    let whole = octets.count & ~3
    while offset < whole {
      total &+= UInt64(unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      offset += 4
    }
    var rest: UInt32 = 0
    while offset < octets.count {
      rest |= UInt32(unsafe base.load(fromByteOffset: offset, as: UInt8.self)) << UInt32(8 * (offset - whole))
      offset += 1
    }
    return UInt64(UInt16(littleEndian: fold(total &+ UInt64(UInt32(littleEndian: rest)))).byteSwapped)
  }
}
