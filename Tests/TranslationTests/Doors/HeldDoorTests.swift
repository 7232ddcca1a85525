import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// Doors of calls and registrations, which the session that asks for them need not outlive.
@Suite struct `A door that outlives its session` {
  private func held(_ scene: DoorScene, _ change: (inout DoorRequest) -> Void = { _ in }) throws -> DoorGrant {
    try scene.grant {
      $0.outlivesParent = true
      $0.isSingleUse = false
      change(&$0)
    }
  }

  @Test func `stays when that ends, and closes by an order`() throws {
    let scene = try DoorScene()
    let grant = try held(scene)
    #expect(scene.gateway.perform(.end(scene.parent.id)) == .done)
    #expect(scene.gateway.doors.count == 1)
    #expect(scene.connect(to: grant).packet != nil)
    #expect(scene.gateway.perform(.close(grant.door)) == .done)
    #expect(scene.gateway.doors.isEmpty)
    #expect(scene.connect(to: grant, port: 21).dropReason == .filtered)
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `closes when its time is up, which an order extends`() throws {
    let scene = try DoorScene()
    let grant = try held(scene) { $0.lifetime = 30 }
    scene.gateway.tick(seconds: 20)
    #expect(scene.gateway.perform(.extend(grant.door, seconds: 30)) == .done)
    scene.gateway.tick(seconds: 29)
    #expect(scene.connect(to: grant).packet != nil)
    scene.gateway.tick(seconds: 1)
    #expect(scene.connect(to: grant, port: 21).dropReason == .filtered)
    scene.gateway.advance(seconds: 0)
    #expect(scene.gateway.doors.isEmpty && scene.gateway.problems(ports: true) == [])
    #expect(scene.gateway.perform(.extend(grant.door, seconds: 30)) == .done)
  }

  @Test func `of a host behind a port entry has its packets leave from it, whoever begins`() throws {
    let ports = StaticTranslation.Ports(transport: .tcp, local: 21, global: 21)
    let setup = TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal, ports)
    let scene = try DoorScene(serverOf: .bob, setup, global: Place.bobGlobal)
    let grant = try held(scene) {
      $0.protocolNumber = .udp
      $0.remote = nil
    }
    let local = SocketAddress(Host.bob.address, 50_001)
    let global = SocketAddress(Place.bobGlobal, grant.insideGlobalPort)
    for outside in [Host.carol, .dave] {
      let remote = SocketAddress(outside.address, 6000)
      #expect(scene.gateway.sendOut(.udp(from: local, to: remote)).packet?.source == global)
      #expect(scene.gateway.sendIn(.udp(from: remote, to: global)).packet?.destination == local)
    }
    // Other ports are the rule's.
    let other = SocketAddress(Host.bob.address, 50_003)
    let sent = scene.gateway.sendOut(.udp(from: other, to: SocketAddress(Host.carol.address, 6000)))
    #expect(Place.pool.contains(try #require(sent.packet?.sourceAddress)))
    // Without the door, only whom the host has talked to gets in.
    #expect(scene.gateway.perform(.close(grant.door), at: Int(scene.parent.id.worker)) == .done)
    let stranger = SocketAddress(Host.carol.address, 6001)
    #expect(scene.gateway.sendIn(.udp(from: stranger, to: global)).packet == nil)
    #expect(scene.gateway.sendIn(.udp(from: SocketAddress(Host.carol.address, 6000), to: global)).packet != nil)
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `always has a lifetime`() throws {
    let scene = try DoorScene()
    let answer = scene.open {
      $0.outlivesParent = true
      $0.lifetime = 0
    }
    #expect(answer == .refused(.deniedPort))
  }

  @Test func `closes after a reload where no rule gives out its endpoint any more`() throws {
    let scene = try DoorScene()
    for number in UInt16(0)..<200 { _ = try held(scene) { $0.insideLocalPort = 40_000 + number } }
    _ = scene.gateway.reload(TestSetup.overloadedPool.withGateway.policy(after: scene.gateway))
    #expect(scene.gateway.doors.count == 200)
    _ = scene.gateway.reload(TestSetup().withGateway.policy(after: scene.gateway))
    #expect(scene.gateway.doors.isEmpty && scene.gateway.problems(ports: true) == [])
  }

  @Test func `closes after a reload that takes its host's static entry away`() throws {
    let setup = TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal)
    let scene = try DoorScene(serverOf: .bob, setup, global: Place.bobGlobal)
    let grant = try held(scene)
    #expect(grant.insideGlobal == Place.bobGlobal)
    _ = scene.gateway.reload(setup.withGateway.policy(after: scene.gateway))
    #expect(scene.gateway.doors.count == 1)
    _ = scene.gateway.reload(TestSetup.overloadedPool.withGateway.policy(after: scene.gateway))
    #expect(scene.gateway.doors.isEmpty && scene.gateway.problems(ports: true) == [])
  }

  @Test func `of one host has a bound, beyond which others get theirs`() throws {
    let scene = try DoorScene(.overloadedPool.with { $0.translation.doorLimits.heldPerHost = 50 })
    for number in UInt16(0)..<50 { _ = try held(scene) { $0.insideLocalPort = 50_000 + number } }
    #expect(scene.open { ($0.outlivesParent, $0.insideLocalPort) = (true, 45_000) } == .refused(.tooMany))
    #expect(scene.gateway.doors.count == 50)
  }

  @Test func `is counted apart, so that an exchange can have many calls`() throws {
    let scene = try DoorScene()
    for number in UInt16(0)..<300 { _ = try held(scene) { $0.insideLocalPort = 50_000 + number } }
    for number in UInt16(0)..<32 { _ = try scene.grant { $0.insideLocalPort = 40_000 + number } }
    #expect(scene.open { $0.insideLocalPort = 45_000 } == .refused(.tooMany))
    #expect(scene.gateway.doors.count == 332)
    #expect(scene.gateway.perform(.end(scene.parent.id)) == .done)
    #expect(scene.gateway.doors.count == 300)
    #expect(scene.gateway.problems(ports: true) == [])
  }
}
