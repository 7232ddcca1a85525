import WireFormats

/// An IPv4 packet of a capture, whole: what the capture did not keep of it is zeros.
struct RecordedPacket: Sendable {
  /// Nanoseconds since 1970.
  var time: UInt64
  /// From the IPv4 header to the end that "Total Length" names.
  var octets: [UInt8]
  /// Octets of the packet that the capture did not keep.
  var missing: Int
  let headerLength: Int
  let protocolNumber: IPProtocol
  let fragmentField: UInt16
  let source: IPv4Address
  let destination: IPv4Address

  /// Reads the packet that begins with the first octet of what a capture kept.
  static func read(_ kept: Span<UInt8>, time: UInt64) -> Result<RecordedPacket, SkipReason> {
    guard kept.count >= IPv4Field.minimumLength else { return .failure(.truncated) }
    guard kept[0] >> 4 == 4 else { return .failure(.notIP) }
    let headerLength = Int(kept[0] & 15) * 4
    guard headerLength >= IPv4Field.minimumLength else { return .failure(.malformed) }
    guard kept.count >= headerLength else { return .failure(.truncated) }
    var total = Int(kept[IPv4Field.totalLength]) << 8 | Int(kept[IPv4Field.totalLength + 1])
    // Hosts that leave segmentation to their devices show super-frames without a length.
    if total == 0 { total = min(kept.count, 65_535) }
    guard total >= headerLength else { return .failure(.malformed) }
    var octets = [UInt8](capacity: total) { target in
      for index in 0..<min(total, kept.count) { target.append(kept[index]) }
    }
    let missing = total - octets.count
    octets += repeatElement(0, count: missing)
    return .success(RecordedPacket(time: time, octets: octets, missing: missing, headerLength: headerLength))
  }

  private init(time: UInt64, octets: [UInt8], missing: Int, headerLength: Int) {
    self.time = time
    self.octets = octets
    self.missing = missing
    self.headerLength = headerLength
    protocolNumber = IPProtocol(rawValue: octets[IPv4Field.protocolNumber])
    fragmentField = octets.number16(at: IPv4Field.fragment)
    source = IPv4Address(octets.number32(at: IPv4Field.source))
    destination = IPv4Address(octets.number32(at: IPv4Field.destination))
  }

  var identification: UInt16 { octets.number16(at: IPv4Field.identification) }
  var isFragment: Bool { fragmentField & IPv4Field.fragmentMask != 0 }
  /// Whether it is a fragment without transport header.
  var isLaterFragment: Bool { fragmentField & IPv4Field.offsetMask != 0 }

  /// The ports, or the identifier of an ICMP query twice; nil where the packet has none.
  var ports: (source: UInt16, destination: UInt16)? {
    Self.ports(of: octets, at: headerLength, protocolNumber, isLaterFragment)
  }

  /// The ports of a packet or of the part of one that an ICMP error quotes.
  static func ports(
    of octets: [UInt8], at transport: Int, _ number: IPProtocol, _ isLaterFragment: Bool
  ) -> (source: UInt16, destination: UInt16)? {
    guard !isLaterFragment, transport + 8 <= octets.count else { return nil }
    switch number {
    case .tcp, .udp: return (octets.number16(at: transport), octets.number16(at: transport + 2))
    case .icmp:
      let type = octets[transport + ICMPField.type]
      guard ICMPType.isQuery(type) || ICMPType.isReply(type) else { return nil }
      let identifier = octets.number16(at: transport + ICMPField.identifier)
      return (identifier, identifier)
    default: return nil
    }
  }

  /// The packet that an ICMP error quotes: where its header begins, that header's length, and who it is from and to.
  var quotation: Quotation? {
    guard protocolNumber == .icmp, !isFragment, headerLength < octets.count,
      ICMPType.isError(octets[headerLength + ICMPField.type])
    else { return nil }
    let start = headerLength + ICMPField.quotation
    guard start + IPv4Field.minimumLength <= octets.count, octets[start] >> 4 == 4 else { return nil }
    let length = Int(octets[start] & 15) * 4
    guard length >= IPv4Field.minimumLength, start + length <= octets.count else { return nil }
    return Quotation(
      start: start, headerLength: length,
      protocolNumber: IPProtocol(rawValue: octets[start + IPv4Field.protocolNumber]),
      source: IPv4Address(octets.number32(at: start + IPv4Field.source)),
      destination: IPv4Address(octets.number32(at: start + IPv4Field.destination)),
      isLaterFragment: octets.number16(at: start + IPv4Field.fragment) & IPv4Field.offsetMask != 0)
  }
}

/// What an ICMP error says that it is about.
struct Quotation: Sendable {
  var start: Int
  var headerLength: Int
  var protocolNumber: IPProtocol
  var source: IPv4Address
  var destination: IPv4Address
  var isLaterFragment: Bool

  /// Where the quoted transport header begins.
  var transport: Int { start + headerLength }
}

extension [UInt8] {
  /// The number in network order at `offset`; the caller has checked that it is there.
  func number16(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }

  func number32(at offset: Int) -> UInt32 {
    UInt32(number16(at: offset)) << 16 | UInt32(number16(at: offset + 2))
  }

  mutating func store16(_ value: UInt16, at offset: Int) {
    self[offset] = UInt8(truncatingIfNeeded: value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  mutating func store32(_ value: UInt32, at offset: Int) {
    store16(UInt16(truncatingIfNeeded: value >> 16), at: offset)
    store16(UInt16(truncatingIfNeeded: value), at: offset + 2)
  }
}
