import TestSupport
import Testing
import Translation
import WireFormats

@Suite struct MappingsTests {
  @Test func `a mapping lives as long as its last session, and then its port is free`() throws {
    let gateway = TestGateway(.overloadedPool)
    let carol = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7))
    let dave = Datagram.udp(from: Host.alice.at(5000), to: Host.dave.at(7))
    let first = try #require(gateway.sendOut(carol).packet).source
    gateway.advance(seconds: 200)
    let second = try #require(gateway.sendOut(dave).packet).source
    #expect(first == second)
    gateway.advance(seconds: 200)
    #expect(gateway.sessions.count == 1)
    #expect(gateway.total(.mappings) == 2)
    gateway.advance(seconds: 100)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.total(.mappings) == 0)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a host keeps one pool address for all its ports`() throws {
    let gateway = TestGateway(.overloadedPool)
    var addresses: [Host: Set<IPv4Address>] = [:]
    for number in 0..<40 {
      let host = Host.inside(number % 8)
      let packet = Datagram.udp(from: host.at(UInt16(4000 + number)), to: Host.carol.at(7))
      addresses[host, default: []].insert(try #require(gateway.sendOut(packet).packet).sourceAddress)
    }
    #expect(addresses.values.allSatisfy { $0.count == 1 })
    #expect(Set(addresses.values.flatMap { $0 }).count > 1)
    #expect(gateway.problems() == [])
  }

  @Test func `a pairing ends with the last port of its host`() throws {
    let gateway = TestGateway(.overloadedPool)
    _ = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7)))
    _ = gateway.sendOut(.tcp(from: Host.alice.at(5000), to: Host.carol.at(7), .syn))
    #expect(gateway.total(.mappings) == 3)
    gateway.advance(seconds: 60)
    #expect(gateway.total(.mappings) == 2)
    gateway.advance(seconds: 240)
    #expect(gateway.total(.mappings) == 0)
  }

  @Test func `under a rule with one address a host with one session takes one mapping`() throws {
    let gateway = TestGateway(.overloadedInterface)
    for number in 0..<20 {
      _ = gateway.sendOut(.udp(from: Host.inside(number).at(5000), to: Host.carol.at(7)))
    }
    #expect(gateway.total(.mappings) == 20)
    #expect(gateway.problems(ports: true) == [])
    gateway.advance(seconds: 300)
    #expect(gateway.total(.mappings) == 0)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `an address of its own outlives its sessions by the timeout`() throws {
    let gateway = TestGateway(.exclusivePool.with { $0.translation.timeouts.simple = 1000 })
    _ = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7)))
    gateway.advance(seconds: 300)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.addressMappings.count == 1)
    gateway.advance(seconds: 999)
    #expect(gateway.addressMappings.count == 1)
    gateway.advance(seconds: 1)
    #expect(gateway.addressMappings.isEmpty)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `an address that was given up is given to the next host`() throws {
    let gateway = TestGateway(.exclusivePool.withOneAddress.with { $0.translation.timeouts.simple = 10 })
    #expect(gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7))).packet != nil)
    let refused = gateway.sendOut(.udp(from: Host.bob.at(5000), to: Host.carol.at(7)))
    #expect(refused.refusal == .prohibited)
    #expect(refused.dropReason == .addressesExhausted)
    gateway.advance(seconds: 300)
    gateway.advance(seconds: 10)
    let taken = gateway.sendOut(.udp(from: Host.bob.at(5000), to: Host.carol.at(7)))
    #expect(taken.packet?.sourceAddress == Place.pool.lowerBound)
    #expect(gateway.problems(ports: true) == [])
  }
}

@Suite struct ExhaustionTests {
  private func out(_ host: Host, _ port: UInt16) -> Datagram { .udp(from: host.at(port), to: Host.carol.at(7)) }

  @Test func `when ports run out new mappings are refused with 3/13, old ones work on`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.withOneAddress.with { $0.sessionsPerWorker = 2048 })
    // The class of ports 512 to 1023 has 512.
    for port in UInt16(512)...1023 { #expect(gateway.sendOut(out(.alice, port)).packet != nil) }
    let refused = gateway.sendOut(out(.bob, 600))
    #expect(refused.refusal == ICMPRefusal(type: 3, code: 13))
    #expect(refused.dropReason == .portsExhausted)
    for port in UInt16(512)...1023 {
      #expect(gateway.sendOut(out(.alice, port)).problems(.from(SocketAddress(Place.pool.lowerBound, port))) == [])
      let answer = Datagram.udp(from: Host.carol.at(7), to: SocketAddress(Place.pool.lowerBound, port))
      #expect(gateway.sendIn(answer).problems(.to(Host.alice.at(port))) == [])
    }
    // The other classes have ports to give.
    #expect(gateway.sendOut(out(.bob, 5000)).packet != nil)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a mapping that exists takes more sessions when ports have run out`() {
    let gateway = TestGateway(TestSetup.overloadedPool.withOneAddress)
    for port in UInt16(512)...1023 { #expect(gateway.sendOut(out(.alice, port)).packet != nil) }
    #expect(gateway.sendOut(.udp(from: Host.alice.at(600), to: Host.dave.at(7))).packet != nil)
  }

  @Test func `max-entries bounds the sessions of all workers together`() {
    let gateway = TestGateway(
      TestSetup.overloadedPool.with {
        $0.workers = 3
        $0.translation.maximumEntries = 50
      })
    for number in 0..<50 { #expect(gateway.sendOut(out(Host.inside(number), 5000)).packet != nil) }
    for number in 50..<60 {
      let refused = gateway.sendOut(out(Host.inside(number), 5000))
      #expect(refused.refusal == .prohibited)
      #expect(refused.dropReason == .sessionsExhausted)
    }
    #expect(gateway.limit.usage == (50, 50, 10))
    #expect(gateway.sendOut(out(Host.inside(3), 5000)).packet != nil)
    #expect(gateway.problems(ports: true) == [])
    gateway.advance(seconds: 300)
    #expect(gateway.limit.usage.used == 0)
    #expect(gateway.sendOut(out(Host.inside(70), 5000)).packet != nil)
  }

  @Test func `a shard takes as many sessions as it was made for`() {
    let gateway = TestGateway(TestSetup.overloadedPool.with { $0.sessionsPerWorker = 3000 })
    for number in 0..<3000 {
      let packet = Datagram.udp(from: Host.inside(number % 50).at(UInt16(2000 + number / 50)), to: Host.carol.at(7))
      #expect(gateway.sendOut(packet).packet != nil, "session \(number)")
    }
    let refused = gateway.sendOut(out(.alice, 5000))
    #expect(refused.dropReason == .sessionsExhausted)
    #expect(refused.refusal == .prohibited)
    #expect(gateway.problems() == [])
    gateway.advance(seconds: 300)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `without overload the pool's last address is the last, sessions before it work on`() {
    let gateway = TestGateway(.exclusivePool)
    for number in 0..<4 { #expect(gateway.sendOut(out(Host.inside(number), 5000)).packet != nil) }
    #expect(gateway.sendOut(out(Host.inside(4), 5000)).dropReason == .addressesExhausted)
    for number in 0..<4 { #expect(gateway.sendOut(out(Host.inside(number), 5001)).packet != nil) }
    #expect(gateway.counters[0].lastRefusal?.reason == .addressesExhausted)
    #expect(gateway.counters[0].lastRefusal?.host == Host.inside(4).address)
  }
}
