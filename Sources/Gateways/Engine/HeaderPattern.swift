import VirtualTCP
import WireFormats

/// What the IPv4 headers of a direction's packets have in common: those that the engine makes look like the sender's.
struct HeaderPattern {
  private static let longestSegmentHeader = 60
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
    var octets: [UInt8] = []
    octets.reserveCapacity(IPv4Field.minimumLength + Self.longestSegmentHeader)
    octets.append(0x45)
    octets.append(typeOfService)
    octets.append16(0)
    octets.append16(identification)
    octets.append16(dontFragment ? IPv4Field.dontFragment : 0)
    octets.append(timeToLive)
    octets.append(IPProtocol.tcp.rawValue)
    octets.append16(0)
    octets.append32(source.address.rawValue)
    octets.append32(destination.address.rawValue)
    outgoing.header.write(to: &octets, from: source.port, to: destination.port)
    let payload = outgoing.payloadCount
    octets.store16(UInt16(clamping: octets.count + payload), at: IPv4Field.totalLength)
    let header = InternetChecksum.sum(octets.span.extracting(0..<IPv4Field.minimumLength))
    octets.store16(InternetChecksum.finish(header), at: IPv4Field.checksum)
    let pseudo = InternetChecksum.pseudoHeader(
      source: source.address, destination: destination.address, protocol: .tcp,
      length: octets.count - IPv4Field.minimumLength + payload)
    let checksum =
      outgoing.segmentSize > 0
      ? InternetChecksum.fold(pseudo)
      : InternetChecksum.finish(
        pseudo &+ InternetChecksum.sum(octets.span.extracting(IPv4Field.minimumLength..<octets.count))
          &+ InternetChecksum.sum(outgoing.pieces))
    octets.store16(checksum, at: IPv4Field.minimumLength + TCPField.checksum)
    return octets
  }
}
