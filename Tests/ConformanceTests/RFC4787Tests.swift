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

  @Test func `RFC 4787 REQ-8: a mapping admits only the endpoints that its host sent to`() throws {
    let gateway = TestGateway(.overloadedPool)
    let global = try #require(gateway.sendOut(out(.alice, 5000, to: Host.carol.at(7))).packet).source
    #expect(gateway.sendIn(.udp(from: Host.carol.at(7), to: global)).packet != nil)
    for stranger in [Host.carol.at(8), Host.dave.at(7), Host.mallory.at(7)] {
      #expect(gateway.sendIn(.udp(from: stranger, to: global)).dropReason == .filtered)
    }
  }

  @Test func `RFC 4787 REQ-11: neither mapping nor filtering changes when ports and tables fill up`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.withOneAddress.with { $0.sessionsPerWorker = 700 })
    let global = try #require(gateway.sendOut(out(.alice, 600, to: Host.carol.at(7))).packet).source
    for port in UInt16(512)...1023 { _ = gateway.sendOut(out(.bob, port, to: Host.carol.at(7))) }
    for number in 0..<400 {
      let packet = out(.inside(number % 100), UInt16(3000 + number), to: Host.carol.at(7))
      _ = gateway.sendOut(packet)
    }
    #expect(gateway.sendOut(out(.inside(200), 3000, to: Host.carol.at(7))).packet == nil)
    gateway.clear(ClearRequest().with { $0.insideLocal = Host.bob.address.rawValue })
    #expect(try #require(gateway.sendOut(out(.alice, 600, to: Host.dave.at(7))).packet).source == global)
    #expect(gateway.sendIn(.udp(from: Host.mallory.at(7), to: global)).dropReason == .filtered)
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
}

extension ClearRequest {
  /// The request with a change.
  fileprivate func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }
}
