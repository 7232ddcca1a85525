import Testing
import WireFormats

@Suite struct PacketOctetsTests {
  @Test func `numbers are read in network order at any alignment`() {
    let octets = Octets([1, 2, 3, 4, 5, 6, 7, 8, 9]).view
    #expect(octets.load8(at: 8) == 9)
    #expect(octets.load16(at: 1) == 0x0203)
    #expect(octets.load32(at: 1) == 0x0203_0405)
    #expect(octets.load64(at: 1) == 0x0203_0405_0607_0809)
    #expect(octets.address(at: 3) == IPv4Address("4.5.6.7"))
    #expect(octets.macAddress(at: 3) == MACAddress("04:05:06:07:08:09"))
  }

  @Test func `numbers are written in network order and nothing beside them`() throws {
    let octets = Octets([UInt8](repeating: 0xEE, count: 12))
    octets.view.store16(0x0102, at: 1)
    octets.view.store32(0x0304_0506, at: 4)
    #expect(octets.bytes == hex("ee 0102 ee 03040506 eeeeeeee"))
    octets.view.store(try #require(MACAddress("0a:0b:0c:0d:0e:0f")), at: 5)
    #expect(octets.bytes == hex("ee 0102 ee 03 0a0b0c0d0e0f ee"))
  }

  @Test func `overlapping copies move octets as they were`() {
    let octets = Octets([0, 1, 2, 3, 4, 5])
    octets.view.copy(4, from: octets.view, at: 0, to: 2)
    #expect(octets.bytes == [0, 1, 0, 1, 2, 3])
  }

  @Test func `prefix and suffix look at the same octets`() {
    let octets = Octets([0, 1, 2, 3])
    #expect(octets.view.prefix(2).count == 2)
    octets.view.suffix(from: 3).store8(9, at: 0)
    #expect(octets.bytes == [0, 1, 2, 9])
    #expect(octets.view.suffix(from: 4).count == 0)
  }

  @Test func `an access beyond the octets stops the process`() async {
    await #expect(processExitsWith: .failure) { _ = Octets([0, 1, 2, 3]).view.load32(at: 1) }
    await #expect(processExitsWith: .failure) { _ = Octets([0, 1, 2, 3]).view.load8(at: -1) }
    await #expect(processExitsWith: .failure) { Octets([0]).view.store16(0, at: 0) }
    await #expect(processExitsWith: .failure) { _ = Octets([]).view.load64(at: Int.max) }
    await #expect(processExitsWith: .failure) { _ = Octets([0, 1]).view.sum(1..<3) }
    await #expect(processExitsWith: .failure) { _ = Octets([0, 1]).view.prefix(3) }
  }
}
