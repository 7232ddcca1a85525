import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct `A door` {
  @Test func `leads from a global endpoint to the inside one, once`() throws {
    let scene = try DoorScene()
    let grant = try scene.grant()
    #expect(Place.pool.contains(grant.insideGlobal))
    let sent = try #require(scene.connect(to: grant).packet)
    #expect(sent.destination == SocketAddress(Host.alice.address, 50_001))
    #expect(sent.checksumProblems.isEmpty)
    #expect(scene.connect(to: grant, port: 21).dropReason == .filtered)
    #expect(scene.gateway.doors.isEmpty)
    #expect(scene.gateway.total(.doorsOpened) == 1 && scene.gateway.total(.doorsUsed) == 1)
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `is of the address that the control session has (RFC 4787 REQ-2)`() throws {
    for seed in UInt64(1)...20 {
      let scene = try DoorScene(.overloadedPool.with { $0.seed = seed })
      #expect(try scene.grant().insideGlobal == scene.parent.record.insideGlobal)
    }
  }

  @Test func `admits nobody but the remote host, whatever the rule's filtering says (R7)`() throws {
    let scene = try DoorScene(
      .overloadedPool.with { $0.translation.dynamicRules[0].filtering = .endpointIndependent })
    let grant = try scene.grant { $0.remotePort = 20 }
    #expect(scene.connect(to: grant, from: .dave).dropReason == .filtered)
    #expect(scene.connect(to: grant, port: 22).dropReason == .filtered)
    #expect(scene.connect(to: grant).packet != nil)
    // And its session admits nobody else.
    #expect(scene.connect(to: grant, from: .dave).dropReason == .filtered)
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `begins with a SYN`() throws {
    let scene = try DoorScene()
    let grant = try scene.grant()
    #expect(scene.connect(to: grant, flags: [.syn, .ack]).packet == nil)
    #expect(scene.connect(to: grant, flags: .ack).packet == nil)
    #expect(scene.connect(to: grant).packet != nil)
  }

  @Test func `admits nobody before it is activated (R5)`() throws {
    let scene = try DoorScene()
    let grant = try scene.grant { $0.isActive = false }
    #expect(scene.connect(to: grant).dropReason == .filtered)
    #expect(scene.gateway.perform(.activate(grant.door)) == .done)
    #expect(scene.connect(to: grant).packet != nil)
  }

  @Test func `leads to no other host than the session's (R4)`() throws {
    let scene = try DoorScene()
    #expect(scene.open { $0.insideLocal = Host.bob.address } == .refused(.thirdParty))
    #expect(scene.gateway.doors.isEmpty)
  }

  @Test(arguments: [UInt16(0), 22, 80, 1023, 3306, 8080, 11211]) func `leads to no port of services (R6)`(
    _ port: UInt16
  ) throws {
    let scene = try DoorScene()
    #expect(scene.open { $0.insideLocalPort = port } == .refused(.deniedPort))
    #expect(scene.gateway.total(.doorsRefused) == 1)
  }

  @Test(arguments: [47, 50, 132, 136, 253].map { IPProtocol(rawValue: $0) })
  func `of a protocol without ports is none to every port (CVE-2014-8160)`(_ number: IPProtocol) throws {
    let scene = try DoorScene()
    #expect(
      scene.open {
        $0.protocolNumber = number
        $0.insideLocalPort = 0
      } == .refused(.deniedPort))
  }

  @Test func `a storm of announcements opens a few, and leaves nothing behind (R8)`() throws {
    let scene = try DoorScene()
    var granted = 0
    for number in UInt16(0)..<1_000 {
      if case .granted = scene.open({ $0.insideLocalPort = 50_000 + number }) { granted += 1 }
    }
    #expect(granted == 32 && scene.gateway.total(.doorsRefused) == 968)
    scene.gateway.tick(seconds: 61)
    scene.gateway.advance(seconds: 0)
    #expect(scene.gateway.doors.isEmpty && scene.gateway.problems(ports: true) == [])
  }

  @Test func `of a range leads to no port of services either`() throws {
    let scene = try DoorScene()
    for (port, count) in [(UInt16(8079), UInt8(2)), (65_535, 2), (3300, 16), (1024, 0), (1024, 17)] {
      #expect(
        scene.open {
          $0.insideLocalPort = port
          $0.count = count
        } == .refused(.deniedPort))
    }
  }

  @Test func `is one of a few of its session and of its host (R8)`() throws {
    let scene = try DoorScene(
      .overloadedPool.with {
        ($0.translation.doorLimits.perSession, $0.translation.doorLimits.perHost) = (3, 5)
      })
    for port in UInt16(50_000)..<50_003 { _ = try scene.grant { $0.insideLocalPort = port } }
    #expect(scene.open { $0.insideLocalPort = 50_010 } == .refused(.tooMany))
    _ = scene.gateway.sendOut(
      .tcp(
        from: SocketAddress(Host.alice.address, 40_001), to: SocketAddress(Host.carol.address, DoorScene.controlPort),
        .syn))
    let second = try #require(scene.gateway.inspectedSessions.map(\.id).first { $0 != scene.parent.id })
    for port in UInt16(50_020)..<50_022 {
      _ = try scene.grant {
        $0.parent = second
        $0.insideLocalPort = port
      }
    }
    #expect(
      scene.open {
        $0.parent = second
        $0.insideLocalPort = 50_030
      } == .refused(.tooMany))
  }

  @Test func `closes unused when its time is up, and its port is free`() throws {
    let scene = try DoorScene()
    let grant = try scene.grant { $0.lifetime = 30 }
    scene.gateway.tick(seconds: 30)
    #expect(scene.connect(to: grant).dropReason == .filtered, "even before the sweep comes by")
    scene.gateway.advance(seconds: 0)
    #expect(scene.gateway.doors.isEmpty)
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `closes with its parent, and what came through it goes on`() throws {
    let scene = try DoorScene()
    let used = try scene.grant { $0.isSingleUse = false }
    #expect(scene.connect(to: used).packet != nil)
    _ = try scene.grant { $0.insideLocalPort = 50_002 }
    #expect(scene.gateway.perform(.end(scene.parent.id)) == .done)
    #expect(scene.gateway.doors.isEmpty)
    #expect(scene.gateway.takeEndedInspected() == [scene.parent.id])
    #expect(scene.connect(to: used, flags: .ack).packet != nil)
    #expect(scene.connect(to: used, port: 21).dropReason == .filtered)
    #expect(scene.open() == .refused(.parentEnded))
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `that is permanent admits again and again`() throws {
    let scene = try DoorScene()
    let grant = try scene.grant {
      $0.isSingleUse = false
      $0.remote = nil
    }
    for host in [Host.carol, .dave] { #expect(scene.connect(to: grant, from: host).packet != nil) }
    #expect(scene.gateway.doors.map(\.uses) == [2])
    #expect(scene.gateway.perform(.close(grant.door)) == .done)
    #expect(scene.connect(to: grant, port: 99).dropReason == .filtered)
  }

  @Test func `of an endpoint that has a mapping is that mapping's`() throws {
    let scene = try DoorScene()
    let sent = scene.gateway.sendOut(
      .udp(from: SocketAddress(Host.alice.address, 50_001), to: SocketAddress(Host.dave.address, 9)))
    let known = try #require(sent.packet).source
    let grant = try scene.grant { $0.protocolNumber = .udp }
    #expect(SocketAddress(grant.insideGlobal, grant.insideGlobalPort) == known)
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test(arguments: [UInt16(50_000), 50_001]) func `for RTP has an even port and the next one (RFC 3550 section 11)`(
    _ port: UInt16
  ) throws {
    let scene = try DoorScene(.overloadedPool.with { $0.translation.dynamicRules[0].ports = .random })
    let grant = try scene.grant {
      $0.protocolNumber = .udp
      $0.insideLocalPort = port
      $0.count = 2
      $0.parity = .even
    }
    #expect(grant.insideGlobalPort % 2 == 0)
    for offset in UInt16(0)...1 {
      let packet = Datagram.udp(
        from: SocketAddress(Host.carol.address, 7000 + offset),
        to: SocketAddress(grant.insideGlobal, grant.insideGlobalPort + offset))
      let sent = try #require(scene.gateway.sendIn(packet).packet)
      #expect(sent.destination == SocketAddress(Host.alice.address, port + offset))
    }
    #expect(scene.gateway.doors.isEmpty, "each port has had its use")
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `of ports in pairs is all or nothing`() throws {
    // Every odd port of the only address is taken.
    let scene = try DoorScene(.overloadedPool.withOneAddress)
    for port in stride(from: UInt16(1025), through: 65_535, by: 2) {
      _ = scene.gateway.ports.claim(address: 0, protocol: .udp, port: port, for: PortMap.reserved)
    }
    #expect(
      scene.open {
        $0.protocolNumber = .udp
        $0.count = 2
        $0.parity = .even
      } == .refused(.noPort))
    #expect(scene.gateway.doors.isEmpty)
    #expect(scene.gateway.problems() == [])
  }

  // MARK: Static entries

  @Test func `of a host with an address of its own is that address's`() throws {
    let scene = try DoorScene(
      serverOf: .bob, .overloadedPool.withStatic(.bob, Place.bobGlobal), global: Place.bobGlobal)
    let grant = try scene.grant()
    #expect(grant.insideGlobal == Place.bobGlobal && grant.insideGlobalPort == 50_001)
    #expect(scene.connect(to: grant).packet?.destination == SocketAddress(Host.bob.address, 50_001))
  }

  @Test func `of a server behind a port entry has another port of the entry's address`() throws {
    let ports = StaticTranslation.Ports(transport: .tcp, local: 21, global: 21)
    let scene = try DoorScene(
      serverOf: .bob, TestSetup().withStatic(.bob, Place.bobGlobal, ports), global: Place.bobGlobal)
    let grant = try scene.grant { $0.remote = Host.carol.address }
    #expect(grant.insideGlobal == Place.bobGlobal && grant.insideGlobalPort >= 1024)
    #expect(scene.connect(to: grant, from: .dave).packet == nil)
    let sent = try #require(scene.connect(to: grant).packet)
    #expect(sent.destination == SocketAddress(Host.bob.address, 50_001))
    // The answer goes back under the same name.
    let answer = Datagram.tcp(
      from: SocketAddress(Host.bob.address, 50_001), to: SocketAddress(Host.carol.address, 20), [.syn, .ack])
    #expect(scene.gateway.sendOut(answer).packet?.source == SocketAddress(Place.bobGlobal, grant.insideGlobalPort))
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `lets a server behind a port entry out under the entry's address`() throws {
    let ports = StaticTranslation.Ports(transport: .tcp, local: 21, global: 21)
    let scene = try DoorScene(
      serverOf: .bob, TestSetup().withStatic(.bob, Place.bobGlobal, ports), global: Place.bobGlobal)
    _ = try scene.grant {
      $0.direction = .outbound
      $0.insideLocalPort = 0
      $0.remotePort = 5000
    }
    let syn = Datagram.tcp(
      from: SocketAddress(Host.bob.address, 20), to: SocketAddress(Host.carol.address, 5000), .syn)
    #expect(scene.gateway.sendOut(syn).packet?.source == SocketAddress(Place.bobGlobal, 20))
    let other = Datagram.tcp(
      from: SocketAddress(Host.bob.address, 20), to: SocketAddress(Host.carol.address, 5001), .syn)
    #expect(scene.gateway.sendOut(other).packet?.sourceAddress != Place.bobGlobal)
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `is refused once the control session's rule is gone`() throws {
    let scene = try DoorScene()
    _ = try scene.grant()
    scene.gateway.clear()
    #expect(scene.gateway.doors.isEmpty)
    #expect(scene.open() == .refused(.parentEnded))
    #expect(scene.gateway.problems(ports: true) == [])
  }
}
