import TestSupport
import WireFormats

/// The frames that arrive, in the order in which they arrive: UDP over IPv4, 64 octets each, one after the other.
@safe final class Frames: @unchecked Sendable {
  /// Octets of a frame, and from one frame to the next.
  static let size = 64
  private static let network = Ethernet.headerLength
  private static let transport = network + IPv4Field.minimumLength

  private let region: Region
  /// The number of frames, a multiple of a burst.
  let count: Int
  /// The first frame.
  let base: UnsafeMutableRawPointer

  /// One frame of each of `flows` flows at least, in random order; `atLeast` frames or more, whole bursts.
  convenience init?(flows: Int, atLeast: Int, seed: UInt64) {
    self.init(flows: flows, atLeast: atLeast, seed: seed) { $0 }
  }

  /// The same, of the flows whose numbers `flow` gives for 0 to `flows` - 1.
  init?(flows: Int, atLeast: Int, seed: UInt64, flow: (Int) -> Int) {
    let wanted = max(flows, atLeast)
    count = (wanted + Burst.size - 1) / Burst.size * Burst.size
    guard let region = Region(size: count * Self.size) else { return nil }
    self.region = region
    unsafe base = region.base
    var random = SeededRandom(seed: seed)
    var order = (0..<count).map { $0 % flows }
    order.shuffle(using: &random)
    for (place, number) in order.enumerated() {
      unsafe Self.write(Flow(number: flow(number)), at: base + place * Self.size)
    }
  }

  private static func write(_ flow: Flow, at base: UnsafeMutableRawPointer) {
    let frame = unsafe PacketOctets(base: base, count: size)
    frame.store(Network.insideHardware, at: Ethernet.destination)
    frame.store(MACAddress(0x0200_0000_0002), at: Ethernet.source)
    frame.store16(Ethernet.typeIPv4, at: Ethernet.type)
    frame.store16(0x4500, at: network)
    frame.store16(UInt16(size - network), at: network + IPv4Field.totalLength)
    frame.store8(64, at: network + IPv4Field.timeToLive)
    frame.store8(IPProtocol.udp.rawValue, at: network + IPv4Field.protocolNumber)
    frame.store32(flow.source.rawValue, at: network + IPv4Field.source)
    frame.store32(flow.destination.rawValue, at: network + IPv4Field.destination)
    frame.store16(InternetChecksum.finish(frame.sum(network..<transport)), at: network + IPv4Field.checksum)
    frame.store16(flow.sourcePort, at: transport + UDPField.sourcePort)
    frame.store16(flow.destinationPort, at: transport + UDPField.destinationPort)
    frame.store16(UInt16(size - transport), at: transport + UDPField.length)
    let checksum = InternetChecksum.finish(transportSum(frame))
    frame.store16(checksum == 0 ? 0xFFFF : checksum, at: transport + UDPField.checksum)
  }

  private static func transportSum(_ frame: PacketOctets) -> UInt64 {
    InternetChecksum.pseudoHeader(
      source: frame.address(at: network + IPv4Field.source),
      destination: frame.address(at: network + IPv4Field.destination), protocol: .udp, length: size - transport)
      + frame.sum(transport..<size)
  }

  /// Copies a frame into a buffer.
  @inline(__always)
  func copy(_ number: Int, to octets: PacketOctets) {
    precondition(number < count)
    octets.copy(Self.size, from: unsafe PacketOctets(base: base + number * Self.size, count: Self.size), at: 0, to: 0)
  }

  /// Whether a frame is what the gateway should have made of it: from the pool, one hop on, both checksums right.
  static func isTranslated(_ frame: PacketOctets, pool: ClosedRange<IPv4Address>) -> Bool {
    frame.macAddress(at: Ethernet.destination) == Network.routerHardware
      && pool.contains(frame.address(at: network + IPv4Field.source))
      && frame.load8(at: network + IPv4Field.timeToLive) == 63
      && InternetChecksum.fold(frame.sum(network..<transport)) == 0xFFFF
      && InternetChecksum.fold(transportSum(frame)) == 0xFFFF
  }
}
