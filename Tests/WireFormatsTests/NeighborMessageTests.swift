import Testing
import WireFormats

@Suite struct NeighborMessageTests {
  private let source = IPv6Address(0xFE80 << 48, 7)
  private let target = IPv6Address(0x2001_0DB8 << 32, 0xAB_CDEF)

  /// A solicitation for `target` as a packet of its own, changed by `change` and then with its checksum.
  private func packet(
    _ message: NeighborMessage, from source: IPv6Address, to destination: IPv6Address, hopLimit: UInt8 = 255,
    length: Int = NeighborMessage.length, change: (PacketOctets) -> Void = { _ in },
    _ body: (PacketOctets, IPv6Header) throws -> Void
  ) rethrows {
    let octets = Octets([UInt8](repeating: 0, count: IPv6Field.length + max(length, NeighborMessage.length))).view
    message.write(to: octets, at: IPv6Field.length)
    IPv6Header.write(
      to: octets, at: 0, nextHeader: IPv6Field.icmp, hopLimit: hopLimit, source: source, destination: destination,
      length: length)
    change(octets)
    ICMPv6.finish(octets, network: 0, length: length)
    guard let header = IPv6Header(octets, at: 0) else {
      Issue.record("the header was not read")
      return
    }
    #expect(ICMPv6.isSound(octets, network: 0, length: length))
    try body(octets, header)
  }

  private var solicitation: NeighborMessage {
    NeighborMessage(isSolicitation: true, target: target, hardwareAddress: MACAddress(0x0200_0000_0007))
  }

  @Test func `what is written is read again`() {
    packet(solicitation, from: source, to: target.solicitedNode) { octets, header in
      #expect(NeighborMessage(octets, header) == solicitation)
    }
    let advertisement = NeighborMessage(
      isSolicitation: false, flags: [.router, .solicited, .override], target: target,
      hardwareAddress: MACAddress(0x0200_0000_0009))
    packet(advertisement, from: target, to: source) { octets, header in
      #expect(NeighborMessage(octets, header) == advertisement)
    }
  }

  @Test func `a message that a router has forwarded is discarded (RFC 4861 section 7.1)`() {
    packet(solicitation, from: source, to: target.solicitedNode, hopLimit: 254) { octets, header in
      #expect(NeighborMessage(octets, header) == nil)
    }
  }

  @Test func `a question from nobody names no Ethernet address and goes to the group`() {
    packet(solicitation, from: .unspecified, to: target.solicitedNode) { octets, header in
      #expect(NeighborMessage(octets, header) == nil)
    }
    packet(solicitation, from: .unspecified, to: target.solicitedNode, length: 24) { octets, header in
      #expect(NeighborMessage(octets, header)?.hardwareAddress == .some(nil))
    }
    packet(solicitation, from: .unspecified, to: target, length: 24) { octets, header in
      #expect(NeighborMessage(octets, header) == nil)
    }
  }

  @Test func `options without length or beyond the end, groups and multicast targets are discarded`() {
    let changes: [(PacketOctets) -> Void] = [
      { $0.store8(0, at: IPv6Field.length + 25) }, { $0.store8(2, at: IPv6Field.length + 25) },
      { $0.store8(3, at: IPv6Field.length + 26) }, { $0.store8(0xFF, at: IPv6Field.length + 8) },
      { $0.store8(1, at: IPv6Field.length + ICMPv6.code) }, { $0.store8(200, at: IPv6Field.length) },
    ]
    for change in changes {
      packet(solicitation, from: source, to: target.solicitedNode, change: change) { octets, header in
        #expect(NeighborMessage(octets, header) == nil)
      }
    }
    for length in 0..<24 {
      packet(solicitation, from: source, to: target.solicitedNode, length: max(length, 4)) { octets, header in
        #expect(NeighborMessage(octets, header) == nil)
      }
    }
  }
}
