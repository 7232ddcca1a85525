import WireFormats

/// An endpoint of a packet.
struct Endpoint: Hashable, Sendable {
  var address: IPv4Address
  var port: UInt16
}

/// The one frame that is under way, written anew for each packet and rewritten by the translators on its way.
@safe final class TrafficFrame {
  /// Octets of the largest: an ICMP error with the packet that it quotes.
  private static let capacity = 128
  private static let network = Ethernet.headerLength
  private static let transport = network + IPv4Field.minimumLength

  private let memory: UnsafeMutableRawPointer
  private(set) var octets: PacketOctets

  init() {
    unsafe memory = .allocate(byteCount: Self.capacity, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity)
    octets = unsafe PacketOctets(base: memory, count: Self.capacity)
  }

  deinit { unsafe memory.deallocate() }

  // MARK: What is written

  /// A datagram with eight octets of payload, without a checksum.
  func writeUDP(from source: Endpoint, to destination: Endpoint) {
    begin(.udp, source.address, destination.address, payload: UDPField.headerLength + 8)
    writePorts(source, destination)
    octets.store16(UInt16(UDPField.headerLength + 8), at: Self.transport + UDPField.length)
    octets.store16(0, at: Self.transport + UDPField.checksum)
  }

  /// A segment without payload. Its checksum is whatever was there: a translator updates it and does not look.
  func writeTCP(from source: Endpoint, to destination: Endpoint, flags: TCPFlags) {
    begin(.tcp, source.address, destination.address, payload: TCPField.minimumLength)
    writePorts(source, destination)
    octets.store8(5 << 4, at: Self.transport + TCPField.dataOffset)
    octets.store8(flags.rawValue, at: Self.transport + TCPField.flags)
  }

  /// What a router says of the datagram from `source` to `destination`: port unreachable.
  func writeError(from router: IPv4Address, aboutUDPFrom source: Endpoint, to destination: Endpoint) {
    let quoted = IPv4Field.minimumLength + UDPField.headerLength
    begin(.icmp, router, source.address, payload: ICMPField.headerLength + quoted)
    let inner = Self.transport + ICMPField.quotation
    octets.store32(0x0303_0000, at: Self.transport)
    octets.store32(0, at: Self.transport + 4)
    writeHeader(at: inner, .udp, source.address, destination.address, length: quoted + 8)
    octets.store16(source.port, at: inner + IPv4Field.minimumLength)
    octets.store16(destination.port, at: inner + IPv4Field.minimumLength + 2)
    octets.store32(UInt32(UDPField.headerLength + 8) << 16, at: inner + IPv4Field.minimumLength + UDPField.length)
    let sum = octets.sum(Self.transport..<octets.count)
    octets.store16(InternetChecksum.finish(sum), at: Self.transport + ICMPField.checksum)
  }

  private func begin(_ number: IPProtocol, _ source: IPv4Address, _ destination: IPv4Address, payload: Int) {
    octets = unsafe PacketOctets(base: memory, count: Self.transport + payload)
    octets.store16(Ethernet.typeIPv4, at: Ethernet.type)
    writeHeader(at: Self.network, number, source, destination, length: IPv4Field.minimumLength + payload)
  }

  private func writeHeader(
    at offset: Int, _ number: IPProtocol, _ source: IPv4Address, _ destination: IPv4Address, length: Int
  ) {
    octets.store16(0x4500, at: offset)
    octets.store16(UInt16(length), at: offset + IPv4Field.totalLength)
    octets.store32(0, at: offset + IPv4Field.identification)
    octets.store8(64, at: offset + IPv4Field.timeToLive)
    octets.store8(number.rawValue, at: offset + IPv4Field.protocolNumber)
    octets.store16(0, at: offset + IPv4Field.checksum)
    octets.store32(source.rawValue, at: offset + IPv4Field.source)
    octets.store32(destination.rawValue, at: offset + IPv4Field.destination)
    let sum = octets.sum(offset..<offset + IPv4Field.minimumLength)
    octets.store16(InternetChecksum.finish(sum), at: offset + IPv4Field.checksum)
  }

  private func writePorts(_ source: Endpoint, _ destination: Endpoint) {
    octets.store16(source.port, at: Self.transport)
    octets.store16(destination.port, at: Self.transport + 2)
  }

  // MARK: What is read

  var protocolNumber: IPProtocol { IPProtocol(rawValue: octets.load8(at: Self.network + IPv4Field.protocolNumber)) }
  var source: Endpoint {
    Endpoint(
      address: octets.address(at: Self.network + IPv4Field.source), port: octets.load16(at: Self.transport))
  }
  var destination: Endpoint {
    Endpoint(
      address: octets.address(at: Self.network + IPv4Field.destination), port: octets.load16(at: Self.transport + 2))
  }
}
