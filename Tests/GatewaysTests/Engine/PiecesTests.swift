import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation
import VirtualTCP
import WireFormats

/// Messages, wherever the packets are cut that bring them.
@Suite("Messages in pieces")
struct PiecesTests {
  private static let port = Array("PORT 10,10,10,10,200,1\r\n".utf8)
  private static let translated = Array("PORT 203,0,113,100,195,80\r\n".utf8)

  /// A line as a client sends it, and as it goes on.
  private static func line(_ random: inout SeededRandom) -> (sent: [UInt8], isRead: Bool) {
    func padded(_ word: String, _ count: Int) -> [UInt8] {
      Array((word + String(repeating: "x", count: count) + "\r\n").utf8)
    }
    return switch random.number(in: 0...9) {
    case 0: (port, true)
    case 1: (Array("NOOP\n".utf8), true)
    case 2: (Array("12345\r\n".utf8), true)
    case 3 where random.oneIn(4): (padded("SITE ", random.number(in: 4_090...15_000)), false)
    default: (padded("STOR ", random.number(in: 0...random.pick([20, 900, 3_900]))), true)
    }
  }

  /// How many octets the next packet brings.
  private static func size(_ random: inout SeededRandom) -> Int {
    random.number(in: 1...random.pick([3, 40, 1_460, 1_460, 16_000]))
  }

  @Test(arguments: UInt64(0)..<12)
  func `are read one by one, and go on octet by octet`(seed: UInt64) {
    var random = SeededRandom(seed: 2_000 + seed)
    var bench = EngineBench(FTPGateway.self)
    bench.letsPass = random.oneIn(2)
    bench.connect()
    bench.send(.inbound, .ack, "220 ready\r\n")
    bench.send(.outbound)
    var sent: [UInt8] = []
    var expected: [UInt8] = []
    var messages = 1
    for number in 0..<150 {
      let line = number == 0 ? (sent: Array("USER a\r\n".utf8), isRead: true) : Self.line(&random)
      sent += line.sent
      expected += line.sent == Self.port ? Self.translated : line.sent
      if line.isRead { messages += 1 }
    }
    var received: [Int: [UInt8]] = [:]
    var at = 0
    while at < sent.count {
      bench.isBurst = random.oneIn(2)
      for _ in 0..<(bench.isBurst ? random.number(in: 1...5) : 1) where at < sent.count {
        let end = min(at + Self.size(&random), sent.count)
        bench.segment(.outbound, at: 0, Array(sent[at..<end]), flags: .ack)
        at = end
      }
      bench.endBurst()
      for _ in 0..<20 { bench.segment(.inbound, at: 0, [], flags: .ack, acknowledging: bench.delivered(.outbound)) }
      for (direction, segment) in bench.take().segments where direction == .outbound && !segment.payload.isEmpty {
        received[Int(segment.sequence &- 5_001)] = segment.payload
      }
    }
    var whole: [UInt8] = []
    for (place, octets) in received.sorted(by: { $0.key < $1.key }) {
      guard place <= whole.count else { break }
      whole += octets.dropFirst(whole.count - place)
    }
    #expect(whole == expected)
    #expect(bench.counters.value(of: .messages, FTPGateway.id) == UInt64(messages))
    #expect(bench.counters.value(of: .bufferedOctets) == 0 && bench.counters.value(of: .overflows) == 0)
  }
}
