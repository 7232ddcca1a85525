import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// Packets between inside hosts that know each other by inside global addresses.
@Suite struct HairpinTests {
  private static func setup(workers: Int, _ filtering: FilteringBehavior = .endpointIndependent) -> TestSetup {
    TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal).with {
      $0.workers = workers
      $0.translation.dynamicRules[0].filtering = filtering
    }
  }

  @Test(arguments: [1, 2, 3]) func `a host reaches another's static address, which sees the external source`(
    _ workers: Int
  ) throws {
    let gateway = TestGateway(Self.setup(workers: workers))
    let there = gateway.sendOut(.udp(from: Host.alice.at(5000), to: SocketAddress(Place.bobGlobal, 7)))
    let packet = try #require(there.packet)
    #expect(there.problems(.to(Host.bob.at(7)), .withTimeToLive(63)) == [])
    #expect(Place.pool.contains(packet.sourceAddress))
    #expect(there.interface == Place.inside)
    let back = gateway.sendOut(.udp(from: Host.bob.at(7), to: packet.source))
    #expect(
      back.problems(.from(SocketAddress(Place.bobGlobal, 7)), .to(Host.alice.at(5000)), .withTimeToLive(63)) == [])
    #expect(gateway.sessions.count == 2)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test(arguments: [1, 2, 3]) func `two hosts behind one rule reach each other's mappings`(_ workers: Int) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.with {
        $0.workers = workers
        $0.translation.dynamicRules[0].filtering = .endpointIndependent
      })
    let bob = try #require(gateway.sendOut(.udp(from: Host.bob.at(6000), to: Host.carol.at(7))).packet).source
    let there = gateway.sendOut(.udp(from: Host.alice.at(5000), to: bob))
    #expect(there.problems(.to(Host.bob.at(6000))) == [])
    let alice = try #require(there.packet).source
    #expect(Place.pool.contains(alice.address))
    #expect(
      gateway.sendOut(.udp(from: Host.bob.at(6000), to: alice)).problems(.from(bob), .to(Host.alice.at(5000))) == [])
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `narrow filtering holds for packets that turn round too`() throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.with {
        $0.translation.dynamicRules[0].filtering = .addressAndPortDependent
      })
    let bob = try #require(gateway.sendOut(.udp(from: Host.bob.at(6000), to: Host.carol.at(7))).packet).source
    #expect(gateway.sendOut(.udp(from: Host.alice.at(5000), to: bob)).dropReason == .filtered)
  }

  @Test(arguments: [1, 2]) func `a ping to a host's own global address is answered by that address`(
    _ workers: Int
  ) throws {
    let gateway = TestGateway(Self.setup(workers: workers))
    let there = gateway.sendOut(.echoRequest(from: .alice, to: Place.bobGlobal, identifier: 77))
    let packet = try #require(there.packet)
    #expect(there.problems(.to(Host.bob.address), .icmp(type: 8)) == [])
    let reply = Datagram.echoReply(from: .bob, to: packet.sourceAddress, identifier: packet.identifier)
    #expect(
      gateway.sendOut(reply).problems(.from(Place.bobGlobal), .to(Host.alice.address), .withIdentifier(77)) == [])
  }

  @Test(arguments: [1, 2]) func `an error about a packet that turned round reaches its sender`(_ workers: Int) throws {
    let gateway = TestGateway(Self.setup(workers: workers))
    let sent = Datagram.udp(from: Host.alice.at(5000), to: SocketAddress(Place.bobGlobal, 7))
    let packet = try #require(gateway.sendOut(sent).packet)
    let error = Datagram.icmpError(
      type: 3, code: 3, from: Host.bob.address, to: packet.sourceAddress, about: packet.packet)
    #expect(
      gateway.sendOut(error).problems(
        .from(Place.bobGlobal), .to(Host.alice.address), .icmp(type: 3, code: 3),
        .quoting(.from(Host.alice.at(5000)), .to(SocketAddress(Place.bobGlobal, 7)))) == [])
  }

  @Test func `one gateway is one hop, and the last hop is refused once`() {
    let gateway = TestGateway(Self.setup(workers: 1))
    let last = Datagram.udp(from: Host.alice.at(5000), to: SocketAddress(Place.bobGlobal, 7))
    #expect(gateway.sendOut(last.with { $0.timeToLive = 2 }).problems(.withTimeToLive(1)) == [])
    #expect(gateway.sendOut(last.with { $0.timeToLive = 1 }).refusal == .timeExceeded)
  }

  @Test func `nobody outside may use an inside global address as its source`() {
    let gateway = TestGateway(Self.setup(workers: 1))
    let lie = Datagram.udp(from: SocketAddress(Place.pool.lowerBound, 9), to: SocketAddress(Place.bobGlobal, 7))
    #expect(gateway.sendIn(lie).dropReason == .martianSource)
  }
}
