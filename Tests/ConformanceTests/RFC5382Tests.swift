import Forwarding
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

  @Test func `RFC 5382 REQ-2: connections that an outside host opens to an open mapping pass`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.conforming)
    let global = try #require(gateway.sendOut(segment(.syn)).packet).source
    let dave = Host.dave.at(9)
    for inbound: TCPFlags? in [.syn, nil, .ack, [.fin, .ack], nil] {
      if let inbound {
        #expect(gateway.sendIn(.tcp(from: dave, to: global, inbound)).problems(.to(Host.alice.at(5000))) == [])
      } else {
        #expect(gateway.sendOut(segment([.syn, .ack], to: dave)).problems(.from(global), .to(dave)) == [])
      }
    }
  }

  @Test(
    arguments: [
      (.endpointIndependent, [Host.carol.at(81), Host.dave.at(80), Host.mallory.at(80)]),
      (.addressDependent, [Host.carol.at(81)]), (.addressAndPortDependent, []),
    ] as [(FilteringBehavior, [SocketAddress])])
  func `RFC 5382 REQ-3, 3a: a mapping admits whom the configured filtering lets in`(
    _ filtering: FilteringBehavior, _ admitted: [SocketAddress]
  ) throws {
    for stranger in [Host.carol.at(81), Host.dave.at(80), Host.mallory.at(80)] {
      let gateway = TestGateway(TestSetup.overloadedPool.withRules { $0.filtering = filtering })
      let global = try #require(gateway.sendOut(segment(.syn)).packet).source
      #expect(gateway.sendIn(.tcp(from: stranger, to: global, [.syn, .ack])).dropReason == .filtered)
      let outcome = gateway.sendIn(.tcp(from: stranger, to: global, .syn))
      #expect(outcome.dropReason == (admitted.contains(stranger) ? nil : .filtered))
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

  @Test func `RFC 5382 REQ-4: the sender of an unsolicited SYN is told after six seconds, and once`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.withOneAddress.conforming)
    let unsolicited = Datagram.tcp(from: Host.carol.at(80), to: SocketAddress(Place.pool.lowerBound, 5000), .syn)
    for second in 0...6 {
      // It is sent again meanwhile, as hosts do.
      if second % 3 == 0 { #expect(gateway.sendIn(unsolicited).refusal == nil) }
      #expect(gateway.takeUnansweredSYNs().isEmpty)
      gateway.tick()
    }
    let told = gateway.takeUnansweredSYNs()
    #expect(told.map(\.ingress) == [Place.outside])
    #expect(gateway.takeUnansweredSYNs().isEmpty)
    #expect(gateway.sessions.isEmpty)
    // What the error quotes is the packet as its sender sent it.
    let arena = FrameArena([Frame(octets: [UInt8](repeating: 0, count: HeldSYN.quotedOctets), networkOffset: 0)])
    try #require(told.first).write(to: arena.octets(0), at: 0)
    #expect(arena.frame(0).octets == Array(unsolicited.packet().prefix(HeldSYN.quotedOctets)))
  }

  @Test func `RFC 5382 REQ-4: of a SYN that the inside host's own follows nobody is told`() {
    let gateway = TestGateway(TestSetup.overloadedPool.withOneAddress.conforming)
    let unsolicited = Datagram.tcp(from: Host.carol.at(80), to: SocketAddress(Place.pool.lowerBound, 5000), .syn)
    #expect(gateway.sendIn(unsolicited).dropReason == .filtered)
    gateway.tick(seconds: 6)
    #expect(gateway.sendOut(segment(.syn)).packet != nil)
    gateway.tick(seconds: 60)
    #expect(gateway.takeUnansweredSYNs().isEmpty)
  }

  @Test func `RFC 5382 REQ-4a: unless the settings say so nobody is ever told`() {
    let gateway = TestGateway(TestSetup.overloadedPool.withOneAddress)
    let unsolicited = Datagram.tcp(from: Host.carol.at(80), to: SocketAddress(Place.pool.lowerBound, 5000), .syn)
    #expect(gateway.sendIn(unsolicited).dropReason == .filtered)
    gateway.tick(seconds: 60)
    #expect(gateway.takeUnansweredSYNs().isEmpty)
  }

  @Test func `RFC 5382 REQ-5: an established connection may be idle for two hours and four minutes`() {
    let gateway = TestGateway(.overloadedPool)
    #expect(allPass(gateway, [(true, .syn), (false, [.syn, .ack]), (true, .ack)]))
    gateway.advance(seconds: 7440)
    #expect(gateway.sessions.count == 1)
    gateway.advance(seconds: 86_400 - 7440)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `RFC 5382 REQ-5: under the RFCs' defaults transitory connections live four minutes`() {
    for closing: [(isOutbound: Bool, TCPFlags)] in [[], [(false, [.syn, .ack]), (true, .ack), (true, [.fin, .ack])]] {
      let gateway = TestGateway(TestSetup.overloadedPool.conforming)
      #expect(allPass(gateway, [(true, .syn)] + closing))
      gateway.advance(seconds: 239)
      #expect(gateway.sessions.count == 1)
      gateway.advance(seconds: 1)
      #expect(gateway.sessions.isEmpty)
    }
  }

  @Test(arguments: [21, 389, 554, 1720, 1723, 2000, 5060] as [UInt16])
  func `RFC 5382 REQ-6: no gateway for an application changes a payload`(_ port: UInt16) {
    for setup in [TestSetup.overloadedPool, .overloadedPool.conforming] {
      let gateway = TestGateway(setup)
      let server = Host.carol.at(port)
      #expect(gateway.sendOut(segment(.syn, to: server)).packet != nil)
      let payload = Array("PORT 10,10,10,10,19,136\r\n".utf8)
      let sent = gateway.sendOut(segment(.ack, to: server).with { $0.payload = payload })
      #expect(sent.problems(.to(server), .carrying(payload)) == [])
      #expect(gateway.sessions.count == 1)
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

  @Test(arguments: [1, 2])
  func `RFC 5382 REQ-8, 8a: inside hosts connect to each other's global endpoints, from their own global ones`(
    _ workers: Int
  ) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal).conforming.with { $0.workers = workers })
    let server = SocketAddress(Place.bobGlobal, 22)
    let syn = gateway.sendOut(segment(.syn, to: server))
    #expect(syn.problems(.to(Host.bob.at(22))) == [])
    #expect(syn.interface == Place.inside)
    let alice = try #require(syn.packet).source
    #expect(Place.pool.contains(alice.address))
    for answer: TCPFlags in [[.syn, .ack], .ack, [.fin, .ack]] {
      let back = gateway.sendOut(.tcp(from: Host.bob.at(22), to: alice, answer))
      #expect(back.problems(.from(server), .to(Host.alice.at(5000))) == [])
      #expect(gateway.sendOut(segment(.ack, to: server)).problems(.from(alice), .to(Host.bob.at(22))) == [])
    }
    #expect(gateway.problems(ports: true) == [])
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
