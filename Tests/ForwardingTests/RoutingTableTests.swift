import Forwarding
import TestSupport
import Testing
import WireFormats

@Suite struct RoutingTableTests {
  private func prefix(_ text: String, _ length: UInt8) throws -> IPv4Prefix {
    IPv4Prefix(containing: try #require(IPv4Address(text)), length: length)
  }

  private func route(_ text: String, _ length: UInt8, _ interface: UInt8, via gateway: String? = nil) throws -> Route {
    Route(
      prefix: try prefix(text, length), interface: InterfaceID(rawValue: interface),
      gateway: gateway.flatMap { IPv4Address($0) })
  }

  /// RFC 1812 section 5.2.4.3, as slow as it can be told.
  private func reference(_ routes: [Route], _ destination: IPv4Address, _ instance: RoutingInstance) -> Route? {
    var best: Route?
    for route in routes where route.instance == instance && route.prefix.contains(destination) {
      if best == nil || route.prefix.length >= (best?.prefix.length ?? 0) { best = route }
    }
    return best
  }

  @Test func `an empty table knows no way`() throws {
    #expect(RoutingTable().route(to: Host.carol.address, in: .global) == nil)
  }

  @Test func `the longest prefix wins in whatever order the routes came`() throws {
    let routes = [
      try route("0.0.0.0", 0, 0, via: "203.0.113.254"), try route("10.0.0.0", 8, 1), try route("10.10.0.0", 16, 2),
      try route("10.10.10.0", 24, 3), try route("10.10.10.10", 32, 4), try route("10.10.10.0", 28, 5),
    ]
    for table in [RoutingTable(routes), RoutingTable(routes.reversed())] {
      let ways = ["1.1.1.1", "10.1.1.1", "10.10.1.1", "10.10.10.99", "10.10.10.10", "10.10.10.11"].map {
        table.route(to: IPv4Address($0)!, in: .global)?.interface.rawValue
      }
      #expect(ways == [0, 1, 2, 3, 4, 5])
    }
  }

  @Test func `of two routes to one network the later wins`() throws {
    let table = RoutingTable([try route("10.0.0.0", 8, 1), try route("10.0.0.0", 8, 2)])
    #expect(table.route(to: Host.alice.address, in: .global)?.interface.rawValue == 2)
  }

  @Test func `the next hop is the gateway, or the destination itself on a connected network`() throws {
    let table = RoutingTable([
      try route("203.0.113.0", 24, 1), try route("0.0.0.0", 0, 1, via: "203.0.113.254"),
    ])
    #expect(table.nextHop(to: Host.carol.address, in: .global)?.neighbor == Host.carol.address)
    #expect(table.nextHop(to: Host.mallory.address, in: .global)?.neighbor == Host.router.address)
  }

  @Test func `two instances never meet`() throws {
    let red = RoutingInstance(rawValue: 7)
    let table = RoutingTable([
      Route(instance: red, prefix: try prefix("10.0.0.0", 8), interface: InterfaceID(rawValue: 9)),
      try route("10.10.0.0", 16, 1),
    ])
    #expect(table.route(to: Host.alice.address, in: red)?.interface.rawValue == 9)
    #expect(table.route(to: Host.alice.address, in: .global)?.interface.rawValue == 1)
    #expect(table.route(to: Host.alice.address, in: RoutingInstance(rawValue: 8)) == nil)
  }

  @Test(arguments: UInt64(1)...4) func `random tables answer as the reference does`(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    // Few distinct high octets, so that prefixes nest and collide.
    func address() -> IPv4Address {
      var word = UInt32(truncatingIfNeeded: random.next())
      word = word & 0x0303_FFFF | 0x0A0A_0000
      if random.oneIn(2) { word = word & 0xFFFF_0303 }
      return IPv4Address(word)
    }
    let routes = (0..<400).map { number in
      Route(
        instance: RoutingInstance(rawValue: UInt16(random.number(in: 0...2))),
        prefix: IPv4Prefix(containing: address(), length: UInt8(random.number(in: 0...32))),
        interface: InterfaceID(rawValue: UInt8(number % 64)), gateway: IPv4Address(UInt32(number)))
    }
    let table = RoutingTable(routes)
    var reached = 0
    for _ in 0..<4000 {
      let destination = random.oneIn(3) ? random.pick(routes).prefix.range.upperBound : address()
      let instance = RoutingInstance(rawValue: UInt16(random.number(in: 0...3)))
      let found = table.route(to: destination, in: instance)
      #expect(found == reference(routes, destination, instance))
      reached += found == nil ? 0 : 1
    }
    #expect(reached > 1000)
  }
}
