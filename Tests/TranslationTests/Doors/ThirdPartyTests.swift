import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// Doors to another inside host than the session's (rule R4).
@Suite struct `A door to a third party` {
  private static let server = Host.inside(7)

  private static func setup(_ workers: Int = 1, permitting host: Host = server) -> TestSetup {
    .overloadedPool.with {
      $0.workers = workers
      $0.translation.accessLists["3"] = AccessList(
        name: "3", entries: [AccessList.Entry(permits: true, address: host.address, wildcard: 0)])
      $0.translation.thirdParties = [DoorScene.gateway: "3"]
    }
  }

  private func ask(_ scene: DoorScene, at worker: Int) -> OrderAnswer {
    let request = scene.request {
      $0.protocolNumber = .udp
      $0.insideLocal = Self.server.address
      $0.remote = nil
      $0.isSingleUse = false
      $0.outlivesParent = true
      $0.thirdParty = ThirdParty(
        insideInstance: .global, outsideInstance: .global, outsideLocal: Host.carol.address)
    }
    return scene.gateway.perform(.open(request), at: worker)
  }

  @Test(arguments: [1, 2, 3]) func `is opened by the worker of that host, and leads there`(_ workers: Int) throws {
    let scene = try DoorScene(Self.setup(workers))
    let worker = Ownership.worker(ofInside: Self.server.address, in: .global, of: workers)
    guard case .granted(let grant) = ask(scene, at: worker) else {
      Issue.record("refused")
      return
    }
    let local = SocketAddress(Self.server.address, 50_001)
    let global = SocketAddress(grant.insideGlobal, grant.insideGlobalPort)
    let dave = SocketAddress(Host.dave.address, 6000)
    #expect(scene.gateway.sendIn(.udp(from: dave, to: global)).packet?.destination == local)
    #expect(
      scene.gateway.sendOut(.udp(from: local, to: SocketAddress(Host.carol.address, 6000))).packet?.source == global)
    #expect(scene.gateway.problems(ports: true) == [])
  }

  @Test func `is refused where the list does not name it, or nobody says that it is one`() throws {
    let scene = try DoorScene(Self.setup(permitting: .bob))
    #expect(ask(scene, at: 0) == .refused(.thirdParty))
    let plain = try DoorScene(Self.setup())
    #expect(plain.open { $0.insideLocal = Self.server.address } == .refused(.thirdParty))
    #expect(scene.gateway.doors.isEmpty && plain.gateway.doors.isEmpty)
  }

  @Test func `may lead to no service's port either`() throws {
    let scene = try DoorScene(Self.setup())
    let request = scene.request {
      ($0.insideLocal, $0.insideLocalPort, $0.outlivesParent) = (Self.server.address, 3389, true)
      $0.thirdParty = ThirdParty(insideInstance: .global, outsideInstance: .global, outsideLocal: Host.carol.address)
    }
    #expect(scene.gateway.perform(.open(request)) == .refused(.deniedPort))
  }
}
