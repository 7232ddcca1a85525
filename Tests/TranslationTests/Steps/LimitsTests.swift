import TestSupport
import Testing
import WireFormats

@testable import Translation

/// What keeps sessions from being made, and that each limit gives its places back.
@Suite struct LimitsTests {
  struct Limit: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reason: DropReason
    let set: @Sendable (inout TestSetup) -> Void
  }

  /// Each of them lets alice have three sessions.
  static let limits: [Limit] = [
    Limit(testDescription: "of one host", reason: .hostSessionsExhausted) {
      $0.translation.limits.hosts = [Host.alice.address: 3]
    },
    Limit(testDescription: "of every host", reason: .hostSessionsExhausted) { $0.translation.limits.allHosts = 3 },
    Limit(testDescription: "of a list", reason: .listSessionsExhausted) {
      $0.translation.limits.lists = [EntryLimits.ListLimit(accessList: "10", maximum: 3)]
    },
    Limit(testDescription: "of an instance", reason: .instanceSessionsExhausted) {
      $0.translation.limits.instances = [Place.redInstance: 3]
    },
    Limit(testDescription: "of every instance", reason: .instanceSessionsExhausted) {
      $0.translation.limits.allInstances = 3
    },
    Limit(testDescription: "of all", reason: .sessionsExhausted) { $0.translation.maximumEntries = 3 },
  ]

  private static func flow(_ number: Int) -> Datagram {
    .udp(from: Host.alice.at(UInt16(5000 + number)), to: Host.carol.at(7))
  }

  @Test(arguments: limits) func `a limit refuses what is beyond it, and has room again when sessions end`(
    _ limit: Limit
  ) {
    var setup = TestSetup.overloadedPool.withRed(matchInVRF: false)
    limit.set(&setup)
    let gateway = TestGateway(setup)
    for round in 0..<3 {
      let outcomes = (0..<5).map { gateway.send(Self.flow(5 * round + $0), by: Place.red) }
      #expect(outcomes.map(\.dropReason) == [nil, nil, nil, limit.reason, limit.reason])
      #expect(outcomes[4].refusal?.code == 13)
      // The mapping and port of a session that was refused do not stay.
      #expect(gateway.sessions.count == 3)
      #expect(gateway.problems(ports: round == 0) == [])
      #expect(gateway.clear() == 3)
      gateway.advance(seconds: 5)
      #expect(gateway.remains() == [])
    }
  }

  @Test func `a limit of one host is none of its neighbour's`() {
    let gateway = TestGateway(.overloadedPool.with { $0.translation.limits.hosts = [Host.alice.address: 1] })
    #expect((0..<3).map { gateway.sendOut(Self.flow($0)).packet != nil } == [true, false, false])
    for number in 0..<9 {
      #expect(gateway.sendOut(.udp(from: Host.bob.at(UInt16(5000 + number)), to: Host.carol.at(7))).packet != nil)
    }
  }

  @Test func `hosts of two instances with one address are counted apart`() {
    let gateway = TestGateway(
      TestSetup.overloadedPool.withRed(matchInVRF: false).with { $0.translation.limits.allHosts = 2 })
    for place in [Place.inside, Place.red] {
      #expect((0..<3).map { gateway.send(Self.flow($0), by: place).packet != nil } == [true, true, false])
    }
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `the rate lets a host open two seconds' worth at once, and then as many a second`() {
    let gateway = TestGateway(.overloadedPool.with { $0.translation.limits.newSessionsPerSecond = 3 })
    func open(_ from: Int) -> Int { (from..<from + 20).count { gateway.sendOut(Self.flow($0)).packet != nil } }
    #expect(open(0) == 6)
    #expect(gateway.sendOut(Self.flow(19)).dropReason == .hostRateExceeded)
    // What is open goes on.
    #expect(gateway.sendOut(Self.flow(0)).packet != nil)
    gateway.tick()
    #expect(open(20) == 3)
    gateway.tick(seconds: 100)
    #expect(open(40) == 6)
    gateway.clear()
    gateway.advance(seconds: 3)
    #expect(gateway.remains() == [])
  }

  @Test func `sessions that outside hosts open are no matter of the rate`() {
    let setup = TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal)
    let gateway = TestGateway(setup.with { $0.translation.limits.newSessionsPerSecond = 1 })
    for number in 0..<10 {
      let packet = Datagram.udp(from: Host.carol.at(UInt16(1000 + number)), to: SocketAddress(Place.bobGlobal, 7))
      #expect(gateway.sendIn(packet).packet != nil)
    }
  }

  @Test func `a later run takes up more sessions than the rate allows in a second`() {
    let setup = TestSetup.overloadedPool.with { $0.translation.limits.newSessionsPerSecond = 2 }
    let before = TestGateway(setup)
    for number in 0..<20 {
      _ = before.sendOut(Self.flow(number))
      before.tick()
    }
    #expect(before.sessions.count == 20)
    let after = TestGateway(setup)
    after.tick(seconds: before.now - after.now)
    #expect(after.takeUp(before.regions).sessions == 20)
    #expect(after.problems(ports: true) == [])
  }

  @Test func `one session too many costs a later run that session, not the others of its mapping`() {
    let before = TestGateway(.overloadedPool)
    func flow(_ host: Host, _ number: Int) -> Datagram {
      .udp(from: host.at(5000), to: SocketAddress(Host.carol.address, UInt16(1000 + number)))
    }
    for number in 0..<4 { _ = before.sendOut(flow(.alice, number)) }
    let after = TestGateway(.overloadedPool.with { $0.translation.limits.hosts = [Host.alice.address: 3] })
    let taken = after.takeUp(before.regions)
    #expect((taken.sessions, taken.skipped) == (3, 1))
    #expect(after.sendOut(flow(.alice, 0)).packet != nil)
    #expect(after.problems(ports: true) == [])
  }

  @Test func `after a reload sessions count in the lists of the new rules`() {
    func setup(_ list: String) -> TestSetup {
      .overloadedPool.with {
        $0.translation.accessLists["B"] = AccessList(
          name: "B", entries: [AccessList.Entry(permits: true, address: Host.bob.address, wildcard: 0)])
        $0.translation.limits.lists = [EntryLimits.ListLimit(accessList: list, maximum: 2)]
      }
    }
    let gateway = TestGateway(setup("10"))
    for host in [Host.alice, .bob] { _ = gateway.sendOut(.udp(from: host.at(5000), to: Host.carol.at(7))) }
    #expect(gateway.limit.used(list: 0) == 2)
    _ = gateway.reload(setup("B").policy(after: gateway))
    #expect(gateway.limit.used(list: 0) == 1)
    gateway.clear()
    #expect(gateway.limit.used(list: 0) == 0)
  }
}
