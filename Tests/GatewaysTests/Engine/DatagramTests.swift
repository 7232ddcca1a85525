import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation
import WireFormats

@Suite("The engine's datagrams")
struct DatagramTests {
  private static let request = Array("\0\u{1}boot.img\0octet\0".utf8)

  @Test func `a request waits until its door is open`() {
    var bench = EngineBench(TFTPGateway.self)
    bench.datagram(Self.request)
    #expect(bench.sequence == [true, false])
    #expect(bench.packets.last?.octets.suffix(Self.request.count) == Self.request[...])
  }

  @Test func `a datagram of no such protocol makes a stranger of its session`() {
    var bench = EngineBench(TFTPGateway.self)
    bench.datagram(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(bench.orders == [.release(bench.session.id, SequenceShift())] && bench.packets.count == 1)
  }

  @Test func `a datagram in fragments is read whole, in any order`() {
    let octets = Datagram.udp(from: Host.alice.at(EngineBench.clientPort), to: Host.carol.at(69))
      .with { $0.payload = Self.request }.packet()
    let first = Array(octets[20..<36])
    let rest = Array(octets[36...])
    func fragment(_ payload: [UInt8], _ field: UInt16) -> [UInt8] {
      Datagram(from: Host.alice.at(0), to: Host.carol.at(0), .other(17)).with {
        $0.payload = payload
        $0.fragment = field
      }.packet()
    }
    for isReversed in [false, true] {
      var bench = EngineBench(TFTPGateway.self)
      let parts = [fragment(first, 0x2000), fragment(rest, 2)]
      for part in isReversed ? parts.reversed() : parts { bench.receive(part, .outbound) }
      #expect(bench.sequence == [true, false])
      #expect(bench.packets.first.map { Array($0.octets[20...]) } == Array(octets[20...]))
    }
    // An octet that comes twice condemns the datagram (R3).
    var bench = EngineBench(TFTPGateway.self)
    for part in [fragment(first, 0x2000), fragment(first, 0x2001), fragment(rest, 2)] { bench.receive(part, .outbound) }
    #expect(bench.sequence.isEmpty)
  }

  @Test func `datagrams that wait are bounded`() {
    var bench = EngineBench(TFTPGateway.self)
    bench.answer = { _ in nil }
    for _ in 0..<300 { bench.datagram(Self.request) }
    #expect(bench.counters.value(of: .discarded) == 300 - 256)
    bench.wait(1_100_000)
    #expect(!bench.packets.isEmpty)
  }

  @Test func `no octets are too short or too odd for the engine`() {
    var bench = EngineBench(TFTPGateway.self)
    let octets = Datagram.udp(from: Host.alice.at(EngineBench.clientPort), to: Host.carol.at(69))
      .with { $0.payload = Self.request }.packet()
    for count in 0...octets.count { bench.receive(Array(octets.prefix(count)), .outbound) }
    for place in 0..<octets.count {
      for value in [UInt8(0), 0x45, 0x7F, 0xFF] {
        var changed = octets
        changed[place] = value
        bench.receive(changed, .outbound)
      }
    }
    #expect(bench.counters.value(of: .discarded) > 0)
  }
}
