import Forwarding
import Glibc
import TestSupport
import Translation
import WireFormats

// An input is a state region as an earlier run might have left it: one with sessions and mappings of every kind, in which
// the fuzzer changes some octets. What a gateway takes up of it must hold together, and must go
// when its time is over.

/// libFuzzer's own main is left out, because a Swift package gives an executable's main another name.
@main
enum FuzzRegion {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    unsafe exit(runFuzzer(&count, &arguments, { unsafe fuzzRegion($0, $1) }))
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// One input: a selector, then changes of six octets each (place, kind, value), or the first octets of the region as they
/// are; and a region may end anywhere.
private func fuzzRegion(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let selector = input.first else { return 0 }
  var image = Template.images[Int(selector & 3)]
  if selector & 0x40 != 0 {
    image.octets.replaceSubrange(
      0..<min(input.count - 1, image.octets.count), with: input.dropFirst())
  } else {
    var rest = input.dropFirst()
    while rest.count >= 6 {
      change(&image, Array(rest.prefix(6)))
      rest = rest.dropFirst(6)
    }
    if selector & 0x20 == 0 { image.seal() }
  }
  if selector & 0x80 != 0, input.count >= 3 {
    image.octets = Array(image.octets.prefix(Int(input[1]) << 8 | Int(input[2])))
  }
  takeUp([image, Template.images[Int(selector >> 2 & 3)]], workers: selector & 0x10 == 0 ? 1 : 2)
  return 0
}

/// Changes one number of the region: anywhere, in the header, or in one of the records.
private func change(_ image: inout RegionImage, _ words: [UInt8]) {
  let place = Int(words[0]) << 8 | Int(words[1])
  let offset =
    switch words[2] & 3 {
    case 0: place % 128
    case 1: Int(image.number(at: RegionImage.sessionsOffset, 8) % UInt64(image.octets.count)) + place % 1024
    case 2: Int(image.number(at: RegionImage.mappingsOffset, 8) % UInt64(image.octets.count)) + place % 640
    default: place
    }
  let width = [1, 2, 4, 8][Int(words[2] >> 2 & 3)]
  guard offset + width <= image.octets.count else { return }
  let value = UInt64(words[3]) << 16 | UInt64(words[4]) << 8 | UInt64(words[5])
  image.set(words[2] & 0x10 == 0 ? value : ~value, at: offset, width)
}

/// Takes regions up under rules that know a little of all of them, and judges what has become of it.
private func takeUp(_ images: [RegionImage], workers: Int) {
  let gateway = TestGateway(
    Template.setup.with { $0.workers = workers }, policy: Template.policy, neighbors: Template.neighbors)
  let taken = gateway.takeUp(images)
  precondition(taken.sessions == gateway.sessions.count, "sessions are counted wrong")
  check(gateway.problems())
  _ = gateway.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)))
  check(gateway.problems())
  gateway.clear()
  gateway.advance(seconds: 90_000)
  check(gateway.problems())
  precondition(gateway.sessions.isEmpty && gateway.total(.mappings) == 0, "something outlived its time")
}

private func check(_ problems: [String]) {
  guard problems.isEmpty else {
    for problem in problems { print(problem) }
    preconditionFailure("the state does not hold")
  }
}

/// Regions that an earlier run might have left.
private enum Template {
  static let neighbors = NeighborTable()
  static let setup = mixed(.overloadedPool)
  static let policy = setup.policy
  static let images = [
    TestSetup.overloadedPool, .overloadedInterface, .exclusivePool, TestSetup.overloadedPool.withOneAddress,
  ].map { image(mixed($0)) }

  /// Static entries of both kinds beside the rule, and small tables.
  private static func mixed(_ setup: TestSetup) -> TestSetup {
    let web = StaticTranslation.Ports(transport: .tcp, local: 80, global: 80)
    return setup.withStatic(.bob, Place.bobGlobal).withStatic(.alice, Place.outsideAddress, web).with {
      $0.sessionsPerWorker = 16
      $0.translation.maximumEntries = 20
    }
  }

  private static func image(_ setup: TestSetup) -> RegionImage {
    let gateway = TestGateway(setup)
    for port in UInt16(5000)..<5004 {
      _ = gateway.sendOut(.udp(from: Host.alice.at(port), to: Host.carol.at(53)))
      _ = gateway.sendOut(.tcp(from: Host.inside(0).at(port), to: Host.dave.at(80), .syn))
    }
    _ = gateway.sendOut(.echoRequest(from: .inside(1), to: Host.carol.address, identifier: 7))
    _ = gateway.sendOut(.tcp(from: Host.bob.at(22), to: Host.carol.at(4000), .syn))
    _ = gateway.sendIn(.tcp(from: Host.carol.at(4001), to: SocketAddress(Place.outsideAddress, 80), .syn))
    return gateway.regions[0]
  }
}
