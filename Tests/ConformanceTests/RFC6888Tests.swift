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

  @Test func `RFC 6888 REQ-6: translation is switched off for a host that a list denies`() {
    let gateway = TestGateway(
      .overloadedPool.with {
        $0.translation.accessLists["10"]?.entries.insert(
          AccessList.Entry(permits: false, address: Host.bob.address, wildcard: 0), at: 0)
      })
    #expect(gateway.sendOut(out(.bob, 5000)).problems(.from(Host.bob.at(5000))) == [])
    #expect(gateway.sendOut(out(.alice, 5000)).packet?.sourceAddress != Host.alice.address)
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
