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

/// Reads the places of addresses in header fields, an element at a time.
struct SIPAddressReader {
  private(set) var addresses: [SIPAddress] = []
  /// Whether a Contact is `*`.
  private(set) var hasStar = false
  /// Hashes of the tags of From and To; 0 for none.
  private(set) var fromTag: UInt64 = 0
  private(set) var toTag: UInt64 = 0
  /// The hash of the user in To; 0 for none.
  private(set) var toUser: UInt64 = 0
  private var element = 0

  init() { addresses.reserveCapacity(24) }

  // MARK: Lists of addresses

  /// The value of a field that is a list of `name-addr` or `addr-spec` with parameters (RFC 3261 section 25.1).
  mutating func readList(_ octets: Span<UInt8>, _ value: Range<Int>, _ header: SIPHeaderName) {
    let end = value.upperBound
    var at = value.lowerBound
    while true {
      while at < end, TextReading.isSpace(octets[at]) || octets[at] == 0x2C { at += 1 }
      guard at < end else { return }
      element += 1
      let first = addresses.count
      guard let uri = Self.uri(octets, &at, end) else { return }
      if header == .contact, uri.count == 1, octets[uri.lowerBound] == 0x2A { hasStar = true }
      readURI(octets, uri, header.place, header)
      guard readParameters(octets, &at, end, header, first) else { return }
    }
  }

  /// The URI of the element at `at`, which moves behind it; nil where the element is malformed.
  private static func uri(_ octets: Span<UInt8>, _ at: inout Int, _ end: Int) -> Range<Int>? {
    let start = at
    while at < end {
      switch octets[at] {
      case 0x22:
        guard let behind = TextReading.endOfQuoted(octets, at, end) else { return nil }
        at = behind
      case 0x3C:
        guard let close = TextReading.find(0x3E, in: octets, at + 1, end) else { return nil }
        defer { at = close + 1 }
        return at + 1..<close
      case 0x3B, 0x2C: return TextReading.trim(octets, start..<at)
      default: at += 1
      }
    }
    return TextReading.trim(octets, start..<end)
  }

  /// The parameters behind an element's URI, up to the comma or the end; false where they are malformed.
  private mutating func readParameters(
    _ octets: Span<UInt8>, _ at: inout Int, _ end: Int, _ header: SIPHeaderName, _ first: Int
  ) -> Bool {
    while let parameter = SIPParameter.next(octets, &at, end) {
      if header == .contact, TextReading.says("expires", octets, parameter.name),
        let number = TextReading.number(octets, parameter.value.lowerBound, parameter.value.upperBound)
      {
        for index in first..<addresses.count { addresses[index].expires = UInt32(clamping: number.value) }
      } else if header == .from || header == .to, TextReading.says("tag", octets, parameter.name) {
        let hash = TextReading.hash(octets, parameter.value)
        if header == .from { fromTag = hash } else { toTag = hash }
      }
    }
    at = TextReading.skipSpace(octets, at, end)
    return at < end && octets[at] == 0x2C
  }

  // MARK: URIs

  /// A URI: of SIP with its host and `maddr` (RFC 3261 section 19.1), of others with its authority.
  mutating func readURI(_ octets: Span<UInt8>, _ uri: Range<Int>, _ place: SIPPlace, _ header: SIPHeaderName?) {
    var end = uri.upperBound
    guard let colon = TextReading.find(0x3A, in: octets, uri.lowerBound, end) else { return }
    let scheme = uri.lowerBound..<colon
    let isSIP = TextReading.says("sip", octets, scheme) || TextReading.says("sips", octets, scheme)
    var host = colon + 1
    if !isSIP {
      guard TextReading.begins("//", octets, host, end) else { return }
      host += 2
      end = TextReading.find(0x2F, in: octets, host, end) ?? end
    }
    // The user may contain what else ends a host, but no second @.
    if let sign = TextReading.find(0x40, in: octets, host, end) {
      guard TextReading.find(0x40, in: octets, sign + 1, end) == nil else { return }
      if header == .to { toUser = TextReading.hash(octets, host..<sign) }
      host = sign + 1
    }
    let first = addresses.count
    var at = host
    if var found = Self.endpoint(octets, &at, end, isSIP ? place : .otherURI, header) {
      found.element = element
      addresses.append(found)
    }
    guard isSIP else { return }
    while at < end, octets[at] != 0x3B, octets[at] != 0x3F { at += 1 }
    // Behind the question mark are header fields of a request that does not exist yet: the Call-ID of Replaces for one.
    let headers = TextReading.find(0x3F, in: octets, at, end) ?? end
    while let parameter = SIPParameter.next(octets, &at, headers) {
      if TextReading.says("maddr", octets, parameter.name),
        let address = TextReading.address(octets, parameter.value.lowerBound, parameter.value.upperBound),
        address.end == parameter.value.upperBound
      {
        var found = SIPAddress(.maddr, header, address.value, parameter.value)
        found.element = element
        addresses.append(found)
      } else if TextReading.says("transport", octets, parameter.name) {
        let isDatagram = TextReading.says("udp", octets, parameter.value)
        for index in first..<addresses.count { addresses[index].transport = isDatagram ? .udp : .tcp }
      }
    }
  }

  /// `a.b.c.d[:port]` at `at`, which moves behind it; nil, with `at` where it was, for anything else.
  private static func endpoint(
    _ octets: Span<UInt8>, _ at: inout Int, _ end: Int, _ place: SIPPlace, _ header: SIPHeaderName?
  ) -> SIPAddress? {
    guard let address = TextReading.address(octets, at, end) else { return nil }
    var result = SIPAddress(place, header, address.value, at..<address.end)
    var behind = address.end
    if behind < end, octets[behind] == 0x3A {
      guard let port = TextReading.port(octets, behind + 1, end) else { return nil }
      result.port = port.value
      result.portRange = behind + 1..<port.end
      behind = port.end
    }
    guard behind == end || octets[behind] == 0x3B || octets[behind] == 0x3F || TextReading.isSpace(octets[behind])
    else { return nil }
    at = behind
    return result
  }

  // MARK: Via and Warning

  /// Via (RFC 3261 section 20.42): a list of hops, with white space nearly everywhere.
  mutating func readVia(_ octets: Span<UInt8>, _ value: Range<Int>) {
    let end = value.upperBound
    var at = value.lowerBound
    while true {
      while at < end, TextReading.isSpace(octets[at]) || octets[at] == 0x2C { at += 1 }
      guard at < end else { return }
      element += 1
      guard let transport = Self.sentProtocol(octets, &at, end) else { return }
      let first = addresses.count
      readSentBy(octets, &at, end)
      while at < end, octets[at] != 0x3B, octets[at] != 0x2C {
        guard octets[at] == 0x28 else {
          at += 1
          continue
        }
        at = (TextReading.find(0x29, in: octets, at, end) ?? end - 1) + 1
      }
      while let parameter = SIPParameter.next(octets, &at, end) { readViaParameter(octets, parameter) }
      for index in first..<addresses.count { addresses[index].transport = transport }
      while at < end, octets[at] != 0x2C { at += 1 }
    }
  }

  /// `SIP / 2.0 / UDP`: the transport.
  private static func sentProtocol(_ octets: Span<UInt8>, _ at: inout Int, _ end: Int) -> IPProtocol? {
    var word = at..<at
    for place in 0..<3 {
      at = TextReading.skipSpace(octets, at, end)
      let start = at
      while at < end, SIPStartLine.isToken(octets[at]) { at += 1 }
      guard at > start else { return nil }
      word = start..<at
      at = TextReading.skipSpace(octets, at, end)
      guard place < 2 else { break }
      guard at < end, octets[at] == 0x2F else { return nil }
      at += 1
    }
    return TextReading.says("UDP", octets, word) ? .udp : .tcp
  }

  private mutating func readSentBy(_ octets: Span<UInt8>, _ at: inout Int, _ end: Int) {
    guard let address = TextReading.address(octets, at, end) else { return }
    var found = SIPAddress(.viaSentBy, .via, address.value, at..<address.end)
    found.element = element
    at = TextReading.skipSpace(octets, address.end, end)
    if at < end, octets[at] == 0x3A {
      let start = TextReading.skipSpace(octets, at + 1, end)
      guard let port = TextReading.port(octets, start, end) else { return }
      found.port = port.value
      found.portRange = start..<port.end
      at = port.end
    }
    addresses.append(found)
  }

  private mutating func readViaParameter(_ octets: Span<UInt8>, _ parameter: SIPParameter) {
    let value = parameter.value
    if TextReading.says("rport", octets, parameter.name) {
      guard let port = TextReading.port(octets, value.lowerBound, value.upperBound), port.end == value.upperBound else {
        return
      }
      var found = SIPAddress(.viaPort, .via, .unspecified, value)
      found.port = port.value
      found.portRange = value
      found.element = element
      addresses.append(found)
      return
    }
    let isReceived = TextReading.says("received", octets, parameter.name)
    guard isReceived || TextReading.says("maddr", octets, parameter.name),
      let address = TextReading.address(octets, value.lowerBound, value.upperBound), address.end == value.upperBound
    else { return }
    var found = SIPAddress(isReceived ? .viaReceived : .viaMaddr, .via, address.value, value)
    found.element = element
    addresses.append(found)
  }

  /// Warning (RFC 3261 section 20.43): `307 host[:port] "text"`, in a list.
  mutating func readWarning(_ octets: Span<UInt8>, _ value: Range<Int>) {
    let end = value.upperBound
    var at = value.lowerBound
    while at < end {
      guard let code = TextReading.number(octets, at, end), code.range.count == 3 else { return }
      at = TextReading.skipSpace(octets, code.range.upperBound, end)
      element += 1
      if var found = Self.endpoint(octets, &at, end, .identity, .warning) {
        found.element = element
        addresses.append(found)
      }
      while at < end, octets[at] != 0x22 { at += 1 }
      guard at < end, let behind = TextReading.endOfQuoted(octets, at, end) else { return }
      at = behind
      while at < end, TextReading.isSpace(octets[at]) || octets[at] == 0x2C { at += 1 }
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
