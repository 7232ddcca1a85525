import TestSupport
import Testing
import Translation
import WireFormats

// RFC 5508: NAT behavioral requirements for ICMP.

@Suite struct RFC5508Tests {
  // With DF, because the identification of a packet that may be cut is the gateway's (RFC 6864).
  private let flow = Datagram.udp(from: Host.alice.at(5000), to: Host.mallory.at(7)).with { $0.dontFragment = true }

  private func opened(_ setup: TestSetup = .overloadedPool) throws -> (TestGateway, SentPacket) {
    let gateway = TestGateway(setup)
    return (gateway, try #require(gateway.sendOut(flow).packet))
  }

  @Test func `RFC 5508 REQ-1: queries from inside and their replies pass`() throws {
    let gateway = TestGateway(.overloadedPool)
    let query = try #require(gateway.sendOut(.echoRequest(from: .alice, to: Host.carol.address, identifier: 7)).packet)
    #expect(query.problems(.icmp(type: 8), .to(Host.carol.address)) == [])
    let reply = gateway.sendIn(.echoReply(from: .carol, to: query.sourceAddress, identifier: query.identifier))
    #expect(reply.problems(.icmp(type: 0), .to(Host.alice.address), .withIdentifier(7)) == [])
  }

  @Test func `RFC 5508 REQ-1a: one query identifier keeps its translation towards every destination`() throws {
    let gateway = TestGateway(.overloadedInterface)
    _ = gateway.sendOut(.echoRequest(from: .bob, to: Host.carol.address, identifier: 7))
    let identifiers = try [Host.carol, .dave, .mallory].map {
      try #require(gateway.sendOut(.echoRequest(from: .alice, to: $0.address, identifier: 7)).packet).identifier
    }
    #expect(Set(identifiers).count == 1)
    #expect(identifiers[0] != 7)
  }

  @Test func `RFC 5508 REQ-2: a query session lives sixty seconds, and the time is configurable`() {
    for timeout in [UInt32(60), 200] {
      let gateway = TestGateway(.overloadedPool.with { $0.translation.timeouts.icmp = timeout })
      _ = gateway.sendOut(.echoRequest(from: .alice, to: Host.carol.address, identifier: 7))
      gateway.advance(seconds: timeout - 1)
      #expect(gateway.sessions.count == 1)
      gateway.advance(seconds: 1)
      #expect(gateway.sessions.isEmpty)
    }
    #expect(Timeouts().icmp >= 60)
  }

  @Test func `RFC 5508 REQ-3: an error with a wrong checksum, its own or the quoted header's, is dropped`() throws {
    let (gateway, packet) = try opened()
    let error = Datagram.icmpError(
      type: 3, code: 1, from: Host.router.address, to: packet.sourceAddress, about: packet.packet)
    var own = error.frame()
    own.octets[37] ^= 1
    var quotation = packet.packet
    quotation[11] ^= 1
    let outcomes = gateway.send([own, error.with { $0.payload = quotation }.frame()], by: Place.outside)
    #expect(outcomes.map(\.dropReason) == [.badICMPChecksum, .badICMPChecksum])
  }

  @Test func `RFC 5508 REQ-3: the quoted transport checksum need not be right, nor be there`() throws {
    let (gateway, packet) = try opened()
    var quotation = packet.packet
    quotation[26] ^= 1
    for limit in [28, quotation.count] {
      let error = Datagram.icmpError(
        type: 3, code: 1, from: Host.router.address, to: packet.sourceAddress, about: quotation, quoting: limit)
      #expect(gateway.sendIn(error).problems(.to(Host.alice.address)) == [])
    }
  }

  @Test func `RFC 5508 REQ-4: an error from outside without a mapping is dropped without a word`() {
    let gateway = TestGateway(.overloadedPool)
    let quoted = Datagram.udp(from: SocketAddress(Place.pool.lowerBound, 5000), to: Host.mallory.at(7)).packet()
    let outcome = gateway.sendIn(
      .icmpError(type: 3, code: 3, from: Host.mallory.address, to: Place.pool.lowerBound, about: quoted))
    #expect(outcome.dropReason == .icmpErrorWithoutSession)
    #expect(outcome.refusal == nil)
  }

  @Test func `RFC 5508 REQ-4: an error from outside keeps type and code and quotes the packet as its sender sent it`()
    throws
  {
    let (gateway, packet) = try opened()
    let error = Datagram.icmpError(
      type: 11, code: 1, from: Host.router.address, to: packet.sourceAddress, about: packet.packet)
    let outcome = gateway.sendIn(error)
    #expect(
      outcome.problems(
        .icmp(type: 11, code: 1), .from(Host.router.address), .to(Host.alice.address),
        .quoting(.from(Host.alice.at(5000)), .to(Host.mallory.at(7)))) == [])
    #expect(outcome.packet?.payload == flow.with { $0.timeToLive -= 1 }.packet())
  }

  @Test func `RFC 5508 REQ-5: an error from inside shows inside global addresses alone`() throws {
    let (gateway, packet) = try opened()
    let answer = flow.reversed.with { $0.destination = packet.source }
    let arrived = try #require(gateway.sendIn(answer).packet)
    for sender in [Host.alice, .inside(5)] {
      let error = Datagram.icmpError(
        type: 3, code: 3, from: sender.address, to: Host.mallory.address, about: arrived.packet)
      let outcome = gateway.sendOut(error)
      #expect(
        outcome.problems(
          .icmp(type: 3, code: 3), .from(packet.sourceAddress), .to(Host.mallory.address),
          .quoting(.from(Host.mallory.at(7)), .to(packet.source))) == [])
      #expect(outcome.packet?.payload == answer.with { $0.timeToLive -= 1 }.packet())
    }
  }

  @Test func `RFC 5508 REQ-6: an error about a query neither refreshes nor deletes its session`() throws {
    let gateway = TestGateway(.overloadedPool)
    let query = try #require(
      gateway.sendOut(.echoRequest(from: .alice, to: Host.mallory.address, identifier: 7)).packet)
    gateway.advance(seconds: 59)
    let error = Datagram.icmpError(type: 11, from: Host.router.address, to: query.sourceAddress, about: query.packet)
    #expect(gateway.sendIn(error).problems(.to(Host.alice.address)) == [])
    #expect(gateway.sessions.count == 1)
    gateway.advance(seconds: 1)
    #expect(gateway.sessions.isEmpty)
  }

  @Test(arguments: [1, 2])
  func `RFC 5508 REQ-7a: queries between hosts with addresses of their own turn round`(_ workers: Int) throws {
    for setup in [TestSetup.exclusivePool, .exclusivePool.withStatic(.bob, Place.bobGlobal)] {
      let gateway = TestGateway(setup.with { $0.workers = workers })
      let alice = try #require(gateway.sendOut(flow).packet).sourceAddress
      let bob = try #require(
        gateway.sendOut(.udp(from: Host.bob.at(5000), to: Host.mallory.at(7))).packet
      ).sourceAddress
      let query = gateway.sendOut(.echoRequest(from: .alice, to: bob, identifier: 7))
      #expect(query.problems(.icmp(type: 8), .from(alice), .to(Host.bob.address), .withIdentifier(7)) == [])
      let reply = gateway.sendOut(.echoReply(from: .bob, to: alice, identifier: 7))
      #expect(reply.problems(.icmp(type: 0), .from(bob), .to(Host.alice.address), .withIdentifier(7)) == [])
    }
  }

  @Test(arguments: [1, 2])
  func `RFC 5508 REQ-7b: errors between inside hosts turn round, whether or not they share an address`(
    _ workers: Int
  ) throws {
    for setup in [TestSetup.overloadedPool.conforming, .exclusivePool] {
      let gateway = TestGateway(setup.with { $0.workers = workers })
      let bob = try #require(gateway.sendOut(.udp(from: Host.bob.at(6000), to: Host.carol.at(7))).packet).source
      let sent = Datagram.udp(from: Host.alice.at(5000), to: bob)
      let arrived = try #require(gateway.sendOut(sent).packet)
      #expect(arrived.problems(.to(Host.bob.at(6000))) == [])
      let error = Datagram.icmpError(
        type: 3, code: 3, from: Host.bob.address, to: arrived.sourceAddress, about: arrived.packet)
      #expect(
        gateway.sendOut(error).problems(
          .icmp(type: 3, code: 3), .from(bob.address), .to(Host.alice.address),
          .quoting(.from(Host.alice.at(5000)), .to(bob))) == [])
    }
  }

  @Test func `RFC 5508 REQ-8: a session that cannot be made is refused with code 13, and nothing is left of it`() {
    for setup in [
      TestSetup.overloadedPool.with { $0.translation.maximumEntries = 0 },
      .exclusivePool.with { $0.translation.pools["POOL"]?.ranges = [] },
    ] {
      let gateway = TestGateway(setup)
      for packet in [flow, .echoRequest(from: .alice, to: Host.carol.address, identifier: 7)] {
        #expect(gateway.sendOut(packet).refusal == ICMPRefusal(type: 3, code: 13))
      }
      #expect(gateway.problems(ports: true) == [])
      #expect(gateway.sessions.isEmpty)
    }
  }

  @Test(arguments: [(3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 13), (11, 0), (11, 1), (12, 0)] as [(UInt8, UInt8)])
  func `RFC 5508 REQ-10: unreachable, time exceeded and parameter problem are translated`(_ type: UInt8, _ code: UInt8)
    throws
  {
    let (gateway, packet) = try opened()
    let error = Datagram.icmpError(
      type: type, code: code, from: Host.router.address, to: packet.sourceAddress, about: packet.packet)
    #expect(gateway.sendIn(error).problems(.icmp(type: type, code: code), .to(Host.alice.address)) == [])
  }

  @Test(arguments: [(8, 0), (13, 14)] as [(UInt8, UInt8)])
  func `RFC 5508 REQ-10: echo and timestamp messages are translated`(_ query: UInt8, _ reply: UInt8) throws {
    let gateway = TestGateway(.overloadedPool)
    let asked = Datagram(
      from: Host.alice.at(0), to: Host.carol.at(0), .icmp(type: query, code: 0, rest: 7 << 16 | 1))
    let sent = gateway.sendOut(asked)
    #expect(sent.problems(.icmp(type: query), .to(Host.carol.address)) == [])
    let packet = try #require(sent.packet)
    let answer = Datagram(
      from: Host.carol.at(0), to: SocketAddress(packet.sourceAddress, 0),
      .icmp(type: reply, code: 0, rest: UInt32(packet.identifier) << 16 | 1))
    #expect(gateway.sendIn(answer).problems(.icmp(type: reply), .to(Host.alice.address), .withIdentifier(7)) == [])
  }

  @Test(arguments: [1, 2, 9, 10, 15, 17, 40, 255] as [UInt8])
  func `RFC 5508 REQ-11: other ICMP messages are dropped`(_ type: UInt8) throws {
    let (gateway, packet) = try opened()
    let message = Datagram.Body.icmp(type: type, code: 0, rest: 7)
    #expect(
      gateway.sendOut(Datagram(from: Host.alice.at(0), to: Host.carol.at(0), message)).dropReason
        == .protocolNotTranslated)
    let inbound = Datagram(from: Host.carol.at(0), to: SocketAddress(packet.sourceAddress, 0), message)
    #expect(gateway.sendIn(inbound).dropReason == .protocolNotTranslated)
  }
}
