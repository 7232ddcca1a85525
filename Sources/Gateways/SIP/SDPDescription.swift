import WireFormats

/// What a media stream needs of the network, by the protocol of its `m=` line.
enum SDPTransport: Hashable {
  /// RTP with RTCP beside it.
  case rtp
  /// Datagrams of one port: T.38 over UDPTL, BFCP, data channels.
  case udp
  /// A connection: MSRP, BFCP, T.38 over TCP.
  case tcp
}

/// A port that stands in a description.
struct SDPPort: Hashable {
  var value: UInt16
  var range: Range<Int>
}

/// An address that stands in a description.
struct SDPAddress: Hashable {
  var value: IPv4Address
  var range: Range<Int>
}

/// An address and port in an attribute of one media stream.
struct SDPEndpoint: Hashable {
  enum Attribute: UInt8, Hashable {
    /// `a=rtcp:port [IN IP4 address]` (RFC 3605); the address may be missing.
    case rtcp
    /// `a=candidate:… typ host` (RFC 8839).
    case candidate
    /// `a=path:msrp://address:port/…` (RFC 4975).
    case path
  }

  var attribute: Attribute
  var address: SDPAddress?
  var port: SDPPort
}

/// One `m=` line with what follows it (RFC 8866 section 5.14).
struct SDPMedia: Hashable {
  var transport: SDPTransport
  var port: SDPPort
  /// "number of ports".
  var count: UInt16 = 1
  /// `c=` of its own.
  var connection: SDPAddress?
  /// Whether a `c=` of its own is there that has no IPv4 address.
  var hasOtherConnection = false
  var endpoints: [SDPEndpoint] = []
  /// Whether nobody will connect to it: `a=setup:active` (RFC 4145).
  var isActiveOpener = false
}

/// A session description (RFC 8866), as far as a gateway has to know it.
struct SDPDescription {
  static let maximumMedia = 64
  static let maximumEndpoints = 64

  /// The address of `o=`.
  private(set) var origin: SDPAddress?
  /// The hash of its user and session identifier.
  private(set) var originName: UInt64 = 0
  /// `c=` of the session.
  private(set) var connection: SDPAddress?
  private(set) var media: [SDPMedia] = []
  /// Whether there is more than is read.
  private(set) var isTruncated = false
  /// Whether a line that has to be understood was not.
  private(set) var isMalformed = false

  /// Reads `range`; nil where it does not begin with `v=`.
  init?(_ octets: Span<UInt8>, _ range: Range<Int>) {
    var at = range.lowerBound
    let end = range.upperBound
    guard at + 1 < end, octets[at] == UInt8(ascii: "v"), octets[at + 1] == 0x3D else { return nil }
    while at < end {
      let newline = TextReading.find(0x0A, in: octets, at, end)
      let line = TextReading.trim(octets, at..<(newline ?? end))
      at = newline.map { $0 + 1 } ?? end
      guard line.count > 2, octets[line.lowerBound + 1] == 0x3D else { continue }
      read(octets, octets[line.lowerBound], line.lowerBound + 2..<line.upperBound)
    }
  }

  /// The address that a stream is sent to: its own, or the session's.
  func connection(of media: SDPMedia) -> SDPAddress? {
    media.connection ?? (media.hasOtherConnection ? nil : connection)
  }

  private mutating func read(_ octets: Span<UInt8>, _ type: UInt8, _ value: Range<Int>) {
    switch type {
    case UInt8(ascii: "o"):
      origin = Self.address(octets, value, field: 5)
      var at = value.lowerBound
      guard Self.word(octets, &at, value.upperBound) != nil, Self.word(octets, &at, value.upperBound) != nil else {
        return
      }
      originName = TextReading.hash(octets, value.lowerBound..<at)
    case UInt8(ascii: "c"):
      let address = Self.address(octets, value, field: 2)
      guard let last = media.indices.last else {
        connection = address
        return
      }
      media[last].connection = media[last].connection ?? address
      if address == nil { media[last].hasOtherConnection = true }
    case UInt8(ascii: "m"):
      guard media.count < Self.maximumMedia else {
        isTruncated = true
        return
      }
      if let stream = Self.media(octets, value) { media.append(stream) } else { isMalformed = true }
    case UInt8(ascii: "a"): if !media.isEmpty { readAttribute(octets, value) }
    default: break
    }
  }

  // MARK: Lines

  /// The words of a line, one after the other.
  private static func word(_ octets: Span<UInt8>, _ at: inout Int, _ end: Int) -> Range<Int>? {
    while at < end, octets[at] == 0x20 { at += 1 }
    let start = at
    while at < end, octets[at] != 0x20 { at += 1 }
    return at > start ? start..<at : nil
  }

  /// `IN IP4 address`, whose address is the word of a number; a multicast group's TTL may follow it.
  private static func address(_ octets: Span<UInt8>, _ value: Range<Int>, field: Int) -> SDPAddress? {
    var at = value.lowerBound
    var family: Range<Int>?
    for place in 0...field {
      guard let word = word(octets, &at, value.upperBound) else { return nil }
      guard place == field else {
        family = word
        continue
      }
      guard let family, TextReading.says("IP4", octets, family),
        let address = TextReading.address(octets, word.lowerBound, word.upperBound), address.end == word.upperBound
      else { return nil }
      return SDPAddress(value: address.value, range: word)
    }
    return nil
  }

  /// `media port[/count] proto fmt…`.
  private static func media(_ octets: Span<UInt8>, _ value: Range<Int>) -> SDPMedia? {
    var at = value.lowerBound
    guard word(octets, &at, value.upperBound) != nil, let ports = word(octets, &at, value.upperBound),
      let port = TextReading.port(octets, ports.lowerBound, ports.upperBound),
      let proto = word(octets, &at, value.upperBound)
    else { return nil }
    var result = SDPMedia(
      transport: transport(octets, proto), port: SDPPort(value: port.value, range: ports.lowerBound..<port.end))
    if port.end < ports.upperBound {
      guard octets[port.end] == 0x2F, let count = TextReading.port(octets, port.end + 1, ports.upperBound),
        count.end == ports.upperBound
      else { return nil }
      result.count = count.value
    }
    return result
  }

  private static func transport(_ octets: Span<UInt8>, _ proto: Range<Int>) -> SDPTransport {
    if TextReading.begins("TCP", octets, proto.lowerBound, proto.upperBound) { return .tcp }
    for at in proto where TextReading.begins("RTP/", octets, at, proto.upperBound) { return .rtp }
    return .udp
  }

  private mutating func readAttribute(_ octets: Span<UInt8>, _ value: Range<Int>) {
    let (start, end) = (value.lowerBound, value.upperBound)
    let last = media.count - 1
    var found: SDPEndpoint?
    if TextReading.begins("rtcp:", octets, start, end) {
      found = Self.rtcp(octets, start + 5..<end)
    } else if TextReading.begins("candidate:", octets, start, end) {
      found = Self.candidate(octets, start + 10..<end)
    } else if TextReading.begins("path:", octets, start, end) {
      found = Self.path(octets, start + 5..<end)
    } else if TextReading.says("setup:active", octets, value) {
      media[last].isActiveOpener = true
    }
    guard let found else { return }
    guard media[last].endpoints.count < Self.maximumEndpoints else {
      isTruncated = true
      return
    }
    media[last].endpoints.append(found)
  }

  /// `port [IN IP4 address]`.
  private static func rtcp(_ octets: Span<UInt8>, _ value: Range<Int>) -> SDPEndpoint? {
    guard let port = TextReading.port(octets, value.lowerBound, value.upperBound) else { return nil }
    let address = Self.address(octets, value, field: 3)
    guard address != nil || port.end == value.upperBound else { return nil }
    return SDPEndpoint(
      attribute: .rtcp, address: address, port: SDPPort(value: port.value, range: value.lowerBound..<port.end))
  }

  /// `foundation component transport priority address port typ host …`, of host candidates over UDP.
  private static func candidate(_ octets: Span<UInt8>, _ value: Range<Int>) -> SDPEndpoint? {
    var at = value.lowerBound
    let end = value.upperBound
    guard word(octets, &at, end) != nil, word(octets, &at, end) != nil, let transport = word(octets, &at, end),
      TextReading.says("UDP", octets, transport), word(octets, &at, end) != nil, let host = word(octets, &at, end),
      let address = TextReading.address(octets, host.lowerBound, host.upperBound), address.end == host.upperBound,
      let number = word(octets, &at, end),
      let port = TextReading.port(octets, number.lowerBound, number.upperBound), port.end == number.upperBound,
      let keyword = word(octets, &at, end), TextReading.says("typ", octets, keyword),
      let type = word(octets, &at, end), TextReading.says("host", octets, type)
    else { return nil }
    return SDPEndpoint(
      attribute: .candidate, address: SDPAddress(value: address.value, range: host),
      port: SDPPort(value: port.value, range: number))
  }

  /// `msrp://[user@]address:port/…`, the first of the path, which is the sender itself where there is no relay.
  private static func path(_ octets: Span<UInt8>, _ value: Range<Int>) -> SDPEndpoint? {
    guard let colon = TextReading.find(0x3A, in: octets, value.lowerBound, value.upperBound),
      TextReading.begins("://", octets, colon, value.upperBound)
    else { return nil }
    let end = TextReading.find(0x2F, in: octets, colon + 3, value.upperBound) ?? value.upperBound
    let host = TextReading.find(0x40, in: octets, colon + 3, end).map { $0 + 1 } ?? colon + 3
    guard let address = TextReading.address(octets, host, end), address.end < end, octets[address.end] == 0x3A,
      let port = TextReading.port(octets, address.end + 1, end)
    else { return nil }
    return SDPEndpoint(
      attribute: .path, address: SDPAddress(value: address.value, range: host..<address.end),
      port: SDPPort(value: port.value, range: address.end + 1..<port.end))
  }
}
