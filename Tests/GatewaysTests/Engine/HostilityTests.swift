import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation
import VirtualTCP
import WireFormats

/// What is done to the engine's streams on purpose.
@Suite("The engine among enemies")
struct HostilityTests {
  private func connected(_ change: (inout EngineSettings) -> Void = { _ in }) -> EngineBench {
    var bench = EngineBench(FTPGateway.self, settings: change)
    bench.connect()
    bench.send(.inbound, .ack, "220 ready\r\n")
    bench.send(.outbound)
    _ = bench.take()
    return bench
  }

  private static let port = "PORT 10,10,10,10,200,1\r\n"

  @Test(arguments: EngineSettings.Overflow.allCases)
  func `64 KB of single octets backwards end in a release or a reset, counted`(_ overflow: EngineSettings.Overflow) {
    var bench = connected { $0.overflow = overflow }
    for place in stride(from: 60_000, through: 1, by: -1) {
      bench.segment(.outbound, at: place, [122], flags: .ack)
      guard bench.counters.value(of: .overflows) == 0 else { break }
    }
    #expect(bench.counters.value(of: .overflows) == 1)
    #expect(bench.counters.value(of: .resets) == (overflow == .reset ? 1 : 0))
    #expect(bench.counters.value(of: .bufferedOctets) <= 4_096)
  }

  @Test func `an off-path reset ends nothing, and numbers stay right (RFC 5961)`() throws {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    _ = bench.take()
    for offset in [-70_000, -1, 1, 500, 100_000] { bench.segment(.inbound, at: offset, [], flags: .rst) }
    bench.segment(.inbound, at: 0, Array("200 ok\r\n".utf8), flags: .ack, acknowledging: bench.delivered(.outbound))
    #expect(bench.texts(.inbound) == ["200 ok\r\n"])
    #expect(bench.counters.value(of: .challenges) > 0)
  }

  @Test func `an end before the message's end passes what there is`() {
    var bench = connected()
    bench.segment(.outbound, at: 0, Array("PORT 10,10,".utf8), flags: [.ack, .fin])
    let out = bench.take()
    #expect(out.segments.contains { String(decoding: $0.1.payload, as: UTF8.self) == "PORT 10,10," })
    #expect(out.segments.contains { $0.0 == .outbound && $0.1.flags.contains(.fin) } && out.orders.isEmpty)
  }

  @Test func `a parent that ends while its door is asked for leaves no door without it`() {
    var bench = connected()
    bench.answer = { _ in nil }
    bench.send(.outbound, .ack, Self.port)
    _ = bench.take()
    bench.engine.ended(bench.session.id)
    // The grant comes to nobody: after its time it is closed again.
    bench.wait(1_100_000)
    let grant = DoorGrant(
      door: DoorID(worker: 0, place: 7, generation: 1), insideGlobal: Place.pool.lowerBound, insideGlobalPort: 50_000)
    for number in UInt32(1)...20 { bench.engine.answered(number, .granted(grant), now: bench.now) }
    bench.drain()
    #expect(bench.take().orders.contains(.close(grant.door)))
  }

  @Test func `octets before the handshake's end open nothing`() {
    var bench = EngineBench(FTPGateway.self)
    bench.send(.outbound, .syn, Self.port)
    bench.segment(.outbound, at: 0, Array(Self.port.utf8), flags: .ack)
    bench.segment(.outbound, at: 0, Array(Self.port.utf8), flags: [])
    bench.segment(.inbound, at: 0, Array("200 ok\r\n".utf8), flags: .ack)
    let out = bench.take()
    #expect(out.orders.isEmpty && out.segments.allSatisfy { $0.1.payload.isEmpty })
    #expect(bench.counters.value(of: .messages, FTPGateway.id) == 0)
  }

  @Test func `ten thousand commands at once are read in no long time`() {
    var bench = connected()
    let start = ContinuousClock.now
    bench.segment(
      .outbound, at: 0, Array(String(repeating: "NOOP\r\n", count: 10_000).utf8), flags: .ack,
      acknowledging: bench.delivered(.inbound))
    #expect(bench.counters.value(of: .messages, FTPGateway.id) == 10_001)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func `an error about a moved segment may end anywhere and quote anything`() {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    let quoted = bench.packets.last?.octets ?? []
    _ = bench.take()
    let error = Datagram.icmpError(
      type: 3, code: 4, rest: 1000, from: Host.router.address, to: Place.pool.lowerBound, about: quoted
    ).packet()
    for end in 20...error.count {
      var cut = Array(error[..<end])
      (cut[2], cut[3]) = (UInt8(end >> 8), UInt8(end & 255))
      bench.receive(cut, .inbound)
      for value in [UInt8(0), 0x4F, 0xFF] {
        var odd = error
        odd[end - 1] = value
        bench.receive(odd, .inbound)
      }
    }
    _ = bench.take()
    bench.segment(
      .inbound, at: 0, Array("200 ok\r\n".utf8), flags: .ack, acknowledging: bench.delivered(.outbound))
    #expect(bench.texts(.inbound) == ["200 ok\r\n"])
  }

  @Test func `the same ports after the end are a new session, read from its first octet`() throws {
    var bench = connected()
    bench.send(.outbound, .rst)
    bench.answer = { _ in .done }
    _ = bench.take()
    #expect(bench.engine.connections(limit: 1).count == 1, "a gateway still looks at it")
    bench.connect()
    bench.send(.inbound, .ack, "220 again\r\n")
    #expect(bench.texts(.inbound) == ["220 again\r\n"])
    #expect(bench.counters.value(of: .sessions, FTPGateway.id) == 2)
    #expect(bench.counters.value(of: .openSessions, FTPGateway.id) == 1)
  }

  @Test func `bulk that is not the protocol's leaves the slow path under way, with the shift that there is`() {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    bench.segment(
      .inbound, at: 0, Array("200 ok\r\n".utf8), flags: .ack, acknowledging: bench.delivered(.outbound))
    bench.segment(.outbound, at: 0, Array("AUTH TLS\r\n".utf8), flags: .ack, acknowledging: bench.delivered(.inbound))
    _ = bench.take()
    bench.segment(
      .inbound, at: 0, Array("234 go\r\n".utf8), flags: .ack, acknowledging: bench.delivered(.outbound))
    let growth = Int32("PORT 203,0,113,100,195,80\r\n".utf8.count - Self.port.utf8.count)
    // The answer itself is still under way.
    #expect(bench.take().orders.last == .release(bench.session.id, SequenceShift(outbound: growth, inbound: 0)))
  }

  @Test func `a million octets without a line's end are bounded, and quick`() {
    var bench = connected()
    let start = ContinuousClock.now
    for _ in 0..<1_000 {
      bench.segment(
        .outbound, at: 0, [UInt8](repeating: 65, count: 1_000), flags: .ack,
        acknowledging: bench.delivered(.inbound))
      bench.segment(.inbound, at: 0, [], flags: .ack, acknowledging: bench.delivered(.outbound))
    }
    #expect(bench.counters.value(of: .bufferedOctets) <= 256 << 10)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func `everything that was held is given back when sessions end`() {
    var bench = connected()
    bench.send(.outbound, .ack, "USER half")
    #expect(bench.counters.value(of: .bufferedOctets) > 0)
    bench.engine.ended(bench.session.id)
    #expect(bench.counters.value(of: .bufferedOctets) == 0 && bench.engine.connections(limit: 9).isEmpty)
  }
}
