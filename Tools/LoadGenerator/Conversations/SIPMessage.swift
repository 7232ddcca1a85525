import WireFormats

/// What a SIP message says, as far as a call of the generator's own depends on it (RFC 3261 section 7, RFC 8866).
struct SIPMessage {
  /// The port that is meant where none is written.
  static let port: UInt16 = 5060

  /// A request's method; nil of an answer.
  private(set) var method: String?
  /// An answer's status; 0 of a request.
  private(set) var status = 0
  /// The header fields that an answer repeats, whole lines: Via, From, To, Call-ID, CSeq.
  private(set) var repeated: [String] = []
  /// Where the topmost Via says that the message came from: "sent-by".
  private(set) var sentBy: Endpoint?
  /// Where the one before found it to come from: "received" and "rport", if they are there.
  private(set) var received: IPv4Address?
  private(set) var receivedPort: UInt16?
  private(set) var contact: Endpoint?
  private(set) var from: Endpoint?
  private(set) var callID = ""
  /// The method in CSeq.
  private(set) var sequenceMethod = ""
  /// The address in the description's origin.
  private(set) var origin: IPv4Address?
  /// The address of the description's connection, and the port of its first stream.
  private(set) var mediaAddress: IPv4Address?
  private(set) var mediaPort: UInt16?

  /// Reads a message; nil when it is none, or lacks what every message has.
  init?(_ octets: [UInt8]) {
    var lines = octets.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
    }[...]
    guard let start = lines.popFirst() else { return nil }
    let words = start.split(separator: " ")
    guard words.count >= 3 else { return nil }
    if words[0] == "SIP/2.0" {
      guard let status = Int(words[1]) else { return nil }
      self.status = status
    } else {
      guard words[2] == "SIP/2.0" else { return nil }
      method = String(words[0])
    }
    while let line = lines.popFirst(), !line.isEmpty { readField(line) }
    while let line = lines.popFirst() { readDescription(line) }
    guard sentBy != nil, !callID.isEmpty, !sequenceMethod.isEmpty else { return nil }
  }

  /// Where the message's media are to be sent.
  var media: Endpoint? {
    guard let mediaAddress, let mediaPort else { return nil }
    return Endpoint(mediaAddress, mediaPort)
  }

  private mutating func readField(_ line: String) {
    guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
    let value = line[line.utf8.index(after: colon)...].drop { $0 == " " }
    switch line[..<colon] {
    case "Via":
      repeated.append(line)
      if sentBy == nil { readVia(value) }
    case "From":
      repeated.append(line)
      from = Self.endpoint(ofURI: value)
    case "To": repeated.append(line)
    case "Call-ID":
      repeated.append(line)
      callID = String(value)
    case "CSeq":
      repeated.append(line)
      sequenceMethod = value.split(separator: " ").last.map(String.init) ?? ""
    case "Contact": contact = Self.endpoint(ofURI: value)
    default: break
    }
  }

  private mutating func readVia(_ value: Substring) {
    let parameters = value.split(separator: ";")
    guard let sender = parameters.first?.split(separator: " ").last else { return }
    sentBy = Self.endpoint(sender)
    for parameter in parameters.dropFirst() {
      if parameter.hasPrefix("received=") { received = IPv4Address(parameter.dropFirst(9)) }
      if parameter.hasPrefix("rport=") { receivedPort = UInt16(parameter.dropFirst(6)) }
    }
  }

  private mutating func readDescription(_ line: String) {
    let words = line.dropFirst(2).split(separator: " ")
    switch line.prefix(2) {
    case "o=": origin = words.last.flatMap { IPv4Address($0) }
    case "c=" where mediaAddress == nil: mediaAddress = words.last.flatMap { IPv4Address($0) }
    case "m=" where mediaPort == nil: mediaPort = words.count > 1 ? UInt16(words[1]) : nil
    default: break
    }
  }

  /// The host and the port of `<sip:user@host:port>`.
  private static func endpoint(ofURI text: Substring) -> Endpoint? {
    guard let at = text.utf8.firstIndex(of: UInt8(ascii: "@")) else { return nil }
    return endpoint(text[text.utf8.index(after: at)...].prefix { $0 != ">" && $0 != ";" })
  }

  /// Reads `address:port`, or an address alone.
  private static func endpoint(_ text: Substring) -> Endpoint? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPv4Address(parts[0]) else { return nil }
    guard parts.count == 2 else { return Endpoint(address, port) }
    return UInt16(parts[1]).map { Endpoint(address, $0) }
  }

  /// Whether an IPv4 address that meets the condition stands anywhere in a message.
  static func names(_ octets: [UInt8], where condition: (IPv4Address) -> Bool) -> Bool {
    var (numbers, value, digits): (UInt64, UInt64, Int) = (0, 0, 0)
    var count = 0
    // One octet behind the end, so that an address there is looked at, too.
    for index in 0...octets.count {
      let octet = index < octets.count ? octets[index] : 0
      if octet >= UInt8(ascii: "0"), octet <= UInt8(ascii: "9") {
        digits += 1
        value = min(value * 10 + UInt64(octet - UInt8(ascii: "0")), 256)
        continue
      }
      if digits > 0, value < 256 {
        numbers = (numbers << 8 | value) & 0xFFFF_FFFF
        count += 1
      } else {
        count = 0
      }
      (value, digits) = (0, 0)
      if octet == UInt8(ascii: ".") { continue }
      if count == 4, condition(IPv4Address(UInt32(numbers))) { return true }
      count = 0
    }
    return false
  }
}
