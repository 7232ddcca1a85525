import TestSupport
import Testing
import WireFormats

@testable import Translation

/// A conversation between alice and carol, segment by segment: who sends, and which flags.
private func converse(_ gateway: TestGateway, _ segments: [(from: Host, flags: TCPFlags)]) -> SessionRecord? {
  for segment in segments {
    if segment.from == .alice {
      _ = gateway.sendOut(.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), segment.flags))
    } else {
      let global = gateway.sessions.first?.insideGlobal ?? .unspecified
      _ = gateway.sendIn(.tcp(from: Host.carol.at(80), to: SocketAddress(global, 5000), segment.flags))
    }
  }
  return gateway.sessions.first
}

@Suite struct TrackTests {
  private static let handshake: [(from: Host, flags: TCPFlags)] = [
    (.alice, .syn), (.carol, [.syn, .ack]), (.alice, .ack),
  ]

  /// How long an idle session lives after `segments`: looked for with the clock.
  private func lifetime(_ segments: [(from: Host, flags: TCPFlags)], _ change: (inout Timeouts) -> Void = { _ in })
    -> UInt32
  {
    let gateway = TestGateway(
      .overloadedPool.with {
        $0.translation.timeouts.tcp = 7440
        $0.translation.timeouts.syn = 61
        $0.translation.timeouts.finRst = 242
        $0.translation.timeouts.halfClosed = 300
        change(&$0.translation.timeouts)
      })
    _ = converse(gateway, segments)
    for timeout: UInt32 in [61, 242, 300, 7440] {
      let idle = gateway.now
      gateway.advance(seconds: timeout - 1 - (idle - 1000))
      if gateway.sessions.isEmpty { return 0 }
      gateway.advance(seconds: 1)
      if gateway.sessions.isEmpty { return timeout }
    }
    return .max
  }

  @Test func `a SYN alone, or answered, is not a connection`() {
    #expect(lifetime([(.alice, .syn)]) == 61)
    #expect(lifetime([(.alice, .syn), (.carol, [.syn, .ack])]) == 61)
  }

  @Test func `the third segment of the handshake makes the connection`() {
    #expect(lifetime(Self.handshake) == 7440)
  }

  @Test func `a simultaneous open makes a connection`() {
    #expect(lifetime([(.alice, .syn), (.carol, .syn), (.alice, [.syn, .ack]), (.carol, [.syn, .ack])]) == 61)
    #expect(
      lifetime([(.alice, .syn), (.carol, .syn), (.alice, [.syn, .ack]), (.carol, [.syn, .ack]), (.alice, .ack)]) == 7440
    )
  }

  @Test func `a FIN of one side leaves the connection half closed`() {
    #expect(lifetime(Self.handshake + [(.alice, [.fin, .ack])]) == 300)
    #expect(lifetime(Self.handshake + [(.carol, [.fin, .ack])]) == 300)
  }

  @Test func `a FIN of both sides, or RST, shortens the connection's life`() {
    #expect(lifetime(Self.handshake + [(.alice, [.fin, .ack]), (.carol, [.fin, .ack]), (.alice, .ack)]) == 242)
    #expect(lifetime(Self.handshake + [(.carol, .rst)]) == 242)
    #expect(lifetime(Self.handshake + [(.alice, [.fin, .ack]), (.carol, .rst)]) == 242)
  }

  @Test func `a SYN after the end opens the connection anew`() {
    let end: [(from: Host, flags: TCPFlags)] = [(.alice, [.fin, .ack]), (.carol, [.fin, .ack]), (.alice, .ack)]
    #expect(lifetime(Self.handshake + end + [(.alice, .syn)]) == 61)
    #expect(lifetime(Self.handshake + end + Self.handshake) == 7440)
    #expect(lifetime(Self.handshake + [(.carol, .rst)] + Self.handshake) == 7440)
  }

  @Test func `an answer to a connection from inside that was there before the gateway makes it again`() {
    #expect(lifetime([(.alice, .ack), (.carol, .ack)]) == 7440)
  }

  @Test func `each segment notes the tick`() {
    let gateway = TestGateway(.overloadedPool)
    #expect(converse(gateway, [(.alice, .syn)])?.lastUsed == 1000)
    gateway.tick(seconds: 5)
    #expect(converse(gateway, [(.carol, [.syn, .ack])])?.lastUsed == 1005)
    #expect(gateway.sessions.first?.created == 1000)
  }
}

@Suite struct SweepTests {
  private func lifetime(_ packet: Datagram, limit: UInt32) -> Bool {
    let gateway = TestGateway(.exclusivePool)
    _ = gateway.sendOut(packet)
    gateway.advance(seconds: limit - 1)
    let before = gateway.sessions.count == 1
    gateway.advance(seconds: 1)
    return before && gateway.sessions.isEmpty && gateway.problems(ports: true) == []
      && gateway.total(.sessionsExpired) == 1 && gateway.total(.sessions) == 0
  }

  @Test func `each kind of session ends at its own time`() {
    #expect(lifetime(.udp(from: Host.alice.at(5000), to: Host.carol.at(7)), limit: 300))
    #expect(lifetime(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), limit: 60))
    #expect(lifetime(.echoRequest(from: .alice, to: Host.carol.address, identifier: 7), limit: 60))
    #expect(lifetime(.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), .syn), limit: 60))
    #expect(lifetime(Datagram(from: Host.alice.at(0), to: Host.carol.at(0), .other(47)), limit: 86_400))
  }

  @Test func `packets of either direction keep a session`() throws {
    let gateway = TestGateway(.overloadedPool)
    let out = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7))
    let global = try #require(gateway.sendOut(out).packet).source
    for round in 0..<6 {
      gateway.advance(seconds: 299)
      let outcome = round % 2 == 0 ? gateway.sendIn(.udp(from: Host.carol.at(7), to: global)) : gateway.sendOut(out)
      #expect(outcome.packet != nil)
    }
    #expect(gateway.total(.sessionsCreated) == 1)
  }

  @Test func `never means never`() {
    let gateway = TestGateway(.overloadedPool.with { $0.translation.timeouts.udp = Timeouts.never })
    _ = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(7)))
    gateway.advance(seconds: 400_000_000)
    #expect(gateway.sessions.count == 1)
  }

  @Test(arguments: [0, 1, 15, 16, 100, 100_000, 10_000_000] as [UInt32])
  func `a turn looks at a bounded share of the records, and rounds see them all`(_ records: UInt32) {
    for elapsed in [UInt64(0), 1000, 100_000, Sweep.round, .max] {
      let slice = Sweep.slice(of: records, elapsed: elapsed)
      #expect(slice <= records && UInt64(slice) <= Sweep.maximumSlice)
      #expect(records == 0 || slice > 0)
    }
    // A worker that calls every hundred milliseconds is round in two seconds, as far as the largest slice lets it.
    let turns = (0..<20).reduce(0) { total, _ in total + Int(Sweep.slice(of: records, elapsed: 100_000)) }
    #expect(turns >= min(Int(records), 20 * Int(Sweep.maximumSlice)))
  }
}
