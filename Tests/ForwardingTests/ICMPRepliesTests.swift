import Forwarding
import TestSupport
import Testing
import WireFormats

@Suite struct ICMPRepliesTests {
  private func mayReport(_ datagram: Datagram) -> Bool {
    let arena = FrameArena([datagram.frame()])
    let answer = ICMPReplies.mayReport(arena.octets(0), network: 14)
    // Nothing is written, and the frame outlives the view.
    return arena.sent(0).packet == datagram.packet() && answer
  }

  private func to(_ address: UInt32) -> Datagram {
    .udp(from: Host.alice.at(1), to: SocketAddress(IPv4Address(address), 2))
  }

  @Test func `errors are sent about what came from one host and goes to one`() {
    #expect(mayReport(to(Host.carol.address.rawValue)))
    #expect(mayReport(.tcp(from: Host.alice.at(1), to: Host.carol.at(2), .syn)))
    #expect(mayReport(.echoRequest(from: .alice, to: Host.carol.address, identifier: 1)))
    #expect(!mayReport(to(0xE000_0001)))
    #expect(!mayReport(to(0xFFFF_FFFF)))
    for source: UInt32 in [0, 0x7F00_0001, 0xE000_0001, 0xFFFF_FFFF] {
      #expect(!mayReport(.udp(from: SocketAddress(IPv4Address(source), 1), to: Host.carol.at(2))))
    }
  }

  @Test func `no error is sent about an ICMP error, whatever its type, nor about a later fragment`() {
    for type in [UInt8(3), 4, 5, 11, 12] {
      let error = Datagram.icmpError(
        type: type, from: Host.alice.address, to: Host.carol.address, about: [UInt8](repeating: 0, count: 28))
      #expect(!mayReport(error))
    }
    #expect(mayReport(to(Host.carol.address.rawValue).with { $0.fragment = 0x2000 }))
    #expect(!mayReport(to(Host.carol.address.rawValue).with { $0.fragment = 0x2001 }))
  }

  @Test(arguments: [0, 8, 500, 2000], [0, 8]) func `an error quotes as much as 576 octets hold`(
    _ payload: Int, _ options: Int
  ) {
    let about = Datagram.udp(from: Host.alice.at(1), to: Host.carol.at(2)).with {
      $0.payload = [UInt8](repeating: 7, count: payload)
      $0.options = [UInt8](repeating: 1, count: options)
      $0.padding = 5
    }
    let arena = FrameArena([about.frame(), Frame(octets: [UInt8](repeating: 0xEE, count: 600), networkOffset: 0)])
    let length = ICMPReplies.writeError(
      type: 3, code: 4, nextHopMTU: 1280, about: arena.octets(0), network: 14, from: Place.insideAddress,
      to: arena.octets(1))
    let error = arena.sent(1)
    #expect(length == min(576, 28 + about.packet().count))
    #expect(error.totalLength == length)
    #expect(
      error.problems(
        .from(Place.insideAddress), .to(Host.alice.address), .icmp(type: 3, code: 4), .withTimeToLive(64)) == [])
    #expect(error.nextHopMTU == 1280)
    #expect(error.payload == Array(about.packet().prefix(548)))
    #expect(error.frame.dropFirst(length).allSatisfy { $0 == 0xEE })
  }

  @Test func `an echo request is answered where it came from, with its data`() {
    let request = Datagram.echoRequest(from: .alice, to: Place.insideAddress, identifier: 77).with {
      $0.timeToLive = 3
      $0.options = [1, 1, 1, 0]
    }
    let arena = FrameArena([request.frame()])
    #expect(ICMPReplies.answerEcho(arena.octets(0), network: 14))
    #expect(
      arena.sent(0).problems(
        .from(Place.insideAddress), .to(Host.alice.address), .icmp(type: 0), .withIdentifier(77), .withTimeToLive(64),
        .carrying(request.payload)) == [])
  }

  @Test func `what is not a sound echo request is not answered, and not touched`() {
    let request = Datagram.echoRequest(from: .alice, to: Place.insideAddress, identifier: 77)
    var wrong = request.frame()
    wrong.octets[36] ^= 1
    let frames = [
      wrong, Datagram.echoReply(from: .alice, to: Place.insideAddress, identifier: 77).frame(),
      request.with { $0.fragment = 0x2000 }.frame(), Datagram.udp(from: Host.alice.at(1), to: Host.bob.at(2)).frame(),
      Datagram(from: Host.alice.at(0), to: Host.bob.at(0), .other(1)).with { $0.payload = [8, 0, 0xF7] }.frame(),
    ]
    for frame in frames {
      let arena = FrameArena([frame])
      #expect(!ICMPReplies.answerEcho(arena.octets(0), network: 14))
      #expect(arena.sent(0).frame == frame.octets)
    }
  }
}

@Suite struct RateLimitTests {
  /// How many of `calls`, `step` nanoseconds apart, are let through.
  private func passed(_ limit: inout RateLimit, calls: Int, step: UInt64) -> Int {
    var passed = 0
    for call in 0..<calls where limit.take(at: UInt64(call) * step) { passed += 1 }
    return passed
  }

  @Test func `as many as the burst at once, then as many as the rate`() {
    var limit = RateLimit(rate: 10, burst: 5)
    #expect((0..<20).filter { _ in limit.take(at: 0) }.count == 5)
    // Ten seconds, asked a thousand times a second.
    #expect((90...100).contains((1...10_000).filter { limit.take(at: UInt64($0) * 1_000_000) }.count))
  }

  @Test func `who asks more often than the clock counts is given his share nevertheless`() {
    var limit = RateLimit(rate: 1, burst: 1)
    #expect((2...3).contains(passed(&limit, calls: 3_000_000, step: 990)))
  }

  @Test func `a long pause earns no more than the burst`() {
    var limit = RateLimit(rate: 1_000_000, burst: 3)
    _ = limit.take(at: 0)
    #expect((0..<10).filter { _ in limit.take(at: UInt64.max / 2) }.count == 3)
  }
}
