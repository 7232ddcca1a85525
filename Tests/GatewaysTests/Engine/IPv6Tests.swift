import Forwarding
import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation
import VirtualTCP
import WireFormats

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

@Suite("Sessions over IPv6")
struct IPv6Tests {
  private static let query: [UInt8] = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 98, 111, 98, 0, 0, 1, 0, 1]

  private static func octets(_ address: IPv4Address) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: address.rawValue >> (24 - 8 * $0)) }
  }

  private static func response(_ address: IPv4Address) -> [UInt8] {
    [0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 3, 98, 111, 98, 0, 0, 1, 0, 1, 0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4]
      + octets(address)
  }

  /// A question for the name of an address.
  private static func reverse(_ address: IPv4Address) -> [UInt8] {
    let name = (octets(address).reversed().map { "\($0)" } + ["in-addr", "arpa"])
      .flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    return [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 0, 12, 0, 1]
  }

  private func bench(_ change: (inout EngineSettings) -> Void = { _ in }) -> EngineBench {
    EngineBench(DNSv6Gateway.self, addresses: Book(), overIPv6: true, settings: change)
  }

  /// The octets that a test wants after the headers of an IPv6 packet, with the headers.
  private func expected(_ payload: [UInt8], _ direction: Direction) -> [UInt8] {
    let client = Host.alice.at(EngineBench.clientPort)
    let server = Host.carol.at(53)
    let (source, destination) = direction == .outbound ? (client, server) : (server, client)
    return overIPv6(Datagram.udp(from: source, to: destination).with { $0.payload = payload }.packet())
  }

  @Test func `a datagram's address is replaced, with the right checksum and without an order to any worker`() {
    var bench = bench()
    bench.datagram(Self.query)
    bench.datagram(Self.response(Place.bobGlobal), .inbound)
    #expect(
      bench.packets.map(\.octets) == [
        expected(Self.query, .outbound), expected(Self.response(Host.bob.address), .inbound),
      ])
    #expect(bench.packets.allSatisfy { transportSum($0.octets) == 0xFFFF })
    #expect(bench.orders.isEmpty)
    let told = bench.ledger.entries(after: 0)
    #expect(told.map(\.session.insideLocalName) == ["[2001:db8::a0a:a0a]:40000"])
    #expect(told.map(\.session.outsideGlobalName) == ["[2001:db8::cb00:710a]:53"])
    #expect(bench.counters.value(of: .edits, DNSv6Gateway.id) == 1)
  }

  @Test func `a SYN that comes late, after the end of its connection, begins no other`() {
    var bench = EngineBench(DNSv6Gateway.self, transport: .tcp, addresses: Book(), overIPv6: true)
    bench.connect()
    for direction in [Direction.outbound, .inbound] { bench.send(direction, [.ack, .fin]) }
    bench.send(.outbound)
    _ = bench.take()
    bench.segment(.outbound, at: -2, [], flags: .syn)
    #expect(bench.take().segments.allSatisfy { !$0.1.flags.contains(.syn) })
    // The server, which has not heard that its end has arrived, is answered as before.
    bench.segment(.inbound, at: -1, [], flags: [.ack, .fin])
    #expect(bench.take().segments.contains { $0.1.flags == .ack && $0.1.acknowledgment == bench.delivered(.inbound) })
    // A SYN with another number does begin one.
    bench.connect()
    #expect(bench.counters.value(of: .connectionsOpened) == 2)
  }

  @Test func `a name that grows makes the datagram longer, but not longer than its link`() {
    var bench = bench()
    bench.datagram(Self.reverse(Host.bob.address))
    #expect(bench.packets.map(\.octets) == [expected(Self.reverse(Place.bobGlobal), .outbound)])
    let grown = Self.reverse(Place.bobGlobal).count - Self.reverse(Host.bob.address).count
    #expect(grown > 0)
    var octets = expected(Self.reverse(Host.bob.address), .outbound)
    _ = bench.take()
    for (room, isEdited) in [(grown, true), (grown - 1, false)] {
      bench.engine.receive(
        IPv6Packet(
          octets: octets, gateway: DNSv6Gateway.id, direction: .outbound, arrival: Arrival(ingress: Place.inside),
          longest: octets.count + room), now: bench.now)
      bench.drain()
      #expect(bench.packets.map(\.octets) == [isEdited ? expected(Self.reverse(Place.bobGlobal), .outbound) : octets])
      _ = bench.take()
    }
    // One whose sender computed no checksum gets none.
    (octets[46], octets[47]) = (0, 0)
    bench.receive(octets, .outbound)
    #expect(bench.packets.map { Array($0.octets[46..<48]) } == [[0, 0]])
  }

  @Test func `a session ends when it has been idle, and gives its room back`() {
    var bench = bench { $0.timeouts.dns = 30 }
    bench.datagram(Self.query)
    #expect(bench.counters.value(of: .ipv6Sessions) == 1)
    bench.wait(29_000_000)
    #expect(bench.counters.value(of: .ipv6Sessions) == 1)
    bench.wait(2_000_000)
    #expect(bench.counters.value(of: .ipv6Sessions) == 0)
    #expect(bench.counters.value(of: .openSessions, DNSv6Gateway.id) == 0)
    #expect(bench.engine.deadline == nil)
    // Its answer is one that nobody has asked for then, and says nothing.
    bench.datagram(Self.response(Place.bobGlobal), .inbound)
    #expect(bench.packets.last?.octets == expected(Self.response(Place.bobGlobal), .inbound))
  }

  @Test func `a stream whose beginning was not seen, or that is no gateway's business, passes as it is`() {
    for gateway in [DNSv6Gateway.id, GatewayID.none] {
      var bench = bench()
      let flags: TCPFlags = gateway == .none ? .syn : .ack
      var segment = Datagram.tcp(from: Host.alice.at(EngineBench.clientPort), to: Host.carol.at(53), flags)
      segment.payload = Array("octets".utf8)
      let octets = overIPv6(segment.packet())
      bench.engine.receive(
        IPv6Packet(
          octets: octets, gateway: gateway, direction: .outbound, arrival: Arrival(ingress: Place.inside), worker: 3),
        now: bench.now)
      bench.drain()
      #expect(bench.packets.map(\.octets) == [octets] && bench.packets.map(\.session.worker) == [3])
      #expect(bench.counters.value(of: .ipv6Sessions) == 0 && bench.orders.isEmpty)
    }
  }

  @Test func `a stranger's stream and one whose gateway is switched off go on unread, and stay with the engine`() {
    for isStranger in [true, false] {
      var bench = bench()
      bench.connect()
      if isStranger {
        bench.send(.outbound, .ack, "GET / HTTP/1.1\r\n\r\n")
      } else {
        bench.engine.adopt(EngineSettings(), addresses: Book(), now: bench.now)
        bench.drain()
        bench.send(.outbound, .ack, "GET / HTTP/1.1\r\n\r\n")
      }
      #expect(bench.texts(.outbound) == ["GET / HTTP/1.1\r\n\r\n"])
      bench.send(.inbound, .ack, "HTTP/1.1 200 OK\r\n\r\n")
      let (segments, orders) = bench.take()
      #expect(orders.isEmpty && segments.contains { String(decoding: $0.1.payload, as: UTF8.self).hasPrefix("HTTP") })
      #expect(bench.counters.value(of: isStranger ? .stranger : .switchedOff, DNSv6Gateway.id) == 1)
      #expect(bench.engine.connections(limit: 9).map(\.steppedAside) == [isStranger ? .stranger : .switchedOff])
    }
  }

  @Test func `a stream that passes where it lies is not idle`() {
    var bench = bench { $0.timeouts.tcp = 60 }
    bench.connect()
    bench.send(.outbound, .ack, "GET / HTTP/1.1\r\n\r\n")
    bench.send(.inbound)
    _ = bench.take()
    bench.letsPass = true
    for _ in 0..<5 {
      bench.wait(50_000_000)
      bench.send(.outbound, .ack, "more")
      bench.send(.inbound)
    }
    #expect(bench.passed == 10)
    #expect(bench.counters.value(of: .ipv6Sessions) == 1)
    bench.wait(62_000_000)
    #expect(bench.counters.value(of: .ipv6Sessions) == 0 && bench.counters.value(of: .connections) == 0)
  }

  @Test func `there is room for so many connections, and what begins beyond them passes unread`() {
    var bench = bench()
    let syn = overIPv6(
      Datagram.tcp(from: Host.alice.at(EngineBench.clientPort), to: Host.carol.at(53), .syn).packet())
    // The bound is the engine's; a test of all of it would hold 64 MB.
    for port in 0..<16_385 {
      var packet = syn
      (packet[40], packet[41]) = (UInt8(port >> 8), UInt8(port & 255))
      bench.receive(packet, .outbound)
      _ = bench.take()
    }
    #expect(bench.counters.value(of: .connections) == 16_384)
    #expect(bench.counters.value(of: .ipv6Unread) == 1)
    bench.wait(70_000_000)
    #expect(bench.counters.value(of: .connections) == 0 && bench.counters.value(of: .ipv6Sessions) == 0)
  }

  @Test func `whatever is made of a packet, nothing traps and what leaves is a packet`() {
    var bench = bench()
    bench.connect()
    var random = SeededRandom(seed: 4)
    let whole = [
      expected(Self.query, .outbound), expected(Self.response(Place.bobGlobal), .inbound),
      overIPv6(Datagram.tcp(from: Host.alice.at(EngineBench.clientPort), to: Host.carol.at(53)).packet()),
    ]
    for _ in 0..<20_000 {
      var octets = random.pick(whole)
      for _ in 0..<(1 + random.next() % 4) {
        octets[Int(random.next() % UInt64(octets.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      if random.oneIn(3) { octets = Array(octets.prefix(Int(random.next() % UInt64(octets.count + 1)))) }
      // As an error quotes it, too.
      if random.oneIn(4) {
        let message = [UInt8(random.next() % 6), 0, 0, 0, 0, 0, 5, 0] + octets
        octets = Array(whole[0].prefix(40)) + message
        (octets[4], octets[5], octets[6]) = (UInt8(message.count >> 8), UInt8(message.count & 255), 58)
      }
      bench.receive(octets, random.oneIn(2) ? .outbound : .inbound)
      for packet in bench.packets where packet.octets.count >= 40 && packet.octets[0] >> 4 == 6 {
        #expect(Int(packet.octets[4]) << 8 | Int(packet.octets[5]) + 40 <= max(packet.octets.count, 65_575))
      }
      _ = bench.take()
    }
  }
}
