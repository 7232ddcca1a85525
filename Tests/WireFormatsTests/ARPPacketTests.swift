import Testing
import WireFormats

@Suite struct ARPPacketTests {
  /// "Who has 10.10.10.1? Tell 10.10.10.10 at 02:00:00:00:0a:10."
  static let request = hex("0001 0800 06 04 0001 0200 0000 0a10 0a0a0a0a 0000 0000 0000 0a0a0a01")

  @Test func `every field is where RFC 826 has it`() throws {
    let packet = try #require(ARPPacket(Octets(Self.request).view, at: 0))
    #expect(packet.operation == .request)
    #expect(packet.senderMAC == MACAddress("02:00:00:00:0a:10"))
    #expect(packet.sender == IPv4Address("10.10.10.10"))
    #expect(packet.targetMAC == .zero)
    #expect(packet.target == IPv4Address("10.10.10.1"))
  }

  @Test func `what is written is read again`() throws {
    let reply = ARPPacket(
      operation: .reply, senderMAC: MACAddress(0x0200_0000_0001), sender: IPv4Address(0x0A0A_0A01),
      targetMAC: MACAddress(0x0200_0000_0A10), target: IPv4Address(0x0A0A_0A0A))
    let octets = Octets([UInt8](repeating: 0xEE, count: 32))
    reply.write(to: octets.view, at: 2)
    #expect(ARPPacket(octets.view, at: 2) == reply)
    #expect(octets.bytes.prefix(2) == [0xEE, 0xEE] && octets.bytes.suffix(2) == [0xEE, 0xEE])
    #expect(Array(octets.bytes[2..<10]) == hex("0001 0800 06 04 0002"))
  }

  @Test(arguments: 0...27) func `a message cut short is refused`(_ length: Int) {
    #expect(ARPPacket(Octets(Array(Self.request.prefix(length))).view, at: 0) == nil)
  }

  @Test(arguments: 0...7) func `another hardware, protocol, length or operation is refused`(_ offset: Int) {
    var bytes = Self.request
    bytes[offset] ^= 0x40
    #expect(ARPPacket(Octets(bytes).view, at: 0) == nil)
  }

  @Test func `a sender with a group address is refused`() {
    var bytes = Self.request
    bytes[8] |= 1
    #expect(ARPPacket(Octets(bytes).view, at: 0) == nil)
  }

  @Test func `an offset outside of the octets is refused`() {
    let octets = Octets(Self.request).view
    #expect(ARPPacket(octets, at: -1) == nil)
    #expect(ARPPacket(octets, at: 1) == nil)
  }
}

@Suite struct ICMPTypeTests {
  @Test func `each type is a query, a reply, an error or none of these`() {
    let queries = (UInt8.min...UInt8.max).filter { ICMPType.isQuery($0) }
    let replies = (UInt8.min...UInt8.max).filter { ICMPType.isReply($0) }
    let errors = (UInt8.min...UInt8.max).filter { ICMPType.isError($0) }
    #expect(queries == [8, 13])
    #expect(replies == [0, 14])
    #expect(errors == [3, 4, 5, 11, 12])
  }
}
