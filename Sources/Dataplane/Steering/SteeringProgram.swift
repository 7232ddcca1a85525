/// Which queue of a TAP device, and so which worker, a frame from the kernel goes to: as a program that the kernel runs
/// for each frame (TUNSETSTEERINGEBPF).
///
/// It computes what the workers compute to find a packet's owner, so that a frame need not be handed over. It need
/// not be right for every frame: where it is not, or where it is not allowed at all, the workers hand over.
package enum SteeringProgram: Equatable, Sendable {
  /// Frames from inside hosts: the queue comes from the source address, and from the routing instance, whose hosts may
  /// have the addresses of another's.
  case inside(instance: UInt16)
  /// Frames from outside hosts: the queue comes from the destination port's block of 64, or from that of an ICMP
  /// query's identifier (RFC 5508 section 3). Everything else but IPv6 is for queue 0.
  case outside

  /// The program for a device with `queues` queues.
  func instructions(queues: Int) -> [Instruction] {
    precondition((1...256).contains(queues), "a TAP device has 1 to 256 queues")
    var assembly = Assembly()
    assembly.findNetworkHeader()
    switch self {
    case .inside(let instance): assembly.chooseBySource(seed: UInt32(instance) &* 0x85EB_CA6B, queues: UInt32(queues))
    case .outside: assembly.chooseByPort(queues: UInt32(queues))
    }
    assembly.chooseForIPv6(queues: UInt32(queues))
    return assembly.assembled()
  }
}

/// Instructions with jumps to places that are yet to come.
private struct Assembly {
  enum Place: Hashable {
    case untagged, ipv6, port, portFound, queueZero
  }

  private var instructions: [Instruction] = []
  private var jumps: [(at: Int, to: Place)] = []
  private var places: [Place: Int] = [:]

  /// Finds the IP header behind the Ethernet header and at most one IEEE 802.1Q tag.
  mutating func findNetworkHeader() {
    append(.copy(.argument, to: .frame))
    append(.set(.network, 14))
    append(.load(.half, at: 12))
    append(.jump(if: .result, differsFrom: 0x8100), to: .untagged)
    append(.set(.network, 18))
    append(.load(.half, at: 16))
    mark(.untagged)
    append(.jump(if: .result, equals: 0x86DD), to: .ipv6)
    append(.jump(if: .result, differsFrom: 0x0800), to: .queueZero)
  }

  /// ((source address ^ seed) * 0x9E3779B1 >> 16) % queues.
  mutating func chooseBySource(seed: UInt32, queues: UInt32) {
    append(.load(.word, behind: .network, at: 12))
    append(.xor(.result, seed))
    append(.multiply(.result, 0x9E37_79B1))
    append(.shiftRight(.result, 16))
    append(.remainder(.result, queues))
    append(.exit)
    endWithQueueZero()
  }

  /// (destination port or query identifier >> 6) % queues.
  mutating func chooseByPort(queues: UInt32) {
    // Only the first fragment carries ports (RFC 791: the lower 13 bits are the "Fragment Offset").
    append(.load(.half, behind: .network, at: 6))
    append(.and(.result, 0x1FFF))
    append(.jump(if: .result, differsFrom: 0), to: .queueZero)
    append(.load(.octet, behind: .network, at: 9))
    append(.copy(.result, to: .proto))
    // The transport header starts "IHL" words behind the IP header's start.
    append(.load(.octet, behind: .network, at: 0))
    append(.and(.result, 15))
    append(.shiftLeft(.result, 2))
    append(.add(.result, .network))
    append(.copy(.result, to: .transport))
    append(.jump(if: .proto, equals: 6), to: .port)
    append(.jump(if: .proto, equals: 17), to: .port)
    append(.jump(if: .proto, differsFrom: 1), to: .queueZero)
    // ICMP: only echo (8) and echo reply (0) have an "Identifier", where TCP and UDP have more ports (RFC 792).
    append(.load(.octet, behind: .transport, at: 0))
    append(.and(.result, 0xF7))
    append(.jump(if: .result, differsFrom: 0), to: .queueZero)
    append(.load(.half, behind: .transport, at: 4))
    append(.jump, to: .portFound)
    mark(.port)
    append(.load(.half, behind: .transport, at: 2))
    mark(.portFound)
    append(.shiftRight(.result, 6))
    append(.remainder(.result, queues))
    append(.exit)
    endWithQueueZero()
  }

  /// ((last words of source and destination, added) * 0x9E3779B1 >> 16) % queues: IPv6 has no owner, but packets of one
  /// flow must not overtake each other.
  mutating func chooseForIPv6(queues: UInt32) {
    mark(.ipv6)
    append(.load(.word, behind: .network, at: 20))
    append(.copy(.result, to: .transport))
    append(.load(.word, behind: .network, at: 36))
    append(.add(.result, .transport))
    append(.multiply(.result, 0x9E37_79B1))
    append(.shiftRight(.result, 16))
    append(.remainder(.result, queues))
    append(.exit)
  }

  private mutating func endWithQueueZero() {
    mark(.queueZero)
    append(.set(.result, 0))
    append(.exit)
  }

  private mutating func append(_ instruction: Instruction, to place: Place? = nil) {
    if let place { jumps.append((instructions.count, place)) }
    instructions.append(instruction)
  }

  private mutating func mark(_ place: Place) { places[place] = instructions.count }

  /// The instructions with every jump's distance filled in, counted from the instruction after the jump.
  func assembled() -> [Instruction] {
    var result = instructions
    for jump in jumps {
      guard let target = places[jump.to] else { preconditionFailure("a jump to a place that no one marked") }
      result[jump.at].offset = Int16(target - jump.at - 1)
    }
    return result
  }
}
