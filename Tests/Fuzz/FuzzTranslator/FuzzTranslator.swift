import Forwarding
import Glibc
import TestSupport
import Translation
import WireFormats

// An input is a play of many steps: packets that are nearly right, packets that are not, answers, errors, time that
// passes, tables that are cleared. After it the state must hold; and at no time may an inside address leave.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzTranslator {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzTranslator($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// One input.
private func fuzzTranslator(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var play = Play(InputReader(input))
  play.perform()
  return 0
}

/// One input's way through a gateway.
private struct Play {
  private var reader: InputReader
  private let gateway: TestGateway
  /// The last packet that left, which answers and errors speak of.
  private var left: SentPacket?
  /// The last packet that came in.
  private var entered: SentPacket?

  private static let insiders: [Host] = [.alice, .bob, .inside(0)]
  private static let outsiders: [Host] = [.carol, .dave, .mallory]
  /// Steps of one input, so that no input takes long.
  private static let maximumSteps = 64

  init(_ reader: InputReader) {
    self.reader = reader
    let selector = self.reader.next()
    gateway = TestGateway(
      Self.setup(selector), policy: Self.policies[Int(selector & 31)], neighbors: Self.neighbors)
    for host in [Host.alice, .bob, .inside(0)] { gateway.introduce(host, at: Place.inside) }
    for host in [Host.carol, .router] { gateway.introduce(host, at: Place.outside) }
  }

  /// What costs most to make and is the same for every input: rules do not change, and neighbours only come.
  private static let policies = (UInt8(0)..<32).map { setup($0).policy }
  private static let neighbors = NeighborTable()

  private static func setup(_ selector: UInt8) -> TestSetup {
    var setup = TestSetup.overloadedInterface
    switch selector & 3 {
    case 1: setup = TestSetup.exclusivePool.withOneAddress
    case 2:
      let web = StaticTranslation.Ports(transport: .tcp, local: 80, global: 80)
      setup = TestSetup.overloadedInterface.withStatic(.bob, Place.bobGlobal).withStatic(
        .alice, Place.outsideAddress, web)
    default: break
    }
    setup.workers = selector & 4 == 0 ? 1 : 2
    setup.sessionsPerWorker = 16
    setup.translation.maximumEntries = selector & 8 == 0 ? 20 : 3
    setup.outsideMTU = selector & 16 == 0 ? 1500 : 100
    setup.knowsNeighbors = false
    return setup
  }

  mutating func perform() {
    for _ in 0..<Self.maximumSteps where !reader.isAtEnd { step() }
    check(gateway.problems())
    gateway.clear()
    gateway.advance(seconds: 90_000)
    check(gateway.problems())
    precondition(gateway.sessions.isEmpty && gateway.total(.mappings) == 0, "something outlived its time")
  }

  private mutating func step() {
    switch reader.next() % 12 {
    case 0, 1, 2: send(frame(from: reader.pick(Self.insiders), to: outsideAddress()), outward: true)
    case 3, 4: send(frame(from: reader.pick(Self.outsiders), to: insideAddress()), outward: false)
    case 5: if let answer = answer() { send(answer.frame(), outward: false) }
    case 6: send(error(reader.pick(Self.outsiders).address, to: insideAddress(), left), outward: false)
    case 7: send(error(reader.pick(Self.insiders).address, to: outsideAddress(), entered), outward: true)
    case 8: send(raw(), outward: true)
    case 9: send(raw(), outward: false)
    case 10: gateway.advance(seconds: UInt32(reader.next()))
    default: gateway.clear()
    }
  }

  // MARK: Frames

  private mutating func outsideAddress() -> IPv4Address {
    reader.pick([Host.carol.address, Host.mallory.address, Place.outsideAddress, Place.bobGlobal, Place.insideAddress])
  }

  private mutating func insideAddress() -> IPv4Address {
    reader.pick([Place.outsideAddress, Place.bobGlobal, Place.pool.lowerBound, Host.alice.address])
  }

  /// A packet with right headers, and then some octets of it changed.
  private mutating func frame(from host: Host, to address: IPv4Address) -> Frame {
    let source = host.at(reader.pick([80, 5000, 5001, 1]))
    let destination = SocketAddress(address, reader.pick([80, 53, 5000]))
    let shape = reader.next()
    var datagram =
      switch shape % 6 {
      case 0, 1: Datagram.udp(from: source, to: destination)
      case 2, 3: Datagram.tcp(from: source, to: destination, TCPFlags(rawValue: reader.next()))
      case 4: Datagram.echoRequest(from: host, to: address, identifier: source.port)
      default: Datagram(from: source, to: destination, .other(reader.next()))
      }
    if shape & 0x40 != 0 { datagram.options = [1, 1, 1, 0] }
    if shape & 0x80 != 0 { datagram.partialChecksum = true }
    datagram.payload = reader.octets(Int(reader.next() & 15))
    var frame = datagram.frame()
    for _ in 0..<Int(reader.next() & 3) {
      frame.octets[14 + Int(reader.next()) % (frame.octets.count - 14)] = reader.next()
    }
    if reader.next() & 1 == 0 { repairHeader(&frame) }
    return frame
  }

  /// Octets as they come behind an Ethernet header, with a header checksum that lets them past the first guard.
  private mutating func raw() -> Frame {
    var frame = Frame(octets: [UInt8](repeating: 0, count: 14) + reader.octets(Int(reader.next())))
    if reader.next() & 3 != 0, frame.octets.count >= 34 {
      frame.octets[14] = 0x45
      let length = frame.octets.count - 14
      (frame.octets[16], frame.octets[17]) = (UInt8(length >> 8), UInt8(length & 255))
    }
    repairHeader(&frame)
    return frame
  }

  private func repairHeader(_ frame: inout Frame) {
    let length = frame.octets.count > 14 ? Int(frame.octets[14] & 15) * 4 : 0
    guard length >= 20, frame.octets.count >= 14 + length else { return }
    (frame.octets[24], frame.octets[25]) = (0, 0)
    let checksum = NaiveChecksum.checksum(frame.octets[14..<14 + length])
    (frame.octets[24], frame.octets[25]) = (UInt8(checksum >> 8), UInt8(checksum & 255))
  }

  private mutating func answer() -> Datagram? {
    guard let left else { return nil }
    switch left.protocolNumber {
    case 6: return .tcp(from: left.destination, to: left.source, TCPFlags(rawValue: reader.next()))
    case 17: return .udp(from: left.destination, to: left.source)
    case 1: return .echoReply(from: .carol, to: left.sourceAddress, identifier: left.identifier)
    default:
      return Datagram(
        from: SocketAddress(left.destinationAddress, 0), to: SocketAddress(left.sourceAddress, 0),
        .other(left.protocolNumber))
    }
  }

  private mutating func error(_ source: IPv4Address, to destination: IPv4Address, _ about: SentPacket?) -> Frame {
    var quoted = about?.packet ?? []
    if !quoted.isEmpty, reader.next() & 3 == 0 { quoted[Int(reader.next()) % quoted.count] = reader.next() }
    return Datagram.icmpError(
      type: reader.pick([3, 11, 12, 5]), code: reader.next(), rest: UInt32(reader.next16()), from: source,
      to: destination, about: quoted, quoting: Int(reader.next())
    ).frame()
  }

  // MARK: Judgement

  private mutating func send(_ frame: Frame, outward: Bool) {
    let interface = outward ? Place.inside : Place.outside
    let outcome = gateway.send([frame], by: interface, at: Int(reader.next()) % gateway.workers)[0]
    switch outcome {
    case .sent(let packet, Place.outside), .cut(let packet, Place.outside):
      // Every inside host of the play is under a rule, so none may be seen outside, whatever its packet was.
      precondition(
        !outward || packet.sourceAddress.rawValue >> 8 != 0x0A0A0A, "an inside address left")
      if outward { left = packet }
    case .sent(let packet, _), .cut(let packet, _): if !outward { entered = packet }
    case .undecided: preconditionFailure("a packet has no verdict")
    case .held, .awaitsNeighbor, .delivered, .refused, .dropped: break
    }
  }

  private func check(_ problems: [String]) {
    guard problems.isEmpty else {
      for problem in problems { print(problem) }
      preconditionFailure("the state does not hold")
    }
  }
}
