import TestSupport
import Testing
import Translation
import WireFormats

// RFC 5382: NAT behavioral requirements for TCP.

@Suite struct RFC5382Tests {
  private func segment(_ flags: TCPFlags, _ port: UInt16 = 5000, to destination: SocketAddress = Host.carol.at(80))
    -> Datagram
  {
    .tcp(from: Host.alice.at(port), to: destination, flags)
  }

  /// Sends a conversation's segments, outbound ones as they are and inbound ones to what alice is called outside, and
  /// returns whether all got through.
  private func allPass(_ gateway: TestGateway, _ flags: [(isOutbound: Bool, TCPFlags)]) -> Bool {
    flags.allSatisfy { isOutbound, flags in
      if isOutbound { return gateway.sendOut(segment(flags)).problems(.to(Host.carol.at(80))) == [] }
      let global = gateway.sessions.first?.insideGlobal ?? .unspecified
      let answer = Datagram.tcp(from: Host.carol.at(80), to: SocketAddress(global, 5000), flags)
      return gateway.sendIn(answer).problems(.to(Host.alice.at(5000))) == []
    }
  }

  @Test func `RFC 5382 REQ-1: one inside endpoint keeps its inside global endpoint towards every destination`() throws {
    let gateway = TestGateway(.overloadedInterface)
    _ = gateway.sendOut(.tcp(from: Host.bob.at(5000), to: Host.carol.at(80), .syn))
    let globals = try [Host.carol.at(80), Host.carol.at(81), Host.dave.at(80), Host.mallory.at(443)].map {
      try #require(gateway.sendOut(segment(.syn, to: $0)).packet).source
    }
    #expect(Set(globals).count == 1)
    #expect(globals[0].port != 5000)
  }

  @Test func `RFC 5382 REQ-2: handshake, data, both ends' FIN and a new connection pass`() {
    let gateway = TestGateway(.overloadedPool)
    let conversation: [(isOutbound: Bool, TCPFlags)] = [
      (true, .syn), (false, [.syn, .ack]), (true, .ack), (true, .ack), (false, .ack), (false, [.fin, .ack]),
      (true, .ack), (true, [.fin, .ack]), (false, .ack),
    ]
    #expect(allPass(gateway, conversation + conversation))
    #expect(gateway.total(.sessionsCreated) == 1)
  }

  @Test func `RFC 5382 REQ-2: a simultaneous open passes`() {
    let gateway = TestGateway(.overloadedPool)
    #expect(
      allPass(gateway, [(true, .syn), (false, .syn), (true, [.syn, .ack]), (false, [.syn, .ack]), (true, .ack)]))
  }

  @Test func `RFC 5382 REQ-2: connections that an outside host opens to a static entry pass`() throws {
    let gateway = TestGateway(TestSetup().withStatic(.bob, Place.bobGlobal))
    let global = SocketAddress(Place.bobGlobal, 22)
    #expect(gateway.sendIn(.tcp(from: Host.carol.at(9), to: global, .syn)).problems(.to(Host.bob.at(22))) == [])
    let answer = Datagram.tcp(from: Host.bob.at(22), to: Host.carol.at(9), [.syn, .ack])
    #expect(gateway.sendOut(answer).problems(.from(global)) == [])
    #expect(gateway.sendIn(.tcp(from: Host.carol.at(9), to: global, .ack)).packet != nil)
  }

  @Test func `RFC 5382 REQ-3: a mapping admits only the endpoints that its host sent to`() throws {
    let gateway = TestGateway(.overloadedPool)
    let global = try #require(gateway.sendOut(segment(.syn)).packet).source
    for stranger in [Host.carol.at(81), Host.dave.at(80), Host.mallory.at(80)] {
      #expect(gateway.sendIn(.tcp(from: stranger, to: global, [.syn, .ack])).dropReason == .filtered)
    }
  }

  @Test func `RFC 5382 REQ-4: an unsolicited SYN gets no answer, and the outbound SYN after it passes`() {
    let unsolicited = Datagram.tcp(from: Host.carol.at(80), to: SocketAddress(Place.pool.lowerBound, 5000), .syn)
    let gateway = TestGateway(TestSetup.overloadedPool.withOneAddress)
    let outcome = gateway.sendIn(unsolicited)
    #expect(outcome.dropReason == .filtered)
    #expect(outcome.refusal == nil)
    #expect(gateway.sessions.isEmpty)
    gateway.tick(seconds: 5)
    #expect(gateway.sendOut(segment(.syn)).packet != nil)
    #expect(gateway.sendIn(unsolicited).problems(.to(Host.alice.at(5000))) == [])
  }

  @Test func `RFC 5382 REQ-5: an established connection may be idle for two hours and four minutes`() {
    let gateway = TestGateway(.overloadedPool)
    #expect(allPass(gateway, [(true, .syn), (false, [.syn, .ack]), (true, .ack)]))
    gateway.advance(seconds: 7440)
    #expect(gateway.sessions.count == 1)
    gateway.advance(seconds: 86_400 - 7440)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `RFC 5382 REQ-5: transitory connections live four minutes where the timers are set so`() {
    for closing: [(isOutbound: Bool, TCPFlags)] in [[], [(false, [.syn, .ack]), (true, .ack), (true, [.fin, .ack])]] {
      let gateway = TestGateway(
        .overloadedPool.with { ($0.translation.timeouts.syn, $0.translation.timeouts.finRst) = (240, 240) })
      #expect(allPass(gateway, [(true, .syn)] + closing))
      gateway.advance(seconds: 239)
      #expect(gateway.sessions.count == 1)
      gateway.advance(seconds: 1)
      #expect(gateway.sessions.isEmpty)
    }
  }

  @Test func `RFC 5382 REQ-7: no two inside endpoints share an inside global endpoint`() throws {
    let gateway = TestGateway(.overloadedInterface)
    var globals: Set<SocketAddress> = []
    for number in 0..<200 {
      let syn = Datagram.tcp(from: Host.inside(number).at(5000), to: Host.carol.at(80), .syn)
      #expect(globals.insert(try #require(gateway.sendOut(syn).packet).source).inserted)
    }
  }

  @Test(arguments: 0...15 as ClosedRange<UInt8>)
  func `RFC 5382 REQ-9: ICMP unreachable messages are translated`(_ code: UInt8) throws {
    let gateway = TestGateway(.overloadedInterface)
    let packet = try #require(gateway.sendOut(segment(.syn)).packet)
    let error = Datagram.icmpError(
      type: 3, code: code, from: Host.router.address, to: packet.sourceAddress, about: packet.packet, quoting: 28)
    #expect(
      gateway.sendIn(error).problems(
        .icmp(type: 3, code: code), .to(Host.alice.address), .quoting(.from(Host.alice.at(5000)))) == [])
  }

  @Test func `RFC 5382 REQ-10: ICMP messages end neither mapping nor connection`() throws {
    let gateway = TestGateway(.overloadedPool)
    #expect(allPass(gateway, [(true, .syn), (false, [.syn, .ack]), (true, .ack)]))
    let packet = try #require(gateway.sendOut(segment(.ack)).packet)
    for (type, code) in [(3, 0), (3, 1), (3, 2), (3, 3), (3, 13), (11, 0), (12, 0), (4, 0)] {
      let error = Datagram.icmpError(
        type: UInt8(type), code: UInt8(code), from: Host.carol.address, to: packet.sourceAddress, about: packet.packet)
      _ = gateway.sendIn(error)
    }
    gateway.advance(seconds: 7200)
    #expect(allPass(gateway, [(false, .ack), (true, .ack)]))
    #expect(gateway.total(.sessionsCreated) == 1)
  }
}
