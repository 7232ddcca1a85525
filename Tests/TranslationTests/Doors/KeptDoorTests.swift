import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// Doors of calls and registrations when the daemon has been killed and started again.
@Suite struct `A kept door` {
  private static let setup = TestSetup.overloadedPool.with { $0.workers = 2 }

  private func held(_ scene: DoorScene, _ change: (inout DoorRequest) -> Void = { _ in }) throws -> DoorGrant {
    try scene.grant {
      $0.protocolNumber = .udp
      $0.outlivesParent = true
      $0.isSingleUse = false
      $0.lifetime = 300
      change(&$0)
    }
  }

  /// The run after a scene's, `seconds` later.
  private func restart(_ scene: DoorScene, _ setup: TestSetup = setup, after seconds: UInt32 = 0) -> TestGateway {
    let after = TestGateway(
      setup.withGateway.with {
        $0.workers = 3
        $0.seed = 77
      })
    after.tick(seconds: scene.gateway.now + seconds - after.now)
    _ = after.takeUp(scene.gateway.regions)
    return after
  }

  private static func inward(_ grant: DoorGrant, from host: Host = .carol, port: UInt16 = 0) -> Datagram {
    .udp(
      from: SocketAddress(host.address, 6000),
      to: SocketAddress(grant.insideGlobal, grant.insideGlobalPort + port))
  }

  @Test func `admits whom it admitted, at the same ports, until its time is up`() throws {
    let scene = try DoorScene(Self.setup)
    let grant = try held(scene) {
      ($0.insideLocalPort, $0.count, $0.parity) = (50_000, 2, .even)
    }
    let after = restart(scene, after: 100)
    #expect(after.problems(ports: true) == [] && after.doors.count == 1)
    #expect(after.sendIn(Self.inward(grant, from: .dave)).packet == nil)
    for port in UInt16(0)..<2 {
      let came = after.sendIn(Self.inward(grant, port: port)).packet
      #expect(came?.destination == SocketAddress(Host.alice.address, 50_000 + port))
    }
    after.advance(seconds: 201)
    #expect(after.doors.isEmpty && after.problems(ports: true) == [])
  }

  @Test func `that waited for an answer goes on waiting, and an extension counts`() throws {
    let scene = try DoorScene(Self.setup)
    let waiting = try held(scene) { $0.isActive = false }
    let active = try held(scene) { ($0.insideLocalPort, $0.isActive) = (50_010, false) }
    let worker = Int(scene.parent.id.worker)
    #expect(scene.gateway.perform(.activate(active.door), at: worker) == .done)
    #expect(scene.gateway.perform(.extend(active.door, seconds: 1000), at: worker) == .done)
    let after = restart(scene, after: 400)
    #expect(after.doors.count == 1)
    #expect(after.sendIn(Self.inward(active)).packet != nil && after.sendIn(Self.inward(waiting)).packet == nil)
    let soon = restart(scene)
    #expect(soon.doors.count == 2 && soon.sendIn(Self.inward(waiting)).packet == nil)
  }

  @Test func `is closed by its name, and no other one with it`() throws {
    let scene = try DoorScene(Self.setup)
    let grants = try [1, 2].map { number in
      try held(scene) { ($0.insideLocalPort, $0.name) = (50_000 + 10 * UInt16(number), UInt64(number) << 40) }
    }
    let after = restart(scene)
    let named = NamedDoors(
      host: Host.alice.address, instance: .global, gateway: DoorScene.gateway, name: 1 << 40)
    for worker in 0..<3 { #expect(after.perform(.closeEarlier(named), at: worker) == .done) }
    #expect(after.sendIn(Self.inward(grants[0])).packet == nil && after.sendIn(Self.inward(grants[1])).packet != nil)
    #expect(after.doors.count == 1 && after.problems(ports: true) == [])
    // A door of this run has nothing to do with it.
    #expect(scene.gateway.perform(.closeEarlier(named), at: Int(scene.parent.id.worker)) == .done)
    #expect(scene.gateway.doors.count == 2)
  }

  @Test func `goes from the region when it closes, and survives a second restart`() throws {
    let scene = try DoorScene(Self.setup)
    let grants = try (0..<3).map { number in try held(scene) { $0.insideLocalPort = 50_000 + 10 * UInt16(number) } }
    #expect(scene.gateway.perform(.close(grants[0].door), at: Int(scene.parent.id.worker)) == .done)
    let second = restart(scene)
    #expect(second.doors.count == 2)
    let third = TestGateway(Self.setup.withGateway.with { $0.workers = 1 })
    third.tick(seconds: second.now - third.now)
    _ = third.takeUp(second.regions)
    #expect(third.doors.count == 2 && third.sendIn(Self.inward(grants[2])).packet != nil)
    #expect(third.problems(ports: true) == [])
  }

  @Test func `ends where its gateway is off, its rule is gone, or its port is denied now`() throws {
    let scene = try DoorScene(Self.setup)
    _ = try held(scene)
    #expect(restart(scene).doors.count == 1)
    #expect(restart(scene, Self.setup.with { $0.translation.doorLimits.deniedPorts = [50_001] }).doors.isEmpty)
    let without = TestGateway(Self.setup)
    _ = without.takeUp(scene.gateway.regions)
    #expect(without.doors.isEmpty && without.problems(ports: true) == [])
    #expect(restart(scene, TestSetup.exclusivePool).problems(ports: true) == [])
    let other = restart(scene, TestSetup())
    #expect(other.doors.isEmpty && other.problems(ports: true) == [])
  }

  @Test func `of a host with a static entry leads there again`() throws {
    let setup = TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal)
    let scene = try DoorScene(serverOf: .bob, setup, global: Place.bobGlobal)
    let grant = try held(scene)
    let after = restart(scene, setup)
    #expect(after.sendIn(Self.inward(grant)).packet?.destination.address == Host.bob.address)
    #expect(restart(scene, .overloadedPool).doors.isEmpty)
  }

  @Test func `and a UDP session whose datagrams may be joined go on with their gateway`() throws {
    for joins in [true, false] {
      let setup = Self.setup.with {
        $0.translation.gatewayServices = [
          GatewayService(gateway: DoorScene.gateway, transport: .udp, port: 69, joinsDatagrams: joins)
        ]
      }
      let before = TestGateway(setup)
      let datagram = Datagram.udp(
        from: SocketAddress(Host.alice.address, 5060), to: SocketAddress(Host.carol.address, 69))
      #expect(before.sendOut(datagram).isInspected)
      let after = TestGateway(setup)
      _ = after.takeUp(before.regions)
      #expect(after.sendOut(datagram).isInspected == joins)
    }
  }

  @Test func `A reload gives running UDP sessions their gateway and takes it away`() throws {
    func services(_ port: UInt16?) -> TestSetup {
      TestSetup.overloadedPool.with { setup in
        setup.translation.gatewayServices =
          port.map {
            [GatewayService(gateway: DoorScene.gateway, transport: .udp, port: $0, joinsDatagrams: true)]
          } ?? []
      }
    }
    let gateway = TestGateway(services(nil))
    let datagram = Datagram.udp(
      from: SocketAddress(Host.alice.address, 5060), to: SocketAddress(Host.carol.address, 69))
    #expect(!gateway.sendOut(datagram).isInspected)
    for (port, isInspected) in [(69, true), (70, false), (69, true), (nil, false), (69, true)] as [(UInt16?, Bool)] {
      _ = gateway.reload(services(port).policy(after: gateway))
      #expect(gateway.sendOut(datagram).isInspected == isInspected, "\(port.map(String.init) ?? "none")")
    }
    #expect(gateway.sessions.count == 1 && gateway.problems(ports: true) == [])
    // A stranger stays one (R1), whatever is reloaded or started again.
    let id = try #require(gateway.inspectedSessions.first).id
    #expect(gateway.perform(.release(id, SequenceShift())) == .done)
    _ = gateway.reload(services(69).policy(after: gateway))
    #expect(!gateway.sendOut(datagram).isInspected)
    let after = TestGateway(services(69))
    _ = after.takeUp(gateway.regions)
    #expect(!after.sendOut(datagram).isInspected)
  }
}
