import WireFormats

/// Reads the places of addresses in header fields, an element at a time.
struct SIPAddressReader {
  var addresses: [SIPAddress] = []
  /// Whether a Contact is `*`.
  private(set) var hasStar = false
  /// Hashes of the tags of From and To; 0 for none.
  private(set) var fromTag: UInt64 = 0
  private(set) var toTag: UInt64 = 0
  /// The hash of the user in To; 0 for none.
  private(set) var toUser: UInt64 = 0
  /// Which element is being read, from 1 on.
  var element = 0

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
  static func endpoint(
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
}
