import Testing

@testable import WireFormats

@Suite("What an IPv6 packet carries")
struct IPv6FlowTests {
  private static let source = IPv6Address(0x2001_0DB8 << 32, 1)
  private static let destination = IPv6Address(0x2001_0DB8 << 32, 2)
  /// Ports 40 000 and 53.
  private static let ports: [UInt8] = [0x9C, 0x40, 0, 53, 0, 0, 0, 0]

  private static func octets(_ address: IPv6Address) -> [UInt8] {
    [address.high, address.low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  private static func packet(_ nextHeader: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0x60, 0, 0, 0, 0, UInt8(payload.count), nextHeader, 64] + octets(source) + octets(destination) + payload
  }

  private static func upper(_ nextHeader: UInt8, _ payload: [UInt8]) -> IPv6UpperLayer? {
    let octets = packet(nextHeader, payload)
    return IPv6UpperLayer(octets.span, nextHeader: nextHeader, from: 40, to: octets.count)
  }

  @Test func `lies behind its extension headers`() throws {
    let empty: [UInt8] = [0, 1, 4, 0, 0, 0, 0]
    let plain = try #require(Self.upper(17, Self.ports))
    #expect(plain.protocolNumber == 17 && plain.offset == 40 && !plain.isFragment && !plain.hasOtherEnds)
    // Hop-by-hop options, destination options of sixteen octets, and the header of a fragment that is all there is.
    let long = [UInt8(44), 1] + [1, 12] + [UInt8](repeating: 0, count: 12)
    let behind = try #require(
      Self.upper(0, [60] + empty + long + [6, 0, 0, 0, 0, 0, 0, 9] + Self.ports))
    #expect(behind.protocolNumber == 6 && behind.offset == 72 && !behind.isFragment && !behind.hasOtherEnds)
  }

  @Test func `is a part of something in a fragment, and unknown in a later one`() throws {
    let first = try #require(Self.upper(44, [17, 0, 0, 1, 0, 0, 0, 9] + Self.ports))
    #expect(first.isFragment && first.protocolNumber == 17)
    #expect(Self.upper(44, [17, 0, 0, 8, 0, 0, 0, 9] + Self.ports) == nil)
    #expect(Self.upper(44, [17, 0, 1, 0, 0, 0, 0, 9] + Self.ports) == nil)
  }

  @Test func `has other ends where a routing header or a home address says so`() throws {
    let route = [UInt8(17), 2, 0, 1, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
    #expect(try #require(Self.upper(43, route + Self.ports)).hasOtherEnds)
    #expect(try !#require(Self.upper(43, [17, 2, 0, 0] + route[4...] + Self.ports)).hasOtherEnds)
    let home = [UInt8(17), 2, 1, 2, 0, 0, 201, 16] + [UInt8](repeating: 7, count: 16)
    #expect(try #require(Self.upper(60, home + Self.ports)).hasOtherEnds)
  }

  @Test func `is nothing where headers are cut short or too many`() {
    for next in [UInt8(0), 43, 44, 60, 135] {
      for count in 0..<8 { #expect(Self.upper(next, [UInt8](repeating: 0, count: count)) == nil) }
      #expect(Self.upper(next, [17, 200, 0, 0, 0, 0, 0, 0]) == nil || next == 44)
    }
    let options: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0]
    let many = Array(repeatElement(options, count: 9).joined())
    #expect(Self.upper(60, many + Self.ports) == nil)
  }

  @Test func `has a flow, and so has what an error quotes`() throws {
    for (number, transport) in [(UInt8(6), IPProtocol.tcp), (17, .udp)] {
      let octets = Self.packet(number, Self.ports)
      let upper = try #require(Self.upper(number, Self.ports))
      let found = IPv6Flow(octets.span, from: 0, carrying: upper, to: octets.count)
      let flow = try #require(found)
      #expect(flow == IPv6Flow(transport, from: Self.source, 40_000, to: Self.destination, 53))
      #expect(flow.reversed == IPv6Flow(transport, from: Self.destination, 53, to: Self.source, 40_000))
      let cut = IPv6Flow(octets.span, from: 0, carrying: upper, to: 43)
      #expect(cut == nil)
      for type in UInt8(0)...6 {
        let error = [type, 0, 0, 0, 0, 0, 5, 0] + octets
        let quoted = IPv6Flow.quoted(by: error.span, at: 0, to: error.count)
        #expect((quoted?.flow == flow && quoted?.transport == 48) == (1...4).contains(type))
        for count in 0..<52 {
          let less = IPv6Flow.quoted(by: error.span, at: 0, to: count)
          #expect(less == nil)
        }
      }
    }
    let other = Self.packet(58, Self.ports)
    let upper = try #require(Self.upper(58, Self.ports))
    let flow = IPv6Flow(other.span, from: 0, carrying: upper, to: other.count)
    #expect(flow == nil)
  }
}
