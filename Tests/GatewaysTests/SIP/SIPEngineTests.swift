import GatewayTestSupport
import TestSupport
import Testing
import Translation
import VirtualTCP
import WireFormats

@testable import Gateways

/// The engine with a worker that the test plays: over TCP, cut anywhere, and over UDP in fragments.
@Suite("SIP through the engine")
struct SIPEngineTests {
  /// SIP over TCP, on the engine's bench, which makes a session of the gateway's first service.
  private enum OverTCP: ApplicationGateway {
    static var id: GatewayID { SIPGateway.id }
    static var name: String { SIPGateway.name }
    static var services: [DefaultService] { [DefaultService(.tcp, port: 5060)] }
    static func open(_ session: ControlSession) -> any PayloadInspector { SIPGateway.open(session) }
  }

  private static let invite = SIPSamples.octets(
    SIPSamples.invite.replacing("/UDP", with: "/TCP").replacing(
      "<sip:alice@10.10.10.10:40000>", with: "<sip:alice@10.10.10.10>"))

  private func translated(cutAt cut: Int) -> String {
    var bench = EngineBench(OverTCP.self)
    bench.connect()
    let text = String(decoding: Self.invite, as: UTF8.self)
    bench.send(.outbound, [.ack, .psh], String(text.utf8.prefix(cut)) ?? "")
    bench.send(.outbound, [.ack, .psh], String(text.utf8.dropFirst(cut)) ?? "")
    return bench.texts(.outbound).joined()
  }

  @Test func `over TCP a message is the same wherever it is cut`() {
    let whole = translated(cutAt: 0)
    #expect(whole.contains("m=audio 50000 ") && whole.contains("Contact: <sip:alice@203.0.113.100:50000>"))
    for cut in 1..<Self.invite.count { #expect(translated(cutAt: cut) == whole, "cut at \(cut)") }
  }

  @Test func `a door is open before the message goes that announces it, and outlives the connection`() throws {
    var bench = EngineBench(OverTCP.self)
    bench.connect()
    bench.send(.outbound, [.ack, .psh], String(decoding: Self.invite, as: UTF8.self))
    let orders = bench.take().orders
    let opened = orders.compactMap { order in
      if case .open(let request) = order { request } else { nil }
    }
    #expect(opened.count == 2 && opened.allSatisfy { $0.outlivesParent && $0.lifetime > 0 })
    bench.engine.ended(bench.session.id)
    bench.wait(2_000_000)
    #expect(!bench.take().orders.contains { if case .close = $0 { true } else { false } })
    #expect(bench.engine.rows(of: SIPGateway.id, limit: 9).map(\.state) == ["early"])
    // Nobody answers: the call ends by time, and its doors with it.
    bench.wait(200_000_000)
    bench.wait(1_000_000)
    let closed = bench.take().orders.filter { if case .close = $0 { true } else { false } }
    #expect(closed.count == 2 && bench.engine.rows(of: SIPGateway.id, limit: 9).isEmpty)
  }

  @Test func `a dry run remembers nothing and opens nothing`() {
    var bench = EngineBench(OverTCP.self) { $0.dryRun = [SIPGateway.id] }
    bench.connect()
    bench.send(.outbound, [.ack, .psh], String(decoding: Self.invite, as: UTF8.self))
    #expect(bench.texts(.outbound) == [String(decoding: Self.invite, as: UTF8.self)])
    #expect(bench.engine.rows(of: SIPGateway.id, limit: 9).isEmpty && bench.orders.isEmpty)
    #expect(bench.counters.value(of: .dryEdits, SIPGateway.id) > 5)
  }

  @Test func `a dry run counts nobody's calls, and lets all of them through`() {
    var bench = EngineBench(SIPGateway.self) {
      $0.dryRun = [SIPGateway.id]
      $0.callRate = CallRate(calls: 1, seconds: 60, blockedSeconds: 60)
    }
    let register = SIPSamples.request("REGISTER", "sip:203.0.113.10", contact: "<sip:alice@10.10.10.10>")
    let sent = (0..<4).map { SIPSamples.octets(SIPSamples.invite.replacing("1@10.", with: "\($0)@10.")) }
    for message in sent + [SIPSamples.octets(register)] { bench.datagram(message) }
    #expect(bench.engine.memories[SIPGateway.id]?.isEmpty == true && bench.orders.isEmpty)
    #expect(bench.packets.map { Array($0.octets[28...]) } == sent + [SIPSamples.octets(register)])
  }

  @Test func `what a gateway that is switched off had opened is closed`() {
    var bench = EngineBench(SIPGateway.self)
    bench.datagram(SIPSamples.octets(SIPSamples.invite))
    _ = bench.take()
    bench.engine.adopt(EngineSettings(), addresses: EmptyAddressBook(), now: bench.now)
    bench.drain()
    #expect(bench.take().orders.contains { if case .close = $0 { true } else { false } })
  }

  @Test func `many requests of one stream, and TLS, and HTTP`() {
    var bench = EngineBench(OverTCP.self)
    bench.connect()
    let options = SIPSamples.request("OPTIONS", "sip:carol@203.0.113.10", via: "10.10.10.10:40000", transport: "TCP")
    let text = String(decoding: SIPSamples.octets(options), as: UTF8.self)
    for _ in 0..<200 { bench.send(.outbound, .ack, text) }
    #expect(bench.counters.messageKinds(of: SIPGateway.id)["OPTIONS"] == 200)
    for (first, reason) in [("\u{16}\u{3}\u{1}\u{2}", StepAsideReason.encrypted), ("POST / HTTP/1.1\r\n", .stranger)] {
      var bench = EngineBench(OverTCP.self)
      bench.connect()
      bench.send(.outbound, [.ack, .psh], first)
      #expect(
        bench.counters.value(of: reason as StepAsideReason, SIPGateway.id) == 1 && bench.texts(.outbound) == [first])
    }
  }

  @Test func `a datagram that is none of SIP's passes, at the beginning and later`() {
    for first in [[0x80, 0, 1, 2], Array("GET / HTTP/1.1\r\n\r\n".utf8)] as [[UInt8]] {
      var bench = EngineBench(SIPGateway.self)
      bench.datagram(first)
      #expect(bench.take().orders.contains { if case .release = $0 { true } else { false } })
    }
    var bench = EngineBench(SIPGateway.self)
    bench.datagram([13, 10, 13, 10])
    bench.datagram(SIPSamples.octets(SIPSamples.invite))
    bench.datagram(Array("hello".utf8))
    #expect(bench.counters.value(of: GatewayCounter.malformed, SIPGateway.id) == 1)
    #expect(bench.counters.messageKinds(of: SIPGateway.id)["INVITE"] == 1)
  }
}
