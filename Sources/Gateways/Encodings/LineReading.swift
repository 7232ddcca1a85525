/// Reading lines of text protocols: every read answers nil, and none traps, whatever the octets are.
enum LineReading {
  /// The octets of the first line with its end, LF or CRLF; nil when the line has no end yet.
  static func lineLength(_ octets: Span<UInt8>, from start: Int = 0) -> Int? {
    var at = start
    while at < octets.count {
      if octets[at] == 0x0A { return at + 1 }
      at += 1
    }
    return nil
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
