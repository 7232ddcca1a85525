import Testing
import Translation
import VirtualTCP
import WireFormats

@Suite("The handshake of a virtual connection")
struct HandshakeTests {
  @Test func `what each end offers holds for what the other sends`() {
    var wire = Wire(maximumSegment: 1000)
    wire.send(.inbound, at: 501, String(repeating: "a", count: 1000))
    wire.pass(.inbound)
    #expect(wire.take(.inbound).map(\.payload.count) == [1000])
  }

  @Test func `offers nothing that the proxy could not keep: congestion marks, several paths`() throws {
    let connection = VirtualConnection()
    var syn = TCPSegment(sequence: 100, acknowledgment: 0, flags: TCPFlags(rawValue: 0xC2), window: 1000)
    syn.options.others = [30, 4, 0, 1, 253, 4, 1, 2]
    connection.receive(syn, .outbound, now: 1)
    let outgoing = connection.takeOutgoing()
    let passed = try #require(outgoing).segment
    #expect(passed.flags == .syn && passed.options.others == [253, 4, 1, 2])
  }

  @Test func `a scale that one end offers alone scales nothing (RFC 7323 section 2.2)`() {
    let connection = VirtualConnection()
    var syn = TCPSegment(sequence: 100, acknowledgment: 0, flags: .syn, window: 1000)
    syn.options.windowScale = 7
    connection.receive(syn, .outbound, now: 1)
    connection.receive(
      TCPSegment(sequence: 500, acknowledgment: 101, flags: [.syn, .ack], window: 1000), .inbound, now: 1)
    connection.receive(TCPSegment(sequence: 101, acknowledgment: 501, flags: .ack, window: 3), .outbound, now: 1)
    while connection.takeOutgoing() != nil {}
    var octets = TCPSegment(sequence: 501, acknowledgment: 101, flags: .ack, window: 1000)
    octets.payload = [1, 2, 3, 4, 5]
    connection.receive(octets, .inbound, now: 1)
    connection.pass(5, edits: [], .inbound, now: 1)
    let sent = connection.takeOutgoing()?.payloadCount
    #expect(sent == 3)
  }

  @Test func `of two ends that open at the same time is one connection (RFC 9293 section 3.5)`() {
    let connection = VirtualConnection()
    connection.receive(TCPSegment(sequence: 100, acknowledgment: 0, flags: .syn, window: 1000), .outbound, now: 1)
    connection.receive(TCPSegment(sequence: 500, acknowledgment: 0, flags: .syn, window: 1000), .inbound, now: 1)
    connection.receive(
      TCPSegment(sequence: 100, acknowledgment: 501, flags: [.syn, .ack], window: 1000), .outbound, now: 1)
    connection.receive(
      TCPSegment(sequence: 500, acknowledgment: 101, flags: [.syn, .ack], window: 1000), .inbound, now: 1)
    connection.receive(TCPSegment(sequence: 101, acknowledgment: 501, flags: .ack, window: 1000), .outbound, now: 1)
    #expect(connection.isEstablished && connection.isQuiet)
  }

  @Test func `a refusal counts only if it is one of this SYN`() {
    let connection = VirtualConnection()
    connection.receive(TCPSegment(sequence: 100, acknowledgment: 0, flags: .syn, window: 1000), .outbound, now: 1)
    connection.receive(
      TCPSegment(sequence: 0, acknowledgment: 77, flags: [.rst, .ack], window: 0), .inbound, now: 1)
    #expect(!connection.isReset)
    connection.receive(
      TCPSegment(sequence: 0, acknowledgment: 101, flags: [.rst, .ack], window: 0), .inbound, now: 1)
    #expect(connection.isReset)
  }

  @Test(arguments: [(20, 1240), (40, 1220)]) func `segments fit the way, over IPv4 and IPv6`(
    _ networkHeader: Int, _ octets: Int
  ) {
    var wire = Wire(maximumSegment: 1460)
    wire.connection.setPath(.outbound, mtu: 1280, networkHeader: networkHeader, superFrames: false)
    wire.send(.outbound, at: 101, String(repeating: "a", count: 1400))
    wire.pass(.outbound)
    #expect(wire.take(.outbound).map(\.payload.count) == [octets, 1400 - octets])
  }

  @Test func `options take their octets from the payload`() {
    var wire = Wire(maximumSegment: 1000) { $0.sackPermitted = true }
    wire.send(.inbound, at: 600, "early")
    _ = wire.take()
    wire.send(.outbound, at: 101, String(repeating: "a", count: 1000))
    wire.pass(.outbound)
    let sent = wire.take(.outbound)
    #expect(sent.map(\.payload.count) == [988, 12] && sent[0].options.sackBlocks.count == 1)
  }
}
