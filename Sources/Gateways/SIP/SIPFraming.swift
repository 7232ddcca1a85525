import Translation

/// One header field: its name, and its value with all lines that continue it.
struct SIPField: Hashable {
  var name: Range<Int>
  var value: Range<Int>

  /// The field at `at`, which moves behind it; nil at the empty line that ends the fields, behind which `at` moves then,
  /// and at `end`. A line without a colon is passed over.
  static func next(_ octets: Span<UInt8>, _ at: inout Int, _ end: Int) -> SIPField? {
    while at < end {
      if octets[at] == 0x0A {
        at += 1
        return nil
      }
      if octets[at] == 0x0D, at + 1 < end, octets[at + 1] == 0x0A {
        at += 2
        return nil
      }
      let start = at
      var colon: Int?
      // A line goes on in the next one that begins with white space (RFC 3261 section 7.3.1).
      while at < end {
        let octet = octets[at]
        at += 1
        if octet == 0x0A {
          guard at < end, octets[at] == 0x20 || octets[at] == 0x09 else { break }
        } else if octet == 0x3A, colon == nil {
          colon = at - 1
        }
      }
      guard let colon else { continue }
      let name = TextReading.trim(octets, start..<colon)
      return SIPField(name: name, value: TextReading.trim(octets, colon + 1..<at))
    }
    return nil
  }
}

/// "Content-Length" as a message says it.
enum SIPLength: Hashable {
  case missing
  case known(TextNumber)
  /// No number, or several.
  case wrong

  /// Takes in one more field.
  mutating func read(_ octets: Span<UInt8>, _ value: Range<Int>) {
    guard let number = TextReading.number(octets, value.lowerBound, value.upperBound), number.range == value,
      number.value <= UInt64(Int64.max >> 8)
    else {
      self = .wrong
      return
    }
    switch self {
    case .missing: self = .known(number)
    case .known, .wrong: self = .wrong
    }
  }
}

/// Where messages end in a stream (RFC 3261 section 18.3): behind as many octets as Content-Length says.
///
/// A message without Content-Length has no body. One whose length is no number, or several, ends the looking, because
/// nothing behind it can be found. Lengths have 64 bits, and a body that is too long to be held passes unread.
struct SIPFraming {
  /// Octets of a message whose body is read.
  static let longest = 128 << 10
  /// Octets of all header fields of a message.
  static let longestHead = 64 << 10

  private struct Way {
    var hasBegun = false
    /// Octets in which the end of the header fields has been looked for.
    var scanned = 0
    /// Octets of the message at hand, once its length is known.
    var needed = 0
    /// Octets of a body that pass unread.
    var unread: UInt64 = 0
  }

  private var outbound = Way()
  private var inbound = Way()

  mutating func frame(_ octets: Span<UInt8>, _ direction: Direction) -> Framing {
    direction == .outbound ? Self.frame(octets, &outbound) : Self.frame(octets, &inbound)
  }

  private static func frame(_ octets: Span<UInt8>, _ way: inout Way) -> Framing {
    if way.unread > 0 {
      let count = min(way.unread, UInt64(octets.count))
      way.unread -= count
      return .skip(Int(count))
    }
    if way.needed > 0 {
      guard way.needed <= octets.count else { return .incomplete }
      return whole(way.needed, &way)
    }
    if way.scanned == 0 {
      let blank = keepalive(octets, 0)
      guard blank == 0 else { return .skip(blank) }
      switch SIPStartLine.read(octets, at: 0) {
      case .no: return way.hasBegun ? .stepAside(.malformed) : .stranger
      case .perhaps: return .incomplete
      case .yes(let line):
        way.hasBegun = true
        way.scanned = line.end
      }
    }
    guard let head = endOfHead(octets, &way.scanned) else {
      return octets.count > longestHead ? .stepAside(.tooLarge) : .incomplete
    }
    guard head <= longestHead else { return .stepAside(.tooLarge) }
    var body: UInt64 = 0
    switch length(octets, head) {
    case .missing: break
    case .known(let number): body = number.value
    case .wrong: return .stepAside(.malformed)
    }
    guard UInt64(head) + body <= UInt64(longest) else {
      way.unread = body
      return whole(head, &way)
    }
    way.needed = head + Int(body)
    guard way.needed <= octets.count else { return .incomplete }
    return whole(way.needed, &way)
  }

  /// What comes next is another message, or the same once more where it had to wait for a door.
  private static func whole(_ length: Int, _ way: inout Way) -> Framing {
    way.scanned = 0
    way.needed = 0
    return .message(length)
  }

  /// Octets of line ends before a message (RFC 3261 section 7.5, and RFC 5626 section 3.5.1, where they keep a way open).
  static func keepalive(_ octets: Span<UInt8>, _ start: Int) -> Int {
    var at = start
    while at < octets.count, octets[at] == 0x0D || octets[at] == 0x0A { at += 1 }
    return at - start
  }

  /// Where the body begins: behind the first empty line. `scanned` is where the search goes on when more octets have come.
  private static func endOfHead(_ octets: Span<UInt8>, _ scanned: inout Int) -> Int? {
    var at = scanned
    while at < octets.count {
      if octets[at] == 0x0A {
        if at > 0, octets[at - 1] == 0x0A { return at + 1 }
        if at > 1, octets[at - 1] == 0x0D, octets[at - 2] == 0x0A { return at + 1 }
      }
      at += 1
    }
    scanned = at
    return nil
  }

  private static func length(_ octets: Span<UInt8>, _ head: Int) -> SIPLength {
    guard case .yes(let line) = SIPStartLine.read(octets, at: 0) else { return .wrong }
    var result = SIPLength.missing
    var at = line.end
    while let field = SIPField.next(octets, &at, head) {
      if SIPHeaderName(octets, field.name) == .contentLength { result.read(octets, field.value) }
    }
    return result
  }
}
