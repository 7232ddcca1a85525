import WireFormats

/// A number of a text protocol, and which octets say it.
struct TextNumber: Hashable {
  var value: UInt64
  var range: Range<Int>
}

/// What text protocols have in common: white space, quoted strings, dotted addresses. Every read answers nil, and none
/// traps, whatever the octets are; what lies at or beyond `end` is never looked at.
enum TextReading {
  /// The first octet that is no white space. A line end counts as white space: the lines of a field are one (RFC 3261
  /// section 7.3.1).
  static func skipSpace(_ octets: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
    var at = start
    while at < end, isSpace(octets[at]) { at += 1 }
    return at
  }

  static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 || octet == 0x0D || octet == 0x0A }

  /// `range` without white space at its ends.
  static func trim(_ octets: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isSpace(octets[start]) { start += 1 }
    while end > start, isSpace(octets[end - 1]) { end -= 1 }
    return start..<end
  }

  /// Where a quoted string that begins at `start` ends, behind its last quote; nil where it does not.
  static func endOfQuoted(_ octets: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var at = start + 1
    while at < end {
      switch octets[at] {
      case 0x22: return at + 1
      case 0x5C: at += 2
      default: at += 1
      }
    }
    return nil
  }

  /// The first of `stops` at or behind `start`, or `end`.
  static func find(_ stop: UInt8, in octets: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var at = start
    while at < end {
      if octets[at] == stop { return at }
      at += 1
    }
    return nil
  }

  /// The decimal number that begins at `start`, of any length; nil where there is no digit, or more than 64 bits.
  static func number(_ octets: Span<UInt8>, _ start: Int, _ end: Int) -> TextNumber? {
    var value: UInt64 = 0
    var at = start
    while at < end, octets[at].isDigit {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(octets[at] - 0x30))
      guard !tooLarge, !carry else { return nil }
      value = sum
      at += 1
    }
    return at == start ? nil : TextNumber(value: value, range: start..<at)
  }

  /// A port: one to five digits, of which the first is no zero unless it is the only one. Other spellings of a number would
  /// not come back as they were.
  static func port(_ octets: Span<UInt8>, _ start: Int, _ end: Int) -> (value: UInt16, end: Int)? {
    guard let number = number(octets, start, end), number.value <= 65_535, number.range.count <= 5,
      number.range.count == 1 || octets[start] != 0x30
    else { return nil }
    return (UInt16(number.value), number.range.upperBound)
  }

  /// A dotted IPv4 address in its only canonical spelling, and where it ends.
  static func address(_ octets: Span<UInt8>, _ start: Int, _ end: Int) -> (value: IPv4Address, end: Int)? {
    var value: UInt32 = 0
    var at = start
    for place in 0..<4 {
      var number: UInt32 = 0
      let first = at
      while at < end, at - first < 3, octets[at].isDigit {
        number = number * 10 + UInt32(octets[at] - 0x30)
        at += 1
      }
      guard at > first, number <= 255, at - first == 1 || octets[first] != 0x30 else { return nil }
      value = value << 8 | number
      if place < 3 {
        guard at < end, octets[at] == 0x2E else { return nil }
        at += 1
      }
    }
    // What goes on like a name is one: 10.0.0.1.example.com.
    if at < end, octets[at].isLetter || octets[at].isDigit || octets[at] == 0x2E || octets[at] == 0x2D { return nil }
    return (IPv4Address(value), at)
  }

  /// Whether `range` says `word`, in either case.
  static func says(_ word: StaticString, _ octets: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    return begins(word, octets, range.lowerBound, range.upperBound)
  }

  /// Whether `word` stands at `start`, in either case.
  static func begins(_ word: StaticString, _ octets: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    let length = word.utf8CodeUnitCount
    guard start >= 0, length <= end - start else { return false }
    let letters = unsafe UnsafeBufferPointer(start: word.utf8Start, count: length)
    for index in 0..<length {
      guard unsafe octets[start + index].uppercased == letters[index].uppercased else { return false }
    }
    return true
  }

  /// A number for octets that is the same in every run, for what outlives one (FNV-1a, 64 bits). Whoever chooses the octets
  /// can have two be alike; it must not matter to anybody else.
  static func steadyHash(_ octets: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for at in range { hash = (hash ^ UInt64(octets[at])) &* 0x100_0000_01B3 }
    return hash
  }

  /// A hash of octets, for keys that are looked up without being kept.
  static func hash(_ octets: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hasher = Hasher()
    var at = range.lowerBound
    while at + 8 <= range.upperBound {
      var word: UInt64 = 0
      for offset in 0..<8 { word = word << 8 | UInt64(octets[at + offset]) }
      hasher.combine(word)
      at += 8
    }
    while at < range.upperBound {
      hasher.combine(octets[at])
      at += 1
    }
    hasher.combine(range.count)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }
}

extension [UInt8] {
  /// Appends a number in decimal digits.
  mutating func append(decimal number: some UnsignedInteger) {
    var digits: UInt64 = 0
    var count = 0
    var rest = UInt64(number)
    repeat {
      digits = digits << 4 | rest % 10
      rest /= 10
      count += 1
    } while rest > 0 && count < 16
    if rest > 0 {
      append(contentsOf: String(UInt64(number)).utf8)
      return
    }
    for _ in 0..<count {
      append(0x30 + UInt8(truncatingIfNeeded: digits & 15))
      digits >>= 4
    }
  }

  /// Appends a dotted address.
  mutating func append(dotted address: IPv4Address) {
    for shift in [24, 16, 8, 0] as [UInt32] {
      if shift < 24 { append(0x2E) }
      append(decimal: address.rawValue >> shift & 255)
    }
  }
}
