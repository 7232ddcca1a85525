/// The Internet checksum (RFC 1071) and its update by difference (RFC 1624).
@usableFromInline package enum InternetChecksum {
  /// Folds a sum of 16-bit (or 32-bit) words to 16 bits with end-around carry.
  @inlinable @inline(__always) package static func fold(_ sum: UInt64) -> UInt16 {
    var total = (sum & 0xFFFF_FFFF) &+ (sum >> 32)
    total = (total & 0xFFFF) &+ (total >> 16)
    total = (total & 0xFFFF) &+ (total >> 16)
    total = (total & 0xFFFF) &+ (total >> 16)
    return UInt16(truncatingIfNeeded: total)
  }

  /// What changing `old` into `new` adds to the sum under a checksum: RFC 1624's "~m + m'", folded.
  @inlinable @inline(__always) package static func difference(from old: UInt32, to new: UInt32) -> UInt16 {
    fold(UInt64(~old) &+ UInt64(new))
  }

  /// The sum of two in ones' complement: what carries out at the top comes in again below.
  @inlinable @inline(__always) package static func add<Word: FixedWidthInteger>(_ first: Word, _ second: Word) -> Word {
    let (sum, carries) = first.addingReportingOverflow(second)
    return sum &+ (carries ? 1 : 0)
  }

  /// Whether words that a checksum covers, itself among them, were summed to what they should: to a multiple of 0xFFFF,
  /// which 64-bit words keep as 16-bit ones do (RFC 1071 section 2). Not all of them are zero.
  ///
  /// A multiple is what the inverse of 0xFFFF modulo 2^64 makes a quotient of: any other number comes out larger than the
  /// largest quotient there is.
  @inlinable @inline(__always) package static func isRight(_ sum: UInt64) -> Bool {
    sum &* 0xFFFE_FFFE_FFFE_FFFF <= 0x0001_0001_0001_0001
  }

  /// A checksum field after a change of `difference`: RFC 1624 equation 3, HC' = ~(~HC + ~m + m'), which is HC less the
  /// difference, with what is borrowed at the top taken off below.
  @inlinable @inline(__always) package static func update(_ checksum: UInt16, by difference: UInt16) -> UInt16 {
    let (less, borrows) = checksum.subtractingReportingOverflow(difference)
    return less &- (borrows ? 1 : 0)
  }

  /// The pseudo-header's sum (RFC 9293 section 3.1, RFC 768): addresses, protocol, length.
  package static func pseudoHeader(
    source: IPv4Address, destination: IPv4Address, protocol number: IPProtocol, length: Int
  ) -> UInt64 {
    UInt64(source.rawValue) &+ UInt64(destination.rawValue) &+ UInt64(number.rawValue) &+ UInt64(length)
  }

  /// The checksum field for a sum taken with the field at zero.
  @inlinable package static func finish(_ sum: UInt64) -> UInt16 { ~fold(sum) }
}
