import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct `A session of a gateway` {
  private static let alice = SocketAddress(Host.alice.address, 40_000)
  private static let carol = SocketAddress(Host.carol.address, DoorScene.controlPort)

  @Test func `goes to the slow path, and from there on its way`() throws {
    let scene = try DoorScene()
    let syn = Datagram.tcp(from: Self.alice, to: Self.carol, .syn)
    let sent = try #require(scene.gateway.sendInspected(syn, by: Place.inside).packet)
    #expect(sent.source.address == scene.parent.record.insideGlobal && sent.destination == Self.carol)
    let answer = Datagram.tcp(from: Self.carol, to: sent.source, [.syn, .ack])
    #expect(scene.gateway.sendIn(answer).isInspected)
    #expect(scene.gateway.sendInspected(answer, by: Place.outside).packet?.destination == Self.alice)
  }

  @Test func `is one from its first octet or never (R1)`() {
    let gateway = TestGateway(TestSetup.overloadedPool.withGateway)
    for flags in [TCPFlags.ack, [.syn, .ack], [.fin, .ack]] {
      let outcome = gateway.sendOut(.tcp(from: Self.alice, to: Self.carol, flags))
      #expect(!outcome.isInspected)
    }
    #expect(gateway.sessions.allSatisfy { $0.gateway == .none })
  }

  @Test func `is told by the server's port, on whichever side the server is`() {
    let gateway = TestGateway(TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal).withGateway)
    let toBob = Datagram.tcp(
      from: SocketAddress(Host.carol.address, 5000), to: SocketAddress(Place.bobGlobal, 21), .syn)
    #expect(gateway.sendIn(toBob).isInspected)
    let fromPort = Datagram.tcp(
      from: SocketAddress(Host.alice.address, 21), to: SocketAddress(Host.carol.address, 5000), .syn)
    #expect(!gateway.sendOut(fromPort).isInspected)
    let tftp = Datagram.udp(from: Self.alice, to: SocketAddress(Host.carol.address, 69))
    #expect(gateway.sendOut(tftp).isInspected)
  }

  @Test func `is not looked into where the entry says no-payload`() {
    let setup = TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal).withGateway.with {
      $0.translation.staticTranslations[0].noPayload = true
    }
    let gateway = TestGateway(setup)
    let syn = Datagram.tcp(from: SocketAddress(Host.bob.address, 5000), to: Self.carol, .syn)
    #expect(!gateway.sendOut(syn).isInspected)
  }

  @Test func `is told by another port where an access list moves its server's`() {
    let setup = TestSetup.overloadedPool.withGateway.with {
      $0.translation.accessLists["7"] = AccessList(
        name: "7", entries: [AccessList.Entry(permits: true, address: Host.carol.address, wildcard: 0)])
      $0.translation.gatewayServices.append(
        GatewayService(gateway: DoorScene.gateway, transport: .tcp, port: 2121, accessList: "7"))
    }
    let gateway = TestGateway(setup)
    func isInspected(_ host: Host, _ port: UInt16) -> Bool {
      gateway.sendOut(.tcp(from: Self.alice, to: SocketAddress(host.address, port), .syn)).isInspected
    }
    #expect(isInspected(.carol, 2121) && !isInspected(.carol, 21))
    #expect(!isInspected(.dave, 2121) && isInspected(.dave, 21))
  }

  @Test func `that needs entries is none where there are no entries`() {
    var setup = TestSetup.overloadedPool.with {
      $0.translation.gatewayServices = [
        GatewayService(gateway: DoorScene.gateway, transport: .udp, port: 53, needsEntries: true)
      ]
    }
    let query = Datagram.udp(from: Self.alice, to: SocketAddress(Host.carol.address, 53))
    #expect(!TestGateway(setup).sendOut(query).isInspected)
    setup = setup.withStatic(.bob, Place.bobGlobal)
    #expect(TestGateway(setup).sendOut(query).isInspected)
  }

  @Test func `whose time to live runs out is refused like any other`() throws {
    let scene = try DoorScene()
    let late = Datagram.tcp(from: Self.alice, to: Self.carol, .ack).with { $0.timeToLive = 1 }
    #expect(scene.gateway.sendOut(late).dropReason == .timeToLiveExceeded)
  }

  @Test func `takes its fragments and the errors about it along`() throws {
    let gateway = TestGateway(TestSetup.overloadedPool.withGateway)
    let whole = Datagram.udp(from: Self.alice, to: SocketAddress(Host.carol.address, 69)).with {
      $0.payload = Array(repeating: 7, count: 64)
    }
    #expect(gateway.sendOut(whole.with { $0.fragment = 0x2000 }).isInspected)
    #expect(gateway.sendOut(whole.with { $0.fragment = 9 }).isInspected)
    let scene = try DoorScene()
    let sent = try #require(
      scene.gateway.sendInspected(.tcp(from: Self.alice, to: Self.carol, .syn), by: Place.inside).packet)
    let error = Datagram.icmpError(
      type: 3, code: 1, from: Host.carol.address, to: sent.sourceAddress, about: sent.packet)
    #expect(scene.gateway.sendIn(error).isInspected)
    let told = try #require(scene.gateway.sendInspected(error, by: Place.outside).packet)
    #expect(told.quoted.source == Self.alice)
  }

  @Test func `that has ended lets nothing through that was on the slow path`() throws {
    let scene = try DoorScene()
    scene.gateway.clear()
    let syn = Datagram.tcp(from: Self.alice, to: Self.carol, .syn)
    #expect(scene.gateway.sendInspected(syn, by: Place.inside).dropReason == .cleared)
    #expect(scene.gateway.takeEndedInspected() == [scene.parent.id])
    #expect(scene.gateway.takeEndedInspected().isEmpty)
  }
}
