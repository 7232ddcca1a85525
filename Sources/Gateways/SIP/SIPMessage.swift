import WireFormats

/// A SIP message (RFC 3261), as far as a gateway has to know it: what it is, whose it is, and where addresses stand.
struct SIPMessage {
  var kind: SIPStartLine.Kind
  /// "Call-ID", which is never changed.
  private(set) var callID: Range<Int>?
  /// "CSeq".
  private(set) var sequence: UInt64 = 0
  /// The method of the request, or of the one that a response answers.
  private(set) var method = SIPMethod.other
  /// Hashes of the tags; 0 for none.
  private(set) var fromTag: UInt64 = 0
  private(set) var toTag: UInt64 = 0
  /// The hash of the user in To, which a registration is of.
  private(set) var toUser: UInt64 = 0
  /// "Expires" of the message, in seconds.
  private(set) var expires: UInt32?
  private(set) var length = SIPLength.missing
  /// "Content-Type".
  private(set) var contentType: Range<Int>?
  /// Whether the body is packed, so that nothing in it can be read.
  private(set) var isEncoded = false
  private(set) var hasStarContact = false
  private(set) var hasContact = false
  /// In the order of the message.
  private(set) var addresses: [SIPAddress]
  private(set) var body: Range<Int>

  /// Reads a message; nil where its first line is none of SIP's.
  init?(_ octets: Span<UInt8>) {
    let start = SIPFraming.keepalive(octets, 0)
    guard case .yes(let line) = SIPStartLine.read(octets, at: start) else { return nil }
    kind = line.kind
    var reader = SIPAddressReader()
    if case .request(let method, let uri) = line.kind {
      self.method = method
      reader.readURI(octets, uri, .requestURI, nil)
    }
    addresses = []
    body = octets.count..<octets.count
    var at = line.end
    while let field = SIPField.next(octets, &at, octets.count) {
      guard let name = SIPHeaderName(octets, field.name) else { continue }
      switch name {
      case .via: reader.readVia(octets, field.value)
      case .warning: reader.readWarning(octets, field.value)
      case _ where name.holdsAddresses:
        if name == .contact { hasContact = true }
        reader.readList(octets, field.value, name)
      default: read(octets, name, field.value)
      }
    }
    addresses = reader.addresses
    hasStarContact = reader.hasStar
    (fromTag, toTag, toUser) = (reader.fromTag, reader.toTag, reader.toUser)
    body = at..<octets.count
    // What a datagram has behind its body means nothing (RFC 3261 section 18.3).
    if case .known(let number) = length, number.value < UInt64(body.count) { body = at..<at + Int(number.value) }
  }

  private mutating func read(_ octets: Span<UInt8>, _ name: SIPHeaderName, _ value: Range<Int>) {
    switch name {
    case .callID: if callID == nil { callID = value }
    case .cSeq:
      guard let number = TextReading.number(octets, value.lowerBound, value.upperBound) else { return }
      sequence = number.value
      let start = TextReading.skipSpace(octets, number.range.upperBound, value.upperBound)
      if case .response = kind { method = SIPMethod(octets, start..<value.upperBound) }
    case .expires:
      expires = TextReading.number(octets, value.lowerBound, value.upperBound).map { UInt32(clamping: $0.value) }
    case .contentLength: length.read(octets, value)
    case .contentType: contentType = value
    case .contentEncoding: isEncoded = !TextReading.says("identity", octets, value)
    default: break
    }
  }

  var isRequest: Bool {
    if case .request = kind { return true }
    return false
  }

  /// The status of a response.
  var status: UInt16? {
    if case .response(let code) = kind { return code }
    return nil
  }

  /// Whether a body's length does not agree with what came: the datagram ends before it.
  var isCutOff: Bool {
    if case .known(let number) = length { return number.value > UInt64(body.count) }
    return false
  }
}
