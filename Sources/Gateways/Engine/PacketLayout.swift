import VirtualTCP
import WireFormats

/// Where the parts of an IPv4 packet lie that is held as octets.
struct PacketLayout {
  let headerLength: Int
  let totalLength: Int
  let protocolNumber: IPProtocol
  let timeToLive: UInt8
  let typeOfService: UInt8
  /// "Flags" and "Fragment Offset".
  let fragmentField: UInt16
  let source: IPv4Address
  let destination: IPv4Address

  /// Reads the header; nil when it is malformed or says that the packet is longer than it is.
  init?(_ octets: Span<UInt8>) {
    guard octets.count >= IPv4Field.minimumLength, octets[0] >> 4 == 4 else { return nil }
    headerLength = Int(octets[0] & 15) * 4
    totalLength = Int(octets.number16(at: IPv4Field.totalLength))
    guard headerLength >= IPv4Field.minimumLength, totalLength >= headerLength, totalLength <= octets.count else {
      return nil
    }
    protocolNumber = IPProtocol(rawValue: octets[IPv4Field.protocolNumber])
    timeToLive = octets[IPv4Field.timeToLive]
    typeOfService = octets[IPv4Field.typeOfService]
    fragmentField = octets.number16(at: IPv4Field.fragment)
    source = IPv4Address(octets.number32(at: IPv4Field.source))
    destination = IPv4Address(octets.number32(at: IPv4Field.destination))
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
  /// Sets the transport checksum of a packet whose field is at `offset`, from all its octets.
  func setTransportChecksum(of octets: inout [UInt8], at offset: Int) {
    guard offset + 2 <= totalLength else { return }
    octets.store16(0, at: offset)
    let pseudo = InternetChecksum.pseudoHeader(
      source: source, destination: destination, protocol: protocolNumber, length: totalLength - headerLength)
    let sum = InternetChecksum.sum(octets.span.extracting(headerLength..<totalLength))
    let checksum = InternetChecksum.finish(pseudo &+ sum)
    octets.store16(checksum == 0 && protocolNumber == .udp ? 0xFFFF : checksum, at: offset)
  }
}
