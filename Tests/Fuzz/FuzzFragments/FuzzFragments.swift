import Forwarding
import Glibc
import TestSupport
import Translation
import WireFormats

// An input is a play with fragments: sound datagrams cut anywhere and sent in any order, pieces of them changed, pieces
// that overlap, time that passes. What leaves must never put together to something that nobody sent, no frame may be
// lost or given back twice, and in the end the table must be empty.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzFragments {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzFragments($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// One input.
private func fuzzFragments(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var play = Play(InputReader(input))
  play.perform()
  return 0
}

/// One input's way through a gateway.
private struct Play {
  private var reader: InputReader
  private let gateway: TestGateway
  /// An answer's destination, once something has left.
  private var global: SocketAddress?
  /// Fragments that were held and not given back.
  private var held = 0

  private static let maximumSteps = 64
  private static let setup = TestSetup.overloadedInterface.with {
    $0.workers = 2
    $0.sessionsPerWorker = 16
    $0.outsideMTU = 200
  }
  private static let policy = setup.policy
  private static let neighbors = NeighborTable()

  init(_ reader: InputReader) {
    self.reader = reader
    gateway = TestGateway(Self.setup, policy: Self.policy, neighbors: Self.neighbors)
  }

  mutating func perform() {
    for _ in 0..<Self.maximumSteps where !reader.isAtEnd { step() }
    gateway.advance(seconds: 100)
    settle()
    precondition(gateway.fragmentsHeld == 0 && held == 0, "a frame is still held")
    let problems = gateway.problems()
    precondition(problems.isEmpty, problems.joined(separator: "; "))
  }

  private mutating func step() {
    let choice = reader.next()
    if choice == 255 { gateway.advance(seconds: UInt32(reader.next() & 7)) }
    let isOutbound = choice & 1 == 0
    let datagram = isOutbound ? query() : answer()
    let cuts = (0..<Int(choice >> 1 & 3)).map { _ in Int(reader.next() & 31) * 8 }
    var frames = datagram.fragments(cutAt: Array(Set(cuts)))
    // Any order, any of them twice, any of them missing.
    frames = (0..<frames.count).map { _ in frames[Int(reader.next()) % frames.count] }
    if choice & 0x80 != 0 { change(&frames[0]) }
    let interface = isOutbound ? Place.inside : Place.outside
    let outcomes = gateway.send(frames, by: interface, at: Int(choice >> 4 & 1))
    for outcome in outcomes { judge(outcome, isOutbound) }
    settle()
  }

  private mutating func query() -> Datagram {
    let source = reader.pick([Host.alice, .bob, .inside(0)]).at(reader.pick([5000, 5001]))
    let shape = reader.next()
    var datagram = Datagram.udp(from: source, to: Host.carol.at(7))
    if shape & 3 == 1 { datagram = .tcp(from: source, to: Host.carol.at(80), .ack) }
    if shape & 3 == 2 { datagram.body = .icmp(type: shape & 0x10 == 0 ? 8 : 3, code: 0, rest: 7) }
    if shape & 3 == 3 { datagram.body = .other(47) }
    if shape & 4 != 0 { datagram.options = [1, 1, 1, 0] }
    datagram.dontFragment = shape & 8 != 0
    datagram.identification = UInt16(shape >> 5)
    datagram.payload = [UInt8](repeating: shape, count: Int(reader.next()))
    return datagram
  }

  private mutating func answer() -> Datagram {
    let destination = global ?? SocketAddress(Place.outsideAddress, 5000)
    return .udp(from: Host.carol.at(7), to: destination).with {
      $0.identification = UInt16(reader.next() & 7)
      $0.payload = [UInt8](repeating: 3, count: Int(reader.next()))
    }
  }

  /// Changes an octet of a header, and makes its checksum right again.
  private mutating func change(_ frame: inout Frame) {
    let place = frame.networkOffset + 2 + Int(reader.next()) % 18
    guard place < frame.octets.count else { return }
    frame.octets[place] = reader.next()
    let length = Int(frame.octets[frame.networkOffset] & 15) * 4
    let header = frame.networkOffset..<frame.networkOffset + length
    guard header.upperBound <= frame.octets.count else { return }
    (frame.octets[header.lowerBound + 10], frame.octets[header.lowerBound + 11]) = (0, 0)
    let checksum = NaiveChecksum.checksum(frame.octets[header])
    frame.octets[header.lowerBound + 10] = UInt8(checksum >> 8)
    frame.octets[header.lowerBound + 11] = UInt8(checksum & 255)
  }

  private mutating func settle() {
    for outcome in gateway.takeReleased() {
      held -= 1
      judge(outcome, true)
    }
    precondition(held == gateway.fragmentsHeld, "a held frame was lost")
  }

  private mutating func judge(_ outcome: Outcome, _ isOutbound: Bool) {
    switch outcome {
    case .held: held += 1
    case .undecided: preconditionFailure("a packet has no verdict")
    case .sent(let packet, Place.outside), .cut(let packet, Place.outside):
      precondition(packet.sourceAddress.rawValue >> 8 != 0x0A0A0A, "an inside address left")
      if isOutbound, packet.protocolNumber == 17, packet.fragmentField & 0x1FFF == 0 { global = packet.source }
    case .sent, .cut, .awaitsNeighbor, .delivered, .inspected, .refused, .dropped: break
    }
  }
}
