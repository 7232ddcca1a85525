import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

/// Frames with IPv6 packets of a host's, and what becomes of them.
@Suite struct `IPv6 packets` {
  private let setup = BenchSetup().with { $0.ipv6 = true }
  private let inside = Segment.inside
  private let outside = Segment.outside

  private func gateway(on segment: Segment) -> IPv6Address {
    IPv6Address(0x2001_0DB8_0000_0000 | UInt64(segment.interface.rawValue) << 16, 1)
  }

  private func address(of host: Host) -> IPv6Address {
    IPv6Address(gateway(on: Segment(of: host)).high, UInt64(host.address.rawValue))
  }

  /// The octets of a packet from its IPv6 header on.
  private func packet(
    from source: IPv6Address, to destination: IPv6Address, hopLimit: UInt8 = 64, nextHeader: UInt8 = 59,
    _ payload: [UInt8] = []
  ) -> [UInt8] {
    func octets(_ address: IPv6Address) -> [UInt8] {
      [address.high, address.low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    }
    return [0x60, 0, 0, 0, UInt8(payload.count >> 8), UInt8(payload.count & 255), nextHeader, hopLimit]
      + octets(source) + octets(destination) + payload
  }

  /// An ICMPv6 packet with its checksum.
  private func icmp(
    from source: IPv6Address, to destination: IPv6Address, hopLimit: UInt8 = 255, _ message: [UInt8]
  ) -> [UInt8] {
    var octets = packet(from: source, to: destination, hopLimit: hopLimit, nextHeader: 58, message)
    var sum = UInt64(message.count) + 58
    for index in stride(from: 8, to: octets.count, by: 2) {
      sum += UInt64(octets[index]) << 8 | UInt64(index + 1 < octets.count ? octets[index + 1] : 0)
    }
    while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
    (octets[42], octets[43]) = (UInt8(~sum >> 8 & 255), UInt8(~sum & 255))
    return octets
  }

  private func send(
    _ octets: [UInt8], from host: Host, to station: MACAddress? = nil, through bench: WorkerBench
  ) -> [WireFrame] {
    let segment = Segment(of: host)
    bench.forgetWritten()
    var frame = WireFrame(
      .udp(from: host.at(1), to: Host.carol.at(1)), from: host.hardwareAddress, on: segment)
    frame.type = 0x86DD
    frame.destination = station ?? segment.gateway
    frame.payload = octets
    bench.arrive(frame, on: segment)
    bench.settle()
    return bench.written().filter { $0.type == 0x86DD }
  }

  /// The answer to the question that the gateway asked for a host.
  private func introduce(_ host: Host, to bench: WorkerBench) -> [WireFrame] {
    let own = address(of: host)
    let mac = (0..<6).map { UInt8(truncatingIfNeeded: host.hardwareAddress.rawValue >> (40 - 8 * UInt64($0))) }
    let target = Array(packet(from: own, to: own)[8..<24])
    return send(
      icmp(
        from: own, to: gateway(on: Segment(of: host)), [136, 0, 0, 0, 0x60, 0, 0, 0] + target + [2, 1] + mac),
      from: host, through: bench)
  }

  @Test func `wait for the neighbour's answer, leave as they came with one hop less, and then at once`() throws {
    let bench = try WorkerBench(setup)
    let sent = packet(from: address(of: .alice), to: address(of: .carol), [1, 2, 3])
    let asked = send(sent, from: .alice, through: bench)
    #expect(asked.count == 1)
    #expect(asked.first?.destination == address(of: .carol).solicitedNode.group)
    var expected = sent
    expected[7] = 63
    for frames in [introduce(.carol, to: bench), send(sent, from: .alice, through: bench)] {
      #expect(frames.map(\.payload) == [expected])
      #expect(frames.first?.destination == Host.carol.hardwareAddress)
      #expect(frames.first?.source == outside.gateway)
    }
    #expect(bench.load(.ipv6Forwarded) == 2)
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `are answered when nobody is there, when their hops run out, and when no route leads on`() throws {
    let bench = try WorkerBench(setup)
    let alice = address(of: .alice)
    _ = send(packet(from: alice, to: address(of: .carol)), from: .alice, through: bench)
    bench.forgetWritten()
    bench.pass(seconds: 6)
    #expect(bench.allDrops == [.neighborUnresolved: 1])
    let errors = bench.written(on: inside).filter { $0.type == 0x86DD && $0.payload.count > 40 && $0.payload[40] == 1 }
    #expect(errors.map { Array($0.payload[40..<42]) } == [[1, 3]])
    let late = send(packet(from: alice, to: address(of: .carol), hopLimit: 1), from: .alice, through: bench)
    #expect(late.map { Array($0.payload[40..<42]) } == [[3, 0]])
    #expect(late.first?.destination == Host.alice.hardwareAddress)
    let lost = send(
      packet(from: alice, to: IPv6Address(0x2001_0DB9 << 32, 1)), from: .alice, through: bench)
    #expect(lost.map { Array($0.payload[40..<42]) } == [[1, 0]])
    #expect(bench.problems == [])
  }

  @Test func `of a link's own scope, from the gateway's own address or malformed go nowhere`() throws {
    let bench = try WorkerBench(setup)
    let (alice, carol) = (address(of: .alice), address(of: .carol))
    let local = IPv6Address(0xFE80 << 48, 9)
    let plain = packet(from: alice, to: carol)
    let short = [UInt8](packet(from: alice, to: carol, [1, 2, 3]).dropLast())
    var cases: [([UInt8], DropReason)] = []
    cases.append((packet(from: local, to: carol), .ipv6Scope))
    cases.append((packet(from: alice, to: local), .ipv6Scope))
    cases.append((packet(from: .unspecified, to: carol), .ipv6Scope))
    cases.append((packet(from: gateway(on: outside), to: carol), .martianSource))
    cases.append((packet(from: .allNodes, to: carol), .martianSource))
    cases.append((packet(from: alice, to: IPv6Address(0xFF0E << 48, 1)), .multicast))
    cases.append(([UInt8](plain.prefix(39)), .malformedIPv6))
    cases.append((short, .malformedIPv6))
    cases.append(([0x40] + [UInt8](plain.dropFirst()), .malformedIPv6))
    for (octets, reason) in cases {
      let before = bench.drops(reason)
      #expect(send(octets, from: .alice, through: bench).isEmpty)
      #expect(bench.drops(reason) == before + 1, "\(reason)")
    }
    #expect(bench.problems == [])
  }

  @Test func `no error is sent about an error, nor to many`() throws {
    let bench = try WorkerBench(setup)
    let alice = address(of: .alice)
    let far = IPv6Address(0x2001_0DB9 << 32, 1)
    let error = icmp(from: alice, to: far, hopLimit: 64, [1, 0, 0, 0, 0, 0, 0, 0] + packet(from: far, to: alice))
    #expect(send(error, from: .alice, through: bench).isEmpty)
    // Behind an extension header, too, and as a later fragment, which may be one.
    let hidden = packet(from: alice, to: far, nextHeader: 60, [58, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    #expect(send(hidden, from: .alice, through: bench).isEmpty)
    let later = packet(
      from: alice, to: far, nextHeader: 44, [58, 0, 0, 8, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 8))
    #expect(send(later, from: .alice, through: bench).isEmpty)
    #expect(bench.drops(.noRoute) == 3)
  }

  @Test func `echo requests to the gateway are answered, from whichever of its addresses was asked`() throws {
    let bench = try WorkerBench(setup)
    let alice = address(of: .alice)
    for own in [gateway(on: inside), gateway(on: outside), IPv6Address.linkLocal(of: inside.gateway)] {
      let answer = send(
        icmp(from: alice, to: own, hopLimit: 64, [128, 0, 0, 0, 0, 1, 0, 2, 7, 8, 9]), from: .alice, through: bench)
      #expect(answer.map(\.payload) == [icmp(from: own, to: alice, hopLimit: 64, [129, 0, 0, 0, 0, 1, 0, 2, 7, 8, 9])])
    }
    var broken = icmp(from: alice, to: gateway(on: inside), hopLimit: 64, [128, 0, 0, 0, 0, 1, 0, 2])
    broken[42] ^= 1
    #expect(send(broken, from: .alice, through: bench).isEmpty)
    #expect(bench.allDrops == [.badICMPChecksum: 1])
  }

  @Test func `a question about the gateway's address is answered to who asks and learned from`() throws {
    let bench = try WorkerBench(setup)
    let (alice, own) = (address(of: .alice), gateway(on: inside))
    let mac = (0..<6).map { UInt8(truncatingIfNeeded: Host.alice.hardwareAddress.rawValue >> (40 - 8 * UInt64($0))) }
    let target = Array(packet(from: own, to: own)[8..<24])
    let question = icmp(from: alice, to: own.solicitedNode, [135, 0, 0, 0, 0, 0, 0, 0] + target + [1, 1] + mac)
    let answer = send(question, from: .alice, to: own.solicitedNode.group, through: bench)
    #expect(answer.count == 1)
    #expect(answer.first?.destination == Host.alice.hardwareAddress)
    #expect(answer.first.map { Array($0.payload[40..<41] + $0.payload[44..<45]) } == [136, 0xE0])
    let hop = IPv6NextHop(interface: inside.interface, neighbor: alice)
    #expect(bench.ipv6Neighbors.state(of: hop)?.address == Host.alice.hardwareAddress)
    // Nobody who forwarded it, and nobody elsewhere, is believed.
    let far = IPv6Address(0x2001_0DB9 << 32, 1)
    _ = send(
      icmp(from: far, to: own.solicitedNode, [135, 0, 0, 0, 0, 0, 0, 0] + target + [1, 1] + mac), from: .alice,
      to: own.solicitedNode.group, through: bench)
    #expect(bench.ipv6Neighbors.state(of: IPv6NextHop(interface: inside.interface, neighbor: far)) == nil)
  }

  @Test func `a host that asks for routers inside is told, one outside is not`() throws {
    let bench = try WorkerBench(setup)
    let solicitation: [UInt8] = [133, 0, 0, 0, 0, 0, 0, 0]
    for (host, isTold) in [(Host.alice, true), (Host.carol, false)] {
      let local = IPv6Address.linkLocal(of: host.hardwareAddress)
      let told = send(
        icmp(from: local, to: .allRouters, solicitation), from: host, to: IPv6Address.allRouters.group, through: bench)
      #expect(told.contains { $0.payload.count > 40 && $0.payload[40] == 134 } == isTold)
    }
  }

  @Test func `without an address of the interface are dropped`() throws {
    let bench = try WorkerBench()
    #expect(send(packet(from: address(of: .alice), to: address(of: .carol)), from: .alice, through: bench).isEmpty)
    #expect(bench.allDrops == [.ipv6: 1])
  }

  @Test func `whatever the octets, nothing breaks`() throws {
    let bench = try WorkerBench(setup)
    var random = SeededRandom(seed: 41)
    for _ in 0..<20_000 {
      let own = gateway(on: inside)
      var octets = icmp(
        from: address(of: .alice), to: random.oneIn(2) ? own : own.solicitedNode,
        [UInt8.random(in: 127...137, using: &random), 0, 0, 0]
          + (0..<Int.random(in: 0...60, using: &random)).map { _ in
            random.oneIn(3) ? 1 : UInt8.random(in: 0...255, using: &random)
          })
      if random.oneIn(2) {
        octets[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if random.oneIn(4) { octets = Array(octets.prefix(Int.random(in: 0...octets.count, using: &random))) }
      _ = send(octets, from: .alice, to: random.oneIn(2) ? nil : own.solicitedNode.group, through: bench)
    }
    #expect(bench.problems == [])
  }
}
