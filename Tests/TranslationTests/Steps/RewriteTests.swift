import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@Suite struct RewriteTests {
  static let flags: [TCPFlags] = [.syn, [.syn, .ack], .ack, [.fin, .ack]]

  /// Sends a flow out and its answer in, and says what is wrong with either.
  private func roundTrip(_ gateway: TestGateway, _ packet: Datagram) -> [String] {
    let out = gateway.sendOut(packet)
    guard let sent = out.packet else { return ["nothing left: \(out)"] }
    var problems = out.problems(
      .to(packet.destination), .carrying(packet.payload), .withTimeToLive(packet.timeToLive - 1))
    let answer = packet.with { ($0.source, $0.destination) = (packet.destination, sent.source) }
    problems += gateway.sendIn(answer)
      .problems(.from(packet.destination), .to(packet.source), .carrying(packet.payload))
    return problems
  }

  @Test(arguments: UInt64(1)...6) func `whatever a packet carries, both ways leave every checksum right`(_ seed: UInt64)
  {
    var random = SeededRandom(seed: seed)
    let gateway = TestGateway(.overloadedInterface.with { $0.seed = seed })
    for _ in 0..<150 {
      let source = Host.inside(random.number(in: 0...20)).at(UInt16(random.number(in: 1...65_535)))
      let destination = SocketAddress(
        IPv4Address(UInt32(random.number(in: 0x0B00_0000...0x7E00_0000))), UInt16(random.number(in: 1...65_535)))
      var packet = random.oneIn(2) ? Datagram.udp(from: source, to: destination) : .tcp(from: source, to: destination)
      packet.payload = random.octets(random.number(in: 0...60))
      packet.options = [UInt8](repeating: 1, count: 4 * random.number(in: 0...3))
      packet.timeToLive = UInt8(random.number(in: 2...255))
      packet.partialChecksum = random.oneIn(3)
      packet.withoutChecksum = random.oneIn(6)
      #expect(roundTrip(gateway, packet) == [])
    }
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a UDP checksum of zero stays zero, and one that comes out zero becomes ffff`() throws {
    let gateway = TestGateway(.overloadedInterface)
    let none = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7)).with { $0.withoutChecksum = true }
    #expect(try #require(gateway.sendOut(none).packet).transportChecksum == 0)
    // Payloads of which one makes the outgoing checksum 0 in ones' complement.
    var sawAllOnes = false
    for word in 0...0xFFFF where !sawAllOnes {
      var packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7))
      packet.payload = [UInt8(word >> 8), UInt8(word & 255)]
      let outside = packet.with { $0.source = SocketAddress(Place.outsideAddress, 5000) }.packet()
      guard outside[26] == 0xFF, outside[27] == 0xFF else { continue }
      let sent = try #require(gateway.sendOut(packet).packet)
      #expect(sent.transportChecksum == 0xFFFF)
      #expect(sent.checksumProblems == [])
      sawAllOnes = true
    }
    #expect(sawAllOnes)
  }

  @Test func `under offload only the pseudo-header's sum changes`() throws {
    let gateway = TestGateway(.overloadedInterface)
    _ = gateway.sendOut(.tcp(from: Host.bob.at(5000), to: Host.carol.at(7), .syn))
    let packet = Datagram.tcp(from: Host.alice.at(5000), to: Host.carol.at(7)).with {
      $0.partialChecksum = true
      $0.payload = [UInt8](repeating: 7, count: 1000)
    }
    let sent = try #require(gateway.sendOut(packet).packet)
    #expect(sent.source.port != 5000)
    let expected = packet.with { $0.source = sent.source }.packet()
    #expect(sent.transportChecksum == UInt16(expected[36]) << 8 | UInt16(expected[37]))
  }

  @Test func `an echo request's identifier is translated, and the reply's back`() throws {
    let gateway = TestGateway(.overloadedInterface)
    for host in [Host.alice, .bob] {
      let out = gateway.sendOut(.echoRequest(from: host, to: Host.carol.address, identifier: 77))
      #expect(
        out.problems(.from(Place.outsideAddress), .to(Host.carol.address), .icmp(type: 8), .withTimeToLive(63)) == [])
      let identifier = try #require(out.packet).identifier
      #expect((identifier == 77) == (host == .alice))
      let back = gateway.sendIn(.echoReply(from: .carol, to: Place.outsideAddress, identifier: identifier))
      #expect(back.problems(.to(host.address), .icmp(type: 0), .withIdentifier(77), .from(Host.carol.address)) == [])
    }
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `timestamp queries are translated like echoes`() throws {
    let gateway = TestGateway(.overloadedInterface)
    let query = Datagram(from: Host.alice.at(0), to: Host.carol.at(0), .icmp(type: 13, code: 0, rest: 9 << 16))
    #expect(gateway.sendOut(query).problems(.from(Place.outsideAddress), .icmp(type: 13), .withIdentifier(9)) == [])
    let reply = Datagram(
      from: Host.carol.at(0), to: SocketAddress(Place.outsideAddress, 0), .icmp(type: 14, code: 0, rest: 9 << 16))
    #expect(gateway.sendIn(reply).problems(.to(Host.alice.address), .icmp(type: 14), .withIdentifier(9)) == [])
  }

  @Test func `padding and the Ethernet header stay as they are`() throws {
    let gateway = TestGateway(.overloadedInterface)
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7)).with {
      $0.payload = []
      $0.padding = 18
    }
    let sent = try #require(gateway.sendOut(packet).packet)
    #expect(sent.frame.prefix(14) == packet.frame().octets.prefix(14))
    #expect(sent.frame.suffix(18).allSatisfy { $0 == 0 })
    #expect(sent.frame.count == 60)
  }
}
