import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@Suite struct `What a translator notes` {
  private let flow = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7))

  private func gateway(_ scope: TranslationLogging.Scope?, _ setup: TestSetup = .overloadedPool) -> TestGateway {
    TestGateway(setup.with { $0.translation.logging.syslog = scope })
  }

  @Test func `is nothing while nobody asks`() {
    let gateway = gateway(nil)
    _ = gateway.sendOut(flow)
    gateway.clear()
    #expect(gateway.drainJournals().isEmpty)
  }

  @Test func `of a session is its beginning and its end, with the mapping's around them`() throws {
    let gateway = gateway(.sessions)
    let sent = try #require(gateway.sendOut(flow).packet)
    let made = gateway.drainJournals()
    #expect(made.map(\.kind) == [.bindingCreated, .sessionCreated])
    for event in made {
      #expect(event.insideLocal == Host.alice.address && event.insideLocalPort == 5000)
      #expect(event.insideGlobal == sent.source.address && event.insideGlobalPort == sent.source.port)
      #expect(event.protocolNumber == .udp && event.rule == 0 && !event.isStatic)
    }
    let session = try #require(made.last)
    #expect(session.outsideGlobal == Host.carol.address && session.outsideGlobalPort == 7)
    #expect(session.outsideLocal == Host.carol.address && session.outsideLocalPort == 7)
    gateway.advance(seconds: 301)
    let ended = gateway.drainJournals()
    #expect(ended.map(\.kind) == [.sessionDeleted, .bindingDeleted])
    #expect(ended.map(\.insideGlobalPort) == made.map(\.insideGlobalPort))
  }

  @Test func `with bind-only is mappings alone, once for all their sessions`() {
    let gateway = gateway(.bindings)
    _ = gateway.sendOut(flow)
    _ = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.dave.at(7)))
    #expect(gateway.drainJournals().map(\.kind) == [.bindingCreated])
    gateway.clear()
    #expect(gateway.drainJournals().map(\.kind) == [.bindingDeleted])
  }

  @Test func `of a rule without overload is the address`() {
    let gateway = gateway(.bindings, .exclusivePool)
    _ = gateway.sendOut(flow)
    #expect(gateway.drainJournals().map(\.kind) == [.addressBindingCreated])
    gateway.clear()
    #expect(gateway.drainJournals().map(\.kind) == [.addressBindingDeleted])
  }

  @Test func `of a static entry is the session alone, and that it is static`() {
    let gateway = gateway(.sessions, TestSetup().withStatic(.bob, Place.bobGlobal))
    _ = gateway.sendIn(.udp(from: Host.carol.at(7), to: SocketAddress(Place.bobGlobal, 9)))
    let events = gateway.drainJournals()
    #expect(events.map(\.kind) == [.sessionCreated])
    #expect(events.map(\.isStatic) == [true])
    #expect(events.map(\.insideLocal) == [Host.bob.address])
  }

  @Test func `of a host for whom no address is left names the host and its rule`() {
    let gateway = gateway(.bindings, .exclusivePool)
    for number in 0..<5 { _ = gateway.sendOut(.udp(from: Host.inside(number).at(1), to: Host.carol.at(7))) }
    let events = gateway.drainJournals()
    #expect(events.map(\.kind) == Array(repeating: .addressBindingCreated, count: 4) + [.addressesExhausted])
    #expect(events.last?.insideLocal == Host.inside(4).address)
  }

  @Test func `of a host for whom no port is left names the address`() {
    let gateway = gateway(.bindings, .overloadedPool.withOneAddress)
    // Ports below 512 are substituted by their like only.
    for number in 0..<600 {
      let host = Host.inside(number % 200)
      _ = gateway.sendOut(.udp(from: host.at(UInt16(1 + number / 200)), to: Host.carol.at(7)))
    }
    let events = gateway.drainJournals()
    #expect(events.contains { $0.kind == .portsExhausted })
    for event in events where event.kind == .portsExhausted {
      #expect(event.insideGlobal == Place.pool.lowerBound && event.protocolNumber == .udp)
    }
  }

  @Test func `of a session beyond max-entries names the limit, and its mapping does not stay`() {
    let gateway = gateway(.sessions, .overloadedPool.with { $0.translation.maximumEntries = 1 })
    _ = gateway.sendOut(flow)
    _ = gateway.sendOut(.udp(from: Host.bob.at(5000), to: Host.carol.at(7)))
    let events = gateway.drainJournals()
    #expect(
      events.map(\.kind) == [.bindingCreated, .sessionCreated, .bindingCreated, .bindingDeleted, .quotaExceeded])
    #expect(events[4].quota == .sessions && events[4].limit == 1)
    #expect(events[4].insideLocal == Host.bob.address)
  }

  @Test func `begins and ends every session of a random life exactly once`() {
    let gateway = gateway(.sessions, .overloadedPool.with { $0.workers = 2 })
    var live: Set<[UInt32]> = []
    var problems = 0
    for round in 0..<40 {
      for number in 0..<20 {
        let host = Host.inside((round * 7 + number * 3) % 50)
        _ = gateway.sendOut(.udp(from: host.at(UInt16(2000 + number % 5)), to: Host.carol.at(UInt16(1 + round % 9))))
      }
      gateway.advance(seconds: 40)
      for event in gateway.drainJournals() where event.outsideGlobalPort != 0 {
        let key = [
          event.insideLocal.rawValue, UInt32(event.insideLocalPort), event.insideGlobal.rawValue,
          UInt32(event.insideGlobalPort), UInt32(event.outsideGlobalPort),
        ]
        if event.kind == .sessionCreated { problems += live.insert(key).inserted ? 0 : 1 }
        if event.kind == .sessionDeleted { problems += live.remove(key) == nil ? 1 : 0 }
      }
      #expect(live.count == gateway.sessions.count)
    }
    #expect(problems == 0)
    #expect(gateway.journals.allSatisfy { $0.lost == 0 })
  }
}
