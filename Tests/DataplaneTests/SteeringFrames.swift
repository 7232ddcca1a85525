/// Frames as the steering programs meet them, and what they should say about them, by the plainest arithmetic.
struct SteeringFrame {
  var tag: UInt16?
  var etherType: UInt16 = 0x0800
  /// The IPv4 header's options, a multiple of four octets.
  var options: [UInt8] = []
  var fragmentOffset: UInt16 = 0
  var proto: UInt8 = 17
  var source: UInt32 = 0x0A0A_0A0A
  var sourcePort: UInt16 = 40_000
  /// The destination port; for ICMP, the identifier.
  var port: UInt16 = 53
  var icmpType: UInt8 = 8

  var octets: [UInt8] {
    var frame: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
    if let tag { frame += [0x81, 0x00] + big(tag) }
    frame += big(etherType)
    frame += [0x40 | UInt8(5 + options.count / 4), 0, 0, 60, 0, 1] + big(fragmentOffset) + [64, proto, 0, 0]
    frame += big(UInt16(source >> 16)) + big(UInt16(source & 0xFFFF)) + [203, 0, 113, 10] + options
    frame += proto == 1 ? [icmpType, 0, 0, 0] + big(port) + [0, 1] : big(sourcePort) + big(port) + [0, 16, 0, 0]
    return frame + [UInt8](repeating: 0xAA, count: 16)
  }

  private func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }

  /// ((source ^ instance * 0x85EBCA6B) * 0x9E3779B1 >> 16) % queues, in 32 bits.
  func insideQueue(instance: UInt64, queues: UInt64) -> Int {
    if etherType == 0x86DD { return ipv6Queue(queues: queues) }
    guard etherType == 0x0800 else { return 0 }
    let seed = instance * 0x85EB_CA6B % (1 << 32)
    return Int((UInt64(source) ^ seed) * 0x9E37_79B1 % (1 << 32) / 65536 % queues)
  }

  /// Port or identifier / 64 % queues.
  func outsideQueue(queues: Int) -> Int {
    if etherType == 0x86DD { return ipv6Queue(queues: UInt64(queues)) }
    guard etherType == 0x0800, fragmentOffset & 0x1FFF == 0 else { return 0 }
    switch proto {
    case 6, 17: return Int(port) / 64 % queues
    case 1: return icmpType == 0 || icmpType == 8 ? Int(port) / 64 % queues : 0
    default: return 0
    }
  }

  /// The last words of the two addresses of an IPv6 header, added, * 0x9E3779B1 >> 16 % queues; what follows the Ethernet
  /// header need not be one.
  func ipv6Queue(queues: UInt64) -> Int {
    let network = tag == nil ? 14 : 18
    func word(_ offset: Int) -> UInt64 {
      octets[(network + offset)...].prefix(4).reduce(0) { $0 << 8 | UInt64($1) }
    }
    return Int((word(20) + word(36)) % (1 << 32) * 0x9E37_79B1 % (1 << 32) / 65536 % queues)
  }

  static func random(using generator: inout some RandomNumberGenerator) -> SteeringFrame {
    func any<Value>(_ values: Value...) -> Value { values.randomElement(using: &generator)! }
    var frame = SteeringFrame()
    frame.tag = any(nil, nil, 100, 0xE001)
    frame.etherType = any(0x0800, 0x0800, 0x0800, 0x0806, 0x86DD, 0x8100)
    frame.options = [UInt8](repeating: 1, count: 4 * .random(in: 0...10, using: &generator))
    frame.fragmentOffset = any(0, 0, 0x4000, 0x2000, 0x2001, 185)
    frame.proto = any(6, 17, 1, 47)
    frame.source = .random(in: 0...(.max), using: &generator)
    frame.port = .random(in: 0...(.max), using: &generator)
    frame.icmpType = any(0, 8, 3, 11, 13, 128)
    return frame
  }
}
