import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct `Fragments of a datagram` {
  private let flow = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7)).with {
    $0.payload = (0..<3000).map { UInt8($0 % 251) }
  }

  /// Sends frames one at a time; returns all packets that left, held ones included.
  private func pass(
    _ frames: [Frame], through gateway: TestGateway, by interface: InterfaceID = Place.inside, at worker: Int = 0
  ) -> [SentPacket] {
    frames.flatMap { frame in
      gateway.send([frame], by: interface, at: worker).compactMap(\.packet)
        + gateway.takeReleased().compactMap(\.packet)
    }
  }

  private func join(_ packets: [SentPacket]) -> SentPacket? {
    NaiveFragments.join(packets.map(\.packet)).map { SentPacket(frame: $0, networkOffset: 0) }
  }

  @Test func `leave as fragments of the translated datagram`() throws {
    let gateway = TestGateway(.overloadedPool)
    let sent = pass(flow.fragments(cutAt: [1480, 2960]), through: gateway)
    #expect(sent.count == 3)
    let whole = try #require(join(sent))
    #expect(whole.problems(.to(Host.carol.at(7)), .withTimeToLive(63), .carrying(flow.payload)) == [])
    #expect(Place.pool.contains(whole.sourceAddress))
    #expect(gateway.sessions.count == 1)
    #expect(gateway.problems() == [])
  }

  @Test func `come back to the host that asked`() throws {
    let gateway = TestGateway(.overloadedPool.with { $0.workers = 3 })
    let out = try #require(gateway.sendOut(flow.with { $0.payload = [1] }).packet)
    let answer = Datagram.udp(from: Host.carol.at(7), to: out.source).with { $0.payload = flow.payload }
    for worker in 0..<3 {
      let frames = answer.with { $0.identification = UInt16(worker) }.fragments(cutAt: [1480, 2960])
      let whole = try #require(join(pass(frames.reversed(), through: gateway, by: Place.outside, at: worker)))
      #expect(whole.problems(.from(Host.carol.at(7)), .to(Host.alice.at(5000)), .carrying(flow.payload)) == [])
    }
    #expect(gateway.fragmentsHeld == 0)
  }

  @Test func `are held until the first one comes, then leave in the order of their offsets`() throws {
    let gateway = TestGateway(.overloadedPool)
    let frames = flow.fragments(cutAt: [800, 1600, 2400])
    for frame in [frames[3], frames[1], frames[2]] {
      #expect(gateway.send([frame], by: Place.inside)[0].isHeld)
    }
    #expect(gateway.fragmentsHeld == 3)
    let first = try #require(gateway.send([frames[0]], by: Place.inside)[0].packet)
    let rest = gateway.takeReleased().compactMap(\.packet)
    #expect(rest.map { $0.fragmentField & 0x1FFF } == [100, 200, 300])
    #expect(join([first] + rest)?.payload == flow.payload)
    #expect(gateway.fragmentsHeld == 0)
  }

  @Test func `may come in one burst in any order`() throws {
    let gateway = TestGateway(.overloadedPool)
    let frames = flow.fragments(cutAt: [800, 1600, 2400])
    let outcomes = gateway.send(frames.reversed(), by: Place.inside)
    #expect(outcomes.map(\.isHeld) == [true, true, true, false])
    let sent = outcomes.compactMap(\.packet) + gateway.takeReleased().compactMap(\.packet)
    #expect(join(sent)?.payload == flow.payload)
  }

  @Test(arguments: UInt64(1)...40)
  func `arrive whole whatever the cut and the order, duplicates or not, at whatever worker`(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let gateway = TestGateway(.overloadedPool.with { $0.workers = random.number(in: 1...4) })
    for round in 0..<20 {
      let host = Host.inside(random.number(in: 0...9))
      let tcp = random.oneIn(2)
      let length = random.number(in: 100...4000)
      var datagram =
        tcp
        ? Datagram.tcp(from: host.at(5000), to: Host.carol.at(7), .ack)
        : Datagram.udp(from: host.at(5000), to: Host.carol.at(7))
      if random.oneIn(4) { datagram = .echoRequest(from: host, to: Host.carol.address, identifier: 77) }
      datagram.payload = random.octets(length)
      datagram.identification = UInt16(round)
      let cuts = (0..<random.number(in: 1...9)).map { _ in random.number(in: 3...length / 8) * 8 }
      var frames = datagram.fragments(cutAt: Array(Set(cuts)))
      if random.oneIn(2) { frames.shuffle(using: &random) }
      // A duplicate of the last one to come would be one of a datagram that has left already.
      let copies = random.oneIn(3) ? frames.dropLast().prefix(random.number(in: 1...frames.count)) : []
      var sent: [SentPacket] = []
      for frame in frames.dropLast() + copies + frames.suffix(1) {
        let worker = random.number(in: 0...gateway.workers - 1)
        sent += pass([frame], through: gateway, at: worker)
      }
      let whole = try #require(join(sent))
      #expect(whole.problems(.to(datagram.body.isICMP ? whole.destination : Host.carol.at(7))) == [])
      #expect(whole.payload == datagram.payload)
    }
    gateway.advance(seconds: 10)
    #expect(gateway.fragmentsHeld == 0)
    #expect(gateway.problems() == [])
  }

  @Test(arguments: [8, 100, 736]) func `that overlap condemn their datagram`(_ octets: Int) {
    let gateway = TestGateway(.overloadedPool)
    let frames = flow.fragments(cutAt: [800, 1600])
    let overlapping = flow.fragments(cutAt: [800 - octets & ~7, 1600])[1]
    #expect(gateway.send([frames[0]], by: Place.inside)[0].packet != nil)
    #expect(gateway.send([overlapping], by: Place.inside)[0].dropReason == .fragmentOverlap)
    for frame in frames { #expect(gateway.send([frame], by: Place.inside)[0].dropReason == .fragmentOverlap) }
    gateway.advance(seconds: 5)
    #expect(pass(frames, through: gateway).count == 3)
  }

  @Test func `that wait are dropped when another one overlaps them`() {
    let gateway = TestGateway(.overloadedPool)
    let frames = flow.fragments(cutAt: [800, 1600])
    _ = gateway.send([frames[1]], by: Place.inside)
    _ = gateway.send([flow.fragments(cutAt: [1200, 1608])[1]], by: Place.inside)
    #expect(gateway.takeReleased().map(\.dropReason) == [.fragmentOverlap])
    #expect(gateway.fragmentsHeld == 0)
    // The same in one burst, the first fragment among them.
    let other = flow.with { $0.identification = 9 }
    let burst = other.fragments(cutAt: [800, 1600]).reversed() + [other.fragments(cutAt: [1200, 1608])[1]]
    let outcomes = gateway.send(Array(burst), by: Place.inside)
    #expect(outcomes[3].dropReason == .fragmentOverlap)
    #expect(gateway.takeReleased().map(\.dropReason) == [.fragmentOverlap, .fragmentOverlap])
    #expect(gateway.fragmentsHeld == 0)
  }

  @Test func `that come twice are dropped once, and condemn nothing`() {
    let gateway = TestGateway(.overloadedPool)
    let frames = flow.fragments(cutAt: [800, 1600])
    #expect(pass([frames[0], frames[1]], through: gateway).count == 2)
    #expect(gateway.send([frames[0]], by: Place.inside)[0].dropReason == .fragmentDuplicate)
    #expect(gateway.send([frames[1]], by: Place.inside)[0].dropReason == .fragmentDuplicate)
    #expect(pass([frames[2]], through: gateway).count == 1)
  }

  @Test func `that cut a transport header condemn their datagram`() {
    let gateway = TestGateway(.overloadedPool)
    let segment = Datagram.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), .syn)
    let frames = segment.fragments(cutAt: [8])
    #expect(gateway.send([frames[0]], by: Place.inside)[0].dropReason == .fragmentTiny)
    #expect(gateway.send([frames[1]], by: Place.inside)[0].dropReason == .fragmentTiny)
    let late = segment.with { $0.identification = 2 }.fragments(cutAt: [16])
    #expect(gateway.send([late[1]], by: Place.inside)[0].dropReason == .fragmentTiny)
    let options = segment.with {
      $0.identification = 3
      $0.tcpOptions = [UInt8](repeating: 1, count: 8)
    }
    #expect(gateway.send([options.fragments(cutAt: [24])[0]], by: Place.inside)[0].dropReason == .fragmentTiny)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `that no sender makes condemn their datagram`() {
    let gateway = TestGateway(.overloadedPool)
    let odd = flow.with { $0.fragment = 0x2000 }
    #expect(gateway.sendOut(odd.with { $0.payload.append(1) }).dropReason == .fragmentMalformed)
    let beyond = flow.with {
      $0.fragment = 0x1FFF
      $0.identification = 2
    }
    #expect(gateway.sendOut(beyond).dropReason == .fragmentMalformed)
    let frames = flow.with { $0.identification = 3 }.fragments(cutAt: [800, 1600])
    let early = flow.with {
      $0.identification = 3
      $0.payload.removeLast(600)
    }
    _ = gateway.send([frames[0]], by: Place.inside)
    _ = gateway.send([frames[2]], by: Place.inside)
    let secondEnd = early.fragments(cutAt: [800, 1600])[2]
    #expect(gateway.send([secondEnd], by: Place.inside)[0].dropReason == .fragmentOverlap)
  }

  @Test func `without a first one are dropped in time`() {
    let gateway = TestGateway(.overloadedPool)
    let frames = flow.fragments(cutAt: [800, 1600])
    #expect(gateway.send([frames[1]], by: Place.inside)[0].isHeld)
    gateway.advance(seconds: 2)
    #expect(gateway.takeReleased().isEmpty)
    gateway.advance(seconds: 3)
    #expect(gateway.takeReleased().map(\.dropReason) == [.fragmentTimeout])
    #expect(gateway.send([frames[0]], by: Place.inside)[0].packet != nil)
  }

  @Test func `share the fate of a first one that is refused`() {
    let gateway = TestGateway(.overloadedPool)
    let stray = Datagram.udp(from: Host.mallory.at(9), to: SocketAddress(Place.pool.lowerBound, 4000)).with {
      $0.payload = flow.payload
    }
    let frames = stray.fragments(cutAt: [800, 1600])
    #expect(gateway.send([frames[1]], by: Place.outside)[0].isHeld)
    #expect(gateway.send([frames[0]], by: Place.outside)[0].dropReason == .filtered)
    #expect(gateway.takeReleased().map(\.dropReason) == [.filtered])
    #expect(gateway.send([frames[2]], by: Place.outside)[0].dropReason == .filtered)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `between hosts that are not translated are routed alike`() throws {
    let gateway = TestGateway(TestSetup())
    let frames = flow.fragments(cutAt: [800, 1600])
    let sent = pass([frames[2], frames[0], frames[1]], through: gateway)
    let whole = try #require(join(sent))
    #expect(whole.problems(.from(Host.alice.at(5000)), .to(Host.carol.at(7)), .carrying(flow.payload)) == [])
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `of protocols without ports are translated by their addresses`() throws {
    let gateway = TestGateway(TestSetup().withStatic(.bob, Place.bobGlobal))
    let packet = Datagram(from: Host.bob.at(0), to: Host.carol.at(0), .other(47)).with { $0.payload = flow.payload }
    let sent = pass(packet.fragments(cutAt: [800, 1600]).reversed(), through: gateway)
    #expect(join(sent)?.problems(.from(Place.bobGlobal), .carrying(flow.payload)) == [])
  }

  @Test func `of ICMP errors and for the gateway itself are dropped`() {
    let gateway = TestGateway(.overloadedPool)
    let out = gateway.sendOut(flow.with { $0.payload = [1] }).packet
    let error = Datagram.icmpError(
      type: 3, from: Host.carol.address, to: out?.sourceAddress ?? .unspecified, about: out?.packet ?? [])
    #expect(gateway.send([error.fragments(cutAt: [16])[0]], by: Place.outside)[0].dropReason == .fragment)
    let own = Datagram.echoRequest(from: .carol, to: Place.outsideAddress, identifier: 1)
    #expect(gateway.send([own.fragments(cutAt: [8])[0]], by: Place.outside)[0].dropReason == .fragment)
  }
}

extension Datagram.Body {
  fileprivate var isICMP: Bool {
    if case .icmp = self { return true }
    return false
  }
}
