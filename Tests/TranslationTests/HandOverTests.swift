import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@Suite struct HandOverTests {
  private let setup = TestSetup.overloadedInterface.with { $0.workers = 4 }

  /// The worker of an inside host.
  private func owner(_ host: Host) -> Int {
    Ownership.worker(ofInside: host.address, in: .global, of: 4)
  }

  @Test func `an outbound packet at the wrong worker goes to its host's`() {
    for wrong in 0..<4 {
      let gateway = TestGateway(setup)
      let outcome = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7)), at: wrong)
      #expect(outcome.problems(.to(Host.carol.at(7))) == [])
      #expect(gateway.handOvers == (wrong == owner(.alice) ? 0 : 1))
      #expect(gateway.counters[owner(.alice)].value(of: .sessions) == 1)
      #expect(gateway.total(.handedOver) == UInt64(gateway.handOvers))
      #expect(gateway.problems(ports: true) == [])
    }
  }

  @Test func `a port preserved in another worker's block leads back to the host's worker`() throws {
    let gateway = TestGateway(setup)
    let foreign = try #require(
      (UInt16(2000)...3000).first { Ownership.worker(ofPort: $0, of: 4) != owner(.alice) })
    let packet = Datagram.udp(from: Host.alice.at(foreign), to: Host.carol.at(7))
    #expect(gateway.sendOut(packet).packet?.source.port == foreign)
    #expect(gateway.handOvers == 0)
    for worker in 0..<4 {
      let answer = Datagram.udp(from: Host.carol.at(7), to: SocketAddress(Place.outsideAddress, foreign))
      #expect(gateway.sendIn(answer, at: worker).problems(.to(Host.alice.at(foreign))) == [])
    }
    #expect(gateway.handOvers == 3)
  }

  @Test func `a substitute port leads to the right worker without a hand-over`() throws {
    let gateway = TestGateway(setup)
    for number in 0..<40 {
      let out = gateway.sendOut(.tcp(from: Host.inside(number).at(5000), to: Host.carol.at(7), .syn))
      let global = try #require(out.packet).source
      let before = gateway.handOvers
      #expect(
        gateway.sendIn(.tcp(from: Host.carol.at(7), to: global)).problems(.to(Host.inside(number).at(5000))) == [])
      if global.port != 5000 { #expect(gateway.handOvers == before) }
    }
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `ICMP errors find their session at another worker, from both sides`() throws {
    for wrong in 0..<4 {
      let gateway = TestGateway(setup)
      let flow = Datagram.udp(from: Host.alice.at(5000), to: Host.mallory.at(7))
      let packet = try #require(gateway.sendOut(flow).packet)
      let outside = Datagram.icmpError(
        type: 3, code: 3, from: Host.mallory.address, to: packet.sourceAddress, about: packet.packet)
      #expect(gateway.sendIn(outside, at: wrong).problems(.to(Host.alice.address)) == [])
      let answer = flow.reversed.with { $0.destination = packet.source }
      let arrived = try #require(gateway.sendIn(answer).packet)
      let inside = Datagram.icmpError(
        type: 3, code: 3, from: Host.alice.address, to: Host.mallory.address, about: arrived.packet)
      #expect(gateway.sendOut(inside, at: wrong).problems(.from(packet.sourceAddress)) == [])
    }
  }

  @Test func `echo replies find their session at another worker`() throws {
    let gateway = TestGateway(setup)
    let out = try #require(gateway.sendOut(.echoRequest(from: .alice, to: Host.carol.address, identifier: 300)).packet)
    for worker in 0..<4 {
      let reply = Datagram.echoReply(from: .carol, to: out.sourceAddress, identifier: out.identifier)
      #expect(gateway.sendIn(reply, at: worker).problems(.to(Host.alice.address), .withIdentifier(300)) == [])
    }
  }

  @Test func `static hosts and addresses of their own are reached by way of any worker`() throws {
    for worker in 0..<4 {
      let gateway = TestGateway(TestSetup.exclusivePool.withStatic(.bob, Place.bobGlobal).with { $0.workers = 4 })
      let syn = Datagram.tcp(from: Host.mallory.at(9), to: SocketAddress(Place.bobGlobal, 22), .syn)
      #expect(gateway.sendIn(syn, at: worker).problems(.to(Host.bob.at(22))) == [])
      #expect(gateway.sendOut(.tcp(from: Host.bob.at(22), to: Host.mallory.at(9), [.syn, .ack])).packet != nil)
      let alice = try #require(gateway.sendOut(.udp(from: Host.alice.at(1), to: Host.carol.at(7)), at: worker).packet)
      let request = Datagram.udp(from: Host.mallory.at(9), to: SocketAddress(alice.sourceAddress, 99))
      #expect(gateway.sendIn(request, at: worker).problems(.to(Host.alice.at(99))) == [])
      #expect(gateway.problems(ports: true) == [])
    }
  }

  @Test func `what was handed over once and is still at the wrong worker is dropped`() {
    let gateway = TestGateway(setup)
    let arena = FrameArena([Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7)).frame()])
    var packets = [arena.packet(0, by: Place.inside, passage: .handedOver)]
    gateway.process(&packets, at: (owner(.alice) + 1) % 4)
    #expect(packets[0].verdict == .drop(.handOverTwice))
    #expect(arena.sent(0).destination == Host.carol.at(7))
  }

  @Test func `no two workers give out one port`() throws {
    let gateway = TestGateway(setup)
    var seen: Set<SocketAddress> = []
    for number in 0..<200 {
      let packet = Datagram.udp(from: Host.inside(number).at(1023), to: Host.carol.at(7))
      #expect(seen.insert(try #require(gateway.sendOut(packet, at: number % 4).packet).source).inserted)
    }
    #expect(gateway.problems(ports: true) == [])
  }
}
