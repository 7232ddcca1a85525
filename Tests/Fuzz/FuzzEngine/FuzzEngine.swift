import GatewayTestSupport
import Gateways
import Glibc
import TestSupport
import Translation
import VirtualTCP
import WireFormats

// An input is a TCP connection of the FTP gateway, or one of DNS over IPv6, segment by segment: where each begins, what it carries and says, and
// how much time goes by. Nothing may trap, what leaves must be well formed, and no more than the limit may be held.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzEngine {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzEngine($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Octets that one connection may hold.
private let limit = 4_096

/// One input: a command of three octets for each segment, and then what it carries.
private func fuzzEngine(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard input.count > 1 else { return 0 }
  let isIPv6 = input[0] & 8 != 0
  var bench = EngineBench(isIPv6 ? DNSv6Gateway.self : FTPGateway.self, overIPv6: isIPv6) {
    $0.octetsPerConnection = limit
    $0.superFrames = input[0] & 1 != 0
    $0.superFramesIPv6 = $0.superFrames
    $0.overflow = input[0] & 2 == 0 ? .pass : .reset
  }
  if input[0] & 4 == 0 { bench.connect() }
  var strangers: Set<[UInt8]> = []
  var at = 1
  while at + 3 <= input.count {
    let (kind, place, length) = (input[at], input[at + 1], min(Int(input[at + 2]), input.count - at - 3))
    let octets = Array(input[at + 3..<at + 3 + length])
    at += 3 + length
    let direction: Direction = kind & 1 == 0 ? .outbound : .inbound
    switch kind >> 1 & 7 {
    case 0...3:
      bench.segment(
        direction, at: Int(Int8(bitPattern: place)) * 8, octets,
        flags: TCPFlags(rawValue: kind >> 4 == 15 ? place : 0x10),
        acknowledging: kind & 0x10 == 0 ? bench.delivered(direction == .outbound ? .inbound : .outbound) : nil)
    case 4: bench.segment(direction, at: 0, octets, flags: [.ack, .fin])
    case 5: bench.wait(UInt64(place) * 100_000)
    case 6:
      // What is no packet over IPv6 goes on as it came.
      if isIPv6 { strangers.insert(octets) }
      bench.receive(octets, direction)
    default: bench.engine.ended(bench.session.id)
    }
    check(&bench, strangers)
  }
  return 0
}

/// Whether octets are an IP packet, as long as it says at least.
private func isSound(_ octets: [UInt8]) -> Bool {
  guard octets.count >= 20 else { return false }
  if octets[0] >> 4 == 6 { return octets.count >= 40 + (Int(octets[4]) << 8 | Int(octets[5])) }
  return octets[0] >> 4 == 4 && Int(octets[2]) << 8 | Int(octets[3]) <= octets.count
}

/// What must hold after every step.
private func check(_ bench: inout EngineBench, _ strangers: Set<[UInt8]>) {
  for packet in bench.packets where !strangers.contains(packet.octets) {
    guard isSound(packet.octets) else { fatalError("what left is no packet") }
  }
  _ = bench.take()
  for row in bench.engine.connections(limit: 2) where row.bufferedOctets > limit + 2_048 {
    print("\(row.bufferedOctets) octets are held")
    fatalError("too much is held")
  }
}
