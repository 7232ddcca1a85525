import Translation
import VirtualTCP
import WireFormats

/// What the IP headers of a direction's packets have in common: those that the engine makes look like the sender's.
struct HeaderPattern {
  /// "Time to Live" or "Hop Limit".
  private var timeToLive: UInt8 = 64
  /// "Type of Service" or "Traffic Class" without congestion marks, which the proxy does not carry from one stream to the other.
  private var typeOfService: UInt8 = 0
  private var dontFragment = true
  /// "Flow Label" of IPv6.
  private var flowLabel: UInt32 = 0

  init() {}

  init(_ layout: PacketLayout) {
    timeToLive = layout.timeToLive
    typeOfService = layout.typeOfService & 0xFC
    dontFragment = layout.dontFragment
    flowLabel = layout.flowLabel
  }

  /// A packet's octets as far as its payload: both headers, checksums included. A super-frame's transport checksum is
  /// partial: a device finishes it for each segment.
  func headers(of session: ControlSession, _ outgoing: OutgoingSegment, identification: UInt16) -> [UInt8] {
    let isOutbound = outgoing.direction.isOutbound
    let source = isOutbound ? session.insideLocal : session.outsideGlobal
    let destination = isOutbound ? session.outsideLocal : session.insideGlobal
    let options = outgoing.header.options.octets
    let network = session.networkHeader
    let length = network + TCPField.minimumLength + options.count
    let payload = outgoing.payloadCount
    return unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      // An array with room for something has a place for it.
      guard let base = buffer.baseAddress else { return }
      let octets = unsafe PacketOctets(base: base, count: length)
      var sum: UInt64
      if let ends = session.ipv6 {
        sum = writeIPv6Header(to: octets, isOutbound ? ends : ends.reversed, length - network + payload)
      } else {
        writeNetworkHeader(to: octets, source.address, destination.address, length + payload, identification)
        sum = InternetChecksum.pseudoHeader(
          source: source.address, destination: destination.address, protocol: .tcp, length: length - network + payload)
      }
      outgoing.header.write(to: octets.suffix(from: network), options, from: source.port, to: destination.port)
      let field = network + TCPField.checksum
      if outgoing.segmentSize > 0 {
        octets.store16(InternetChecksum.fold(sum), at: field)
      } else {
        sum &+= octets.sum(network..<length) &+ InternetChecksum.sum(outgoing.pieces)
        octets.store16(InternetChecksum.finish(sum), at: field)
      }
      count = length
    }
  }

  /// Writes the header of a packet from one end to the other; answers the sum of its pseudo-header.
  private func writeIPv6Header(to octets: PacketOctets, _ ends: IPv6Ends, _ length: Int) -> UInt64 {
    IPv6Header.write(
      to: octets, at: 0, nextHeader: IPProtocol.tcp.rawValue, hopLimit: timeToLive, source: ends.inside,
      destination: ends.outside, length: min(length, Int(UInt16.max)))
    octets.store32(6 << 28 | UInt32(typeOfService) << 20 | flowLabel, at: 0)
    return InternetChecksum.pseudoHeader(
      source: ends.inside, destination: ends.outside, nextHeader: IPProtocol.tcp.rawValue, length: length)
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
