import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@Suite struct TranslateTests {
  private let flow = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7))

  @Test(arguments: [0, 1] as [UInt8]) func `a packet whose time is up is refused, first or later, and opens nothing`(
    _ timeToLive: UInt8
  ) {
    let gateway = TestGateway(.overloadedPool)
    let late = flow.with { $0.timeToLive = timeToLive }
    for _ in 0..<2 {
      let outcome = gateway.sendOut(late)
      #expect(outcome.refusal == .timeExceeded)
      #expect(outcome.dropReason == .timeToLiveExceeded)
      #expect(gateway.total(.sessionsCreated) == 0)
    }
    _ = gateway.sendOut(flow)
    #expect(gateway.sendOut(late).refusal == .timeExceeded)
  }

  @Test func `a packet that is routed loses one hop too`() {
    let gateway = TestGateway(TestSetup())
    #expect(gateway.sendOut(flow.with { $0.timeToLive = 2 }).problems(.withTimeToLive(1)) == [])
    #expect(gateway.sendOut(flow.with { $0.timeToLive = 1 }).refusal == .timeExceeded)
  }

  @Test func `every time to live leaves the header's checksum right`() {
    let gateway = TestGateway(.overloadedPool)
    for timeToLive in UInt8(2)...255 {
      #expect(gateway.sendOut(flow.with { $0.timeToLive = timeToLive }).problems(.withTimeToLive(timeToLive - 1)) == [])
    }
    let plain = TestGateway(TestSetup())
    for timeToLive in UInt8(2)...255 {
      #expect(plain.sendOut(flow.with { $0.timeToLive = timeToLive }).problems(.withTimeToLive(timeToLive - 1)) == [])
    }
  }

  @Test func `a packet larger than the link is refused with its MTU if it must not be cut`() {
    let gateway = TestGateway(.overloadedPool.with { $0.outsideMTU = 1000 })
    let large = flow.with {
      $0.payload = [UInt8](repeating: 1, count: 1000 - 28)
      $0.dontFragment = true
    }
    #expect(gateway.sendOut(large).problems(.to(Host.carol.at(7))) == [])
    let tooLarge = large.with { $0.payload.append(1) }
    #expect(gateway.sendOut(tooLarge).refusal == ICMPRefusal(type: 3, code: 4, nextHopMTU: 1000))
    #expect(gateway.sendOut(tooLarge.with { $0.dontFragment = false }).isCut)
    let plain = TestGateway(TestSetup().with { $0.outsideMTU = 1000 })
    #expect(plain.sendOut(tooLarge).refusal == .fragmentationNeeded(mtu: 1000))
    #expect(plain.sendOut(large).packet != nil)
  }

  @Test(arguments: [0, 12]) func `a super-frame is measured by its segments, TCP options counted`(_ options: Int) {
    let gateway = TestGateway(.overloadedPool)
    let frame = Datagram.tcp(from: Host.alice.at(5000), to: Host.carol.at(7)).with {
      $0.payload = [UInt8](repeating: 1, count: 60_000)
      $0.tcpOptions = [UInt8](repeating: 1, count: options)
      $0.dontFragment = true
      $0.partialChecksum = true
      $0.segmentSize = UInt16(1460 - options)
    }
    #expect(gateway.sendOut(frame).problems(.to(Host.carol.at(7))) == [])
    let oneMore = frame.with { $0.segmentSize += 1 }
    #expect(gateway.sendOut(oneMore).refusal == .fragmentationNeeded(mtu: 1500))
  }

  @Test func `a UDP super-frame is measured by its segments`() {
    let gateway = TestGateway(.overloadedPool)
    let frame = flow.with {
      $0.payload = [UInt8](repeating: 1, count: 30_000)
      $0.dontFragment = true
      $0.partialChecksum = true
      $0.segmentSize = 1472
    }
    #expect(gateway.sendOut(frame).problems(.to(Host.carol.at(7))) == [])
    #expect(gateway.sendOut(frame.with { $0.segmentSize = 1473 }).refusal == .fragmentationNeeded(mtu: 1500))
  }

  @Test func `the largest packet goes through`() {
    let gateway = TestGateway(.overloadedPool.with { $0.outsideMTU = 65_535 })
    let largest = flow.with { $0.payload = [UInt8](repeating: 1, count: 65_535 - 28) }
    #expect(gateway.sendOut(largest).problems(.to(Host.carol.at(7))) == [])
  }

  @Test func `a packet for a neighbour that is not known yet waits, rewritten`() throws {
    let gateway = TestGateway(.overloadedPool.with { $0.knowsNeighbors = false })
    guard case .awaitsNeighbor(let packet) = gateway.sendOut(flow) else {
      Issue.record("it did not wait")
      return
    }
    #expect(packet.problems(.to(Host.carol.at(7)), .withTimeToLive(63)) == [])
    #expect(Place.pool.contains(packet.sourceAddress))
    gateway.introduce(.carol, at: Place.outside)
    #expect(gateway.sendOut(flow).packet != nil)
    #expect(gateway.sessions.count == 1)
  }

  @Test func `a session follows its neighbour when neighbours and routes move`() throws {
    let gateway = TestGateway(.overloadedPool)
    _ = gateway.sendOut(flow)
    let hop = NextHop(interface: Place.outside, neighbor: Host.carol.address)
    let before = try #require(gateway.neighbors.find(hop))
    // Carol stops answering: her slot is freed, and not used for her again at once.
    var ageing = NeighborAgeing()
    for second in UInt32(100)...104 {
      for _ in 0..<8 { ageing.turn(gateway.neighbors, now: gateway.now + second) { _, _ in } }
    }
    #expect(gateway.neighbors.find(hop) == nil)
    gateway.tick(seconds: 104)
    #expect(gateway.sendOut(flow).isWaiting)
    #expect(gateway.neighbors.find(hop) != before)
    gateway.introduce(.carol, at: Place.outside)
    #expect(gateway.sendOut(flow).packet != nil)
  }

  @Test func `a packet by way of a router goes to the router`() throws {
    let gateway = TestGateway(.overloadedPool.with { $0.knowsNeighbors = false })
    #expect(gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.mallory.at(7))).isWaiting)
    #expect(gateway.neighbors.find(NextHop(interface: Place.outside, neighbor: Host.router.address)) != nil)
    #expect(gateway.neighbors.find(NextHop(interface: Place.outside, neighbor: Host.mallory.address)) == nil)
  }

  @Test func `an interface without ip nat routes fragments and errors too`() throws {
    let gateway = TestGateway(.overloadedPool)
    gateway.introduce(.alice, at: Place.inside)
    let aside = SocketAddress(try #require(IPv4Address("192.0.2.9")), 7)
    let fragment = Datagram.udp(from: aside, to: Host.carol.at(7)).with { $0.fragment = 0x2000 }
    #expect(gateway.send(fragment, by: Place.aside).packet?.sourceAddress == aside.address)
    #expect(gateway.sessions.isEmpty)
  }
}
