import Forwarding
import Translation
import WireFormats

/// Random packets through a gateway, with the memory of who opened what that judges them.
package struct RandomTraffic {
  package let gateway: TestGateway
  /// Packets that left to the outside, and that came in.
  package private(set) var left = 0
  package private(set) var entered = 0

  private var random: SeededRandom
  /// For each inside endpoint and protocol the outside endpoints that it has sent to, by what it is called outside.
  private var opened: [Opening: SocketAddress] = [:]
  private var sent: [SentPacket] = []
  private let statics: Set<IPv4Address>

  private struct Opening: Hashable {
    var global: SocketAddress
    var outside: SocketAddress
    var protocolNumber: UInt8
  }

  private static let insiders: [Host] = [.alice, .bob, .inside(0), .inside(1), .inside(2)]
  private static let outsiders: [Host] = [.carol, .dave, .mallory]
  private static let ports: [UInt16] = [1, 53, 80, 81, 600, 5000, 5001, 40_000]

  package init(_ setup: TestSetup, seed: UInt64) {
    gateway = TestGateway(setup)
    random = SeededRandom(seed: seed)
    statics = Set(gateway.policy.statics.map(\.global))
  }

  /// One random event; returns what is wrong about it.
  package mutating func step() -> [String] {
    switch random.number(in: 0...99) {
    case 0...39: return goOut(packet(from: random.pick(Self.insiders), to: random.pick(Self.outsiders).address))
    case 40...64: return comeIn(answer())
    case 65...74: return comeIn(packet(from: random.pick(Self.outsiders), to: global()))
    case 75...81: return comeIn(error(random.pick(Self.outsiders).address, to: global()))
    case 82...85: return goOut(error(random.pick(Self.insiders).address, to: random.pick(Self.outsiders).address))
    case 86...93: gateway.advance(seconds: UInt32(random.number(in: 0...9)))
    case 94: gateway.clear()
    case 95: clearOne()
    default: return garbage()
    }
    return []
  }

  // MARK: What is sent

  private mutating func packet(from host: Host, to address: IPv4Address) -> Datagram {
    let flags: [TCPFlags] = [.syn, [.syn, .ack], .ack, [.fin, .ack], .rst]
    let source = host.at(random.pick(Self.ports))
    let destination = SocketAddress(address, random.pick(Self.ports))
    var packet =
      switch random.number(in: 0...9) {
      case 0...3: Datagram.udp(from: source, to: destination)
      case 4...6: Datagram.tcp(from: source, to: destination, random.pick(flags))
      case 7: Datagram.echoRequest(from: host, to: address, identifier: random.pick(Self.ports))
      case 8: Datagram.echoReply(from: host, to: address, identifier: random.pick(Self.ports))
      default: Datagram(from: host.at(0), to: SocketAddress(address, 0), .other(47))
      }
    packet.payload = random.octets(random.number(in: 0...12))
    packet.timeToLive = random.oneIn(30) ? 1 : 64
    packet.partialChecksum = random.oneIn(5) && packet.protocolNumber != 1
    if random.oneIn(40) { packet.fragment = 0x2000 }
    return packet
  }

  private mutating func global() -> IPv4Address {
    switch random.number(in: 0...6) {
    case 0: Place.outsideAddress
    case 1: Place.bobGlobal
    case 2: Host.alice.address
    default: IPv4Address(Place.pool.lowerBound.rawValue + UInt32(random.number(in: 0...3)))
    }
  }

  /// The answer to something that left, or to nothing.
  private mutating func answer() -> Datagram {
    guard !sent.isEmpty else { return packet(from: .mallory, to: Place.pool.lowerBound) }
    let packet = random.pick(sent)
    switch packet.protocolNumber {
    case 6: return .tcp(from: packet.destination, to: packet.source, random.oneIn(4) ? [.syn, .ack] : .ack)
    case 17: return .udp(from: packet.destination, to: packet.source)
    case 1:
      let host = Self.outsiders.first { $0.address == packet.destinationAddress } ?? .mallory
      return .echoReply(from: host, to: packet.sourceAddress, identifier: packet.identifier)
    default:
      return Datagram(
        from: SocketAddress(packet.destinationAddress, 0), to: SocketAddress(packet.sourceAddress, 0), .other(47))
    }
  }

  private mutating func error(_ source: IPv4Address, to destination: IPv4Address) -> Datagram {
    var quoted = sent.isEmpty ? [] : random.pick(sent).packet
    if random.oneIn(5), !quoted.isEmpty { quoted[random.number(in: 0...quoted.count - 1)] ^= 4 }
    return .icmpError(
      type: random.pick([3, 11, 12, 4]), from: source, to: destination, about: quoted,
      quoting: random.number(in: 20...60))
  }

  /// A frame with a header that looks right and nonsense behind it, or nonsense altogether.
  private mutating func garbage() -> [String] {
    var frame = packet(from: random.pick(Self.insiders), to: Host.carol.address).frame()
    for _ in 0..<random.number(in: 1...6) {
      frame.octets[random.number(in: 14...frame.octets.count - 1)] = UInt8(truncatingIfNeeded: random.next())
    }
    if random.oneIn(3) { frame.octets = Array(frame.octets.prefix(random.number(in: 0...frame.octets.count))) }
    frame.networkOffset = random.oneIn(4) ? 18 : 14
    let outcome = gateway.send([frame], by: random.oneIn(2) ? Place.inside : Place.outside)[0]
    if case .undecided = outcome { return ["a frame has no verdict"] }
    return []
  }

  private mutating func clearOne() {
    var request = ClearRequest()
    request.insideLocal = random.pick(Self.insiders).address.rawValue
    gateway.clear(request)
  }

  // MARK: What is judged

  /// Sends from the inside; nothing may leave with an inside address.
  private mutating func goOut(_ datagram: Datagram) -> [String] {
    let outcome = gateway.sendOut(datagram, at: random.number(in: 0...gateway.workers - 1))
    switch outcome {
    case .sent(let packet, Place.outside):
      left += 1
      remember(packet, from: datagram)
      if packet.sourceAddress.rawValue >> 8 == 0x0A0A0A { return ["an inside address left: \(datagram)"] }
      if !gateway.policy.globalAddresses.contains(packet.sourceAddress) {
        return ["\(packet.sourceAddress) left, which is no global address"]
      }
      return packet.checksumProblems
    case .undecided: return ["a packet from inside has no verdict: \(datagram)"]
    case .sent(_, let interface) where interface != Place.inside: return ["a packet left by \(interface)"]
    default: return []
    }
  }

  private mutating func remember(_ packet: SentPacket, from datagram: Datagram) {
    let isError = packet.isICMP && packet.icmpType != 8 && packet.icmpType != 0
    guard !isError else { return }
    sent.append(packet)
    if sent.count > 200 { sent.removeFirst(100) }
    opened[opening(packet, outbound: true)] = SocketAddress(datagram.source.address, 0)
  }

  private func opening(_ packet: SentPacket, outbound: Bool) -> Opening {
    var (global, outside) = outbound ? (packet.source, packet.destination) : (packet.destination, packet.source)
    if packet.isICMP { (global.port, outside.port) = (packet.identifier, 0) }
    if ![1, 6, 17].contains(packet.protocolNumber) { (global.port, outside.port) = (0, 0) }
    return Opening(global: global, outside: outside, protocolNumber: packet.protocolNumber)
  }

  /// Sends from the outside; it may come in only where a static entry, an address of a host's own, or a packet of
  /// that very host lets it.
  private mutating func comeIn(_ datagram: Datagram) -> [String] {
    let before = SentPacket(frame: datagram.packet(), networkOffset: 0)
    let exclusive = gateway.addressMappings.contains { $0.insideGlobal == datagram.destination.address }
    let outcome = gateway.sendIn(datagram, at: random.number(in: 0...gateway.workers - 1))
    guard case .sent(let packet, let interface) = outcome else {
      if case .undecided = outcome { return ["a packet from outside has no verdict: \(datagram)"] }
      return []
    }
    guard interface == Place.inside else { return ["a packet from outside left by \(interface)"] }
    entered += 1
    let problems = packet.checksumProblems
    let isError = packet.isICMP && packet.icmpType != 8 && packet.icmpType != 0
    if isError || exclusive || statics.contains(datagram.destination.address) { return problems }
    guard let host = opened[opening(before, outbound: false)] else {
      return problems + ["nobody had opened the way for \(datagram)"]
    }
    return host.address == packet.destinationAddress ? problems : problems + ["\(datagram) came to the wrong host"]
  }
}
