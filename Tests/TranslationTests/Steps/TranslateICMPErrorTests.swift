import TestSupport
import Testing
import Translation
import WireFormats

@Suite struct TranslateICMPErrorTests {
  /// Packets of alice's that an error may quote, with DF: the identification of others is the gateway's (RFC 6864).
  static let flows: [Datagram] = [
    Datagram.udp(from: Host.alice.at(5000), to: Host.mallory.at(7)),
    .udp(from: Host.alice.at(5000), to: Host.mallory.at(7)).with { $0.withoutChecksum = true },
    .tcp(from: Host.alice.at(5000), to: Host.mallory.at(7), .syn),
    .echoRequest(from: .alice, to: Host.mallory.address, identifier: 5000),
  ].map { flow in flow.with { $0.dontFragment = true } }

  /// A gateway that already gave port 5000 away, so that alice's is changed; and alice's packet as it left.
  private func sent(_ flow: Datagram, _ setup: TestSetup = .overloadedInterface) throws -> (TestGateway, SentPacket) {
    let gateway = TestGateway(setup)
    let other = flow.with { $0.source.address = Host.bob.address }
    _ = gateway.sendOut(other)
    let packet = try #require(gateway.sendOut(flow).packet)
    return (gateway, packet)
  }

  @Test(arguments: flows, [28, 36, 548])
  func `an error from outside shows alice her own packet`(_ flow: Datagram, _ quoted: Int) throws {
    let (gateway, packet) = try sent(flow)
    #expect(packet.source.port != 5000)
    let error = Datagram.icmpError(
      type: 11, from: Host.router.address, to: packet.sourceAddress, about: packet.packet, quoting: quoted)
    let outcome = gateway.sendIn(error)
    let original = flow.with { $0.timeToLive -= 1 }.packet()
    #expect(
      outcome.problems(
        .from(Host.router.address), .to(Host.alice.address), .icmp(type: 11), .withTimeToLive(63),
        .quoting(.from(Host.alice.address), .to(Host.mallory.address))) == [])
    // The quotation is what alice sent, hop count apart, as far as it was quoted.
    #expect(try #require(outcome.packet).payload == Array(original.prefix(quoted)))
    #expect(outcome.interface == Place.inside)
    #expect(gateway.total(.icmpErrorsTranslated) == 1)
    #expect(gateway.problems() == [])
  }

  @Test(arguments: flows) func `an error from inside shows the outside host its own packet`(_ flow: Datagram) throws {
    let (gateway, packet) = try sent(flow)
    var answer = flow.reversed.with { $0.destination = packet.source }
    if packet.isICMP { answer = .echoReply(from: .mallory, to: packet.sourceAddress, identifier: packet.identifier) }
    let arrived = try #require(gateway.sendIn(answer).packet)
    #expect(arrived.destination.port == 5000)
    let error = Datagram.icmpError(
      type: 3, code: 3, from: Host.alice.address, to: Host.mallory.address, about: arrived.packet)
    let outcome = gateway.sendOut(error)
    #expect(
      outcome.problems(
        .from(packet.sourceAddress), .to(Host.mallory.address), .icmp(type: 3, code: 3), .withTimeToLive(63),
        .quoting(.from(Host.mallory.address), .to(packet.sourceAddress))) == [])
    #expect(try #require(outcome.packet).payload == answer.with { $0.timeToLive -= 1 }.packet())
    #expect(outcome.interface == Place.outside)
  }

  @Test func `an error of a router inside shows the session's address, not the router's`() throws {
    let (gateway, packet) = try sent(Self.flows[0])
    let arrived = try #require(gateway.sendIn(Self.flows[0].reversed.with { $0.destination = packet.source }).packet)
    let error = Datagram.icmpError(
      type: 11, from: Host.inside(9).address, to: Host.mallory.address, about: arrived.packet)
    #expect(gateway.sendOut(error).problems(.from(packet.sourceAddress), .to(Host.mallory.address)) == [])
  }

  @Test func `path MTU discovery: the next hop's MTU reaches alice`() throws {
    let (gateway, packet) = try sent(Self.flows[2])
    let error = Datagram.icmpError(
      type: 3, code: 4, rest: 1280, from: Host.router.address, to: packet.sourceAddress, about: packet.packet)
    let outcome = gateway.sendIn(error)
    #expect(outcome.problems(.icmp(type: 3, code: 4), .to(Host.alice.address)) == [])
    #expect(outcome.packet?.nextHopMTU == 1280)
  }

  @Test func `static entries translate errors both ways`() throws {
    let web = StaticTranslation.Ports(transport: .tcp, local: 8080, global: 80)
    for setup in [TestSetup().withStatic(.bob, Place.bobGlobal), TestSetup().withStatic(.bob, Place.bobGlobal, web)] {
      let gateway = TestGateway(setup)
      let request = Datagram.tcp(from: Host.mallory.at(7), to: SocketAddress(Place.bobGlobal, 80), .syn)
      let arrived = try #require(gateway.sendIn(request).packet)
      let error = Datagram.icmpError(
        type: 3, code: 13, from: Host.bob.address, to: Host.mallory.address, about: arrived.packet)
      let outcome = gateway.sendOut(error)
      #expect(outcome.problems(.from(Place.bobGlobal), .to(Host.mallory.address)) == [])
      #expect(try #require(outcome.packet).payload == request.with { $0.timeToLive -= 1 }.packet())
      let answer = Datagram.tcp(from: arrived.destination, to: arrived.source, [.syn, .ack])
      let left = try #require(gateway.sendOut(answer).packet)
      let back = gateway.sendIn(
        .icmpError(type: 11, from: Host.router.address, to: Place.bobGlobal, about: left.packet))
      #expect(back.problems(.from(Host.router.address), .to(Host.bob.address)) == [])
      #expect(try #require(back.packet).payload == answer.with { $0.timeToLive -= 1 }.packet())
    }
  }

  @Test func `an error about an echo from outside to a static host keeps its identifier`() throws {
    let gateway = TestGateway(TestSetup().withStatic(.bob, Place.bobGlobal))
    let request = Datagram.echoRequest(from: .mallory, to: Place.bobGlobal, identifier: 77)
    let arrived = try #require(gateway.sendIn(request).packet)
    let error = Datagram.icmpError(
      type: 3, code: 1, from: Host.bob.address, to: Host.mallory.address, about: arrived.packet)
    let outcome = gateway.sendOut(error)
    #expect(outcome.problems(.from(Place.bobGlobal)) == [])
    #expect(try #require(outcome.packet).payload == request.with { $0.timeToLive -= 1 }.packet())
  }

  @Test func `errors about another protocol find its session`() throws {
    let gateway = TestGateway(.exclusivePool)
    let gre = Datagram(from: Host.alice.at(0), to: Host.mallory.at(0), .other(47))
    let packet = try #require(gateway.sendOut(gre).packet)
    let outcome = gateway.sendIn(
      .icmpError(type: 3, code: 2, from: Host.mallory.address, to: packet.sourceAddress, about: packet.packet))
    #expect(outcome.problems(.to(Host.alice.address)) == [])
    #expect(try #require(outcome.packet).payload == gre.with { $0.timeToLive -= 1 }.packet())
  }

  @Test func `an error with a wrong checksum, of its own or in the quotation, is dropped`() throws {
    let (gateway, packet) = try sent(Self.flows[0])
    let error = Datagram.icmpError(
      type: 3, code: 1, from: Host.router.address, to: packet.sourceAddress, about: packet.packet)
    var own = error.frame()
    own.octets[36] ^= 1
    var quotation = packet.packet
    quotation[10] ^= 1
    let inner = error.with { $0.payload = quotation }
    #expect(
      gateway.send([own, inner.frame()], by: Place.outside).map(\.dropReason) == [.badICMPChecksum, .badICMPChecksum])
  }

  @Test func `an error about no session is dropped, from wherever`() throws {
    let (gateway, packet) = try sent(Self.flows[0])
    var foreign = packet.packet
    foreign[22] ^= 0x40
    let stranger = Datagram.icmpError(
      type: 3, code: 1, from: Host.router.address, to: packet.sourceAddress, about: foreign)
    let pool = TestGateway(.overloadedPool)
    let quoted = Datagram.udp(from: SocketAddress(Place.pool.lowerBound, 9), to: Host.mallory.at(7)).packet()
    let unknown = Datagram.icmpError(
      type: 3, code: 1, from: Host.router.address, to: Place.pool.lowerBound, about: quoted)
    #expect(pool.sendIn(unknown).dropReason == .icmpErrorWithoutSession)
    // The interface's own address may have sent the packet itself.
    #expect(gateway.sendIn(stranger).isDelivered)
    let inside = Datagram.icmpError(
      type: 3, code: 1, from: Host.alice.address, to: Host.mallory.address,
      about: Datagram.udp(from: Host.mallory.at(9), to: Host.alice.at(9)).packet())
    #expect(gateway.sendOut(inside).dropReason == .icmpErrorWithoutSession)
  }

  @Test(arguments: 0..<28) func `a quotation cut short of header and eight octets is dropped`(_ length: Int) throws {
    let (gateway, packet) = try sent(Self.flows[0], .overloadedPool)
    let error = Datagram.icmpError(
      type: 3, code: 1, from: Host.router.address, to: packet.sourceAddress, about: packet.packet, quoting: length)
    let reason = gateway.sendIn(error).dropReason
    #expect(reason == (length < 20 ? .badICMPChecksum : .icmpErrorWithoutSession))
  }

  @Test func `a quotation of a later fragment or of an error names no session`() throws {
    let (gateway, packet) = try sent(Self.flows[0], .overloadedPool)
    let later = Self.flows[0].with {
      $0.source = packet.source
      $0.fragment = 0x0002
    }.packet()
    let error = Datagram.icmpError(type: 11, code: 1, from: Host.router.address, to: packet.sourceAddress, about: later)
    #expect(gateway.sendIn(error).dropReason == .icmpErrorWithoutSession)
    let nested = Datagram.icmpError(
      type: 3, code: 1, from: Host.router.address, to: packet.sourceAddress,
      about: error.reversed.packet())
    #expect(gateway.sendIn(nested).dropReason == .icmpErrorWithoutSession)
  }

  @Test func `an error whose time is up goes no further`() throws {
    let (gateway, packet) = try sent(Self.flows[0])
    let error = Datagram.icmpError(
      type: 3, code: 1, from: Host.router.address, to: packet.sourceAddress, about: packet.packet
    ).with { $0.timeToLive = 1 }
    #expect(gateway.sendIn(error).dropReason == .timeToLiveExceeded)
  }

  @Test func `an error neither keeps nor ends the session that it is about`() throws {
    let (gateway, packet) = try sent(Self.flows[0])
    let error = Datagram.icmpError(
      type: 3, code: 1, from: Host.router.address, to: packet.sourceAddress, about: packet.packet)
    gateway.advance(seconds: 299)
    #expect(gateway.sendIn(error).packet != nil)
    #expect(gateway.sessions.count == 2)
    gateway.advance(seconds: 1)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `an error with IP options around it is translated`() throws {
    let (gateway, packet) = try sent(Self.flows[2])
    let error = Datagram.icmpError(
      type: 11, from: Host.router.address, to: packet.sourceAddress, about: packet.packet
    ).with { $0.options = [1, 1, 1, 0] }
    #expect(gateway.sendIn(error).problems(.to(Host.alice.address), .quoting(.from(Host.alice.address))) == [])
  }

  @Test func `an error's extensions are left as they are (RFC 4884)`() throws {
    let (gateway, packet) = try sent(.tcp(from: Host.alice.at(5000), to: Host.mallory.at(7), .syn))
    // Seven words are quoted; the octets where the quoted segment's checksum would be are an extension's.
    let extensions: [UInt8] = [0x20, 0, 0, 0, 0, 16, 1, 1, 9, 9, 9, 9, 8, 8, 8, 8, 7, 7, 7, 7]
    var error = Datagram.icmpError(
      type: 11, rest: 7 << 16, from: Host.router.address, to: packet.sourceAddress, about: packet.packet, quoting: 28)
    error.payload += extensions
    let told = try #require(gateway.sendIn(error).packet)
    #expect(told.problems(.to(Host.alice.address), .quoting(.from(Host.alice.at(5000)), .to(Host.mallory.at(7)))) == [])
    #expect(Array(told.payload.suffix(20)) == extensions)
  }

  @Test func `an error about a later fragment finds its session while the datagram is being followed`() throws {
    let gateway = TestGateway(.overloadedInterface)
    let datagram = Datagram.udp(from: Host.alice.at(5000), to: Host.mallory.at(7)).with {
      $0.payload = [UInt8](repeating: 5, count: 2000)
    }
    let frames = datagram.fragments(cutAt: [800, 1600])
    let left = gateway.send([frames[0], frames[1]], by: Place.inside).compactMap(\.packet)
    try #require(left.count == 2)
    let error = Datagram.icmpError(
      type: 3, code: 1, from: Host.router.address, to: left[1].sourceAddress, about: left[1].packet)
    let told = try #require(gateway.sendIn(error).packet)
    let ends: [PacketCheck] = [.from(Host.alice.address), .to(Host.mallory.address)]
    #expect(told.problems(.to(Host.alice.address), .quoting(ends[0], ends[1])) == [])
    #expect(Array(told.payload.dropFirst(20)) == [UInt8](repeating: 5, count: 528))
    _ = gateway.send([frames[2]], by: Place.inside)
    #expect(gateway.sendIn(error).isDelivered)
  }
}
