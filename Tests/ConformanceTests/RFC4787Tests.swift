import Configuration
import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

// RFC 4787: network address translation behavioral requirements for unicast UDP.

@Suite struct RFC4787Tests {
  private func out(_ host: Host, _ port: UInt16, to destination: SocketAddress) -> Datagram {
    .udp(from: host.at(port), to: destination)
  }

  @Test func `RFC 4787 REQ-1: one inside endpoint keeps its inside global endpoint towards every destination`() throws {
    let gateway = TestGateway(.overloadedPool)
    // Alice's own port is taken first, so that hers is a substitute and not just preserved.
    _ = gateway.sendOut(out(.bob, 5000, to: Host.carol.at(7)))
    let setup = TestSetup.overloadedPool.withOneAddress
    for gateway in [gateway, TestGateway(setup)] {
      let globals = try [Host.carol.at(7), Host.carol.at(8), Host.dave.at(7), Host.mallory.at(9)].map {
        try #require(gateway.sendOut(out(.alice, 5000, to: $0)).packet).source
      }
      #expect(Set(globals).count == 1)
    }
  }

  @Test func `RFC 4787 REQ-2: all sessions of one inside host use one inside global address`() throws {
    let gateway = TestGateway(.overloadedPool)
    var addresses: Set<IPv4Address> = []
    for port in UInt16(2000)..<2100 {
      addresses.insert(try #require(gateway.sendOut(out(.alice, port, to: Host.carol.at(7))).packet).sourceAddress)
      let segment = Datagram.tcp(from: Host.alice.at(port), to: Host.dave.at(80), .syn)
      addresses.insert(try #require(gateway.sendOut(segment).packet).sourceAddress)
    }
    #expect(addresses.count == 1)
  }

  @Test func `RFC 4787 REQ-3: no two inside endpoints share an inside global endpoint`() throws {
    let gateway = TestGateway(.overloadedInterface)
    var globals: Set<SocketAddress> = []
    for number in 0..<200 {
      let packet = try #require(gateway.sendOut(out(.inside(number), 5000, to: Host.carol.at(7))).packet)
      #expect(globals.insert(packet.source).inserted)
    }
  }

  @Test(arguments: [1...1023, 1024...65_535] as [ClosedRange<UInt16>])
  func `RFC 4787 REQ-3a: a port below 1024 becomes one below 1024, another one another`(_ range: ClosedRange<UInt16>)
    throws
  {
    let gateway = TestGateway(.overloadedInterface)
    for port in [range.lowerBound, range.lowerBound + 500, range.upperBound] {
      for host in [Host.alice, .bob, .inside(0)] {
        let packet = try #require(gateway.sendOut(out(host, port, to: Host.carol.at(7))).packet)
        #expect(range.contains(packet.source.port))
      }
    }
  }

  @Test(arguments: [5000, 5001] as [UInt16]) func `RFC 4787 REQ-4: an even port becomes an even one, an odd one odd`(
    _ port: UInt16
  ) throws {
    let gateway = TestGateway(.overloadedInterface)
    for number in 0..<100 {
      let packet = try #require(gateway.sendOut(out(.inside(number), port, to: Host.carol.at(7))).packet)
      #expect(packet.source.port % 2 == port % 2)
    }
  }

  @Test func `RFC 4787 REQ-5: a UDP mapping lives five minutes and never ends before two`() throws {
    let gateway = TestGateway(.overloadedPool)
    _ = gateway.sendOut(out(.alice, 5000, to: Host.carol.at(7000)))
    gateway.advance(seconds: 299)
    #expect(gateway.sessions.count == 1)
    gateway.advance(seconds: 1)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.total(.mappings) == 0)
  }

  @Test func `RFC 4787 REQ-5a: only a session to a well-known port, DNS, may end sooner`() {
    let gateway = TestGateway(.overloadedPool)
    _ = gateway.sendOut(out(.alice, 5000, to: Host.carol.at(53)))
    for port: UInt16 in [52, 54, 1024, 5353, 65_535] { _ = gateway.sendOut(out(.bob, 5000, to: Host.carol.at(port))) }
    gateway.advance(seconds: 120)
    #expect(Set(gateway.sessions.map(\.outsideGlobalPort)) == [52, 54, 1024, 5353, 65_535])
  }

  @Test func `RFC 4787 REQ-5b: the time is configurable`() {
    let gateway = TestGateway(.overloadedPool.with { $0.translation.timeouts.udp = 900 })
    _ = gateway.sendOut(out(.alice, 5000, to: Host.carol.at(7)))
    gateway.advance(seconds: 899)
    #expect(gateway.sessions.count == 1)
    gateway.advance(seconds: 1)
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `RFC 4787 REQ-6: an outbound packet keeps the mapping`() {
    let gateway = TestGateway(.overloadedPool)
    for _ in 0..<10 {
      #expect(gateway.sendOut(out(.alice, 5000, to: Host.carol.at(7))).packet != nil)
      gateway.advance(seconds: 299)
    }
    #expect(gateway.total(.sessionsCreated) == 1)
  }

  @Test(arguments: [true, false])
  func `RFC 4787 REQ-6a: whether inbound packets keep the mapping is configurable`(_ refreshes: Bool) throws {
    let gateway = TestGateway(.overloadedPool.with { $0.translation.settings.inboundRefresh = refreshes })
    let global = try #require(gateway.sendOut(out(.alice, 5000, to: Host.carol.at(7))).packet).source
    for _ in 0..<2 {
      gateway.advance(seconds: 149)
      #expect(gateway.sendIn(.udp(from: Host.carol.at(7), to: global)).problems(.to(Host.alice.at(5000))) == [])
    }
    gateway.advance(seconds: 2)
    #expect(gateway.sessions.isEmpty != refreshes)
  }

  @Test(arguments: [true, false])
  func `RFC 4787 REQ-7: inside hosts may have the outside network's addresses`(_ addsRoute: Bool) throws {
    let (gateway, erin) = overlapping(addsRoute: addsRoute)
    // One whose address an outside host has too reaches that one by another address, and everybody else as usual.
    for (called, host) in [(Host.mallory.address, Host.mallory), (IPv4Address(0xAC10_000A), .carol)] {
      let sent = gateway.sendOut(out(erin, 5000, to: SocketAddress(called, 7)))
      #expect(sent.problems(.to(host.at(7))) == [])
      #expect(sent.interface == Place.outside)
      let global = try #require(sent.packet).source
      #expect(Place.pool.contains(global.address))
      let answer = gateway.sendIn(.udp(from: host.at(7), to: global))
      #expect(answer.problems(.from(SocketAddress(called, 7)), .to(erin.at(5000))) == [])
      #expect(answer.interface == Place.inside)
    }
    #expect(gateway.problems(ports: true) == [])
  }

  @Test(
    arguments: [
      (.endpointIndependent, [Host.carol.at(8), Host.dave.at(7), Host.mallory.at(9)]),
      (.addressDependent, [Host.carol.at(8)]), (.addressAndPortDependent, []),
    ] as [(FilteringBehavior, [SocketAddress])])
  func `RFC 4787 REQ-8, 8a: a mapping admits whom the configured filtering lets in`(
    _ filtering: FilteringBehavior, _ admitted: [SocketAddress]
  ) throws {
    for stranger in [Host.carol.at(8), Host.dave.at(7), Host.mallory.at(9)] {
      let gateway = TestGateway(TestSetup.overloadedPool.withRules { $0.filtering = filtering })
      let global = try #require(gateway.sendOut(out(.alice, 5000, to: Host.carol.at(7))).packet).source
      #expect(gateway.sendIn(.udp(from: Host.carol.at(7), to: global)).packet != nil)
      let outcome = gateway.sendIn(.udp(from: stranger, to: global))
      #expect(outcome.dropReason == (admitted.contains(stranger) ? nil : .filtered))
      if admitted.contains(stranger) { #expect(outcome.problems(.from(stranger), .to(Host.alice.at(5000))) == []) }
    }
  }

  @Test func `RFC 4787 REQ-8: under the RFCs' defaults a mapping is open to everybody, and ends with its use`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.conforming)
    let global = try #require(gateway.sendOut(out(.alice, 5000, to: Host.carol.at(7))).packet).source
    #expect(gateway.sendIn(.udp(from: Host.mallory.at(9), to: global)).problems(.to(Host.alice.at(5000))) == [])
    gateway.advance(seconds: 300)
    #expect(gateway.sendIn(.udp(from: Host.mallory.at(9), to: global)).dropReason == .filtered)
  }

  @Test(arguments: [1, 2])
  func `RFC 4787 REQ-9, 9a: inside hosts reach each other's global endpoints, and see each other's global endpoints`(
    _ workers: Int
  ) throws {
    let gateway = TestGateway(TestSetup.overloadedPool.conforming.with { $0.workers = workers })
    let alice = try #require(gateway.sendOut(out(.alice, 5000, to: Host.carol.at(7))).packet).source
    let bob = try #require(gateway.sendOut(out(.bob, 6000, to: Host.carol.at(7))).packet).source
    let there = gateway.sendOut(out(.alice, 5000, to: bob))
    #expect(there.problems(.from(alice), .to(Host.bob.at(6000))) == [])
    #expect(there.interface == Place.inside)
    #expect(gateway.sendOut(out(.bob, 6000, to: alice)).problems(.from(bob), .to(Host.alice.at(5000))) == [])
  }

  @Test(arguments: [53, 69, 111, 137, 138, 500, 1719, 2427, 5060] as [UInt16])
  func `RFC 4787 REQ-10: no gateway of a protocol over UDP sees a payload`(_ port: UInt16) throws {
    for statement in ["conformance rfc", "no ip nat service all-algs"] {
      let services = try GatewayConfiguration.parse(statement, file: "test").translation.gatewayServices
      let gateway = TestGateway(TestSetup.overloadedPool.conforming.with { $0.translation.gatewayServices = services })
      let payload = Array("INVITE sip:alice@10.10.10.10:5000".utf8) + [0x0A, 0x0A, 0x0A, 0x0A, 0x13, 0x88]
      let sent = gateway.sendOut(out(.alice, 5000, to: Host.carol.at(port)).with { $0.payload = payload })
      #expect(sent.problems(.carrying(payload)) == [])
      let answer = Datagram.udp(from: Host.carol.at(port), to: try #require(sent.packet).source)
      #expect(gateway.sendIn(answer.with { $0.payload = payload }).problems(.carrying(payload)) == [])
      #expect(gateway.sessions.count == 1)
    }
  }

  @Test(arguments: FilteringBehavior.all)
  func `RFC 4787 REQ-11: neither mapping nor filtering changes when ports and tables fill up`(
    _ filtering: FilteringBehavior
  ) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.withOneAddress.withRules { $0.filtering = filtering }.with { $0.sessionsPerWorker = 700 }
    )
    let global = try #require(gateway.sendOut(out(.alice, 600, to: Host.carol.at(7))).packet).source
    for port in UInt16(512)...1023 { _ = gateway.sendOut(out(.bob, port, to: Host.carol.at(7))) }
    for number in 0..<400 {
      let packet = out(.inside(number % 100), UInt16(3000 + number), to: Host.carol.at(7))
      _ = gateway.sendOut(packet)
    }
    #expect(gateway.sendOut(out(.inside(200), 3000, to: Host.carol.at(7))).packet == nil)
    gateway.clear(ClearRequest().with { $0.insideLocal = Host.bob.address.rawValue })
    #expect(try #require(gateway.sendOut(out(.alice, 600, to: Host.dave.at(7))).packet).source == global)
    let isOpen = filtering == .endpointIndependent
    #expect(gateway.sendIn(.udp(from: Host.mallory.at(7), to: global)).dropReason == (isOpen ? nil : .filtered))
  }

  @Test func `RFC 4787 REQ-12: no ICMP message ends a mapping, and none is filtered by its sender`() throws {
    let gateway = TestGateway(.overloadedPool)
    let packet = try #require(gateway.sendOut(out(.alice, 5000, to: Host.mallory.at(7))).packet)
    for type in [UInt8(3), 11, 12] {
      for sender in [Host.mallory, .router, .dave] {
        let error = Datagram.icmpError(
          type: type, code: 1, from: sender.address, to: packet.sourceAddress, about: packet.packet)
        #expect(gateway.sendIn(error).problems(.from(sender.address), .to(Host.alice.address)) == [])
      }
    }
    #expect(gateway.sendIn(.udp(from: Host.mallory.at(7), to: packet.source)).packet != nil)
  }

  @Test func `RFC 4787 REQ-13: a packet that does not fit and must not be cut is answered with its MTU`() {
    let gateway = TestGateway(.overloadedPool.with { $0.outsideMTU = 1400 })
    let packet = out(.alice, 5000, to: Host.carol.at(7)).with {
      $0.payload = [UInt8](repeating: 1, count: 1400)
      $0.dontFragment = true
    }
    #expect(gateway.sendOut(packet).refusal == ICMPRefusal(type: 3, code: 4, nextHopMTU: 1400))
  }

  @Test func `RFC 4787 REQ-13a: a packet that does not fit and may be cut is`() throws {
    let gateway = TestGateway(.overloadedPool.with { ($0.insideMTU, $0.outsideMTU) = (1300, 1400) })
    let payload = [UInt8](repeating: 1, count: 1400)
    let there = gateway.sendOut(out(.alice, 5000, to: Host.carol.at(7)).with { $0.payload = payload })
    #expect(there.isCut)
    #expect(there.problems(.to(Host.carol.at(7)), .carrying(payload)) == [])
    let answer = Datagram.udp(from: Host.carol.at(7), to: try #require(there.packet).source)
    let back = gateway.sendIn(answer.with { $0.payload = payload })
    #expect(back.isCut)
    #expect(back.problems(.to(Host.alice.at(5000)), .carrying(payload)) == [])
  }

  @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func `RFC 4787 REQ-14: fragments are translated in whatever order they arrive`(_ order: [Int]) throws {
    for workers in [1, 2] {
      let gateway = TestGateway(.overloadedPool.with { $0.workers = workers })
      let flow = out(.alice, 5000, to: Host.carol.at(7)).with { $0.payload = (0..<3000).map { UInt8($0 % 251) } }
      let frames = flow.fragments(cutAt: [1480, 2960])
      let there = try #require(passing(frames, order, through: gateway, by: Place.inside))
      #expect(there.problems(.to(Host.carol.at(7)), .carrying(flow.payload)) == [])
      let answer = Datagram.udp(from: Host.carol.at(7), to: there.source).with { $0.payload = flow.payload }
      let answers = answer.fragments(cutAt: [800, 1600])
      let back = try #require(passing(answers, order, through: gateway, by: Place.outside))
      #expect(back.problems(.from(Host.carol.at(7)), .to(Host.alice.at(5000)), .carrying(flow.payload)) == [])
      #expect(gateway.sessions.count == 1)
    }
  }

  @Test func `RFC 4787 REQ-14a: a flood of fragments without a first one takes its share and no other's`() throws {
    let gateway = TestGateway(.overloadedPool)
    let flow = out(.bob, 5000, to: Host.carol.at(7)).with { $0.payload = [UInt8](repeating: 7, count: 2000) }
    let frames = flow.fragments(cutAt: [1480])
    #expect(gateway.send([frames[1]], by: Place.inside)[0].isHeld)
    for number in UInt16(0)..<500 {
      let stray = flow.with { ($0.source, $0.identification) = (Host.alice.at(5000), number) }
      _ = gateway.send([stray.fragments(cutAt: [1480])[1]], by: Place.inside)
      #expect(gateway.fragmentsHeld <= Int(ReassemblyLimits().maximumDatagrams) / 2)
    }
    #expect(Set(gateway.takeReleased().map(\.dropReason)) == [.fragmentTableFull])
    let whole = try #require(passing(frames, [0], through: gateway, by: Place.inside))
    #expect(whole.problems(.to(Host.carol.at(7)), .carrying(flow.payload)) == [])
    gateway.advance(seconds: 1 + UInt32(ReassemblyLimits().timeout))
    #expect(gateway.fragmentsHeld == 0)
  }

  /// Sends frames in an order, and puts together what left.
  private func passing(
    _ frames: [Frame], _ order: [Int], through gateway: TestGateway, by interface: InterfaceID
  ) -> SentPacket? {
    let sent = order.flatMap { number in
      gateway.send([frames[number]], by: interface).compactMap(\.packet)
        + gateway.takeReleased().compactMap(\.packet)
    }
    return NaiveFragments.join(sent.map(\.packet)).map { SentPacket(frame: $0, networkOffset: 0) }
  }

  /// A gateway whose inside network, in a routing instance of its own, has the outside network's addresses, and its
  /// host Erin carol's. Carol is 172.16.0.10 there.
  private func overlapping(addsRoute: Bool) -> (TestGateway, erin: Host) {
    let red = RoutingInstance(rawValue: 1)
    var setup = TestSetup.overloadedPool
    setup.translation.instanceNames = ["", "red"]
    setup.translation.accessLists["10"]?.entries = [AccessList.Entry(permits: true, source: .any)]
    setup.translation.dynamicRules[0].instance = red
    var carol = OutsideStatic(global: Host.carol.address, local: IPv4Address(0xAC10_000A))
    carol.instance = red
    carol.addRoute = addsRoute
    setup.translation.outsideStatics = [carol]
    var interfaces = setup.interfaces
    interfaces[0].instance = red
    interfaces[0].address = Place.outsideAddress
    let everywhere = IPv4Prefix(containing: .unspecified, length: 0)
    var routes = [
      Route(prefix: everywhere, interface: Place.outside, gateway: Host.router.address),
      Route(instance: red, prefix: everywhere, leaksTo: .global),
    ]
    for interface in interfaces {
      guard let network = interface.connected else { continue }
      routes.append(Route(instance: interface.instance, prefix: network, interface: interface.id))
    }
    let policy = Policy(interfaces: interfaces, routes: RoutingTable(routes), translation: setup.translation)
    let gateway = TestGateway(setup, policy: policy)
    let erin = Host("erin", Host.carol.address.description, 0x02_00_00_00_0E_10)
    gateway.introduce(erin, at: Place.inside)
    return (gateway, erin)
  }
}

extension FilteringBehavior {
  /// Every behavior.
  static var all: [Self] { [.endpointIndependent, .addressDependent, .addressAndPortDependent] }
}

extension ClearRequest {
  /// The request with a change.
  fileprivate func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }
}
