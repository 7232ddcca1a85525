import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// A gateway with a control session of FTP's port, and what asks for doors.
struct DoorScene {
  static let gateway = GatewayID(rawValue: 9)
  static let controlPort: UInt16 = 21

  let gateway: TestGateway
  let parent: InspectedSession
  let host: Host

  /// A control session of `host` with carol's server; under a setup with the gateway's service switched on.
  init(_ setup: TestSetup = .overloadedPool, host: Host = .alice) throws {
    self.host = host
    gateway = TestGateway(setup.withGateway)
    let syn = Datagram.tcp(
      from: SocketAddress(host.address, 40_000), to: SocketAddress(Host.carol.address, Self.controlPort), .syn)
    #expect(gateway.sendOut(syn).isInspected)
    parent = try #require(gateway.inspectedSessions.first)
  }

  /// The control session of carol with a server of `host` behind a static entry.
  init(serverOf host: Host, _ setup: TestSetup, global: IPv4Address) throws {
    self.host = host
    gateway = TestGateway(setup.withGateway)
    let syn = Datagram.tcp(
      from: SocketAddress(Host.carol.address, 40_000), to: SocketAddress(global, Self.controlPort), .syn)
    #expect(gateway.sendIn(syn).isInspected)
    parent = try #require(gateway.inspectedSessions.first)
  }

  /// A request for a door to the host's port 50 001 for carol.
  func request(_ change: (inout DoorRequest) -> Void = { _ in }) -> DoorRequest {
    var request = DoorRequest(
      parent: parent.id, gateway: Self.gateway, direction: .inbound, protocol: .tcp, insideLocal: host.address,
      insideLocalPort: 50_001, remote: Host.carol.address)
    change(&request)
    return request
  }

  func open(_ change: (inout DoorRequest) -> Void = { _ in }) -> OrderAnswer {
    gateway.perform(.open(request(change)), at: Int(parent.id.worker))
  }

  func grant(_ change: (inout DoorRequest) -> Void = { _ in }) throws -> DoorGrant {
    guard case .granted(let grant) = open(change) else {
      throw Refused()
    }
    return grant
  }

  struct Refused: Error {}

  /// A connection from outside to what a grant names.
  func connect(
    to grant: DoorGrant, from outside: Host = .carol, port: UInt16 = 20, offset: UInt16 = 0, flags: TCPFlags = .syn
  ) -> Outcome {
    gateway.sendIn(
      .tcp(
        from: SocketAddress(outside.address, port),
        to: SocketAddress(grant.insideGlobal, grant.insideGlobalPort + offset), flags))
  }
}

extension TestSetup {
  /// With the test gateway on TCP port 21 and UDP port 69.
  var withGateway: Self {
    with {
      $0.translation.gatewayServices = [
        GatewayService(gateway: DoorScene.gateway, transport: .tcp, port: DoorScene.controlPort),
        GatewayService(gateway: DoorScene.gateway, transport: .udp, port: 69),
      ]
    }
  }
}

extension Outcome {
  /// Whether it goes to the slow path.
  var isInspected: Bool {
    if case .inspected = self { return true }
    return false
  }
}
