import VirtualTCP
import WireFormats

/// Where the parts of an IP packet lie that is held as octets.
struct PacketLayout {
  let isIPv6: Bool
  /// Octets before the transport header: over IPv6 with the extension headers.
  let headerLength: Int
  let totalLength: Int
  let protocolNumber: IPProtocol
  /// "Time to Live" or "Hop Limit".
  let timeToLive: UInt8
  /// "Type of Service" or "Traffic Class".
  let typeOfService: UInt8
  /// "Flags" and "Fragment Offset" of IPv4. What has come over IPv6 to be read is whole.
  let fragmentField: UInt16
  /// "Flow Label" of IPv6.
  let flowLabel: UInt32
  /// The sum of both addresses' words, for pseudo-headers.
  private let addressSum: UInt64

  /// Reads the header; nil when it is malformed, says that the packet is longer than it is, or nobody can tell what follows
  /// it.
  init?(_ octets: Span<UInt8>) {
    let isIPv6 = !octets.isEmpty && octets[0] >> 4 == 6
    guard let layout = isIPv6 ? PacketLayout(ipv6: octets) : PacketLayout(ipv4: octets) else { return nil }
    self = layout
  }

  @inline(__always)
  private init?(ipv4 octets: Span<UInt8>) {
    guard octets.count >= IPv4Field.minimumLength, octets[0] >> 4 == 4 else { return nil }
    isIPv6 = false
    flowLabel = 0
    headerLength = Int(octets[0] & 15) * 4
    totalLength = Int(octets.number16(at: IPv4Field.totalLength))
    guard headerLength >= IPv4Field.minimumLength, totalLength >= headerLength, totalLength <= octets.count else {
      return nil
    }
    protocolNumber = IPProtocol(rawValue: octets[IPv4Field.protocolNumber])
    timeToLive = octets[IPv4Field.timeToLive]
    typeOfService = octets[IPv4Field.typeOfService]
    fragmentField = octets.number16(at: IPv4Field.fragment)
    addressSum =
      UInt64(octets.number32(at: IPv4Field.source)) + UInt64(octets.number32(at: IPv4Field.destination))
  }

  private init?(ipv6 octets: Span<UInt8>) {
    guard octets.count >= IPv6Field.length, octets[0] >> 4 == 6 else { return nil }
    totalLength = IPv6Field.length + Int(octets.number16(at: IPv6Field.payloadLength))
    guard totalLength <= octets.count,
      let upper = IPv6UpperLayer(
        octets, nextHeader: octets[IPv6Field.nextHeader], from: IPv6Field.length, to: totalLength),
      !upper.isFragment, !upper.hasOtherEnds
    else { return nil }
    isIPv6 = true
    headerLength = upper.offset
    protocolNumber = IPProtocol(rawValue: upper.protocolNumber)
    timeToLive = octets[IPv6Field.hopLimit]
    typeOfService = octets[0] << 4 | octets[1] >> 4
    fragmentField = 0
    flowLabel = octets.number32(at: 0) & 0xF_FFFF
    addressSum =
      InternetChecksum.sum(octets.address6(at: IPv6Field.source))
      + InternetChecksum.sum(octets.address6(at: IPv6Field.destination))
  }

  var isFragment: Bool { fragmentField & IPv4Field.fragmentMask != 0 }
  var dontFragment: Bool { fragmentField & IPv4Field.dontFragment != 0 }
}

extension Span<UInt8> {
  /// The octets in an array of their own.
  var copied: [UInt8] {
    unsafe withUnsafeBufferPointer { unsafe Array($0) }
  }

  /// The 16-bit number in network order at `offset`, which the caller has checked.
  func number16(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }

  /// The 32-bit number in network order at `offset`, which the caller has checked.
  func number32(at offset: Int) -> UInt32 {
    UInt32(number16(at: offset)) << 16 | UInt32(number16(at: offset + 2))
  }
}

extension [UInt8] {
  mutating func store16(_ value: UInt16, at offset: Int) {
    self[offset] = UInt8(truncatingIfNeeded: value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  mutating func store32(_ value: UInt32, at offset: Int) {
    store16(UInt16(truncatingIfNeeded: value >> 16), at: offset)
    store16(UInt16(truncatingIfNeeded: value), at: offset + 2)
  }

  mutating func append32(_ value: UInt32) {
    append(UInt8(truncatingIfNeeded: value >> 24))
    append(UInt8(truncatingIfNeeded: value >> 16))
    append(UInt8(truncatingIfNeeded: value >> 8))
    append(UInt8(truncatingIfNeeded: value))
  }

  mutating func append16(_ value: UInt16) {
    append(UInt8(truncatingIfNeeded: value >> 8))
    append(UInt8(truncatingIfNeeded: value))
  }
}

extension PacketLayout {
  /// Says in the header that the packet has so many octets, as many as its header can say.
  func setLength(of octets: inout [UInt8], to length: Int) {
    guard !isIPv6 else {
      octets.store16(UInt16(clamping: length - IPv6Field.length), at: IPv6Field.payloadLength)
      return
    }
    octets.store16(UInt16(clamping: length), at: IPv4Field.totalLength)
    octets.store16(0, at: IPv4Field.checksum)
    let sum = InternetChecksum.sum(octets.span.extracting(0..<headerLength))
    octets.store16(InternetChecksum.finish(sum), at: IPv4Field.checksum)
  }

  /// Sets the transport checksum of a packet whose field is at `offset`, from all its octets.
  func setTransportChecksum(of octets: inout [UInt8], at offset: Int) {
    guard offset + 2 <= totalLength else { return }
    octets.store16(0, at: offset)
    let pseudo = addressSum &+ UInt64(protocolNumber.rawValue) &+ UInt64(totalLength - headerLength)
    let sum = InternetChecksum.sum(octets.span.extracting(headerLength..<totalLength))
    let checksum = InternetChecksum.finish(pseudo &+ sum)
    octets.store16(checksum == 0 && protocolNumber == .udp ? 0xFFFF : checksum, at: offset)
  }
}
