import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

// RFC 6888: common requirements for carrier-grade NATs.

@Suite struct RFC6888Tests {
  private func out(_ host: Host, _ port: UInt16) -> Datagram { .udp(from: host.at(port), to: Host.carol.at(7)) }

  @Test func `RFC 6888 REQ-2: a subscriber has one inside global address for all protocols`() throws {
    let gateway = TestGateway(.overloadedPool)
    for host in (0..<20).map(Host.inside) {
      let packets = [
        out(host, 5000), .tcp(from: host.at(5000), to: Host.dave.at(80), .syn),
        .echoRequest(from: host, to: Host.carol.address, identifier: 7),
      ]
      let addresses = try packets.map { try #require(gateway.sendOut($0).packet).sourceAddress }
      #expect(Set(addresses).count == 1)
    }
  }

  @Test func `RFC 6888 REQ-3: a pool may have gaps`() throws {
    let ranges = [0xCB00_7180, 0xCB00_71F0, 0xC633_6407].map { IPv4Address($0)...IPv4Address($0 + 1) }
    let gateway = TestGateway(.overloadedPool.with { $0.translation.pools["POOL"]?.ranges = ranges })
    var addresses: Set<IPv4Address> = []
    for number in 0..<100 {
      addresses.insert(try #require(gateway.sendOut(out(.inside(number), 5000)).packet).sourceAddress)
    }
    #expect(addresses.allSatisfy { address in ranges.contains { $0.contains(address) } })
    #expect(addresses.count == 6)
    #expect(gateway.problems() == [])
  }

  /// Alice's sessions of numbers in a range, each from a port of its own; how many were made.
  private func opened(_ numbers: Range<Int>, _ gateway: TestGateway, by host: Host = .alice) -> Int {
    numbers.count { gateway.sendOut(out(host, UInt16(2000 + $0))).packet != nil }
  }

  @Test func `RFC 6888 REQ-4: under the RFCs' defaults a subscriber has 4096 sessions at most`() {
    let gateway = TestGateway(TestSetup.overloadedPool.conforming.with { $0.sessionsPerWorker = 8192 })
    #expect(opened(0..<5000, gateway) == 4096)
    let refused = gateway.sendOut(out(.alice, 9000))
    #expect(refused.dropReason == .hostSessionsExhausted)
    #expect(refused.refusal == .hostUnreachable)
    #expect(opened(0..<10, gateway, by: .bob) == 10)
    // What has ended counts no more.
    gateway.advance(seconds: 300)
    #expect(opened(0..<10, gateway) == 10)
    #expect(gateway.problems() == [])
  }

  @Test func `RFC 6888 REQ-4a: the limit is configurable, for one subscriber too`() {
    let gateway = TestGateway(
      .overloadedPool.with {
        $0.translation.limits.allHosts = 20
        $0.translation.limits.hosts[Host.alice.address] = 10
      })
    #expect(opened(0..<50, gateway) == 10)
    #expect(opened(0..<50, gateway, by: .bob) == 20)
    #expect(opened(0..<50, gateway, by: .inside(0)) == 20)
  }

  @Test func `RFC 6888 REQ-4c: the rate of a subscriber's new sessions is configurable`() {
    let gateway = TestGateway(.overloadedPool.with { $0.translation.limits.newSessionsPerSecond = 5 })
    #expect(opened(0..<100, gateway) == 10)
    #expect(gateway.sendOut(out(.alice, 9000)).dropReason == .hostRateExceeded)
    #expect(opened(0..<8, gateway, by: .bob) == 8)
    for second in 1..<10 {
      gateway.tick()
      #expect(opened(100 * second..<100 * (second + 1), gateway) == 5)
    }
    // Packets of sessions that are there pass whatever the rate.
    #expect(opened(0..<10, gateway) == 10)
  }

  @Test func `RFC 6888 REQ-5: sessions that are refused take no memory`() {
    let gateway = TestGateway(.overloadedPool.with { $0.translation.limits.allHosts = 10 })
    #expect(opened(0..<10, gateway) == 10)
    let mappings = gateway.total(.mappings)
    #expect(opened(10..<1000, gateway) == 0)
    #expect(gateway.total(.mappings) == mappings)
    #expect(gateway.sessions.count == 10)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `RFC 6888 REQ-6: translation is switched off for destinations and ports that a list denies`() throws {
    let gateway = TestGateway(
      .overloadedPool.with { setup in
        var toDave = AccessList.Entry(permits: false, source: .any)
        toDave.destination = AccessList.AddressMatch(address: Host.dave.address, wildcard: 0)
        var toTime = AccessList.Entry(permits: false, source: .any, protocolNumber: .udp)
        toTime.destinationPorts = .equal([123])
        let list = AccessList(
          name: "OUT", isExtended: true, entries: [toDave, toTime, AccessList.Entry(permits: true, source: .any)])
        setup.translation.accessLists["OUT"] = list
        setup.translation.dynamicRules[0].condition = .accessList("OUT")
      })
    for untranslated in [Host.dave.at(7), Host.carol.at(123)] {
      let sent = gateway.sendOut(.udp(from: Host.alice.at(5000), to: untranslated))
      #expect(sent.problems(.from(Host.alice.at(5000)), .to(untranslated)) == [])
    }
    #expect(gateway.sessions.isEmpty)
    for translated in [Host.carol.at(7), Host.carol.at(124)] {
      let packet = try #require(gateway.sendOut(.udp(from: Host.alice.at(5000), to: translated)).packet)
      #expect(Place.pool.contains(packet.sourceAddress))
    }
  }

  @Test func `RFC 6888 REQ-6: translation is switched off for a host that a list denies`() {
    let gateway = TestGateway(
      .overloadedPool.with {
        $0.translation.accessLists["10"]?.entries.insert(
          AccessList.Entry(permits: false, address: Host.bob.address, wildcard: 0), at: 0)
      })
    #expect(gateway.sendOut(out(.bob, 5000)).problems(.from(Host.bob.at(5000))) == [])
    #expect(gateway.sendOut(out(.alice, 5000)).packet?.sourceAddress != Host.alice.address)
  }

  @Test func `RFC 6888 REQ-7: under the RFCs' defaults filtering is endpoint-independent`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.conforming)
    let udp = try #require(gateway.sendOut(out(.alice, 5000)).packet).source
    let tcp = try #require(
      gateway.sendOut(.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), .syn)).packet
    ).source
    for stranger in [Host.carol.at(8), Host.dave.at(7), Host.mallory.at(9)] {
      #expect(gateway.sendIn(.udp(from: stranger, to: udp)).problems(.to(Host.alice.at(5000))) == [])
      #expect(gateway.sendIn(.tcp(from: stranger, to: tcp, .syn)).problems(.to(Host.alice.at(5000))) == [])
    }
  }

  @Test func `RFC 6888 REQ-8: under the RFCs' defaults a freed port rests for two minutes`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.withOneAddress.conforming)
    func port(_ host: Host) throws -> UInt16 { try #require(gateway.sendOut(out(host, 5000)).packet).source.port }
    #expect(try port(.alice) == 5000)
    gateway.advance(seconds: 300)
    #expect(gateway.sessions.isEmpty)
    #expect(try port(.bob) != 5000)
    gateway.advance(seconds: 119)
    #expect(try port(.inside(0)) != 5000)
    gateway.advance(seconds: 1)
    #expect(try port(.inside(1)) == 5000)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `RFC 6888 REQ-8: ports of TCP, whose end is seen, and of narrower filtering need no rest`() throws {
    let narrow = TestSetup.overloadedPool.withOneAddress.conforming.withRules { $0.filtering = .addressDependent }
    for (setup, isTCP) in [(TestSetup.overloadedPool.withOneAddress.conforming, true), (narrow, false)] {
      let gateway = TestGateway(setup)
      for host in [Host.alice, .bob] {
        let packet =
          isTCP ? Datagram.tcp(from: host.at(5000), to: Host.carol.at(80), .syn) : out(host, 5000)
        #expect(try #require(gateway.sendOut(packet).packet).source.port == 5000)
        gateway.advance(seconds: 300)
        #expect(gateway.sessions.isEmpty)
      }
    }
  }

  @Test func `RFC 6888 REQ-11: whatever is used up, the RFCs' defaults refuse with code 1, and it is noted`() throws {
    let full = TestSetup.exclusivePool.conforming.with { $0.translation.logging.syslog = .bindings }
    let shared = TestSetup.overloadedPool.withOneAddress.conforming.with { $0.translation.logging.syslog = .bindings }
    let cases: [(TestSetup, DropReason, TranslationEvent.Kind)] = [
      (full, .addressesExhausted, .addressesExhausted),
      (shared.withRules { $0.mapping = .addressAndPortDependent }, .portsExhausted, .portsExhausted),
      (shared.with { $0.translation.maximumEntries = 4 }, .sessionsExhausted, .quotaExceeded),
      (shared.with { $0.translation.limits.allHosts = 1 }, .hostSessionsExhausted, .quotaExceeded),
    ]
    for (setup, reason, kind) in cases {
      let gateway = TestGateway(setup)
      var (passed, refused): ([SentPacket], Outcome?) = ([], nil)
      for number in 0..<600 where refused == nil {
        let host = Host.inside(reason == .hostSessionsExhausted ? 0 : number % 240)
        let outcome = gateway.sendOut(
          .udp(from: host.at(512 + UInt16(number % 100)), to: Host.carol.at(2000 + UInt16(number))))
        if let packet = outcome.packet { passed.append(packet) } else { refused = outcome }
      }
      #expect(refused?.dropReason == reason)
      #expect(refused?.refusal == ICMPRefusal(type: 3, code: 1))
      #expect(gateway.drainJournals().last?.kind == kind)
      for packet in passed {
        #expect(gateway.sendIn(.udp(from: packet.destination, to: packet.source)).packet != nil)
      }
    }
  }

  @Test func `RFC 6888 REQ-11: when nothing is left a new session is refused and no old one gives way`() throws {
    let gateway = TestGateway(.overloadedPool.with { $0.translation.maximumEntries = 40 })
    let globals = try (0..<40).map { try #require(gateway.sendOut(out(.inside($0), 5000)).packet).source }
    for number in 40..<80 {
      let refused = gateway.sendOut(out(.inside(number), 5000))
      #expect(refused.refusal?.type == 3)
      #expect(refused.dropReason == .sessionsExhausted)
    }
    for (number, global) in globals.enumerated() {
      let answer = Datagram.udp(from: Host.carol.at(7), to: global)
      #expect(gateway.sendIn(answer).problems(.to(Host.inside(number).at(5000))) == [])
    }
    #expect(gateway.limit.usage.missed == 40)
  }

  @Test(arguments: MappingBehavior.all)
  func `RFC 6888 REQ-12: a log of bindings says who had which port, and of no destination`(
    _ mapping: MappingBehavior
  ) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.withRules { $0.mapping = mapping }.with { $0.translation.logging.syslog = .bindings })
    _ = gateway.sendOut(out(.bob, 5000))
    let global = try #require(gateway.sendOut(out(.alice, 5000)).packet).source
    gateway.advance(seconds: 300)
    let events = gateway.drainJournals()
    for kind in [TranslationEvent.Kind.bindingCreated, .bindingDeleted] {
      let ofAlice = events.filter { $0.kind == kind && $0.insideLocal == Host.alice.address }
      #expect(ofAlice.map { SocketAddress($0.insideGlobal, $0.insideGlobalPort) } == [global])
      #expect(ofAlice.map(\.insideLocalPort) == [5000])
    }
    #expect(events.count == 4)
    #expect(events.allSatisfy { $0.outsideLocal == .unspecified && $0.outsideGlobal == .unspecified })
    #expect(events.allSatisfy { $0.outsideLocalPort == 0 && $0.outsideGlobalPort == 0 })
  }

  @Test(arguments: [1, 2])
  func `RFC 6888 REQ-13: every port of a class serves before a session is refused`(_ workers: Int) throws {
    let gateway = TestGateway(TestSetup.overloadedPool.withOneAddress.with { $0.workers = workers })
    var ports: Set<UInt16> = []
    for number in 0..<512 {
      let host = Host.inside(number % 200)
      ports.insert(try #require(gateway.sendOut(out(host, 512 + UInt16(number))).packet).source.port)
    }
    #expect(ports == Set(512...1023))
    #expect(gateway.sendOut(out(.alice, 600)).dropReason == .portsExhausted)
  }

  @Test(arguments: MappingBehavior.all)
  func `RFC 6888 REQ-14: where ports are given in sets, the log has one entry for each set`(
    _ mapping: MappingBehavior
  ) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.withRules { $0.mapping = mapping }.with {
        $0.translation.logging.syslog = .bindings
        $0.translation.settings.portBlocks = PortBlocks()
      })
    var ports: Set<UInt16> = []
    for number in 0..<128 {
      ports.insert(try #require(gateway.sendOut(out(.alice, UInt16(30_000 + number))).packet).source.port)
    }
    let events = gateway.drainJournals()
    #expect(events.map(\.kind) == [.portBlockAllocated, .portBlockAllocated])
    #expect(events.allSatisfy { $0.insideLocal == Host.alice.address && $0.portCount == 64 })
    #expect(Set(events.flatMap { $0.firstPort...$0.lastPort }) == ports)
    gateway.advance(seconds: 300)
    #expect(gateway.drainJournals().map(\.kind) == [.portBlockReleased, .portBlockReleased])
  }

  @Test func `RFC 6888 REQ-14: computed ports need no log, since the configuration says whose they are`() throws {
    let setup = TestSetup.overloadedPool.withRules { $0.ports = .deterministic(portsPerHost: 512, reserved: 0) }
    let gateway = TestGateway(setup.with { $0.translation.logging.syslog = .bindings })
    let rules = setup.translation
    let computed = try #require(
      DeterministicPorts(rules.dynamicRules[0], lists: rules.accessLists, pools: rules.pools))
    for host in [Host.alice, .bob, .inside(100), .inside(200)] {
      for port in [UInt16(80), 2000, 60_000] {
        let global = try #require(gateway.sendOut(out(host, port)).packet).source
        #expect(computed.host(of: global.address, port: global.port) == host.address)
      }
    }
    gateway.advance(seconds: 300)
    #expect(gateway.drainJournals().isEmpty)
  }

  @Test func `RFC 6888 REQ-15: where ports are random, none is the inside host's own`() throws {
    let gateway = TestGateway(TestSetup.overloadedInterface.withRules { $0.ports = .random })
    var steps: Set<UInt16> = []
    var (own, last) = (0, UInt16(0))
    for number in 0..<200 {
      let port = try #require(gateway.sendOut(out(.inside(number), 5000 + UInt16(number))).packet).source.port
      own += port == 5000 + UInt16(number) ? 1 : 0
      steps.insert(port &- last)
      last = port
    }
    #expect(own <= 2)
    #expect(steps.count > 150)
  }

  @Test func `RFC 6888 REQ-15: a substitute port is hard to guess`() throws {
    // Twenty gateways that differ in their secret alone: what one gives out says nothing about another.
    var ports: [UInt16] = []
    for seed in UInt64(1)...20 {
      let gateway = TestGateway(.overloadedInterface.with { $0.seed = seed })
      _ = gateway.sendOut(out(.alice, 5000))
      for number in 0..<10 {
        ports.append(try #require(gateway.sendOut(out(.inside(number), 5000)).packet).source.port)
      }
    }
    #expect(Set(ports).count > 190)
    #expect(Set(ports.map { $0 >> 12 }).count > 12)
  }
}

extension MappingBehavior {
  /// Every behavior.
  static var all: [Self] { [.endpointIndependent, .addressDependent, .addressAndPortDependent] }
}
