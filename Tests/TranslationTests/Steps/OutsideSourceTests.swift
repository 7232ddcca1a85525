import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// `ip nat outside source`: outside hosts that inside hosts know by other addresses; twice NAT.
@Suite struct OutsideSourceTests {
  private static let local = IPv4Address(0x0A63_000A)

  private static func twice(_ change: (inout OutsideStatic) -> Void = { _ in }) -> TestSetup {
    TestSetup.overloadedPool.with {
      var entry = OutsideStatic(global: Host.carol.address, local: local)
      entry.addRoute = true
      change(&entry)
      $0.translation.outsideStatics = [entry]
    }
  }

  @Test func `a packet to an outside local address goes to the outside host, and its answer comes from there`() throws {
    let gateway = TestGateway(Self.twice())
    let there = gateway.sendOut(.udp(from: Host.alice.at(5000), to: SocketAddress(Self.local, 7)))
    #expect(there.problems(.to(Host.carol.at(7))) == [])
    let source = try #require(there.packet).source
    #expect(Place.pool.contains(source.address))
    let back = gateway.sendIn(.udp(from: Host.carol.at(7), to: source))
    #expect(back.problems(.from(SocketAddress(Self.local, 7)), .to(Host.alice.at(5000))) == [])
    let session = try #require(gateway.sessions.first)
    #expect(session.outsideLocal == Self.local && session.outsideGlobal == Host.carol.address)
  }

  @Test func `TCP and ICMP keep right checksums both ways`() throws {
    let gateway = TestGateway(Self.twice())
    let syn = gateway.sendOut(.tcp(from: Host.alice.at(5000), to: SocketAddress(Self.local, 80), .syn))
    #expect(syn.problems(.to(Host.carol.at(80))) == [])
    let answer = Datagram.tcp(from: Host.carol.at(80), to: try #require(syn.packet).source, [.syn, .ack])
    #expect(gateway.sendIn(answer).problems(.from(SocketAddress(Self.local, 80))) == [])
    let ping = gateway.sendOut(.echoRequest(from: .alice, to: Self.local, identifier: 5))
    #expect(ping.problems(.to(Host.carol.address)) == [])
    let packet = try #require(ping.packet)
    let reply = Datagram.echoReply(from: .carol, to: packet.sourceAddress, identifier: packet.identifier)
    #expect(gateway.sendIn(reply).problems(.from(Self.local), .withIdentifier(5)) == [])
  }

  @Test func `without add-route the local address needs a route of its own`() {
    let gateway = TestGateway(Self.twice { $0.addRoute = false })
    // The default route leads outside, so it has one.
    #expect(gateway.sendOut(.udp(from: Host.alice.at(5000), to: SocketAddress(Self.local, 7))).packet != nil)
  }

  @Test func `an outside host that opens a session appears under its local address`() {
    let gateway = TestGateway(Self.twice().withStatic(.bob, Place.bobGlobal))
    let request = gateway.sendIn(.udp(from: Host.carol.at(9), to: SocketAddress(Place.bobGlobal, 7)))
    #expect(request.problems(.from(SocketAddress(Self.local, 9)), .to(Host.bob.at(7))) == [])
    let answer = gateway.sendOut(.udp(from: Host.bob.at(7), to: SocketAddress(Self.local, 9)))
    #expect(answer.problems(.from(SocketAddress(Place.bobGlobal, 7)), .to(Host.carol.at(9))) == [])
    #expect(gateway.sessions.count == 1)
  }

  @Test func `a port entry moves the port as well`() throws {
    let gateway = TestGateway(
      Self.twice { $0.ports = StaticTranslation.Ports(transport: .tcp, local: 8080, global: 80) })
    let there = gateway.sendOut(.tcp(from: Host.alice.at(5000), to: SocketAddress(Self.local, 8080), .syn))
    #expect(there.problems(.to(Host.carol.at(80))) == [])
    let answer = Datagram.tcp(from: Host.carol.at(80), to: try #require(there.packet).source, [.syn, .ack])
    #expect(gateway.sendIn(answer).problems(.from(SocketAddress(Self.local, 8080))) == [])
  }

  @Test func `a network entry keeps the host part`() {
    let gateway = TestGateway(
      Self.twice {
        $0.global = IPv4Address(0xCB00_7100)
        $0.local = IPv4Address(0x0A63_0000)
        $0.prefixLength = 24
      })
    let there = gateway.sendOut(.udp(from: Host.alice.at(5000), to: SocketAddress(IPv4Address(0x0A63_000B), 7)))
    #expect(there.problems(.to(Host.dave.at(7))) == [])
  }

  @Test func `errors quote what inside hosts know`() throws {
    let gateway = TestGateway(Self.twice())
    let there = try #require(
      gateway.sendOut(.udp(from: Host.alice.at(5000), to: SocketAddress(Self.local, 7))).packet)
    let error = Datagram.icmpError(
      type: 3, code: 3, from: Host.carol.address, to: there.sourceAddress, about: there.packet)
    #expect(
      gateway.sendIn(error).problems(
        .from(Self.local), .to(Host.alice.address),
        .quoting(.from(Host.alice.at(5000)), .to(SocketAddress(Self.local, 7)))) == [])
  }

  @Test func `a rule binds outside hosts to addresses of a pool, and releases them`() throws {
    let pool = IPv4Address(0x0A63_0001)...IPv4Address(0x0A63_0002)
    let gateway = TestGateway(
      TestSetup().withStatic(.bob, Place.bobGlobal).with {
        $0.translation.accessLists["OUT"] = AccessList(
          name: "OUT", entries: [AccessList.Entry(permits: true, source: .any)])
        $0.translation.pools["L"] = AddressPool(name: "L", ranges: [pool], prefixLength: 24)
        $0.translation.outsideRules = [OutsideRule(condition: .accessList("OUT"), pool: "L")]
      })
    var locals: Set<IPv4Address> = []
    for host in [Host.carol, .dave] {
      let request = gateway.sendIn(.udp(from: host.at(9), to: SocketAddress(Place.bobGlobal, 7)))
      let local = try #require(request.packet).source
      #expect(pool.contains(local.address) && local.port == 9)
      locals.insert(local.address)
      #expect(
        gateway.sendOut(.udp(from: Host.bob.at(7), to: local)).problems(
          .from(SocketAddress(Place.bobGlobal, 7)), .to(host.at(9))) == [])
    }
    #expect(locals.count == 2)
    let third = gateway.sendIn(.udp(from: Host.mallory.at(9), to: SocketAddress(Place.bobGlobal, 7)))
    #expect(third.dropReason == .addressesExhausted)
  }
}
