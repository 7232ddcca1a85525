import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// What listings learn of limits: sessions now, and sessions refused.
@Suite struct `The use of limits` {
  private func open(_ count: Int, from host: Host, _ gateway: TestGateway) {
    for number in 0..<UInt16(count) {
      _ = gateway.sendOut(.udp(from: host.at(5000 + number), to: Host.carol.at(7)))
    }
  }

  @Test(arguments: [1, 3]) func `of hosts is in their workers' tables`(_ workers: Int) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.with {
        $0.workers = workers
        $0.translation.limits.allHosts = 4
        $0.translation.limits.hosts = [Host.bob.address: 2]
      })
    open(6, from: .alice, gateway)
    open(3, from: .bob, gateway)
    let hosts = Dictionary(uniqueKeysWithValues: gateway.hosts.map { ($0.insideLocal, $0) })
    #expect(hosts.count == 2)
    #expect(hosts[Host.alice.address]?.users == 4 && hosts[Host.alice.address]?.refusals == 2)
    #expect(hosts[Host.bob.address]?.users == 2 && hosts[Host.bob.address]?.refusals == 1)
    #expect(gateway.limit.usage.missed == 3)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `of a host counts what its rate refused`() {
    let gateway = TestGateway(TestSetup.overloadedPool.with { $0.translation.limits.newSessionsPerSecond = 5 })
    open(14, from: .alice, gateway)
    #expect(gateway.hosts.map(\.users) == [10] && gateway.hosts.map(\.refusals) == [4])
  }

  @Test func `of lists is counted by their place among the limits`() {
    let gateway = TestGateway(
      TestSetup.overloadedPool.with {
        $0.translation.accessLists["20"] = AccessList(
          name: "20", entries: [.init(permits: true, address: Host.bob.address, wildcard: 0)])
        $0.translation.limits.lists = [
          .init(accessList: "20", maximum: 1), .init(accessList: "10", maximum: 3),
        ]
      })
    open(3, from: .bob, gateway)
    open(4, from: .alice, gateway)
    #expect(gateway.limit.used(list: 0) == 1 && gateway.limit.missed(list: 0) == 2)
    #expect(gateway.limit.used(list: 1) == 3 && gateway.limit.missed(list: 1) == 1)
    #expect(gateway.limit.used(list: 2) == 0 && gateway.limit.missed(list: 2) == 0)
  }

  @Test func `of instances is counted for each of them`() {
    let limit = SessionLimit(maximum: 100)
    let (red, blue) = (RoutingInstance(rawValue: 1), RoutingInstance(rawValue: 2))
    for number in 0..<5 { #expect(limit.take(red, maximum: 3) == (number < 3)) }
    #expect(limit.take(blue, maximum: 3))
    limit.giveBack(red)
    #expect(limit.used(instance: red) == 2 && limit.missed(instance: red) == 2)
    #expect(limit.used(instance: blue) == 1 && limit.missed(instance: blue) == 0)
  }
}
