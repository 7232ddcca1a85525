import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// `clear ip nat translation …` where gateways have opened doors.
@Suite("Clearing with doors open")
struct ClearingTests {
  /// The request that names one session by all of its ends.
  private func request(_ record: SessionRecord) -> ClearRequest {
    var request = ClearRequest()
    request.protocolNumber = record.protocolNumber.rawValue
    request.insideGlobal = record.insideGlobal.rawValue
    request.insideGlobalPort = record.insideGlobalPort
    request.insideLocal = record.insideLocal.rawValue
    request.insideLocalPort = record.insideLocalPort
    request.outsideGlobal = record.outsideGlobal.rawValue
    request.outsideGlobalPort = record.outsideGlobalPort
    return request
  }

  @Test func `the doors of a control session that is named close with it, and what came through them goes on`() throws {
    let scene = try DoorScene()
    let used = try scene.grant { $0.isSingleUse = false }
    _ = try scene.grant { $0.insideLocalPort = 50_002 }
    #expect(scene.connect(to: used).packet != nil)
    #expect(scene.gateway.clear(request(scene.parent.record)) == 1)
    #expect(scene.gateway.doors.isEmpty)
    #expect(scene.gateway.takeEndedInspected() == [scene.parent.id], "the slow path is told")
    #expect(scene.connect(to: used, flags: .ack).packet != nil)
    #expect(scene.connect(to: used, port: 21).dropReason == .filtered)
    #expect(scene.open() == .refused(.parentEnded))
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `a session through a door is cleared alone: its door stays for the next, unless that was its one use`()
    throws
  {
    let scene = try DoorScene()
    let open = try scene.grant { $0.isSingleUse = false }
    let once = try scene.grant { $0.insideLocalPort = 50_002 }
    #expect(scene.connect(to: open).packet != nil && scene.connect(to: once).packet != nil)
    for child in scene.gateway.sessions where child.outsideGlobalPort == 20 {
      #expect(scene.gateway.clear(request(child)) == 1)
    }
    #expect(scene.gateway.sessions.map(\.outsideGlobalPort) == [DoorScene.controlPort])
    #expect(scene.gateway.doors.map(\.insideGlobalPort) == [open.insideGlobalPort])
    #expect(scene.connect(to: once).dropReason == .filtered)
    #expect(scene.connect(to: open).packet != nil)
    #expect(scene.gateway.takeEndedInspected().isEmpty)
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `everything is cleared at every worker, doors and all`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.withGateway.with { $0.workers = 4 })
    for number in 0..<16 {
      let client = SocketAddress(Host.inside(number).address, 40_000)
      #expect(gateway.sendOut(.tcp(from: client, to: Host.carol.at(DoorScene.controlPort), .syn)).isInspected)
    }
    let parents = gateway.inspectedSessions
    var grants: [DoorGrant] = []
    for parent in parents {
      let request = DoorRequest(
        parent: parent.id, gateway: DoorScene.gateway, direction: .inbound, protocol: .tcp,
        insideLocal: parent.record.insideLocal, insideLocalPort: 50_001, remote: Host.carol.address)
      guard case .granted(let grant) = gateway.perform(.open(request), at: Int(parent.id.worker)) else {
        Issue.record("no door for \(parent.record.insideLocal)")
        continue
      }
      grants.append(grant)
    }
    #expect(Set(gateway.doors.map(\.id.worker)).count > 1, "hosts of several workers have doors")
    #expect(gateway.clear() == 16)
    #expect(gateway.doors.isEmpty && gateway.sessions.isEmpty)
    #expect(Set(gateway.takeEndedInspected()) == Set(parents.map(\.id)))
    for grant in grants {
      let syn = Datagram.tcp(
        from: Host.carol.at(20), to: SocketAddress(grant.insideGlobal, grant.insideGlobalPort), .syn)
      #expect(gateway.sendIn(syn).packet == nil)
    }
    #expect(gateway.problems(ports: true) == [])
  }

  @Test(arguments: [true, false]) func `a control session that is reset or falls silent takes its doors along`(
    _ isReset: Bool
  ) throws {
    let scene = try DoorScene()
    let grant = try scene.grant { $0.lifetime = 0 }
    if isReset {
      let reset = Datagram.tcp(from: Host.alice.at(40_000), to: Host.carol.at(DoorScene.controlPort), .rst)
      #expect(scene.gateway.sendInspected(reset, by: Place.inside).packet != nil)
      scene.gateway.advance(seconds: 120)
    } else {
      scene.gateway.advance(seconds: 59)
      #expect(scene.gateway.doors.count == 1)
      scene.gateway.advance(seconds: 2)
    }
    #expect(scene.gateway.doors.isEmpty && scene.connect(to: grant).dropReason == .filtered)
    #expect(scene.gateway.takeEndedInspected() == [scene.parent.id])
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `the door of a call or a registration is not its session's and stays`() throws {
    let scene = try DoorScene()
    let grant = try scene.grant {
      $0.outlivesParent = true
      $0.isSingleUse = false
    }
    #expect(scene.connect(to: grant).packet != nil)
    #expect(scene.gateway.clear() == 2)
    #expect(scene.gateway.doors.count == 1)
    #expect(scene.connect(to: grant).packet?.destination == SocketAddress(Host.alice.address, 50_001))
    #expect(scene.gateway.problems(ports: true) == [])
  }
}
