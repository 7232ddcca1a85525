/// A line that a server sends (RFC 959 section 4.2).
struct FTPReply: Hashable {
  /// Three digits, 100 to 599.
  var code: Int
  /// Whether other lines of the same reply follow.
  var goesOn: Bool
  /// What a 227 names.
  var passive: FTPEndpoint?
  /// The port of a 229, and where its digits stand.
  var extendedPort: (port: UInt16, range: Range<Int>)?

  static func == (one: Self, other: Self) -> Bool {
    one.code == other.code && one.goesOn == other.goesOn && one.passive == other.passive
      && one.extendedPort?.port == other.extendedPort?.port && one.extendedPort?.range == other.extendedPort?.range
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    hasher.combine(goesOn)
  }

  /// Reads a line that begins a reply; nil when it does not.
  init?(_ line: Span<UInt8>) {
    guard let number = line.decimal(at: 0, digits: 3), number.end == 3, (100...599).contains(number.value) else {
      return nil
    }
    guard let next = line.octet(3), next == 0x20 || next == 0x2D || next == 0x0D || next == 0x0A else { return nil }
    code = Int(number.value)
    goesOn = next == 0x2D
    guard !goesOn else { return }
    if code == 227 { passive = Self.findEndpoint(line) }
    if code == 229 { extendedPort = Self.findPort(line) }
  }

  /// Whether a line ends a reply of several lines: its code again, and a space (RFC 959 section 4.2).
  static func ends(_ line: Span<UInt8>, code: Int) -> Bool {
    guard let number = line.decimal(at: 0, digits: 3), number.end == 3 else { return false }
    return Int(number.value) == code && line.octet(3) == 0x20
  }

  /// Whether the first octets of a stream can become a reply.
  static func canBegin(_ octets: Span<UInt8>) -> Bool {
    for place in 0..<min(4, octets.count) {
      let octet = octets[place]
      switch place {
      case 0: if octet < 0x31 || octet > 0x35 { return false }
      case 1, 2: if !octet.isDigit { return false }
      default: if octet != 0x20, octet != 0x2D, octet != 0x0D, octet != 0x0A { return false }
      }
    }
    return true
  }

  /// The six numbers of a 227, in parentheses or without: servers differ, so the first place that reads as them counts
  /// (RFC 1123 section 4.1.2.6).
  private static func findEndpoint(_ line: Span<UInt8>) -> FTPEndpoint? {
    var at = 4
    while at < line.count {
      if line[at].isDigit {
        if let found = FTPEndpoint(commas: line, at: at) { return found }
        while let octet = line.octet(at), octet.isDigit { at += 1 }
      } else {
        at += 1
      }
    }
    return nil
  }

  /// The port between `(|||` and `|)`, with any separator (RFC 2428 section 3).
  private static func findPort(_ line: Span<UInt8>) -> (port: UInt16, range: Range<Int>)? {
    var at = 4
    while at < line.count, line[at] != 0x28 { at += 1 }
    guard let separator = line.octet(at + 1), separator >= 33, separator <= 126, line.octet(at + 2) == separator,
      line.octet(at + 3) == separator, let number = line.decimal(at: at + 4, digits: 5),
      let port = UInt16(exactly: number.value), line.octet(number.end) == separator
    else { return nil }
    return (port, at + 4..<number.end)
  }
}
