import WireFormats

/// Why a body, or a part of one, is not read.
enum SIPBodyRemark: String, Hashable {
  case encoded = "an encoded body"
  case multipart = "a multipart body"
  case tooDeep = "parts nested too deep"
  case tooMany = "too many parts"
  case malformed = "a multipart body without its boundary"
}

/// Session descriptions in a message's body: the body itself, or parts of it (RFC 2046 section 5.1), nested too.
struct SIPBody {
  static let maximumDepth = 4
  static let maximumParts = 32

  /// A description, and the lengths that change with it.
  struct Part: Hashable {
    var range: Range<Int>
    /// "Content-Length" of the part and of those around it, as far as they have one; the message's own is not among them.
    var lengths: [TextNumber] = []
  }

  private(set) var parts: [Part] = []
  private(set) var remark: SIPBodyRemark?
  private var count = 0

  init(_ message: SIPMessage, _ octets: Span<UInt8>, readsParts: Bool) {
    guard !message.body.isEmpty, let type = message.contentType else { return }
    guard !message.isEncoded else {
      remark = .encoded
      return
    }
    read(octets, type, message.body, lengths: [], depth: readsParts ? Self.maximumDepth : 0)
    if remark == .tooDeep, !readsParts { remark = .multipart }
  }

  private mutating func read(
    _ octets: Span<UInt8>, _ type: Range<Int>, _ range: Range<Int>, lengths: [TextNumber], depth: Int
  ) {
    if Self.isMedia("application/sdp", octets, type) {
      parts.append(Part(range: range, lengths: lengths))
      return
    }
    guard TextReading.begins("multipart/", octets, type.lowerBound, type.upperBound) else { return }
    guard depth > 0 else {
      remark = .tooDeep
      return
    }
    guard let boundary = Self.boundary(octets, type) else {
      remark = .malformed
      return
    }
    readParts(octets, boundary, range, lengths: lengths, depth: depth - 1)
  }

  /// Whether a content type is one, whatever parameters it has.
  private static func isMedia(_ name: StaticString, _ octets: Span<UInt8>, _ type: Range<Int>) -> Bool {
    guard TextReading.begins(name, octets, type.lowerBound, type.upperBound) else { return false }
    let behind = type.lowerBound + name.utf8CodeUnitCount
    return behind == type.upperBound || octets[behind] == 0x3B || TextReading.isSpace(octets[behind])
  }

  private static func boundary(_ octets: Span<UInt8>, _ type: Range<Int>) -> Range<Int>? {
    guard var at = TextReading.find(0x3B, in: octets, type.lowerBound, type.upperBound) else { return nil }
    while let parameter = SIPParameter.next(octets, &at, type.upperBound) {
      guard TextReading.says("boundary", octets, parameter.name) else { continue }
      var value = parameter.value
      if value.count >= 2, octets[value.lowerBound] == 0x22, octets[value.upperBound - 1] == 0x22 {
        value = value.lowerBound + 1..<value.upperBound - 1
      }
      // RFC 2046 section 5.1.1.
      return (1...70).contains(value.count) ? value : nil
    }
    return nil
  }

  private mutating func readParts(
    _ octets: Span<UInt8>, _ boundary: Range<Int>, _ range: Range<Int>, lengths: [TextNumber], depth: Int
  ) {
    var at = range.lowerBound
    var start: Int?
    while at < range.upperBound {
      let line = at
      at = TextReading.find(0x0A, in: octets, at, range.upperBound).map { $0 + 1 } ?? range.upperBound
      guard let isLast = Self.delimiter(octets, line, range.upperBound, boundary) else { continue }
      if let start {
        guard count < Self.maximumParts else {
          remark = .tooMany
          return
        }
        count += 1
        // The line end before a delimiter belongs to it.
        var end = line
        if end > start, octets[end - 1] == 0x0A { end -= 1 }
        if end > start, octets[end - 1] == 0x0D { end -= 1 }
        readPart(octets, start..<max(start, end), lengths: lengths, depth: depth)
      }
      start = at
      if isLast { return }
    }
  }

  /// Whether the line at `at` is a delimiter, and the last one.
  private static func delimiter(_ octets: Span<UInt8>, _ at: Int, _ end: Int, _ boundary: Range<Int>) -> Bool? {
    guard end - at >= boundary.count + 2, octets[at] == 0x2D, octets[at + 1] == 0x2D else { return nil }
    for offset in 0..<boundary.count where octets[at + 2 + offset] != octets[boundary.lowerBound + offset] {
      return nil
    }
    let behind = at + 2 + boundary.count
    if behind + 1 < end, octets[behind] == 0x2D, octets[behind + 1] == 0x2D { return true }
    return behind == end || TextReading.isSpace(octets[behind]) ? false : nil
  }

  private mutating func readPart(_ octets: Span<UInt8>, _ range: Range<Int>, lengths: [TextNumber], depth: Int) {
    var at = range.lowerBound
    var type: Range<Int>?
    var lengths = lengths
    var isEncoded = false
    while let field = SIPField.next(octets, &at, range.upperBound) {
      switch SIPHeaderName(octets, field.name) {
      case .contentType: type = field.value
      case .contentEncoding: isEncoded = true
      case .contentLength:
        if let number = TextReading.number(octets, field.value.lowerBound, field.value.upperBound),
          number.range == field.value
        {
          lengths.append(number)
        }
      default: break
      }
    }
    guard let type, at <= range.upperBound else { return }
    guard !isEncoded else {
      remark = .encoded
      return
    }
    read(octets, type, at..<range.upperBound, lengths: lengths, depth: depth)
  }
}
