import Forwarding
import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation
import VirtualTCP
import WireFormats

/// Everybody in 198.18.0.0/15 outside is somebody in 10.18.0.0/15 inside.
private struct Network: AddressBook {
  func insideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
  func insideLocal(of global: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
    global.rawValue >> 17 == 0xC612_0000 >> 17 ? IPv4Address(global.rawValue & 0x1_FFFF | 0x0A12_0000) : nil
  }
  func outsideLocal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
  func outsideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
}

/// Messages beyond the 18 KB at which others give up.
@Suite("Long messages")
struct LongMessageTests {
  private static func number(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }

  private static func message(_ flags: Int, _ addresses: [UInt32]) -> [UInt8] {
    var message = number(7) + number(flags) + number(1) + number(addresses.count) + number(0) + number(0)
    message += [6] + Array("bob.ex".utf8) + [0] + number(1) + number(1)
    for address in addresses {
      message += number(0xC00C) + number(1) + number(1) + [0, 0, 1, 44] + number(4)
      message += number(Int(address >> 16)) + number(Int(address & 0xFFFF))
    }
    return number(message.count) + message
  }

  @Test(arguments: [(536, false), (1460, true), (9_000, true), (62_000, true)])
  func `are translated whole, from segments and from super-frames`(_ size: Int, _ superFrames: Bool) {
    var bench = EngineBench(DNSGateway.self, transport: .tcp, addresses: Network()) { $0.superFrames = superFrames }
    bench.connect()
    bench.segment(.outbound, at: 0, Self.message(0x0100, []), flags: .ack)
    _ = bench.take()
    let addresses = (0..<3_800).map { 0xC612_0000 + UInt32($0) }
    let answer = Self.message(0x8180, addresses)
    let expected = Self.message(0x8180, addresses.map { $0 & 0x1_FFFF | 0x0A12_0000 })
    var received = [UInt8](repeating: 0, count: expected.count)
    var largest = 0
    func collect(_ bench: inout EngineBench) {
      for packet in bench.packets { largest = max(largest, packet.count) }
      for (direction, segment) in bench.take().segments where direction == .inbound && !segment.payload.isEmpty {
        let place = Int(segment.sequence &- 9001)
        received.replaceSubrange(place..<place + segment.payload.count, with: segment.payload)
      }
    }
    for start in stride(from: 0, to: answer.count, by: size) {
      bench.segment(
        .inbound, at: 0, Array(answer[start..<min(start + size, answer.count)]), flags: .ack,
        acknowledging: bench.delivered(.outbound))
      collect(&bench)
    }
    for _ in 0..<500 where bench.delivered(.inbound) != 9001 &+ UInt32(expected.count) {
      bench.segment(.outbound, at: 0, [], flags: .ack, acknowledging: bench.delivered(.inbound))
      collect(&bench)
    }
    #expect(received == expected)
    #expect(superFrames ? largest > 1500 : largest <= 1500)
    #expect(bench.counters.value(of: .edits, DNSGateway.id) == 3_800)
  }
}
