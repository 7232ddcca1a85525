import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

@Suite("What fast connections may hold")
struct GrowthTests {
  private static let settings = {
    var settings = EngineSettings()
    (settings.octetsPerHost, settings.maximumOctets) = (400_000, 1_000_000)
    return settings
  }()

  private static func session(_ host: Host) -> ControlSession {
    let record = SessionRecord(
      insideLocal: (host.address, 40_000), insideGlobal: (Place.pool.lowerBound, 41_000),
      outside: (Host.carol.address, 21), protocol: .tcp)
    let id = SessionID(worker: 0, number: 3, created: 9)
    return ControlSession(InspectedSession(id: id, record: record), gateway: FTPGateway.id)
  }

  @Test func `is a quarter of their host's bound, and together a quarter of all`() {
    var held = HeldOctets()
    let alice = held.join(Self.session(.alice))
    let ofAlice = [60_000, 40_001, 40_000, 1].map { held.grant($0, to: alice, Self.settings) }
    #expect(ofAlice == [true, false, true, false])
    // What alice has takes nothing from bob before all have had a quarter.
    let bob = held.join(Self.session(.bob))
    let ofBob = held.grant(100_000, to: bob, Self.settings)
    let other = held.join(Self.session(.inside(7)))
    let ofOther = [50_001, 50_000, 1].map { held.grant($0, to: other, Self.settings) }
    #expect(ofBob && ofOther == [false, true, false] && held.growth == 250_000)
    #expect(held.total == 0, "it is room, and not what is held")
  }

  @Test func `is given back when they end, whatever came and went`() {
    var random = SeededRandom(seed: 81)
    var held = HeldOctets()
    var connections: [(host: Host, share: HostShare, granted: Int)] = []
    for _ in 0..<20_000 {
      switch random.number(in: 0...3) {
      case 0 where connections.count < 100:
        let host = random.pick([Host.alice, .bob, .inside(7), .inside(8)])
        connections.append((host, held.join(Self.session(host)), 0))
      case 1 where !connections.isEmpty:
        let ended = connections.remove(at: random.number(in: 0...connections.count - 1))
        held.leave(ended.share, with: 0, granted: ended.granted)
      case 2... where !connections.isEmpty:
        let place = random.number(in: 0...connections.count - 1)
        let octets = random.number(in: 1...30_000)
        let ofHost = connections.filter { $0.host == connections[place].host }.map(\.granted).reduce(0, +)
        let ofAll = connections.map(\.granted).reduce(0, +)
        let isGranted = held.grant(octets, to: connections[place].share, Self.settings)
        #expect(isGranted == (ofHost + octets <= 100_000 && ofAll + octets <= 250_000))
        if isGranted { connections[place].granted += octets }
      default: break
      }
      #expect(held.growth == connections.map(\.granted).reduce(0, +))
    }
    for connection in connections { held.leave(connection.share, with: 0, granted: connection.granted) }
    #expect(held.growth == 0)
  }

  // MARK: By the engine

  private static let line = Array(("NOOP " + String(repeating: "x", count: 993) + "\r\n").utf8)

  /// An FTP session whose client sends lines as fast as it may; answers what it was granted.
  private func hurry(_ bench: inout EngineBench, rounds: Int) -> Int {
    for _ in 0..<rounds {
      for _ in 0..<8 { bench.segment(.outbound, at: 0, Self.line, flags: .ack) }
      for _ in 0..<3 { bench.send(.inbound, acknowledging: bench.delivered(.outbound)) }
    }
    return bench.engine.streams[bench.session.id]?.grantedOctets ?? 0
  }

  private func bench(_ change: (inout EngineSettings) -> Void = { _ in }) -> EngineBench {
    var bench = EngineBench(FTPGateway.self) {
      $0.octetsPerConnection = 16_000
      change(&$0)
    }
    bench.connect()
    bench.send(.inbound, .ack, "220 ready\r\n")
    bench.send(.outbound)
    return bench
  }

  @Test func `comes with what they send, and goes with their end`() {
    var bench = bench()
    let granted = hurry(&bench, rounds: 40)
    #expect(granted > 0 && granted <= 15 * 8_000 && bench.engine.held.growth == granted)
    #expect(bench.counters.value(of: .messages, FTPGateway.id) == 40 * 8 + 1)
    bench.engine.ended(bench.session.id)
    #expect(bench.engine.held.growth == 0 && bench.counters.value(of: .bufferedOctets) == 0)
  }

  @Test func `goes when both ends have closed, before their session does`() {
    var bench = bench()
    let granted = hurry(&bench, rounds: 40)
    bench.send(.outbound, [.ack, .fin])
    bench.send(.inbound, [.ack, .fin])
    #expect(granted > 0 && bench.engine.held.growth == granted)
    bench.send(.outbound)
    #expect(bench.engine.held.growth == 0)
    bench.engine.ended(bench.session.id)
    #expect(bench.engine.held.growth == 0)
  }

  @Test func `is nothing where the host or all have too little`() {
    var small = bench { $0.octetsPerHost = 16_000 }
    let ofHost = hurry(&small, rounds: 40)
    #expect(ofHost == 0 && small.counters.value(of: .overflows) == 0)
    var full = bench { $0.maximumOctets = 31_000 }
    let ofAll = hurry(&full, rounds: 40)
    #expect(ofAll == 0 && full.engine.held.growth == 0)
  }

  @Test func `stays with a connection whose gateway steps aside, until it ends`() {
    var bench = bench()
    bench.answer = { _ in nil }
    let granted = hurry(&bench, rounds: 40)
    bench.engine.adopt(EngineSettings(), addresses: EmptyAddressBook(), now: bench.now)
    #expect(granted > 0 && bench.engine.held.growth == granted)
    bench.engine.ended(bench.session.id)
    #expect(bench.engine.held.growth == 0)
  }

  @Test func `is bound for names over IPv6 as for others, by the hosts' network`() {
    var bench = EngineBench(DNSv6Gateway.self, transport: .tcp, overIPv6: true) { $0.octetsPerConnection = 8_000 }
    bench.connect()
    let question: [UInt8] = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3] + Array("bob".utf8) + [0, 0, 1, 0, 1]
    let message = [0, UInt8(question.count)] + question
    for _ in 0..<40 {
      bench.segment(.outbound, at: 0, Array(repeatElement(message, count: 60).joined()), flags: .ack)
      bench.segment(.outbound, at: 0, Array(repeatElement(message, count: 60).joined()), flags: .ack)
      for _ in 0..<3 { bench.send(.inbound, acknowledging: bench.delivered(.outbound)) }
    }
    #expect(bench.counters.value(of: .messages, DNSv6Gateway.id) == 40 * 120)
    #expect(bench.engine.held.growth > 0 && bench.engine.held.growth <= 15 * 4_000)
    for id in Array(bench.engine.streams.keys) { bench.engine.ended(id) }
    #expect(bench.engine.held.growth == 0)
  }
}
