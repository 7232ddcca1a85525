/// Reading lines of text protocols: every read answers nil, and none traps, whatever the octets are.
enum LineReading {
  /// The octets of the first line with its end, LF or CRLF; nil when the line has no end yet.
  static func lineLength(_ octets: Span<UInt8>) -> Int? {
    var at = 0
    // Lines may be long, and most of what they have is no end: 32 octets at a time are passed over that have none.
    unsafe octets.withUnsafeBytes { octets in
      while octets.count - at >= 32 {
        var feeds: UInt64 = 0
        for word in 0..<4 {
          let eight = unsafe octets.loadUnaligned(fromByteOffset: at + 8 * word, as: UInt64.self)
          feeds |= zeros(in: eight ^ 0x0A0A_0A0A_0A0A_0A0A)
        }
        guard feeds == 0 else { break }
        at += 32
      }
    }
    while at < octets.count {
      if octets[at] == 0x0A { return at + 1 }
      at += 1
    }
    return nil
  }

  /// Something else than 0 if any of eight octets is zero.
  @inline(__always)
  private static func zeros(in word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }
}

extension Span<UInt8> {
  /// The octet at an offset, or nil beyond the end.
  func octet(_ offset: Int) -> UInt8? { offset >= 0 && offset < count ? self[offset] : nil }

  /// A decimal number of at most `digits` digits at `offset`, and where it ends.
  func decimal(at offset: Int, digits: Int) -> (value: UInt32, end: Int)? {
    var value: UInt32 = 0
    var at = offset
    while let octet = octet(at), octet >= 0x30, octet <= 0x39 {
      guard at - offset < min(digits, 9) else { return nil }
      value = value * 10 + UInt32(octet - 0x30)
      at += 1
    }
    return at == offset ? nil : (value, at)
  }

  /// Whether the octets at `offset` are these letters, in either case.
  func matches(_ word: String, at offset: Int) -> Bool {
    guard offset >= 0, offset + word.utf8.count <= count else { return false }
    var at = offset
    for letter in word.utf8 {
      if self[at].uppercased != letter.uppercased { return false }
      at += 1
    }
    return true
  }
}

extension UInt8 {
  var isLetter: Bool { uppercased >= 0x41 && uppercased <= 0x5A }
  var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  /// The capital of a letter; other octets as they are.
  var uppercased: UInt8 { self >= 0x61 && self <= 0x7A ? self - 0x20 : self }
}
