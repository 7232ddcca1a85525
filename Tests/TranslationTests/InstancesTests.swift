import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// Routing instances (VRFs): the same inside addresses twice.
@Suite struct InstancesTests {
  private static func flow(_ host: Host, _ port: UInt16 = 5000) -> Datagram {
    .udp(from: host.at(port), to: Host.carol.at(7))
  }

  @Test(arguments: [1, 2, 3]) func `two hosts with one address share the outside, and each gets its own answers`(
    _ workers: Int
  ) throws {
    let gateway = TestGateway(TestSetup.overloadedInterface.withRed(matchInVRF: false).with { $0.workers = workers })
    let global = try #require(gateway.send(Self.flow(.alice), by: Place.inside).packet).source
    let red = try #require(gateway.send(Self.flow(.alice), by: Place.red).packet).source
    #expect(global.address == red.address && global.port != red.port)
    for (source, place) in [(global, Place.inside), (red, Place.red)] {
      let answer = gateway.sendIn(.udp(from: Host.carol.at(7), to: source))
      #expect(answer.problems(.to(Host.alice.at(5000))) == [])
      #expect(answer.interface == place)
    }
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `with match-in-vrf both have the very same global endpoint, each in its instance`() throws {
    let gateway = TestGateway(
      TestSetup.overloadedInterface.withRed(matchInVRF: true).with { setup in
        setup.translation.dynamicRules[1].source = .interface(Place.redOutside)
      })
    let global = gateway.send(Self.flow(.alice), by: Place.inside)
    let red = gateway.send(Self.flow(.alice), by: Place.red)
    #expect((global.interface, red.interface) == (Place.outside, Place.redOutside))
    let endpoint = try #require(global.packet).source
    #expect(try #require(red.packet).source == endpoint)
    let answer = Datagram.udp(from: Host.carol.at(7), to: endpoint)
    #expect(gateway.send(answer, by: Place.outside).interface == Place.inside)
    #expect(gateway.send(answer, by: Place.redOutside).interface == Place.red)
    #expect(gateway.sessions.count == 2)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a rule with match-in-vrf is not for packets that leak to the global instance`() {
    let setup = TestSetup.overloadedPool.withRed(matchInVRF: true).with { $0.redHasOutside = false }
    let gateway = TestGateway(setup)
    _ = gateway.send(Self.flow(.alice), by: Place.red)
    #expect(gateway.sessions.isEmpty)
  }

  @Test(arguments: [1, 2, 3]) func `a host reaches another instance's static host and its answers come back`(
    _ workers: Int
  ) throws {
    let gateway = TestGateway(TestSetup.overloadedPool.withRed(matchInVRF: false).with { $0.workers = workers })
    let there = gateway.sendOut(.udp(from: Host.alice.at(5000), to: SocketAddress(TestSetup.redGlobal, 7)))
    #expect(there.problems(.to(Host.bob.at(7)), .withTimeToLive(63)) == [])
    #expect(there.interface == Place.red)
    let seen = try #require(there.packet).source
    #expect(Place.pool.contains(seen.address))
    let back = gateway.send(.udp(from: Host.bob.at(7), to: seen), by: Place.red)
    #expect(back.problems(.from(SocketAddress(TestSetup.redGlobal, 7)), .to(Host.alice.at(5000))) == [])
    #expect(back.interface == Place.inside)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a static entry of one instance is not for the other's host of the same address`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.withRed(matchInVRF: false))
    let red = try #require(gateway.send(Self.flow(.bob), by: Place.red).packet).source
    let global = try #require(gateway.send(Self.flow(.bob), by: Place.inside).packet).source
    #expect(red == SocketAddress(TestSetup.redGlobal, 5000))
    #expect(Place.pool.contains(global.address))
  }
}
