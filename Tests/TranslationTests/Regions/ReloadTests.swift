import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct `After a reload` {
  private static func next(_ setup: TestSetup, after gateway: TestGateway) -> Policy {
    setup.policy(after: gateway)
  }

  private static func busy(_ setup: TestSetup) -> TestGateway {
    let gateway = TestGateway(setup)
    for number in 0..<40 {
      _ = gateway.sendOut(.udp(from: Host.inside(number).at(5000), to: Host.carol.at(4000)))
    }
    return gateway
  }

  @Test func `sessions whose rule still stands go on by the same mapping`() throws {
    let gateway = TestGateway(.overloadedPool)
    let first = try #require(
      gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(4000))).packet)
    let changed = TestSetup.overloadedPool.with { $0.translation.timeouts.udp = 10 }
    #expect(gateway.reload(Self.next(changed, after: gateway)).kept == 1)
    let second = try #require(
      gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(4000))).packet)
    #expect(second.source == first.source)
    gateway.advance(seconds: 10)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `sessions of an address or host that is no longer in a rule end, and their ports are free`() {
    let gateway = Self.busy(.overloadedPool.with { $0.workers = 2 })
    let kept = gateway.sessions.filter { $0.insideGlobal == Place.pool.lowerBound }.count
    let narrow = TestSetup.overloadedPool.withOneAddress
    let result = gateway.reload(Self.next(narrow, after: gateway))
    #expect((result.kept, result.ended) == (kept, 40 - kept))
    #expect(gateway.problems(ports: true) == [])
    #expect(gateway.reload(Self.next(TestSetup(), after: gateway)).ended == kept)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `idle addresses of hosts that are no longer in a rule are free`() {
    let gateway = TestGateway(.exclusivePool)
    _ = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(4000)))
    gateway.clear()
    _ = gateway.reload(Self.next(.overloadedPool, after: gateway))
    #expect(gateway.addressMappings.isEmpty)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a new static entry takes its port from whom a rule gave it to, and gives it back with the next reload`() {
    let gateway = TestGateway(.overloadedInterface)
    _ = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(4000)))
    let entry = StaticTranslation.Ports(transport: .udp, local: 53, global: 5000)
    let with = TestSetup.overloadedInterface.withStatic(.bob, Place.outsideAddress, entry)
    #expect(gateway.reload(Self.next(with, after: gateway)).ended == 1)
    let address = gateway.policy.globalAddresses.number(of: Place.outsideAddress)
    func owner() -> UInt8 { gateway.ports.owner(address: address ?? -1, protocol: .udp, port: 5000) }
    #expect(owner() == PortMap.reserved)
    _ = gateway.reload(Self.next(.overloadedInterface, after: gateway))
    #expect(owner() == 0)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `addresses keep their numbers, and new ones get new numbers`() {
    func range(_ low: UInt32, _ high: UInt32) -> GlobalAddresses.Range {
      GlobalAddresses.Range(IPv4Address(low)...IPv4Address(high))
    }
    let first = GlobalAddresses([range(100, 109), range(200, 209)])
    let second = GlobalAddresses([range(95, 104), range(205, 214), range(.max - 1, .max)], after: first)
    let third = GlobalAddresses([range(90, 220)], after: second)
    #expect((first.count, second.count) == (20, 32))
    var numbers: Set<Int> = []
    for address in UInt32(90)...220 {
      let address = IPv4Address(address)
      for (earlier, later) in [(first, second), (second, third), (first, third)] {
        if let number = earlier.number(of: address) { #expect(later.number(of: address) == number) }
      }
      #expect(second.contains(address) == (95...104 ~= address.rawValue || 205...214 ~= address.rawValue))
      numbers.insert(third.number(of: address) ?? -1)
    }
    #expect(numbers.count == 131)
    #expect(numbers.max().map { $0 < third.count } == true)
    #expect(!third.contains(IPv4Address(.max)))
    #expect(third.number(of: IPv4Address(.max)) == second.number(of: IPv4Address(.max)))
  }
}
