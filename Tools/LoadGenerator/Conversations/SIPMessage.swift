import WireFormats

/// What a SIP message says, as far as a call of the generator's own depends on it (RFC 3261 section 7, RFC 8866).
struct SIPMessage {
  typealias Octets = ArraySlice<UInt8>

  /// The port that is meant where none is written.
  static let port: UInt16 = 5060

  /// A request's method; nil of an answer.
  private(set) var method: String?
  /// An answer's status; 0 of a request.
  private(set) var status = 0
  /// The header fields that an answer repeats, whole lines: Via, From, To, Call-ID, CSeq.
  private(set) var repeated: [Octets] = []
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

  // Read as octets, not as characters: a call has seven messages, and the generator shall not be slower than the gateway.

  private static let (space, colon, semicolon) = (UInt8(ascii: " "), UInt8(ascii: ":"), UInt8(ascii: ";"))

  /// Reads a message; nil when it is none, or lacks what every message has.
  init?(_ octets: [UInt8]) {
    var isBody = false
    for (number, line) in octets.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if number == 0 {
        guard readStart(line) else { return nil }
      } else if isBody {
        readDescription(line)
      } else if line.isEmpty {
        isBody = true
      } else {
        readField(line)
      }
    }
    guard sentBy != nil, !callID.isEmpty, !sequenceMethod.isEmpty else { return nil }
  }

  /// Where the message's media are to be sent.
  var media: Endpoint? {
    guard let mediaAddress, let mediaPort else { return nil }
    return Endpoint(mediaAddress, mediaPort)
  }

  private mutating func readStart(_ line: Octets) -> Bool {
    let words = line.split(separator: Self.space)
    guard words.count >= 3 else { return false }
    if words[0].elementsEqual("SIP/2.0".utf8) {
      guard let status = Int(Self.text(words[1])) else { return false }
      self.status = status
      return true
    }
    method = Self.text(words[0])
    return words[2].elementsEqual("SIP/2.0".utf8)
  }

  private mutating func readField(_ line: Octets) {
    guard let end = line.firstIndex(of: Self.colon) else { return }
    let value = line[(end + 1)...].drop { $0 == Self.space }
    switch Self.text(line[..<end]) {
    case "Via":
      repeated.append(line)
      if sentBy == nil { readVia(value) }
    case "From":
      repeated.append(line)
      from = Self.endpoint(ofURI: value)
    case "To": repeated.append(line)
    case "Call-ID":
      repeated.append(line)
      callID = Self.text(value)
    case "CSeq":
      repeated.append(line)
      sequenceMethod = value.split(separator: Self.space).last.map(Self.text) ?? ""
    case "Contact": contact = Self.endpoint(ofURI: value)
    default: break
    }
  }

  private mutating func readVia(_ value: Octets) {
    let parameters = value.split(separator: Self.semicolon)
    guard let sender = parameters.first?.split(separator: Self.space).last else { return }
    sentBy = Self.endpoint(sender)
    for parameter in parameters.dropFirst() {
      if parameter.starts(with: "received=".utf8) { received = IPv4Address(Self.text(parameter.dropFirst(9))) }
      if parameter.starts(with: "rport=".utf8) { receivedPort = UInt16(Self.text(parameter.dropFirst(6))) }
    }
  }

  private mutating func readDescription(_ line: Octets) {
    guard line.count > 2, line[line.startIndex + 1] == UInt8(ascii: "=") else { return }
    let words = line.dropFirst(2).split(separator: Self.space)
    switch line.first {
    case UInt8(ascii: "o"): origin = words.last.flatMap { IPv4Address(Self.text($0)) }
    case UInt8(ascii: "c") where mediaAddress == nil:
      mediaAddress = words.last.flatMap { IPv4Address(Self.text($0)) }
    case UInt8(ascii: "m") where mediaPort == nil: mediaPort = words.count > 1 ? UInt16(Self.text(words[1])) : nil
    default: break
    }
  }

  /// The host and the port of `<sip:user@host:port>`.
  private static func endpoint(ofURI text: Octets) -> Endpoint? {
    guard let at = text.firstIndex(of: UInt8(ascii: "@")) else { return nil }
    return endpoint(text[(at + 1)...].prefix { $0 != UInt8(ascii: ">") && $0 != semicolon })
  }

  /// Reads `address:port`, or an address alone.
  private static func endpoint(_ octets: Octets) -> Endpoint? {
    let parts = octets.split(separator: colon, omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPv4Address(text(parts[0])) else { return nil }
    guard parts.count == 2 else { return Endpoint(address, port) }
    return UInt16(text(parts[1])).map { Endpoint(address, $0) }
  }

  private static func text(_ octets: Octets) -> String { String(decoding: octets, as: UTF8.self) }

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
