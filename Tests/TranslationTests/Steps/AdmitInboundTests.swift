import TestSupport
import Testing
import Translation
import WireFormats

@Suite struct AdmitInboundTests {
  private func opened(_ setup: TestSetup = .overloadedPool) throws -> (TestGateway, SocketAddress) {
    let gateway = TestGateway(setup)
    let outcome = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7)))
    return (gateway, try #require(outcome.packet).source)
  }

  @Test func `the answer comes back to who asked`() throws {
    let (gateway, global) = try opened()
    let answer = Datagram.udp(from: Host.carol.at(7), to: global)
    let outcome = gateway.sendIn(answer)
    #expect(
      outcome.problems(
        .from(Host.carol.at(7)), .to(Host.alice.at(5000)), .withTimeToLive(63), .carrying(answer.payload)) == [])
    #expect(outcome.interface == Place.inside)
    #expect(gateway.total(.hits) == 1)
  }

  @Test func `another port, another host, another protocol are filtered`() throws {
    let (gateway, global) = try opened()
    for packet in [
      Datagram.udp(from: Host.carol.at(8), to: global), .udp(from: Host.mallory.at(7), to: global),
      .tcp(from: Host.carol.at(7), to: global, .syn),
      .udp(from: Host.carol.at(7), to: SocketAddress(global.address, 5001)),
      .echoRequest(from: .carol, to: global.address, identifier: 5000),
      .echoReply(from: .carol, to: global.address, identifier: 5000),
      Datagram(from: Host.carol.at(0), to: SocketAddress(global.address, 0), .other(47)),
    ] {
      #expect(gateway.sendIn(packet).dropReason == .filtered)
    }
    #expect(gateway.sessions.count == 1)
    #expect(gateway.problems() == [])
  }

  @Test func `a packet from outside does not claim to be the gateway or a translated host`() throws {
    let (gateway, global) = try opened()
    for source in [Place.outsideAddress, Place.insideAddress, Place.pool.lowerBound] {
      let lie = Datagram.udp(from: SocketAddress(source, 9), to: SocketAddress(global.address, 9))
      #expect(gateway.sendIn(lie).dropReason == .martianSource)
    }
  }

  @Test func `nobody outside reaches a translated host by its inside local address`() {
    let gateway = TestGateway(.overloadedPool)
    let packet = Datagram.tcp(from: Host.mallory.at(7), to: Host.alice.at(22), .syn)
    #expect(gateway.sendIn(packet).dropReason == .insideLocalFromOutside)
  }

  @Test func `a host that no rule translates is reached as it is`() {
    let gateway = TestGateway(TestSetup())
    let outcome = gateway.sendIn(.tcp(from: Host.mallory.at(7), to: Host.alice.at(22), .syn))
    #expect(outcome.problems(.to(Host.alice.at(22)), .withTimeToLive(63)) == [])
  }

  @Test func `what is for the gateway's own address is delivered, shared with overload or not`() {
    for setup in [TestSetup.overloadedPool, .overloadedInterface] {
      let gateway = TestGateway(setup)
      #expect(gateway.sendIn(.echoRequest(from: .carol, to: Place.outsideAddress, identifier: 7)).isDelivered)
      #expect(gateway.sessions.isEmpty)
    }
  }

  @Test func `a one-to-one entry lets everything in`() {
    let gateway = TestGateway(.overloadedPool.withStatic(.bob, Place.bobGlobal))
    let global = SocketAddress(Place.bobGlobal, 22)
    for (packet, back) in [
      (
        Datagram.tcp(from: Host.mallory.at(7), to: global, .syn),
        Datagram.tcp(from: Host.bob.at(22), to: Host.mallory.at(7))
      ),
      (.udp(from: Host.mallory.at(7), to: global), .udp(from: Host.bob.at(22), to: Host.mallory.at(7))),
      (
        .echoRequest(from: .mallory, to: Place.bobGlobal, identifier: 77),
        .echoReply(from: .bob, to: Host.mallory.address, identifier: 77)
      ),
      (
        Datagram(from: Host.mallory.at(0), to: SocketAddress(Place.bobGlobal, 0), .other(47)),
        Datagram(from: Host.bob.at(0), to: Host.mallory.at(0), .other(47))
      ),
    ] {
      let there = gateway.sendIn(packet)
      #expect(there.problems(.from(Host.mallory.address), .to(Host.bob.address), .carrying(packet.payload)) == [])
      #expect(there.interface == Place.inside)
      let again = gateway.sendOut(back)
      #expect(again.problems(.from(Place.bobGlobal), .to(Host.mallory.address), .carrying(back.payload)) == [])
    }
    #expect(gateway.sessions.count == 4)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a port entry lets in its port and no other`() {
    let web = StaticTranslation.Ports(transport: .tcp, local: 8080, global: 80)
    let gateway = TestGateway(TestSetup.overloadedInterface.withStatic(.bob, Place.outsideAddress, web))
    let there = gateway.sendIn(.tcp(from: Host.mallory.at(7), to: SocketAddress(Place.outsideAddress, 80), .syn))
    #expect(there.problems(.to(Host.bob.at(8080)), .from(Host.mallory.at(7))) == [])
    let back = gateway.sendOut(.tcp(from: Host.bob.at(8080), to: Host.mallory.at(7), [.syn, .ack]))
    #expect(back.problems(.from(SocketAddress(Place.outsideAddress, 80)), .to(Host.mallory.at(7))) == [])
    #expect(gateway.sendIn(.udp(from: Host.mallory.at(7), to: SocketAddress(Place.outsideAddress, 80))).isDelivered)
    #expect(gateway.sendIn(.tcp(from: Host.mallory.at(7), to: SocketAddress(Place.outsideAddress, 81))).isDelivered)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a reset or a reply opens nothing at a static entry`() {
    let gateway = TestGateway(TestSetup().withStatic(.bob, Place.bobGlobal))
    let reset = Datagram.tcp(from: Host.mallory.at(7), to: SocketAddress(Place.bobGlobal, 22), .rst)
    #expect(gateway.sendIn(reset).dropReason == .filtered)
    #expect(gateway.sendIn(.echoReply(from: .mallory, to: Place.bobGlobal, identifier: 7)).dropReason == .filtered)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `a dynamic port does not collide with a static one`() throws {
    let ssh = StaticTranslation.Ports(transport: .tcp, local: 22, global: 5000)
    let gateway = TestGateway(TestSetup.overloadedInterface.withStatic(.bob, Place.outsideAddress, ssh))
    let alice = gateway.sendOut(.tcp(from: Host.alice.at(5000), to: Host.carol.at(7), .syn))
    #expect(try #require(alice.packet).source.port != 5000)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `an address of its own is reached from outside while its host has it`() throws {
    let gateway = TestGateway(.exclusivePool)
    let global = try #require(gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7))).packet)
      .sourceAddress
    let there = gateway.sendIn(.tcp(from: Host.mallory.at(9), to: SocketAddress(global, 22), .syn))
    #expect(there.problems(.to(Host.alice.at(22))) == [])
    let free = IPv4Address(
      global == Place.pool.lowerBound ? Place.pool.upperBound.rawValue : Place.pool.lowerBound.rawValue)
    #expect(gateway.sendIn(.tcp(from: Host.mallory.at(9), to: SocketAddress(free, 22), .syn)).dropReason == .filtered)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `with two globals for one local, a second session between the same ends does not blur the first`() {
    let first = StaticTranslation.Ports(transport: .tcp, local: 80, global: 80)
    let second = StaticTranslation.Ports(transport: .tcp, local: 80, global: 8080)
    let gateway = TestGateway(
      TestSetup().withStatic(.bob, Place.bobGlobal, first).withStatic(.bob, Place.bobGlobal, second))
    let carol = Host.carol.at(7)
    #expect(
      gateway.sendIn(.tcp(from: carol, to: SocketAddress(Place.bobGlobal, 8080), .syn)).problems(.to(Host.bob.at(80)))
        == [])
    #expect(gateway.sendIn(.tcp(from: carol, to: SocketAddress(Place.bobGlobal, 80), .syn)).dropReason == .filtered)
    let answer = gateway.sendOut(.tcp(from: Host.bob.at(80), to: carol, [.syn, .ack]))
    #expect(answer.problems(.from(SocketAddress(Place.bobGlobal, 8080))) == [])
    #expect(gateway.problems() == [])
  }
}
