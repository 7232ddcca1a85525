import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@Suite struct AdmitOutboundTests {
  private let flow = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7))

  @Test func `the first packet of a host under a rule makes mapping and session`() throws {
    let gateway = TestGateway(.overloadedPool)
    let outcome = gateway.sendOut(flow)
    #expect(outcome.problems(.to(Host.carol.at(7)), .withTimeToLive(63), .carrying(flow.payload)) == [])
    #expect(outcome.interface == Place.outside)
    let source = try #require(outcome.packet).source
    #expect(Place.pool.contains(source.address))
    #expect(source.port == 5000)
    let session = try #require(gateway.sessions.first)
    #expect(session.insideLocal == Host.alice.address)
    #expect(session.insideGlobal == source.address)
    #expect(gateway.total(.sessionsCreated) == 1)
    #expect(gateway.total(.mappingsCreated) == 1)
    #expect(gateway.total(.misses) == 1)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `the packets of one burst share the session that the first of them makes`() {
    let gateway = TestGateway(.overloadedPool)
    let outcomes = gateway.send([Frame](repeating: flow.frame(), count: 8), by: Place.inside)
    #expect(outcomes.allSatisfy { $0.problems(.to(Host.carol.at(7))).isEmpty })
    #expect(gateway.sessions.count == 1)
    #expect(gateway.total(.hits) == 7)
    #expect(gateway.problems() == [])
  }

  @Test func `overload on an interface uses the interface's address`() {
    let gateway = TestGateway(.overloadedInterface)
    #expect(gateway.sendOut(flow).problems(.from(SocketAddress(Place.outsideAddress, 5000))) == [])
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `two hosts with the same port share an address by different ports`() throws {
    let gateway = TestGateway(.overloadedInterface)
    let alice = try #require(gateway.sendOut(flow).packet).source
    let bob = try #require(gateway.sendOut(.udp(from: Host.bob.at(5000), to: Host.carol.at(7))).packet).source
    #expect(alice.address == bob.address)
    #expect(alice.port == 5000)
    #expect(bob.port != 5000 && bob.port >= 1024 && bob.port % 2 == 0)
  }

  @Test func `who is on no list is routed as he is`() {
    let gateway = TestGateway(TestSetup())
    let outcome = gateway.sendOut(flow)
    #expect(outcome.problems(.from(Host.alice.at(5000)), .to(Host.carol.at(7)), .withTimeToLive(63)) == [])
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.total(.untranslated) == 1)
  }

  @Test func `what leaves by another interface than an outside one is not translated`() throws {
    let gateway = TestGateway(.overloadedPool)
    gateway.introduce(Host("aside", "192.0.2.9", 0x02_00_00_00_00_99), at: Place.aside)
    let aside = SocketAddress(try #require(IPv4Address("192.0.2.9")), 7)
    let outcome = gateway.sendOut(.udp(from: Host.alice.at(5000), to: aside))
    #expect(outcome.problems(.from(Host.alice.at(5000)), .to(aside)) == [])
    #expect(outcome.interface == Place.aside)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `what is for the gateway is delivered to it`() {
    let gateway = TestGateway(.overloadedPool)
    for address in [Place.insideAddress, Place.outsideAddress] {
      #expect(gateway.sendOut(.echoRequest(from: .alice, to: address, identifier: 7)).isDelivered)
    }
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `the gateway's own address as source is a lie`() {
    let gateway = TestGateway(.overloadedPool)
    let lie = Datagram.udp(from: SocketAddress(Place.insideAddress, 5000), to: Host.carol.at(7))
    #expect(gateway.sendOut(lie).dropReason == .martianSource)
  }

  @Test func `a network that no route leads to is unreachable`() throws {
    // The default route is all that leads anywhere else: a table without it has none.
    let setup = TestSetup.overloadedPool
    let policy = Policy(interfaces: setup.interfaces, routes: RoutingTable(), translation: setup.translation)
    let gateway = TestGateway(setup, policy: policy)
    let outcome = gateway.sendOut(flow)
    #expect(outcome.refusal == .networkUnreachable)
    #expect(outcome.dropReason == .noRoute)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `a reset or a stray reply opens nothing and shows nobody`() {
    let gateway = TestGateway(.overloadedPool)
    for flags in [TCPFlags.rst, [.rst, .ack]] {
      #expect(gateway.sendOut(.tcp(from: Host.alice.at(5000), to: Host.carol.at(7), flags)).dropReason == .noSession)
    }
    let reply = Datagram.echoReply(from: .alice, to: Host.carol.address, identifier: 9)
    #expect(gateway.sendOut(reply).dropReason == .noSession)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a packet to an inside global address that nobody has is filtered as if it came from outside`() {
    let gateway = TestGateway(.overloadedPool)
    let hairpin = Datagram.udp(from: Host.alice.at(5000), to: SocketAddress(Place.pool.upperBound, 7))
    #expect(gateway.sendOut(hairpin).dropReason == .filtered)
  }

  @Test func `a host that no rule translates cannot turn round at the gateway`() {
    let gateway = TestGateway(TestSetup().withStatic(.bob, Place.bobGlobal))
    let hairpin = Datagram.udp(from: Host.alice.at(5000), to: SocketAddress(Place.bobGlobal, 7))
    #expect(gateway.sendOut(hairpin).dropReason == .hairpin)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `without overload each host has an address of its own, ports untouched`() throws {
    let gateway = TestGateway(.exclusivePool)
    let alice = try #require(gateway.sendOut(flow).packet)
    let bob = try #require(gateway.sendOut(.udp(from: Host.bob.at(5000), to: Host.carol.at(7))).packet)
    #expect(alice.source.port == 5000 && bob.source.port == 5000)
    #expect(alice.sourceAddress != bob.sourceAddress)
    #expect(Place.pool.contains(alice.sourceAddress) && Place.pool.contains(bob.sourceAddress))
    #expect(gateway.addressMappings.count == 2)
    let gre = gateway.sendOut(Datagram(from: Host.alice.at(0), to: Host.carol.at(0), .other(47)))
    #expect(gre.packet?.sourceAddress == alice.sourceAddress)
    #expect(gre.packet?.payload == flow.payload)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `match-host picks the address with the same host part`() {
    let setup = TestSetup.exclusivePool.with {
      $0.translation.pools["POOL"]?.ranges = [IPv4Address(0xC633_6400)...IPv4Address(0xC633_64FF)]
      $0.translation.pools["POOL"]?.selection = .matchHost
    }
    let gateway = TestGateway(setup)
    #expect(gateway.sendOut(flow).packet?.sourceAddress == IPv4Address("198.51.100.10"))
    let bob = gateway.sendOut(.udp(from: Host.bob.at(5000), to: Host.carol.at(7)))
    #expect(bob.packet?.sourceAddress == IPv4Address("198.51.100.11"))
  }

  @Test func `a static entry gives a host its address, and a port its port`() {
    let web = StaticTranslation.Ports(transport: .tcp, local: 8080, global: 80)
    let gateway = TestGateway(
      .overloadedPool.withStatic(.bob, Place.bobGlobal).withStatic(.alice, Place.outsideAddress, web))
    let bob = gateway.sendOut(.udp(from: Host.bob.at(5000), to: Host.carol.at(7)))
    #expect(bob.problems(.from(SocketAddress(Place.bobGlobal, 5000))) == [])
    let served = gateway.sendOut(.tcp(from: Host.alice.at(8080), to: Host.carol.at(7), [.syn, .ack]))
    #expect(served.problems(.from(SocketAddress(Place.outsideAddress, 80))) == [])
    let other = gateway.sendOut(.tcp(from: Host.alice.at(8081), to: Host.carol.at(7), .syn))
    #expect(other.packet.map { Place.pool.contains($0.sourceAddress) } == true)
    #expect(gateway.problems(ports: true) == [])
  }
}
