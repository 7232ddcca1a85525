import VirtualTCP
import WireFormats

/// What the IPv4 headers of a direction's packets have in common: those that the engine makes look like the sender's.
struct HeaderPattern {
  private var timeToLive: UInt8 = 64
  /// "Type of Service" without congestion marks, which the proxy does not carry from one stream to the other.
  private var typeOfService: UInt8 = 0
  private var dontFragment = true

  init() {}

  init(_ layout: PacketLayout) {
    timeToLive = layout.timeToLive
    typeOfService = layout.typeOfService & 0xFC
    dontFragment = layout.dontFragment
  }

  /// A packet's octets as far as its payload: both headers, checksums included. A super-frame's transport checksum is
  /// partial: a device finishes it for each segment.
  func headers(
    from source: Endpoint, to destination: Endpoint, _ outgoing: OutgoingSegment, identification: UInt16
  ) -> [UInt8] {
    let options = outgoing.header.options.octets
    let length = IPv4Field.minimumLength + TCPField.minimumLength + options.count
    let payload = outgoing.payloadCount
    return unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      // An array with room for something has a place for it.
      guard let base = buffer.baseAddress else { return }
      let octets = unsafe PacketOctets(base: base, count: length)
      writeNetworkHeader(to: octets, source.address, destination.address, length + payload, identification)
      outgoing.header.write(
        to: octets.suffix(from: IPv4Field.minimumLength), options, from: source.port, to: destination.port)
      var sum = InternetChecksum.pseudoHeader(
        source: source.address, destination: destination.address, protocol: .tcp,
        length: length - IPv4Field.minimumLength + payload)
      let field = IPv4Field.minimumLength + TCPField.checksum
      if outgoing.segmentSize > 0 {
        octets.store16(InternetChecksum.fold(sum), at: field)
      } else {
        sum &+= octets.sum(IPv4Field.minimumLength..<length) &+ InternetChecksum.sum(outgoing.pieces)
        octets.store16(InternetChecksum.finish(sum), at: field)
      }
      count = length
    }
  }

  private func writeNetworkHeader(
    to octets: PacketOctets, _ source: IPv4Address, _ destination: IPv4Address, _ totalLength: Int,
    _ identification: UInt16
  ) {
    octets.store16(0x4500 | UInt16(typeOfService), at: 0)
    octets.store16(UInt16(clamping: totalLength), at: IPv4Field.totalLength)
    octets.store16(identification, at: IPv4Field.identification)
    octets.store16(dontFragment ? IPv4Field.dontFragment : 0, at: IPv4Field.fragment)
    octets.store16(UInt16(timeToLive) << 8 | UInt16(IPProtocol.tcp.rawValue), at: IPv4Field.timeToLive)
    octets.store16(0, at: IPv4Field.checksum)
    octets.store32(source.rawValue, at: IPv4Field.source)
    octets.store32(destination.rawValue, at: IPv4Field.destination)
    octets.store16(InternetChecksum.finish(octets.sum(0..<IPv4Field.minimumLength)), at: IPv4Field.checksum)
  }
}
