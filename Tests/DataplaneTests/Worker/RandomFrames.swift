import TestSupport
import WireFormats

/// Frames that nobody would think of, and those that everybody sends, from a seed: good packets, answers to what left,
/// ICMP errors, ARP, super-frames, and all of these with octets changed, cut off or added.
struct RandomFrames {
  /// A frame and the device that it comes by.
  struct Arrival {
    var octets: [UInt8]
    var device: Int
  }

  var random: SeededRandom
  /// Packets that left to the outside, which may be answered.
  private var left: [SentPacket] = []

  private static let insiders: [Host] = [.alice, .bob, .frank, .inside(0), .inside(1), .inside(2)]
  private static let outsiders: [Host] = [.carol, .dave, .grace, .mallory]
  private static let ports: [UInt16] = [1, 53, 80, 600, 5000, 5001, 40_000]

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Notes a packet that left to the outside.
  mutating func remember(_ packet: SentPacket) {
    left.append(packet)
    if left.count > 100 { left.removeFirst(50) }
  }

  mutating func next() -> Arrival {
    let (frame, segment) = sound()
    var arrival = Arrival(octets: frame.octets, device: segment.device)
    switch random.number(in: 0...19) {
    case 0: mutate(&arrival.octets, from: 10)
    case 1: mutate(&arrival.octets, from: 24)
    // Never to nothing at all: a read that brings nothing means that the device is gone.
    case 2: arrival.octets.removeLast(random.number(in: 0...arrival.octets.count - 1))
    case 3: arrival.octets += random.octets(random.number(in: 1...80))
    case 4: arrival.octets = random.octets(random.number(in: 1...1800))
    // A virtio header that no kernel would make.
    case 5: arrival.octets.replaceSubrange(0..<10, with: random.octets(10))
    case 6: arrival.device = 1 - arrival.device
    default: break
    }
    return arrival
  }

  private mutating func mutate(_ octets: inout [UInt8], from start: Int) {
    for _ in 0..<random.number(in: 1...4) {
      octets[random.number(in: start...octets.count - 1)] = UInt8(truncatingIfNeeded: random.next())
    }
  }

  // MARK: Sound frames

  private mutating func sound() -> (WireFrame, Segment) {
    switch random.number(in: 0...9) {
    case 0...4: return datagram(from: random.pick(Self.insiders), to: random.pick(Self.outsiders).address)
    case 5...6: return answer()
    case 7: return datagram(from: random.pick(Self.outsiders), to: gatewaysAddress())
    case 8: return error()
    default: return arp()
    }
  }

  private mutating func datagram(from host: Host, to address: IPv4Address) -> (WireFrame, Segment) {
    let source = host.at(random.pick(Self.ports))
    let destination = SocketAddress(address, random.pick(Self.ports))
    let flags: [TCPFlags] = [.syn, .ack, [.fin, .ack], .rst]
    var packet =
      switch random.number(in: 0...9) {
      case 0...4: Datagram.udp(from: source, to: destination)
      case 5...7: Datagram.tcp(from: source, to: destination, random.pick(flags))
      case 8: Datagram.echoRequest(from: host, to: address, identifier: random.pick(Self.ports))
      default: Datagram(from: host.at(0), to: destination, .other(47))
      }
    packet.payload = random.octets(random.oneIn(10) ? random.number(in: 1300...1472) : random.number(in: 0...40))
    packet.timeToLive = random.oneIn(10) ? 1 : 64
    packet.dontFragment = random.oneIn(2)
    packet.padding = random.oneIn(4) ? random.number(in: 0...20) : 0
    packet.partialChecksum = random.oneIn(4) && packet.protocolNumber != 1
    if packet.protocolNumber == 6, random.oneIn(4) { packet.segmentSize = 500 }
    if random.oneIn(40) { packet.fragment = random.pick([0x2000, 1]) }
    return framed(packet, from: host)
  }

  private mutating func framed(_ packet: Datagram, from host: Host) -> (WireFrame, Segment) {
    let station = host == .mallory ? Host.router : host
    let segment: Segment = Self.insiders.contains(host) && host != .frank ? .inside : Segment(of: station)
    return (WireFrame(packet, from: station.hardwareAddress, on: segment), segment)
  }

  /// One of the gateway's own, pool and static addresses, or an inside host's that nobody outside should use.
  private mutating func gatewaysAddress() -> IPv4Address {
    switch random.number(in: 0...7) {
    case 0: Place.outsideAddress
    case 1: Place.insideAddress
    case 2, 3: Place.bobGlobal
    case 4: Host.alice.address
    default: IPv4Address(Place.pool.lowerBound.rawValue + UInt32(random.number(in: 0...3)))
    }
  }

  /// Whoever got a packet that left; mallory stands for those that are not of the cast.
  private func receiver(of packet: SentPacket) -> Host {
    Self.outsiders.first { $0.address == packet.destinationAddress } ?? .mallory
  }

  private mutating func answer() -> (WireFrame, Segment) {
    guard !left.isEmpty else { return datagram(from: .carol, to: Place.pool.lowerBound) }
    let packet = random.pick(left)
    let host = receiver(of: packet)
    let answer: Datagram =
      switch packet.protocolNumber {
      case 6: .tcp(from: packet.destination, to: packet.source, random.oneIn(4) ? [.syn, .ack] : .ack)
      case 17: packet.answer
      default: .echoReply(from: host, to: packet.sourceAddress, identifier: packet.identifier)
      }
    return framed(answer, from: host)
  }

  private mutating func error() -> (WireFrame, Segment) {
    guard !left.isEmpty else { return arp() }
    let packet = random.pick(left)
    let host = random.oneIn(4) ? random.pick(Self.insiders) : receiver(of: packet)
    let target = Self.insiders.contains(host) ? random.pick(Self.outsiders).address : packet.sourceAddress
    let error = Datagram.icmpError(
      type: random.pick([3, 11, 12]), from: host.address, to: target, about: packet.packet,
      quoting: random.number(in: 20...60))
    return framed(error, from: host)
  }

  private mutating func arp() -> (WireFrame, Segment) {
    let segment = random.pick(Segment.allCases)
    let host = random.oneIn(8) ? .mallory : random.pick(segment.hosts)
    var message =
      random.oneIn(2)
      ? ARPMessage.reply(from: host, to: segment)
      : ARPMessage.request(from: host, for: random.oneIn(2) ? segment.address : gatewaysAddress())
    if random.oneIn(10) { message.sender = .unspecified }
    return (message.frame(on: segment), segment)
  }
}
