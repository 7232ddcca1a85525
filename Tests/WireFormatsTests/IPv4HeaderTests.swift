import TestSupport
import Testing
import WireFormats

@Suite struct IPv4HeaderTests {
  /// A header with "Total Length" 24, DF, TTL 64, UDP, from 192.168.0.1 to 192.168.0.199, and four octets of payload.
  static let packet = hex("4500 0018 1234 4000 4011 a69c c0a8 0001 c0a8 00c7 6162 6364")

  /// The header with its checksum made right.
  static func checksummed(_ bytes: [UInt8], header: Int) -> [UInt8] {
    var result = bytes
    (result[10], result[11]) = (0, 0)
    let checksum = ~naiveSum(result[..<header])
    (result[10], result[11]) = (UInt8(checksum >> 8), UInt8(checksum & 255))
    return result
  }

  private func withOptions(_ words: Int) -> [UInt8] {
    var bytes = Self.packet
    bytes[0] = 0x45 + UInt8(words)
    bytes[3] = UInt8(24 + words * 4)
    bytes.insert(contentsOf: [UInt8](repeating: 1, count: words * 4), at: 20)
    return Self.checksummed(bytes, header: 20 + words * 4)
  }

  @Test func `every field is where RFC 791 has it`() throws {
    let octets = Octets(Self.checksummed(Self.packet, header: 20))
    let header = try #require(IPv4Header(octets.view, at: 0))
    #expect(header.headerLength == 20)
    #expect(header.totalLength == 24)
    #expect(header.timeToLive == 64)
    #expect(header.protocolNumber == .udp)
    #expect(header.source == IPv4Address("192.168.0.1"))
    #expect(header.destination == IPv4Address("192.168.0.199"))
    #expect(header.dontFragment)
    #expect(!header.isFragment)
    #expect(header.payload == 20)
    #expect(header.end == 24)
  }

  @Test func `a header behind other octets is read at its offset, padding is not payload`() throws {
    let bytes = [UInt8](repeating: 0xEE, count: 18) + Self.checksummed(Self.packet, header: 20) + [0, 0, 0]
    let octets = Octets(bytes)
    let header = try #require(IPv4Header(octets.view, at: 18))
    #expect(header.payload == 38)
    #expect(header.end == 42)
  }

  @Test(arguments: 0...23) func `a packet cut to fewer octets than its total length is refused`(_ length: Int) {
    let octets = Octets(Array(Self.checksummed(Self.packet, header: 20).prefix(length)))
    #expect(IPv4Header(octets.view, at: 0) == nil)
    #expect(IPv4Header.diagnose(octets.view, at: 0) == (length < 20 ? .truncated : .totalLength))
  }

  @Test(arguments: 0...10) func `options of any length are summed and skipped`(_ words: Int) throws {
    let octets = Octets(withOptions(words))
    let header = try #require(IPv4Header(octets.view, at: 0))
    #expect(header.headerLength == 20 + words * 4)
    #expect(header.end - header.payload == 4)
  }

  @Test(arguments: 1...10) func `a packet cut within its options is refused`(_ words: Int) {
    let bytes = withOptions(words)
    for length in 20..<20 + words * 4 {
      let octets = Octets(Array(bytes.prefix(length)))
      #expect(IPv4Header(octets.view, at: 0) == nil)
      #expect(IPv4Header.diagnose(octets.view, at: 0) == .headerLength)
    }
  }

  @Test func `each bit of the header, flipped alone, makes it malformed`() {
    let good = withOptions(2)
    for bit in 0..<28 * 8 {
      var bytes = good
      bytes[bit / 8] ^= 0x80 >> UInt8(bit % 8)
      #expect(IPv4Header(Octets(bytes).view, at: 0) == nil, "bit \(bit)")
    }
  }

  @Test(arguments: [
    (0x35, IPv4Fault.notVersion4), (0x65, .notVersion4), (0x44, .headerLength), (0x40, .headerLength),
    (0x4F, .headerLength),
  ])
  func `a wrong first octet is diagnosed`(_ first: Int, _ fault: IPv4Fault) {
    var bytes = Self.packet
    bytes[0] = UInt8(first)
    let octets = Octets(Self.checksummed(bytes, header: 20))
    #expect(IPv4Header(octets.view, at: 0) == nil)
    #expect(IPv4Header.diagnose(octets.view, at: 0) == fault)
  }

  @Test(arguments: [0, 19, 25, 0xFFFF]) func `a wrong total length is diagnosed`(_ length: Int) {
    var bytes = Self.packet
    (bytes[2], bytes[3]) = (UInt8(length >> 8), UInt8(length & 255))
    let octets = Octets(Self.checksummed(bytes, header: 20))
    #expect(IPv4Header(octets.view, at: 0) == nil)
    #expect(IPv4Header.diagnose(octets.view, at: 0) == .totalLength)
  }

  @Test func `a wrong checksum is diagnosed`() {
    var bytes = Self.checksummed(Self.packet, header: 20)
    bytes[11] ^= 1
    let octets = Octets(bytes)
    #expect(IPv4Header(octets.view, at: 0) == nil)
    #expect(IPv4Header.diagnose(octets.view, at: 0) == .checksum)
  }

  @Test(arguments: [(0x0000, false), (0x4000, false), (0x2000, true), (0x0001, true), (0x3FFF, true)])
  func `fragments are told by MF and offset`(_ field: Int, _ isFragment: Bool) throws {
    var bytes = Self.packet
    (bytes[6], bytes[7]) = (UInt8(field >> 8), UInt8(field & 255))
    let octets = Octets(Self.checksummed(bytes, header: 20))
    #expect(try #require(IPv4Header(octets.view, at: 0)).isFragment == isFragment)
  }

  @Test func `an offset beyond the octets or below zero is refused`() {
    let octets = Octets(Self.checksummed(Self.packet, header: 20))
    for offset in [-1, 1, 5, 24, 1000] { #expect(IPv4Header(octets.view, at: offset) == nil) }
  }

  @Test(arguments: 20...24) func `a quoted packet may be cut short behind its header`(_ length: Int) throws {
    let octets = Octets(Array(Self.checksummed(Self.packet, header: 20).prefix(length)))
    let header = try #require(IPv4Header(quotedIn: octets.view, at: 0))
    #expect(header.totalLength == 24)
    #expect(header.source == IPv4Address("192.168.0.1"))
  }

  @Test(arguments: 0...19) func `a quoted header that is cut itself is refused`(_ length: Int) {
    let octets = Octets(Array(Self.checksummed(Self.packet, header: 20).prefix(length)))
    #expect(IPv4Header(quotedIn: octets.view, at: 0) == nil)
  }

  @Test func `each bit of a quoted header, flipped alone, makes it malformed`() {
    let good = withOptions(1)
    for bit in 0..<24 * 8 {
      var bytes = good
      bytes[bit / 8] ^= 0x80 >> UInt8(bit % 8)
      #expect(IPv4Header(quotedIn: Octets(bytes).view, at: 0) == nil, "bit \(bit)")
    }
  }

  @Test func `whatever passes lies within the octets`() {
    var random = SeededRandom(seed: 5)
    var passed = 0
    for _ in 0..<20_000 {
      var bytes = random.octets(Int.random(in: 0...80, using: &random))
      if bytes.count >= 20 {
        bytes[0] = 0x40 | UInt8.random(in: 4...15, using: &random)
        (bytes[2], bytes[3]) = (0, UInt8.random(in: 15...90, using: &random))
        let length = Int(bytes[0] & 15) * 4
        if length <= bytes.count { bytes = Self.checksummed(bytes, header: length) }
      }
      guard let header = IPv4Header(Octets(bytes).view, at: 0) else { continue }
      passed += 1
      #expect(header.headerLength >= 20 && header.payload <= header.end && header.end <= bytes.count)
    }
    #expect(passed > 1000)
  }
}
