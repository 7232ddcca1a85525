import Forwarding
import Testing
import Translation
import WireFormats

@Suite struct DeterministicPortsTests {
  private static func list(_ lines: [(String, UInt32)]) -> AccessList {
    AccessList(
      name: "10", entries: lines.map { .init(permits: true, address: IPv4Address($0.0)!, wildcard: $0.1) })
  }

  private static func range(_ first: String, _ last: String) -> ClosedRange<IPv4Address> {
    IPv4Address(first)!...IPv4Address(last)!
  }

  private static func ports(
    _ list: AccessList, _ ranges: [ClosedRange<IPv4Address>], perHost: UInt16, reserved: UInt16 = 0
  ) -> DeterministicPorts? {
    var rule = DynamicRule(accessList: "10", source: .pool("P"), overload: true)
    rule.ports = .deterministic(portsPerHost: perHost, reserved: reserved)
    return DeterministicPorts(
      rule, lists: ["10": list], pools: ["P": AddressPool(name: "P", ranges: ranges, prefixLength: 24)])
  }

  @Test func `hosts get ranges one after the other, address by address`() throws {
    let ports = try #require(
      Self.ports(
        Self.list([("10.10.10.0", 255), ("10.20.0.0", 1)]),
        [Self.range("203.0.113.100", "203.0.113.101"), Self.range("198.51.100.7", "198.51.100.7")], perHost: 512,
        reserved: 1000))
    #expect(ports.hostsPerAddress == 124, "63 512 ports hold 124 ranges of 512")
    #expect(ports.capacity == 372)
    #expect(ports.hostCount == 258)
    func range(_ host: String) -> String? {
      ports.range(of: IPv4Address(host)!).map { "\($0.address) \($0.ports)" }
    }
    #expect(range("10.10.10.0") == "203.0.113.100 2024...2535")
    #expect(range("10.10.10.123") == "203.0.113.100 65000...65511")
    #expect(range("10.10.10.124") == "203.0.113.101 2024...2535")
    #expect(range("10.20.0.1") == "198.51.100.7 \(2024 + 9 * 512)...\(2024 + 9 * 512 + 511)")
    #expect(range("10.30.0.1") == nil)
    #expect(ports.host(of: IPv4Address("203.0.113.101")!, port: 2535) == IPv4Address("10.10.10.124"))
    #expect(ports.host(of: IPv4Address("203.0.113.101")!, port: 2023) == nil)
    #expect(ports.host(of: IPv4Address("203.0.113.100")!, port: 65_512) == nil, "no whole range is left there")
    #expect(ports.host(of: IPv4Address("203.0.113.102")!, port: 2535) == nil)
    #expect(ports.host(of: IPv4Address("198.51.100.7")!, port: 2024 + 10 * 512) == nil, "nobody's")
  }

  @Test func `hosts beyond the capacity have no range`() throws {
    let ports = try #require(
      Self.ports(Self.list([("10.10.10.0", 255)]), [Self.range("203.0.113.100", "203.0.113.100")], perHost: 1024))
    #expect(ports.hostsPerAddress == 63)
    #expect(ports.range(of: IPv4Address("10.10.10.62")!) != nil)
    #expect(ports.range(of: IPv4Address("10.10.10.63")!) == nil)
  }

  @Test func `a host of two lines has one range, and the other is nobody's`() throws {
    let ports = try #require(
      Self.ports(
        Self.list([("10.10.10.2", 0), ("10.10.10.0", 3)]), [Self.range("203.0.113.100", "203.0.113.100")],
        perHost: 1000))
    let address = IPv4Address("203.0.113.100")!
    #expect(ports.range(of: IPv4Address("10.10.10.2")!)?.ports == 1024...2023)
    #expect(ports.host(of: address, port: 1024) == IPv4Address("10.10.10.2"))
    #expect(ports.host(of: address, port: 1024 + 3 * 1000) == nil)
    #expect(ports.host(of: address, port: 1024 + 4 * 1000) == IPv4Address("10.10.10.3"))
  }

  @Test func `excluded addresses are passed over`() throws {
    var pool = AddressPool(name: "P", ranges: [Self.range("203.0.113.0", "203.0.113.3")], prefixLength: 30)
    pool.exclusions = [Self.range("203.0.113.0", "203.0.113.1")]
    var rule = DynamicRule(accessList: "10", source: .pool("P"), overload: true)
    rule.ports = .deterministic(portsPerHost: 64_512, reserved: 0)
    let ports = try #require(
      DeterministicPorts(rule, lists: ["10": Self.list([("10.0.0.0", 1)])], pools: ["P": pool]))
    #expect(ports.range(of: IPv4Address("10.0.0.0")!)?.address == IPv4Address("203.0.113.2"))
    #expect(ports.range(of: IPv4Address("10.0.0.1")!)?.address == IPv4Address("203.0.113.3"))
    #expect(ports.host(of: IPv4Address("203.0.113.3")!, port: 65_535) == IPv4Address("10.0.0.1"))
  }

  @Test func `what cannot be computed is refused`() {
    let pool = [Self.range("203.0.113.100", "203.0.113.100")]
    let list = Self.list([("10.0.0.0", 255)])
    #expect(Self.ports(list, pool, perHost: 1) != nil)
    #expect(Self.ports(list, pool, perHost: 0) == nil)
    #expect(Self.ports(list, pool, perHost: 64_512) != nil)
    #expect(Self.ports(list, pool, perHost: 64_512, reserved: 1) == nil)
    #expect(Self.ports(list, pool, perHost: 1, reserved: 64_512) == nil)
    #expect(Self.ports(list, [], perHost: 1) == nil)
    #expect(Self.ports(Self.list([]), pool, perHost: 1) == nil)
    #expect(Self.ports(Self.list([("10.0.0.0", 0x0000_0005)]), pool, perHost: 1) == nil, "a wildcard with gaps")
    var denying = list
    denying.entries[0].permits = false
    #expect(Self.ports(denying, pool, perHost: 1) == nil)
    #expect(
      DeterministicPorts(
        DynamicRule(accessList: "10", source: .pool("P"), overload: true), lists: ["10": list], pools: [:]) == nil)
  }

  @Test func `an interface lends its one address`() throws {
    var rule = DynamicRule(accessList: "10", source: .interface(.init(rawValue: 1)), overload: true)
    rule.ports = .deterministic(portsPerHost: 100, reserved: 0)
    let lists = ["10": Self.list([("0.0.0.0", .max)])]
    #expect(DeterministicPorts(rule, lists: lists, pools: [:]) == nil)
    let ports = try #require(
      DeterministicPorts(rule, lists: lists, pools: [:], interface: IPv4Address("203.0.113.1")))
    #expect(ports.range(of: IPv4Address("0.0.0.3")!)?.ports == 1324...1423)
    #expect(ports.hostCount == 1 << 32)
  }

  @Test func `both ways agree, and no two hosts share a port`() throws {
    var state: UInt64 = 0x1234_5678_9ABC_DEF1
    func random(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    for _ in 0..<300 {
      let lines = (0...random(4)).map { _ in
        (IPv4Address(UInt32(0x0A00_0000 + random(4096))), UInt32(1 << random(7) - 1))
      }
      let list = AccessList(
        name: "10", entries: lines.map { .init(permits: true, address: $0.0, wildcard: $0.1) })
      let perHost = UInt16(1 + random(2048))
      let reserved = UInt16(random(3000))
      let ranges = (0...random(3)).map { index -> ClosedRange<IPv4Address> in
        let first = UInt32(0xCB00_7100 + index * 256 + random(8))
        return IPv4Address(first)...IPv4Address(first + UInt32(random(3)))
      }
      let ports = try #require(Self.ports(list, ranges, perHost: perHost, reserved: reserved))
      var taken: [IPv4Address: Set<UInt16>] = [:]
      let hosts = Set(lines.flatMap { line in (0...line.1).map { IPv4Address(line.0.rawValue & ~line.1 | $0) } })
      for host in hosts {
        guard let range = ports.range(of: host) else { continue }
        #expect(range.ports.count == Int(perHost))
        #expect(range.ports.lowerBound >= 1024 + reserved)
        #expect(ports.host(of: range.address, port: range.ports.lowerBound) == host)
        #expect(ports.host(of: range.address, port: range.ports.upperBound) == host)
        #expect(taken[range.address, default: []].insert(range.ports.lowerBound).inserted)
      }
      for _ in 0..<50 {
        let address = ranges[random(ranges.count)].lowerBound
        let port = UInt16(random(65_536))
        guard let host = ports.host(of: address, port: port) else { continue }
        let range = try #require(ports.range(of: host))
        #expect(range.address == address && range.ports.contains(port))
      }
    }
  }
}
