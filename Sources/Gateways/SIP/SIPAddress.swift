import WireFormats

/// Where in a message an address stands, as far as that makes a difference.
enum SIPPlace: UInt8, Hashable {
  case requestURI
  /// "sent-by" of Via, and its parameters.
  case viaSentBy, viaReceived, viaPort, viaMaddr
  case contact
  /// Route, Record-Route, Path and Service-Route.
  case route
  case from, to
  /// Refer-To: whom the receiver is to call.
  case referTo
  /// All fields that say who somebody is.
  case identity
  /// The parameter of a SIP URI.
  case maddr
  /// The host of a URI of another scheme.
  case otherURI
}

/// An IPv4 address that stands in a message literally.
struct SIPAddress: Hashable {
  var place: SIPPlace
  /// Nil in the Request-URI.
  var header: SIPHeaderName?
  var address: IPv4Address
  /// The octets of the address.
  var range: Range<Int>
  /// The port, if it stands there.
  var port: UInt16?
  /// The octets of the port; behind the address, and empty, where there is none.
  var portRange: Range<Int>
  /// What the `transport` parameter or the Via says.
  var transport: IPProtocol?
  /// Which Via, Contact or other element of the message it is in.
  var element = 0
  /// The parameter of a Contact, in seconds.
  var expires: UInt32?

  init(_ place: SIPPlace, _ header: SIPHeaderName?, _ address: IPv4Address, _ range: Range<Int>) {
    self.place = place
    self.header = header
    self.address = address
    self.range = range
    portRange = range.upperBound..<range.upperBound
  }
}

extension SIPHeaderName {
  /// What the addresses of a field are good for.
  var place: SIPPlace {
    switch self {
    case .contact: .contact
    case .route, .recordRoute, .path, .serviceRoute: .route
    case .from: .from
    case .to: .to
    case .referTo: .referTo
    default: .identity
    }
  }
}

/// `;name=value`, whose value is a token or a quoted string.
struct SIPParameter: Hashable {
  var name: Range<Int>
  var value: Range<Int>

  /// The parameter at `at`, behind white space; nil where there is none, with `at` where it stopped.
  static func next(_ octets: Span<UInt8>, _ at: inout Int, _ end: Int) -> SIPParameter? {
    at = TextReading.skipSpace(octets, at, end)
    guard at < end, octets[at] == 0x3B else { return nil }
    at += 1
    let start = at
    while at < end, octets[at] != 0x3D, octets[at] != 0x3B, octets[at] != 0x2C { at += 1 }
    let name = TextReading.trim(octets, start..<at)
    guard at < end, octets[at] == 0x3D else { return SIPParameter(name: name, value: at..<at) }
    at = TextReading.skipSpace(octets, at + 1, end)
    let first = at
    if at < end, octets[at] == 0x22 {
      at = TextReading.endOfQuoted(octets, at, end) ?? end
    } else {
      while at < end, octets[at] != 0x3B, octets[at] != 0x2C { at += 1 }
    }
    return SIPParameter(name: name, value: TextReading.trim(octets, first..<at))
  }
}
