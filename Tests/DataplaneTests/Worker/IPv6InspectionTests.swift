import Forwarding
import Gateways
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

/// bob is called by his global address outside.
private struct Book: AddressBook {
  func insideGlobal(of local: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
    local == Host.bob.address ? Place.bobGlobal : nil
  }
  func insideLocal(of global: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
    global == Place.bobGlobal ? Host.bob.address : nil
  }
  func outsideLocal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
  func outsideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
}

/// Questions and answers over IPv6 through workers and slow paths.
@Suite struct `IPv6 packets of gateways` {
  private static let services = [IPProtocol.udp, .tcp].map {
    IPv6Service(gateway: DNSv6Gateway.id, transport: $0, port: 53)
  }
  private static let setup = BenchSetup().with {
    $0.ipv6 = true
    $0.slowPaths = 2
    $0.workers = 2
    $0.ipv6Services = services
    $0.addresses = Book()
  }
  private let alice = Self.address(of: .alice)
  private let carol = Self.address(of: .carol)

  private static func address(of host: Host) -> IPv6Address {
    IPv6Address(
      0x2001_0DB8_0000_0000 | UInt64(Segment(of: host).interface.rawValue) << 16, UInt64(host.address.rawValue))
  }

  private func bench(_ change: (inout BenchSetup) -> Void = { _ in }) throws -> WorkerBench {
    let bench = try WorkerBench(Self.setup.with(change))
    for host in [Host.alice, .carol] {
      let hop = IPv6NextHop(interface: Segment(of: host).interface, neighbor: Self.address(of: host))
      _ = bench.ipv6Neighbors.resolve(hop, now: bench.tick)
      bench.ipv6Neighbors.learn(hop, address: host.hardwareAddress, overrides: true, now: bench.tick)
    }
    return bench
  }

  private static func octets(_ address: IPv6Address) -> [UInt8] {
    [address.high, address.low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  /// The sum under a transport checksum, taken octet by octet.
  private static func sum(_ packet: [UInt8]) -> UInt16 {
    var sum = UInt64(packet.count - 40) + UInt64(packet[6])
    for place in 8..<packet.count { sum += UInt64(packet[place]) << (place % 2 == 0 ? 8 : 0) }
    while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
    return UInt16(sum)
  }

  private func packet(
    from source: IPv6Address, to destination: IPv6Address, _ nextHeader: UInt8, _ body: [UInt8], checksum: Int?
  ) -> [UInt8] {
    var packet =
      [0x60, 0, 0, 0, UInt8(body.count >> 8), UInt8(body.count & 255), nextHeader, 64] + Self.octets(source)
      + Self.octets(destination) + body
    guard let checksum else { return packet }
    let value = ~Self.sum(packet)
    (packet[40 + checksum], packet[41 + checksum]) = (UInt8(value >> 8), UInt8(value & 255))
    return packet
  }

  private func ports(_ source: UInt16, _ destination: UInt16) -> [UInt8] {
    [source, destination].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
  }

  private func question(_ payload: [UInt8]) -> [UInt8] {
    packet(
      from: alice, to: carol, 17, ports(40_000, 53) + [0, UInt8(8 + payload.count), 0, 0] + payload, checksum: 6)
  }

  private func answer(_ payload: [UInt8]) -> [UInt8] {
    packet(
      from: carol, to: alice, 17, ports(53, 40_000) + [0, UInt8(8 + payload.count), 0, 0] + payload, checksum: 6)
  }

  private static let query: [UInt8] = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 98, 111, 98, 0, 0, 1, 0, 1]

  private static func response(_ address: IPv4Address) -> [UInt8] {
    [0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 3, 98, 111, 98, 0, 0, 1, 0, 1, 0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4]
      + (0..<4).map { UInt8(truncatingIfNeeded: address.rawValue >> (24 - 8 * $0)) }
  }

  private func send(
    _ octets: [UInt8], from host: Host, through bench: WorkerBench, at worker: Int = 0
  ) -> [[UInt8]] {
    let segment = Segment(of: host)
    bench.forgetWritten()
    var frame = WireFrame(.udp(from: host.at(1), to: Host.carol.at(1)), from: host.hardwareAddress, on: segment)
    frame.type = 0x86DD
    frame.destination = segment.gateway
    frame.payload = octets
    bench.arrive(frame, on: segment, at: worker)
    bench.settle()
    return bench.written().filter { $0.type == 0x86DD }.map(\.payload)
  }

  /// As it leaves when nobody has changed it.
  private func routed(_ octets: [UInt8]) -> [UInt8] { octets[..<7] + [63] + octets[8...] }

  @Test func `the address in an answer over IPv6 is the one that the asker reaches`() throws {
    let bench = try bench()
    #expect(send(question(Self.query), from: .alice, through: bench) == [routed(question(Self.query))])
    // The answer comes by another worker's queue.
    let told = send(answer(Self.response(Place.bobGlobal)), from: .carol, through: bench, at: 1)
    #expect(told == [routed(answer(Self.response(Host.bob.address)))])
    #expect(bench.load(.ipv6Inspected) == 2 && bench.load(.ipv6Forwarded) == 2)
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `without the service nothing is looked into, and what no list permits is not`() throws {
    let server = IPv6Prefix(containing: Self.address(of: .carol), length: 128)
    let any = IPv6Prefix(containing: .unspecified, length: 0)
    func listed(_ permits: Bool) -> [IPv6AccessList.Entry] {
      [IPv6AccessList.Entry(permits: permits, source: any, destination: server, transport: .udp)]
    }
    let cases: [(services: [IPv6Service], lines: [IPv6AccessList.Entry], isRead: Bool)] = [
      ([], [], false),
      ([IPv6Service(gateway: DNSv6Gateway.id, transport: .udp, port: 53, accessList: "V6")], [], false),
      ([IPv6Service(gateway: DNSv6Gateway.id, transport: .udp, port: 53, accessList: "V6")], listed(false), false),
      ([IPv6Service(gateway: DNSv6Gateway.id, transport: .udp, port: 53, accessList: "V6")], listed(true), true),
    ]
    for (services, lines, isRead) in cases {
      let bench = try bench {
        $0.ipv6Services = services
        $0.ipv6AccessLists["V6"] = IPv6AccessList(name: "V6", entries: lines)
      }
      _ = send(question(Self.query), from: .alice, through: bench)
      let told = send(answer(Self.response(Place.bobGlobal)), from: .carol, through: bench)
      #expect(told == [routed(answer(Self.response(isRead ? Host.bob.address : Place.bobGlobal)))])
      #expect(bench.load(.ipv6Inspected) == (isRead ? 2 : 0))
      #expect(bench.problems == [])
    }
  }

  @Test func `what cannot be read goes on as it is and is counted`() throws {
    let bench = try bench()
    let body = Array(question(Self.query)[40...])
    let fragment = packet(from: alice, to: carol, 44, [17, 0, 0, 1, 0, 0, 0, 9] + body, checksum: nil)
    let sourceRouted = packet(
      from: alice, to: carol, 43, [17, 2, 0, 1, 0, 0, 0, 0] + Self.octets(carol) + body, checksum: nil)
    for (number, octets) in [fragment, sourceRouted].enumerated() {
      #expect(send(octets, from: .alice, through: bench) == [routed(octets)])
      #expect(bench.load(.ipv6Unread) == number + 1)
    }
    // A fragment without ports is nobody's, and one that is all of its datagram is read.
    let later = packet(from: alice, to: carol, 44, [17, 0, 0, 9, 0, 0, 0, 9] + body, checksum: nil)
    #expect(send(later, from: .alice, through: bench) == [routed(later)])
    let whole = packet(from: alice, to: carol, 44, [17, 0, 0, 0, 0, 0, 0, 9] + body, checksum: nil)
    #expect(send(whole, from: .alice, through: bench) == [routed(whole)])
    #expect(bench.load(.ipv6Unread) == 2 && bench.load(.ipv6Inspected) == 1)
    #expect(bench.problems == [])
  }

  @Test func `a stream that was under way passes where it lies, and one that begins is carried`() throws {
    let bench = try bench()
    func segment(_ flags: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
      packet(
        from: alice, to: carol, 6,
        ports(40_000, 53) + [0, 0, 0, 9, 0, 0, 0, 5, 0x50, flags, 1, 0, 0, 0, 0, 0] + payload,
        checksum: 16)
    }
    let under = segment(0x18, [1, 2, 3])
    #expect(send(under, from: .alice, through: bench) == [routed(under)])
    let counters = bench.slowHandles.map(\.counters)
    #expect(counters.allSatisfy { $0.value(of: .connections) == 0 && $0.value(of: .ipv6Sessions) == 0 })
    let opening = send(segment(0x02), from: .alice, through: bench)
    #expect(opening.count == 1)
    #expect(opening.allSatisfy { Self.sum($0) == 0xFFFF && $0[53] == 0x02 && $0[7] == 63 })
    #expect(counters.reduce(0) { $0 + $1.value(of: .connections) } == 1)
    // Once the gateway is off, it still comes by the slow path, and another that begins does not stay there.
    for cell in bench.cells { _ = cell.worker.translator.adopt(Self.setup.with { $0.ipv6Services = [] }.policy) }
    let before = bench.load(.ipv6Inspected)
    _ = send(segment(0x02), from: .alice, through: bench)
    #expect(send(question(Self.query), from: .alice, through: bench) == [routed(question(Self.query))])
    #expect(bench.load(.ipv6Inspected) == before + 1)
    #expect(counters.reduce(0) { $0 + $1.value(of: .connections) } == 1)
    #expect(bench.problems == [])
  }

  @Test func `what came in segments leaves in one super-frame, whose segments a device makes`() throws {
    let bench = try bench {
      $0.superFrames = true
      $0.workers = 1
      $0.slowPaths = 1
    }
    var next: (alice: UInt32, carol: UInt32) = (5000, 9000)
    func arrive(_ host: Host, _ flags: UInt8, _ payload: [UInt8] = []) {
      let isAlice = host == .alice
      let numbers = isAlice ? [next.alice, next.carol] : [next.carol, next.alice]
      let body =
        (isAlice ? ports(40_000, 53) : ports(53, 40_000))
        + numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
        + [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0] + payload
      let length = UInt32(payload.count) + (flags & 2 == 0 ? 0 : 1)
      if isAlice { next.alice += length } else { next.carol += length }
      let segment = Segment(of: host)
      var frame = WireFrame(.udp(from: host.at(1), to: Host.carol.at(1)), from: host.hardwareAddress, on: segment)
      frame.type = 0x86DD
      frame.destination = segment.gateway
      frame.payload = packet(
        from: isAlice ? alice : carol, to: isAlice ? carol : alice, 6, body, checksum: 16)
      bench.arrive(frame, on: segment)
    }
    func say(_ host: Host, _ flags: UInt8, _ payload: [UInt8] = []) {
      arrive(host, flags, payload)
      bench.settle()
    }
    say(.alice, 0x02)
    say(.carol, 0x12)
    say(.alice, 0x10)
    say(.alice, 0x18, [0, UInt8(Self.query.count)] + Self.query)
    say(.carol, 0x10)
    var answer = Self.response(Place.bobGlobal)
    let record = answer[21...]
    for _ in 1..<100 { answer += record }
    (answer[6], answer[7]) = (0, 100)
    let message = [UInt8(answer.count >> 8), UInt8(answer.count & 255)] + answer
    bench.forgetWritten()
    for start in stride(from: 0, to: message.count, by: 500) {
      arrive(.carol, 0x18, Array(message[start..<min(start + 500, message.count)]))
    }
    bench.settle()
    let frame = try #require(bench.written(on: .inside).first { $0.type == 0x86DD && $0.offload.gsoType != 0 })
    #expect(frame.offload.gsoType == 4 && frame.offload.flags == 1 && frame.offload.gsoSize > 0)
    #expect(frame.offload.checksumStart == 54 && frame.offload.checksumOffset == 16 && frame.offload.headerLength == 74)
    let payload = Array(frame.payload[60...])
    #expect(payload.count == message.count && payload.suffix(4) == Self.response(Host.bob.address).suffix(4))
    #expect(bench.problems == [])
  }
}
