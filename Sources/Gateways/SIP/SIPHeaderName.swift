/// The header fields that the gateway reads (RFC 3261 section 20 and the RFCs of the others); all others pass as they are.
enum SIPHeaderName: UInt8, CaseIterable, Hashable {
  case via, contact, from, to, route, recordRoute, path, serviceRoute
  case referTo, referredBy, assertedIdentity, preferredIdentity, remotePartyID, diversion, historyInfo
  case callInfo, alertInfo, errorInfo, replyTo, warning
  case callID, cSeq, expires, contentLength, contentType, contentEncoding

  /// The name as its RFC writes it.
  var spelling: StaticString {
    switch self {
    case .via: "Via"
    case .contact: "Contact"
    case .from: "From"
    case .to: "To"
    case .route: "Route"
    case .recordRoute: "Record-Route"
    case .path: "Path"
    case .serviceRoute: "Service-Route"
    case .referTo: "Refer-To"
    case .referredBy: "Referred-By"
    case .assertedIdentity: "P-Asserted-Identity"
    case .preferredIdentity: "P-Preferred-Identity"
    case .remotePartyID: "Remote-Party-ID"
    case .diversion: "Diversion"
    case .historyInfo: "History-Info"
    case .callInfo: "Call-Info"
    case .alertInfo: "Alert-Info"
    case .errorInfo: "Error-Info"
    case .replyTo: "Reply-To"
    case .warning: "Warning"
    case .callID: "Call-ID"
    case .cSeq: "CSeq"
    case .expires: "Expires"
    case .contentLength: "Content-Length"
    case .contentType: "Content-Type"
    case .contentEncoding: "Content-Encoding"
    }
  }

  /// The name as a text, made once.
  var title: String { Self.titles[Int(rawValue)] }
  private static let titles = allCases.map { "\($0.spelling)" }

  /// Whether its value is a list of addresses with parameters.
  var holdsAddresses: Bool { rawValue >= Self.contact.rawValue && rawValue <= Self.replyTo.rawValue }

  /// The name that `range` spells, in either case, long or compact; nil for one that does not matter here.
  init?(_ octets: Span<UInt8>, _ range: Range<Int>) {
    if range.count == 1 {
      guard let name = Self(compact: octets[range.lowerBound].uppercased) else { return nil }
      self = name
      return
    }
    guard !range.isEmpty else { return nil }
    let (likely, other) = Self.candidates(length: range.count, first: octets[range.lowerBound].uppercased)
    if let likely, TextReading.says(likely.spelling, octets, range) {
      self = likely
    } else if let other, TextReading.says(other.spelling, octets, range) {
      self = other
    } else {
      return nil
    }
  }

  /// The compact forms (RFC 3261 section 7.3.3; RFC 3515, RFC 3892).
  private init?(compact letter: UInt8) {
    switch letter {
    case UInt8(ascii: "V"): self = .via
    case UInt8(ascii: "M"): self = .contact
    case UInt8(ascii: "F"): self = .from
    case UInt8(ascii: "T"): self = .to
    case UInt8(ascii: "R"): self = .referTo
    case UInt8(ascii: "B"): self = .referredBy
    case UInt8(ascii: "I"): self = .callID
    case UInt8(ascii: "L"): self = .contentLength
    case UInt8(ascii: "C"): self = .contentType
    case UInt8(ascii: "E"): self = .contentEncoding
    default: return nil
    }
  }

  /// The names of a length that begin with a letter: never more than two, so that reading a field costs one comparison.
  private static func candidates(length: Int, first: UInt8) -> (SIPHeaderName?, SIPHeaderName?) {
    switch (length, first) {
    case (2, UInt8(ascii: "T")): (.to, nil)
    case (3, UInt8(ascii: "V")): (.via, nil)
    case (4, UInt8(ascii: "F")): (.from, nil)
    case (4, UInt8(ascii: "P")): (.path, nil)
    case (4, UInt8(ascii: "C")): (.cSeq, nil)
    case (5, UInt8(ascii: "R")): (.route, nil)
    case (7, UInt8(ascii: "C")): (.contact, .callID)
    case (7, UInt8(ascii: "W")): (.warning, nil)
    case (7, UInt8(ascii: "E")): (.expires, nil)
    case (8, UInt8(ascii: "R")): (.referTo, .replyTo)
    case (9, UInt8(ascii: "D")): (.diversion, nil)
    case (9, UInt8(ascii: "C")): (.callInfo, nil)
    case (10, UInt8(ascii: "A")): (.alertInfo, nil)
    case (10, UInt8(ascii: "E")): (.errorInfo, nil)
    case (11, UInt8(ascii: "R")): (.referredBy, nil)
    case (12, UInt8(ascii: "R")): (.recordRoute, nil)
    case (12, UInt8(ascii: "H")): (.historyInfo, nil)
    case (12, UInt8(ascii: "C")): (.contentType, nil)
    case (13, UInt8(ascii: "S")): (.serviceRoute, nil)
    case (14, UInt8(ascii: "C")): (.contentLength, nil)
    case (15, UInt8(ascii: "R")): (.remotePartyID, nil)
    case (16, UInt8(ascii: "C")): (.contentEncoding, nil)
    case (19, UInt8(ascii: "P")): (.assertedIdentity, nil)
    case (20, UInt8(ascii: "P")): (.preferredIdentity, nil)
    default: (nil, nil)
    }
  }
}
