import TestSupport
import Testing
import Translation
import WireFormats

/// What is wrong with a frame, and the reason for which it is dropped.
struct MalformedCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let reason: DropReason
  let frame: Frame

  init(_ description: String, _ reason: DropReason, _ datagram: Datagram, _ change: (inout Frame) -> Void = { _ in }) {
    testDescription = description
    self.reason = reason
    frame = Self.changed(datagram, change)
  }

  private static func changed(_ datagram: Datagram, _ change: (inout Frame) -> Void) -> Frame {
    var frame = datagram.frame()
    change(&frame)
    return frame
  }
}

@Suite struct ParseTests {
  private static let udp = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7))
  private static let tcp = Datagram.tcp(from: Host.alice.at(5000), to: Host.carol.at(7), .syn)
  private static func addresses(_ source: String, _ destination: String) -> Datagram {
    .udp(
      from: SocketAddress(IPv4Address(source) ?? .unspecified, 5000),
      to: SocketAddress(IPv4Address(destination) ?? .unspecified, 7))
  }

  static let malformed: [MalformedCase] = [
    MalformedCase("no octets", .frameTooShort, udp) { $0.octets = [] },
    MalformedCase("an Ethernet header alone", .frameTooShort, udp) { $0.octets = Array($0.octets.prefix(14)) },
    MalformedCase("nineteen octets of IPv4", .frameTooShort, udp) { $0.octets = Array($0.octets.prefix(33)) },
    MalformedCase("version 6", .malformedIPv4, udp) { $0.octets[14] = 0x65 },
    MalformedCase("a header of 16 octets", .malformedIPv4, udp) { $0.octets[14] = 0x44 },
    MalformedCase("a total length beyond the frame", .malformedIPv4, udp) { $0.octets[16] = 0xFF },
    MalformedCase("a total length below the header's", .malformedIPv4, udp) {
      ($0.octets[16], $0.octets[17]) = (0, 19)
    },
    MalformedCase("a wrong checksum", .badIPv4Checksum, udp) { $0.octets[24] ^= 1 },
    MalformedCase("a source of 0.0.0.0", .martianSource, addresses("0.0.0.0", "203.0.113.10")),
    MalformedCase("a source of 127.0.0.1", .martianSource, addresses("127.0.0.1", "203.0.113.10")),
    MalformedCase("a multicast source", .martianSource, addresses("224.0.0.1", "203.0.113.10")),
    MalformedCase("a broadcast source", .martianSource, addresses("255.255.255.255", "203.0.113.10")),
    MalformedCase("a destination of 0.0.0.0", .martianDestination, addresses("10.10.10.10", "0.0.0.0")),
    MalformedCase("a destination of 127.0.0.1", .martianDestination, addresses("10.10.10.10", "127.0.0.1")),
    MalformedCase("a reserved destination", .martianDestination, addresses("10.10.10.10", "240.0.0.1")),
    MalformedCase("multicast", .multicast, addresses("10.10.10.10", "224.0.0.251")),
    MalformedCase("broadcast", .multicast, addresses("10.10.10.10", "255.255.255.255")),
    MalformedCase("a source port of 0", .malformedTransport, .udp(from: Host.alice.at(0), to: Host.carol.at(7))),
    MalformedCase("a destination port of 0", .malformedTransport, .tcp(from: Host.alice.at(7), to: Host.carol.at(0))),
    MalformedCase("a UDP length below 8", .malformedTransport, udp) { $0.octets[39] = 7 },
    MalformedCase("a UDP length beyond the packet", .malformedTransport, udp) { $0.octets[39] += 1 },
    MalformedCase("a TCP data offset below 5", .malformedTransport, tcp) { $0.octets[46] = 0x40 },
    MalformedCase("a TCP data offset beyond the packet", .malformedTransport, tcp) { $0.octets[46] = 0xF0 },
    MalformedCase("a fragment that ends within eight octets", .fragmentMalformed, udp.with { $0.fragment = 0x2000 }),
    MalformedCase("a later fragment that does", .fragmentMalformed, udp.with { $0.fragment = 0x2010 }),
    MalformedCase(
      "an ICMP router solicitation", .protocolNotTranslated,
      Datagram(from: Host.alice.at(0), to: Host.carol.at(0), .icmp(type: 10, code: 0, rest: 0))),
    MalformedCase(
      "GRE under a rule that shares ports", .protocolNotTranslated,
      Datagram(from: Host.alice.at(0), to: Host.carol.at(0), .other(47))),
  ]

  @Test(arguments: malformed) func `a malformed frame is dropped for its reason and leaves no state`(
    _ item: MalformedCase
  ) {
    let gateway = TestGateway(.overloadedPool)
    let outcome = gateway.send([item.frame], by: Place.inside)[0]
    #expect(outcome.dropReason == item.reason, "\(outcome)")
    #expect(outcome.refusal == nil)
    #expect(gateway.sessions.isEmpty)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a transport header cut at any length is dropped`() {
    let gateway = TestGateway(.overloadedPool)
    for (number, length) in [(UInt8(6), 20), (17, 8), (1, 8)] {
      for short in 0..<length {
        let datagram = Datagram(from: Host.alice.at(1), to: Host.carol.at(2), .other(number)).with {
          $0.payload = [UInt8](repeating: 0x50, count: short)
        }
        #expect(gateway.sendOut(datagram).dropReason == .malformedTransport)
      }
    }
    #expect(gateway.sessions.isEmpty)
  }

  @Test func `options, an 802.1Q tag and padding are walked over`() {
    let gateway = TestGateway(.overloadedPool)
    let datagram = Self.udp.with {
      $0.options = [1, 1, 1, 0]
      $0.vlan = 20
      $0.padding = 9
    }
    let outcome = gateway.sendOut(datagram)
    #expect(outcome.problems(.to(Host.carol.at(7)), .carrying(datagram.payload), .withTimeToLive(63)) == [])
    #expect(outcome.packet?.headerLength == 24)
    #expect(outcome.packet?.networkOffset == 18)
  }

  @Test func `TCP options are left alone`() {
    let gateway = TestGateway(.overloadedPool)
    let datagram = Self.tcp.with { $0.tcpOptions = [2, 4, 5, 0xB4] }
    #expect(gateway.sendOut(datagram).problems(.to(Host.carol.at(7)), .carrying(datagram.payload)) == [])
  }

  @Test func `frames that are right and frames that are not share a burst`() {
    let gateway = TestGateway(.overloadedPool)
    var frames = Self.malformed.map(\.frame)
    for index in stride(from: frames.count, through: 0, by: -1) { frames.insert(Self.udp.frame(), at: index) }
    let outcomes = gateway.send(frames, by: Place.inside)
    for (index, outcome) in outcomes.enumerated() {
      if index % 2 == 0 {
        #expect(outcome.problems(.to(Host.carol.at(7))) == [])
      } else {
        #expect(outcome.dropReason == Self.malformed[index / 2].reason)
      }
    }
    #expect(gateway.sessions.count == 1)
    #expect(gateway.problems() == [])
  }
}
