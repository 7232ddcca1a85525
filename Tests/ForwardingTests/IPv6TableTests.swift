import Forwarding
import TestSupport
import Testing
import WireFormats

@Suite struct IPv6TableTests {
  /// The longest match, as slow as it can be told.
  private func reference(_ routes: [IPv6Route], _ destination: IPv6Address) -> IPv6Route? {
    var best: IPv6Route?
    for route in routes where route.prefix.contains(destination) {
      if best == nil || route.prefix.length >= (best?.prefix.length ?? 0) { best = route }
    }
    return best
  }

  @Test func `an empty table knows no way`() {
    #expect(IPv6Table(IPv6Links([], routes: [])).nextHop(to: .allNodes) == nil)
  }

  @Test func `a connected network's hosts are neighbours, others are behind the gateway`() throws {
    let near = try #require(IPv6Prefix("2001:db8:1::/64"))
    let router = try #require(IPv6Address("2001:db8:1::9"))
    let table = IPv6Table(
      IPv6Links(
        [],
        routes: [
          IPv6Route(prefix: try #require(IPv6Prefix("::/0")), interface: InterfaceID(rawValue: 1), gateway: router),
          IPv6Route(prefix: near, interface: InterfaceID(rawValue: 0)),
        ]))
    let host = try #require(IPv6Address("2001:db8:1::5"))
    #expect(table.nextHop(to: host) == IPv6NextHop(interface: InterfaceID(rawValue: 0), neighbor: host))
    let far = try #require(IPv6Address("2001:db8:2::5"))
    #expect(table.nextHop(to: far) == IPv6NextHop(interface: InterfaceID(rawValue: 1), neighbor: router))
  }

  @Test func `the longest prefix wins, of two for one network the later`() {
    var random = SeededRandom(seed: 128)
    func address() -> IPv6Address {
      // Few bits differ, so that prefixes often contain each other.
      IPv6Address(
        UInt64.random(in: 0..<4, using: &random) << 62 | UInt64.random(in: 0..<4, using: &random),
        UInt64.random(in: 0..<4, using: &random) << 62 | UInt64.random(in: 0..<4, using: &random))
    }
    for _ in 0..<200 {
      let routes = (0..<Int.random(in: 1...30, using: &random)).map { number in
        IPv6Route(
          prefix: IPv6Prefix(containing: address(), length: UInt8.random(in: 0...128, using: &random)),
          interface: InterfaceID(rawValue: UInt8(number)))
      }
      let table = IPv6Table(IPv6Links([], routes: routes))
      for _ in 0..<50 {
        let destination = address()
        #expect(table.nextHop(to: destination)?.interface == reference(routes, destination)?.interface)
      }
    }
  }
}
