/// The methods that mean something to the gateway; every other one is translated like them and means nothing.
enum SIPMethod: UInt8, CaseIterable, Hashable {
  case invite, ack, bye, cancel, register, options, info, prack, update, subscribe, notify, refer, message, publish
  case other

  /// As the first line has it: methods are written in capitals, and no others are the same (RFC 3261 section 7.1).
  var name: StaticString {
    switch self {
    case .invite: "INVITE"
    case .ack: "ACK"
    case .bye: "BYE"
    case .cancel: "CANCEL"
    case .register: "REGISTER"
    case .options: "OPTIONS"
    case .info: "INFO"
    case .prack: "PRACK"
    case .update: "UPDATE"
    case .subscribe: "SUBSCRIBE"
    case .notify: "NOTIFY"
    case .refer: "REFER"
    case .message: "MESSAGE"
    case .publish: "PUBLISH"
    case .other: "other"
    }
  }

  init(_ octets: Span<UInt8>, _ range: Range<Int>) {
    self = .other
    for method in Self.known where TextReading.says(method.name, octets, range) {
      self = method
      return
    }
  }

  private static let known = allCases.filter { $0 != .other }
}

/// The first line of a message (RFC 3261 section 7): what it is, and where it ends.
struct SIPStartLine: Hashable {
  enum Kind: Hashable {
    case request(SIPMethod, uri: Range<Int>)
    case response(UInt16)
  }

  /// Whether octets are the beginning of a message.
  enum Beginning: Hashable {
    case no
    /// Nothing speaks against it, but the line is not complete.
    case perhaps
    case yes(SIPStartLine)
  }

  /// Octets of the longest line that is read; a Request-URI of such a length exists in tests only.
  static let longest = 8192
  private static let longestMethod = 64
  private static let longestScheme = 32

  var kind: Kind
  /// Behind its line end.
  var end: Int

  /// Reads the line at `start`, as far as it is there. Whatever no first line can begin with is told at once, so that a
  /// stranger's octets are not held back (rule R1).
  static func read(_ octets: Span<UInt8>, at start: Int) -> Beginning {
    let end = min(octets.count, start + longest)
    if let status = readStatus(octets, start, end) { return status }
    var at = start
    while at < end, isToken(octets[at]) {
      at += 1
      guard at - start <= longestMethod else { return .no }
    }
    guard at < end else { return unfinished(octets, start) }
    guard at > start, octets[at] == 0x20 else { return .no }
    let method = start..<at
    at += 1
    let uri = at
    while at < end, octets[at].isLetter || at > uri && isSchemeOctet(octets[at]) {
      at += 1
      guard at - uri <= longestScheme else { return .no }
    }
    guard at < end else { return unfinished(octets, start) }
    guard at > uri, octets[at] == 0x3A else { return .no }
    while at < end, octets[at] > 0x20, octets[at] != 0x7F { at += 1 }
    guard at < end else { return unfinished(octets, start) }
    guard octets[at] == 0x20 else { return .no }
    let uriEnd = at
    guard let version = version(octets, at + 1, end) else { return .no }
    guard version < end else { return unfinished(octets, start) }
    guard let next = lineEnd(octets, version, end) else { return .no }
    guard next <= end else { return unfinished(octets, start) }
    return .yes(
      SIPStartLine(kind: .request(SIPMethod(octets, method), uri: uri..<uriEnd), end: next))
  }

  /// A status line; nil when the octets are the beginning of none.
  private static func readStatus(_ octets: Span<UInt8>, _ start: Int, _ end: Int) -> Beginning? {
    guard let at = version(octets, start, end) else { return nil }
    // `SIP` alone may become a method, too.
    guard at < end else { return unfinished(octets, start) }
    guard octets[at] == 0x20 else { return nil }
    var code: UInt16 = 0
    for place in at + 1..<at + 4 {
      guard place < end else { return unfinished(octets, start) }
      guard octets[place].isDigit else { return .no }
      code = code * 10 + UInt16(octets[place] - 0x30)
    }
    guard at + 4 < end else { return unfinished(octets, start) }
    guard (100...699).contains(code), octets[at + 4] == 0x20 || octets[at + 4] == 0x0D || octets[at + 4] == 0x0A else {
      return .no
    }
    guard let newline = TextReading.find(0x0A, in: octets, at + 4, end) else { return unfinished(octets, start) }
    return .yes(SIPStartLine(kind: .response(code), end: newline + 1))
  }

  /// A line that is not complete, or never will be.
  private static func unfinished(_ octets: Span<UInt8>, _ start: Int) -> Beginning {
    octets.count - start < longest ? .perhaps : .no
  }

  /// Where `SIP/2.0` ends that begins at `start`, or `end` where it is cut off; nil where it is something else.
  private static func version(_ octets: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
    let word: StaticString = "SIP/2.0"
    let length = word.utf8CodeUnitCount
    if end - start >= length { return TextReading.begins(word, octets, start, end) ? start + length : nil }
    for count in stride(from: length - 1, to: 0, by: -1) where count == end - start {
      let letters = unsafe UnsafeBufferPointer(start: word.utf8Start, count: length)
      for index in 0..<count {
        guard unsafe octets[start + index].uppercased == letters[index] else { return nil }
      }
    }
    return end
  }

  /// Behind the line end that has to stand at `at`; beyond `end` where it is cut off, nil where something else stands.
  private static func lineEnd(_ octets: Span<UInt8>, _ at: Int, _ end: Int) -> Int? {
    if octets[at] == 0x0A { return at + 1 }
    guard octets[at] == 0x0D else { return nil }
    guard at + 1 < end else { return end + 1 }
    return octets[at + 1] == 0x0A ? at + 2 : nil
  }

  private static func isSchemeOctet(_ octet: UInt8) -> Bool {
    octet.isDigit || octet == 0x2B || octet == 0x2D || octet == 0x2E
  }

  /// "token" of RFC 3261 section 25.1.
  static func isToken(_ octet: UInt8) -> Bool {
    if octet.isLetter || octet.isDigit { return true }
    switch octet {
    case 0x2D, 0x2E, 0x21, 0x25, 0x2A, 0x5F, 0x2B, 0x60, 0x27, 0x7E: return true
    default: return false
    }
  }
}
