import GatewayTestSupport
import Gateways
import TestSupport
import Testing
import Translation
import VirtualTCP
import WireFormats

@Suite("The engine's streams")
struct StreamTests {
  private func connected(_ change: (inout EngineSettings) -> Void = { _ in }) -> EngineBench {
    var bench = EngineBench(FTPGateway.self, settings: change)
    bench.connect()
    bench.send(.inbound, .ack, "220 ready\r\n")
    bench.send(.outbound)
    _ = bench.take()
    return bench
  }

  private static let port = "PORT 10,10,10,10,200,1\r\n"
  private static let translated = "PORT 203,0,113,100,195,80\r\n"

  @Test func `the handshake passes from end to end with its numbers and options`() throws {
    var bench = EngineBench(FTPGateway.self)
    bench.send(.outbound, .syn)
    let syn = try #require(bench.take().segments.first)
    #expect(syn.0 == .outbound && syn.1.flags == .syn && syn.1.sequence == 5000)
    bench.send(.inbound, [.syn, .ack])
    let answer = try #require(bench.take().segments.first)
    #expect(answer.0 == .inbound && answer.1.flags == [.syn, .ack] && answer.1.acknowledgment == 5001)
  }

  @Test func `what a burst brings of a stream that nobody reads leaves together`() {
    var bench = EngineBench(FTPGateway.self) { $0.enabled = [] }
    bench.answer = { _ in nil }
    bench.connect()
    bench.isBurst = true
    for text in ["one ", "two ", "three"] { bench.send(.outbound, .ack, text) }
    bench.drain()
    #expect(bench.texts(.outbound).isEmpty)
    bench.endBurst()
    #expect(bench.texts(.outbound) == ["one two three"])
  }

  @Test func `octets that a gateway does not look at pass where they lie, and what it reads does not`() {
    var bench = connected()
    bench.send(.outbound, .ack, "NOOP\r\n")
    bench.send(.inbound)
    _ = bench.take()
    bench.letsPass = true
    bench.send(.outbound, .ack, "NOOP " + String(repeating: "x", count: 5_000))
    bench.send(.inbound)
    #expect(bench.passed == 0 && bench.texts(.outbound).map(\.count).reduce(0, +) == 5_005)
    // The line goes on and on; its end and what follows are read.
    for _ in 0..<3 {
      bench.send(.outbound, .ack, "xxxx")
      bench.send(.inbound)
    }
    #expect(bench.passed == 6 && bench.counters.value(of: .bufferedOctets) == 0)
    #expect(bench.texts(.outbound) == ["xxxx", "xxxx", "xxxx"])
    bench.send(.outbound, .ack, "xx\r\n" + Self.port)
    #expect(bench.passed == 6 && bench.texts(.outbound).joined() == "xx\r\n" + Self.translated)
    bench.send(.inbound, .ack, "200 ok\r\n", acknowledging: bench.delivered(.outbound))
    #expect(bench.counters.value(of: .messages, FTPGateway.id) == 4)
  }

  @Test func `what was made before a packet leaves before it`() {
    var bench = connected { $0.enabled = [FTPGateway.id] }
    bench.letsPass = true
    bench.isBurst = true
    bench.send(.outbound, .ack, "NOOP\r\n")
    bench.send(.outbound)
    #expect(bench.passed == 0)
    bench.endBurst()
    #expect(bench.texts(.outbound) == ["NOOP\r\n"])
  }

  @Test func `what waits for the end of a burst leaves when the session goes back before`() {
    var bench = EngineBench(FTPGateway.self) { $0.enabled = [] }
    bench.send(.outbound, .syn)
    bench.send(.inbound, [.syn, .ack])
    bench.isBurst = true
    // This one makes the session ripe for the fast path; its worker says so after the next.
    bench.send(.outbound)
    bench.send(.outbound, .ack, "late")
    bench.drain()
    #expect(bench.texts(.outbound) == ["late"])
    #expect(bench.counters.value(of: .connections) == 0)
    bench.endBurst()
    #expect(bench.texts(.outbound).isEmpty)
  }

  @Test func `a door is open before the message that announces it leaves`() throws {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    #expect(bench.sequence.first == true, "the order comes first")
    let out = bench.take()
    guard case .open(let request) = try #require(out.orders.first) else {
      Issue.record("no door")
      return
    }
    #expect(request.insideLocalPort == 51_201 && request.parent == bench.session.id && request.gateway == FTPGateway.id)
    let sent = out.segments.filter { $0.0 == .outbound }.map { String(decoding: $0.1.payload, as: UTF8.self) }
    #expect(sent == [Self.translated])
  }

  @Test func `a message waits for the worker's answer, and nothing of it leaves before`() {
    var bench = connected()
    bench.answer = { _ in nil }
    bench.send(.outbound, .ack, Self.port)
    #expect(bench.texts(.outbound).isEmpty)
    // The other direction goes on meanwhile.
    bench.send(.inbound, .ack, "421 bye\r\n", acknowledging: 5001)
    #expect(bench.texts(.inbound) == ["421 bye\r\n"])
  }

  @Test func `a worker that does not answer in a second refuses`() {
    var bench = connected()
    bench.answer = { _ in nil }
    bench.send(.outbound, .ack, Self.port)
    bench.wait(1_100_000)
    #expect(bench.texts(.outbound) == [Self.port])
    #expect(bench.counters.value(of: .ordersLost) == 1)
  }

  @Test func `an acknowledgement of the longer message is one of the shorter, and later octets are moved`() throws {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    _ = bench.take()
    // Half of the edited message says nothing about the original.
    bench.send(.inbound, .ack, acknowledging: 5001 + 10)
    #expect(bench.take().segments.allSatisfy { $0.0 == .outbound || $0.1.acknowledgment <= 5006 })
    bench.send(.inbound, .ack, acknowledging: 5001 + UInt32(Self.translated.utf8.count))
    let told = try #require(bench.take().segments.last { $0.0 == .inbound })
    #expect(told.1.acknowledgment == 5001 + UInt32(Self.port.utf8.count))
    bench.send(.outbound, .ack, "QUIT\r\n")
    let quit = try #require(bench.take().segments.first { $0.0 == .outbound })
    #expect(quit.1.sequence == 5001 + UInt32(Self.translated.utf8.count))
  }

  @Test func `the worker is told of the shift when everything is acknowledged, for a restart`() {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    _ = bench.take()
    bench.send(.inbound, .ack, acknowledging: 5001 + UInt32(Self.translated.utf8.count))
    let growth = Int32(Self.translated.utf8.count - Self.port.utf8.count)
    #expect(bench.take().orders.contains(.note(bench.session.id, SequenceShift(outbound: growth, inbound: 0))))
  }

  @Test func `after AUTH the session goes back to the fast path with its shift`() {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    bench.send(.inbound, .ack, "200 ok\r\n", acknowledging: 5001 + UInt32(Self.translated.utf8.count))
    bench.send(.outbound, .ack, "AUTH TLS\r\n")
    let growth = UInt32(Self.translated.utf8.count - Self.port.utf8.count)
    _ = bench.take()
    bench.send(
      .inbound, .ack, "234 go\r\n", acknowledging: 5001 + UInt32("\(Self.port)AUTH TLS\r\n".utf8.count) + growth)
    let shift = SequenceShift(outbound: Int32(growth), inbound: 0)
    #expect(bench.take().orders.last == .release(bench.session.id, shift))
    #expect(bench.counters.value(of: .encrypted, FTPGateway.id) == 1)
    #expect(bench.engine.connections(limit: 9).isEmpty)
    #expect(bench.counters.value(of: .connections) == 0 && bench.counters.value(of: .openSessions, FTPGateway.id) == 0)
  }

  @Test func `a stranger's octets go on, and the session goes back`() {
    var bench = EngineBench(FTPGateway.self)
    bench.connect()
    bench.send(.outbound, .ack, "POST / HTTP/1.1\r\n" + Self.port)
    let out = bench.take()
    #expect(
      out.segments.filter { !$0.1.payload.isEmpty }.map { String(decoding: $0.1.payload, as: UTF8.self) } == [
        "POST / HTTP/1.1\r\n" + Self.port
      ])
    // At once, though nothing of it is acknowledged: its sender still has it all.
    #expect(out.orders == [.release(bench.session.id, SequenceShift())])
    #expect(bench.counters.value(of: .stranger, FTPGateway.id) == 1)
  }

  @Test func `a connection whose beginning was not seen is not looked into (R1)`() {
    var bench = EngineBench(FTPGateway.self)
    bench.send(.outbound, .ack, Self.port)
    let out = bench.take()
    #expect(out.orders == [.release(bench.session.id, SequenceShift())])
    #expect(String(decoding: out.segments[0].1.payload, as: UTF8.self) == Self.port)
  }

  @Test func `a dry run tells and changes nothing`() throws {
    var bench = connected { $0.dryRun = [FTPGateway.id] }
    bench.send(.outbound, .ack, Self.port)
    let out = bench.take()
    #expect(out.orders.isEmpty)
    #expect(
      out.segments.filter { $0.0 == .outbound }.map { String(decoding: $0.1.payload, as: UTF8.self) } == [Self.port])
    let entry = try #require(bench.ledger.entries(after: 0).last)
    #expect(entry.isDryRun && entry.edits.first?.field == "PORT")
    #expect(bench.counters.value(of: .dryEdits, FTPGateway.id) == 1)
    #expect(bench.counters.value(of: .edits, FTPGateway.id) == 0)
  }

  @Test func `a gateway that is switched off steps aside, and its sessions go on`() {
    var bench = connected()
    bench.send(.outbound, .ack, "USER a")
    _ = bench.take()
    bench.engine.adopt(EngineSettings(), addresses: EmptyAddressBook(), now: bench.now)
    bench.drain()
    let out = bench.take()
    #expect(out.segments.map { String(decoding: $0.1.payload, as: UTF8.self) } == ["USER a"])
    #expect(out.orders == [.release(bench.session.id, SequenceShift())])
  }

  @Test(arguments: EngineSettings.Overflow.allCases)
  func `a connection that would hold too much passes through or is reset, as configured`(
    _ overflow: EngineSettings.Overflow
  ) {
    var bench = connected {
      $0.octetsPerConnection = 3_000
      $0.overflow = overflow
    }
    bench.answer = { _ in nil }
    bench.send(.outbound, .ack, Self.port)
    for _ in 0..<4 { bench.send(.outbound, .ack, String(repeating: "NOOP\r\n", count: 150)) }
    let out = bench.take()
    #expect(bench.counters.value(of: .overflows) == 1)
    switch overflow {
    case .pass: #expect(out.segments.contains { !$0.1.payload.isEmpty && !$0.1.flags.contains(.rst) })
    case .reset:
      #expect(Set(out.segments.filter { $0.1.flags.contains(.rst) }.map(\.0)) == [.outbound, .inbound])
      #expect(out.orders.contains(.end(bench.session.id)))
    }
  }

  @Test func `an error about a moved segment quotes the number that its sender knows`() throws {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    bench.send(.inbound, .ack, acknowledging: 5001 + UInt32(Self.translated.utf8.count))
    _ = bench.take()
    bench.send(.outbound, .ack, "QUIT\r\n")
    let moved = 5001 + UInt32(Self.translated.utf8.count)
    let quoted = Datagram.tcp(
      from: SocketAddress(Place.pool.lowerBound, 41_000), to: Host.carol.at(21), .ack
    ).with { $0.sequence = moved }
    _ = bench.take()
    bench.receive(
      .icmpError(type: 3, code: 1, from: Host.router.address, to: Place.pool.lowerBound, about: quoted.packet()),
      .inbound)
    let error = try #require(bench.packets.last)
    let sequence = error.octets[20 + 8 + 20 + 4..<20 + 8 + 20 + 8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    #expect(sequence == 5001 + UInt32(Self.port.utf8.count))
    #expect(NaiveChecksum.checksum(Array(error.octets[20...])) == 0)
  }

  @Test(arguments: [548, 28])
  func `an error from inside quotes the acknowledgement that the outside host sent`(quoting limit: Int) throws {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    let delivered = 5001 + UInt32(Self.translated.utf8.count)
    bench.send(.inbound, .ack, acknowledging: delivered)
    _ = bench.take()
    let quoted = Datagram.tcp(from: Host.carol.at(21), to: SocketAddress(Host.alice.address, 41_000), .ack)
      .with {
        $0.sequence = 9001
        $0.acknowledgment = 5001 + UInt32(Self.port.utf8.count)
      }
    bench.receive(
      .icmpError(
        type: 3, code: 1, from: Host.alice.address, to: Host.carol.address, about: quoted.packet(), quoting: limit),
      .outbound)
    let error = try #require(bench.packets.last)
    #expect(NaiveChecksum.checksum(Array(error.octets[20...])) == 0)
    let segment = Array(error.octets[48...])
    guard limit > 28 else { return }
    #expect(segment[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } == delivered)
    let pseudo = NaiveChecksum.pseudoHeader(
      source: Array(error.octets[40..<44]), destination: Array(error.octets[44..<48]), protocolNumber: 6,
      length: segment.count)
    #expect(NaiveChecksum.checksum(pseudo + segment) == 0)
  }

  @Test func `what leaves has right checksums`() {
    var bench = connected()
    bench.send(.outbound, .ack, Self.port)
    for packet in bench.packets {
      #expect(NaiveChecksum.checksum(Array(packet.octets[..<20])) == 0)
      let pseudo = NaiveChecksum.pseudoHeader(
        source: Array(packet.octets[12..<16]), destination: Array(packet.octets[16..<20]), protocolNumber: 6,
        length: packet.octets.count - 20)
      #expect(NaiveChecksum.checksum(pseudo + packet.octets[20...]) == 0)
    }
  }

  @Test func `a hole that is filled makes much unread at once, and that is no overflow`() {
    var bench = connected { $0.octetsPerConnection = 20_000 }
    let line = Array(("NOOP " + String(repeating: "x", count: 993) + "\r\n").utf8)
    for number in (0..<10).reversed() { bench.segment(.outbound, at: 1000 * number, line, flags: .ack) }
    #expect(bench.counters.value(of: .overflows) == 0)
    #expect(bench.counters.value(of: .messages, FTPGateway.id) == 11)
    #expect(bench.counters.value(of: .openSessions, FTPGateway.id) == 1)
  }

  @Test func `after a reset nothing is due, whatever was under way`() throws {
    var bench = connected()
    bench.send(.outbound, .ack, "NOOP\r\n")
    #expect(bench.engine.deadline != nil)
    bench.send(.outbound, .rst)
    #expect(bench.engine.connections(limit: 1).isEmpty || bench.take().segments.last?.1.flags.contains(.rst) == true)
    bench.wait(10_000_000)
    #expect(bench.engine.deadline == nil)
  }

  @Test func `a moment that was put off comes once`() {
    var bench = connected()
    bench.send(.outbound, .ack, "NOOP\r\n")
    // Each acknowledgement puts the timer off; what was set before must neither act nor be set again.
    for _ in 0..<50 {
      bench.send(.inbound)
      bench.send(.outbound, .ack, "NOOP\r\n")
      bench.wait(100_000)
    }
    _ = bench.take()
    bench.wait(70_000_000)
    #expect(bench.take().segments.count == 1)
  }

  @Test func `a session that ends leaves nothing behind`() {
    var bench = connected()
    bench.answer = { _ in nil }
    bench.send(.outbound, .ack, Self.port)
    bench.engine.ended(bench.session.id)
    bench.wait(2_000_000)
    #expect(bench.engine.connections(limit: 9).isEmpty && bench.counters.value(of: .bufferedOctets) == 0)
    #expect(bench.counters.value(of: .openSessions, FTPGateway.id) == 0)
  }
}
