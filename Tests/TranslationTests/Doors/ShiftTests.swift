import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct `A session that is back from the slow path` {
  private static let alice = SocketAddress(Host.alice.address, 40_000)
  private static let carol = SocketAddress(Host.carol.address, DoorScene.controlPort)
  private static let shift = SequenceShift(outbound: 1000, inbound: -7)

  private static func released(_ setup: TestSetup = .overloadedPool) throws -> DoorScene {
    let scene = try DoorScene(setup)
    #expect(scene.gateway.perform(.release(scene.parent.id, Self.shift)) == .done)
    return scene
  }

  private static func global(_ scene: DoorScene) -> SocketAddress {
    SocketAddress(scene.parent.record.insideGlobal, scene.parent.record.insideGlobalPort)
  }

  private static func numbers(_ packet: SentPacket) -> (UInt32, UInt32) {
    let octets = packet.packet
    func word(_ at: Int) -> UInt32 { octets[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    return (word(packet.headerLength + 4), word(packet.headerLength + 8))
  }

  @Test func `has its numbers moved both ways, and its checksums right`() throws {
    let scene = try Self.released()
    let out = Datagram.tcp(from: Self.alice, to: Self.carol, .ack).with {
      ($0.sequence, $0.acknowledgment) = (.max - 10, 3)
    }
    let sent = try #require(scene.gateway.sendOut(out).packet)
    #expect(Self.numbers(sent) == ((.max - 10) &+ 1000, 10))
    #expect(sent.checksumProblems.isEmpty)
    let back = Datagram.tcp(from: Self.carol, to: Self.global(scene), .ack).with {
      ($0.sequence, $0.acknowledgment) = (70_000, 5000)
    }
    let received = try #require(scene.gateway.sendIn(back).packet)
    #expect(Self.numbers(received) == (69_993, 4000))
    #expect(received.checksumProblems.isEmpty)
    #expect(scene.gateway.problems() == [])
  }

  @Test(arguments: [0, 1, 2]) func `has its selective acknowledgements moved, wherever they begin`(
    _ padding: Int
  ) throws {
    let scene = try Self.released()
    let block: [UInt8] = [5, 10, 0, 0, 0x20, 0, 0, 0, 0x30, 0]
    let options = Array(repeating: UInt8(1), count: padding) + block
    let filled = options + Array(repeating: UInt8(0), count: (4 - options.count % 4) % 4)
    let back = Datagram.tcp(from: Self.carol, to: Self.global(scene), .ack).with { $0.tcpOptions = filled }
    let received = try #require(scene.gateway.sendIn(back).packet)
    let header = received.packet[(received.headerLength + 20)...]
    let edges = Array(header.dropFirst(padding + 2).prefix(8))
    #expect(edges == [0, 0, 0x1C, 0x18, 0, 0, 0x2C, 0x18])
    #expect(received.checksumProblems.isEmpty)
  }

  @Test func `is told errors about the numbers that it sent`() throws {
    let scene = try Self.released()
    let out = Datagram.tcp(from: Self.alice, to: Self.carol, .ack).with { $0.sequence = 4242 }
    let sent = try #require(scene.gateway.sendOut(out).packet)
    let error = Datagram.icmpError(
      type: 3, code: 1, from: Host.carol.address, to: sent.sourceAddress, about: sent.packet)
    let told = try #require(scene.gateway.sendIn(error).packet)
    #expect(Self.numbers(told.quoted) == (4242, out.acknowledgment))
    #expect(told.checksumProblems.isEmpty)
  }

  @Test func `without shift is like any other`() throws {
    let scene = try DoorScene()
    #expect(scene.gateway.perform(.note(scene.parent.id, Self.shift)) == .done)
    #expect(scene.gateway.sendOut(.tcp(from: Self.alice, to: Self.carol, .ack)).isInspected, "it is noted only")
    #expect(scene.gateway.perform(.release(scene.parent.id, SequenceShift())) == .done)
    let out = Datagram.tcp(from: Self.alice, to: Self.carol, .ack).with { $0.sequence = 4242 }
    #expect(Self.numbers(try #require(scene.gateway.sendOut(out).packet)).0 == 4242)
    #expect(scene.gateway.problems() == [])
  }

  @Test func `leaves nothing behind when it ends`() throws {
    let scene = try Self.released()
    scene.gateway.clear()
    #expect(scene.gateway.takeEndedInspected().isEmpty, "the slow path has forgotten it")
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `ends by a reset near what was acknowledged behind the gateway (RFC 7857 section 2.2)`() throws {
    let shift = SequenceShift(outbound: 0, inbound: 0x0100_0000)
    let scene = try DoorScene()
    #expect(scene.gateway.perform(.release(scene.parent.id, shift)) == .done)
    // alice has acknowledged 0x05000000 as she counts, which is 0x04000000 as carol does.
    _ = scene.gateway.sendOut(
      .tcp(from: Self.alice, to: Self.carol, .ack).with { $0.acknowledgment = 0x0500_0000 })
    func reset(_ sequence: UInt32) {
      _ = scene.gateway.sendIn(.tcp(from: Self.carol, to: Self.global(scene), .rst).with { $0.sequence = sequence })
    }
    reset(0x0500_0000)
    #expect(scene.gateway.sessions[0].progress.isDisjoint(with: .reset))
    reset(0x0400_0000)
    #expect(!scene.gateway.sessions[0].progress.isDisjoint(with: .reset))
  }

  @Test func `keeps its shift through a restart, and one that was looked into goes on without`() throws {
    for isReleased in [true, false] {
      let scene = try DoorScene()
      _ = scene.gateway.perform(
        isReleased ? .release(scene.parent.id, Self.shift) : .note(scene.parent.id, Self.shift))
      _ = try scene.grant()
      let later = TestGateway(TestSetup.overloadedPool.withGateway.with { $0.seed = 99 })
      #expect(later.takeUp(scene.gateway.regions).sessions == 1)
      let out = Datagram.tcp(from: Self.alice, to: Self.carol, .ack).with { $0.sequence = 5 }
      #expect(Self.numbers(try #require(later.sendOut(out).packet)).0 == 1005)
      #expect(later.problems() == [])
    }
  }

  @Test func `through a door beside a port entry goes on after a restart and a reload`() throws {
    let ports = StaticTranslation.Ports(transport: .tcp, local: 21, global: 21)
    let setup = TestSetup().withStatic(.bob, Place.bobGlobal, ports)
    let scene = try DoorScene(serverOf: .bob, setup, global: Place.bobGlobal)
    let grant = try scene.grant()
    #expect(scene.connect(to: grant).packet != nil)
    let later = TestGateway(setup.withGateway.with { $0.seed = 99 })
    #expect(later.takeUp(scene.gateway.regions).sessions == 2)
    let data = Datagram.tcp(
      from: SocketAddress(Host.bob.address, 50_001), to: SocketAddress(Host.carol.address, 20), .ack)
    #expect(later.sendOut(data).packet?.source == SocketAddress(Place.bobGlobal, grant.insideGlobalPort))
    #expect(later.problems(ports: true) == [])
  }
}
