import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

/// Where offers and answers stand in a call (RFC 3264, RFC 3262, RFC 3311), and what doors they get.
@Suite("SIP offers and answers")
struct SIPOfferTests {
  private static let carols = """
    v=0
    o=carol 1 1 IN IP4 203.0.113.10
    s=-
    c=IN IP4 203.0.113.10
    t=0 0
    m=audio 6000 RTP/AVP 0

    """

  private func send(_ text: String, _ direction: Direction, _ talk: inout Conversation) -> String {
    talk.datagram(SIPSamples.octets(text), direction)
    return talk.text(direction).replacing("\r\n", with: "\n")
  }

  private func request(_ method: String, _ sequence: Int, port: Int? = 4000) -> String {
    SIPSamples.request(
      method, "sip:carol@203.0.113.10", sequence: sequence, toTag: method == "INVITE" ? nil : "c1",
      body: port.map { SIPSamples.description.replacing("4000", with: "\($0)") } ?? "")
  }

  @Test func `an odd port inside is an odd one outside, or an even one where the operator says so`() {
    let cases: [(GatewayOptions, PortParity)] = [([] as GatewayOptions, .odd), (.evenMediaPorts, .even)]
    for (options, parity) in cases {
      var talk = Conversation(SIPGateway.self, transport: .udp, options: options)
      _ = send(request("INVITE", 1, port: 4001), .outbound, &talk)
      #expect(talk.doors.map(\.request.parity) == [parity] && talk.doors.map(\.request.count) == [2])
    }
  }

  @Test(arguments: [("4000/2", 4), ("4000/3", 6), ("4000/200", 16), ("65534/9", 2), ("65535", 1)])
  func `a stream of several ports has a door for them all`(_ ports: String, _ count: UInt8) {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let body = SIPSamples.description.replacing("audio 4000", with: "audio \(ports)")
    let sent = send(SIPSamples.request("INVITE", "sip:carol@203.0.113.10", body: body), .outbound, &talk)
    #expect(talk.doors.map(\.request.count) == [count])
    let rest = ports.firstIndex(of: "/").map { ports[$0...] } ?? ""
    #expect(sent.contains("m=audio 50000\(rest) RTP/AVP 0 8 101\n"))
  }

  @Test func `of a delayed offer the ACK has the answer`() {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    _ = send(request("INVITE", 1, port: nil), .outbound, &talk)
    let offer = SIPSamples.answer(200, "INVITE", body: Self.carols)
    #expect(send(offer, .inbound, &talk).contains("c=IN IP4 203.0.113.10\n") && talk.doors.isEmpty)
    #expect(send(request("ACK", 1), .outbound, &talk).contains("m=audio 50000 RTP/AVP 0 8 101\n"))
    #expect(talk.doors.map(\.request.isActive) == [true])
  }

  @Test func `early media's answer is in a PRACK`() {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    _ = send(request("INVITE", 1, port: nil), .outbound, &talk)
    _ = send(SIPSamples.answer(183, "INVITE", more: "RSeq: 1\n", body: Self.carols), .inbound, &talk)
    let sent = send(request("PRACK", 2).replacing("Max-F", with: "RAck: 1 1 INVITE\nMax-F"), .outbound, &talk)
    #expect(sent.contains("RAck: 1 1 INVITE\n") && sent.contains("m=audio 50000 RTP/AVP 0 8 101\n"))
    #expect(talk.doors.map(\.request.isActive) == [true])
  }

  @Test func `an UPDATE's offer waits for the answer to itself`() {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    _ = send(request("INVITE", 1), .outbound, &talk)
    _ = send(SIPSamples.answer(183, "INVITE"), .inbound, &talk)
    #expect(talk.activated.count == 1)
    #expect(send(request("UPDATE", 2, port: 4010), .outbound, &talk).contains("m=audio 50001 "))
    #expect(talk.doors.map(\.request.isActive) == [false, false])
    _ = send(SIPSamples.answer(200, "OPTIONS", sequence: 2), .inbound, &talk)
    _ = send(SIPSamples.answer(200, "UPDATE", sequence: 3), .inbound, &talk)
    #expect(talk.activated.count == 1)
    _ = send(SIPSamples.answer(200, "UPDATE", sequence: 2), .inbound, &talk)
    #expect(talk.activated.count == 2)
  }

  @Test(arguments: [Direction.outbound, .inbound])
  func `a call that ends while a new offer is on its way has ended`(_ hangingUp: Direction) throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    _ = send(request("INVITE", 1), .outbound, &talk)
    _ = send(SIPSamples.answer(200, "INVITE"), .inbound, &talk)
    let offer = SIPSamples.request(
      "INVITE", "sip:carol@203.0.113.10", sequence: 2, toTag: "c1",
      body: SIPSamples.description.replacing("4000", with: "4020"))
    _ = send(offer, .outbound, &talk)
    let (from, to) = ("From: <sip:carol@203.0.113.10>;tag=c1", "To: <sip:alice@203.0.113.100>;tag=a1")
    let last = "Call-ID: 1@10.10.10.10\nCSeq: 9 BYE\nContent-Length: 0\n\n"
    if hangingUp == .outbound {
      _ = send(request("BYE", 9, port: nil), .outbound, &talk)
    } else {
      _ = send("BYE sip:alice@203.0.113.100:40000 SIP/2.0\n\(from)\n\(to)\n\(last)", .inbound, &talk)
    }
    // The answer to the offer passes the BYE.
    _ = send(SIPSamples.answer(200, "INVITE", sequence: 2), .inbound, &talk)
    #expect(talk.closed.isEmpty)
    if hangingUp == .outbound {
      _ = send(SIPSamples.answer(200, "BYE", sequence: 9), .inbound, &talk)
    } else {
      _ = send("SIP/2.0 200 OK\n\(from)\n\(to)\n\(last)", .outbound, &talk)
    }
    #expect(talk.closed.count == 2)
    _ = send(SIPSamples.request("ACK", "sip:carol@203.0.113.10", sequence: 2, toTag: "c1"), .outbound, &talk)
    #expect(try #require(talk.memory as? SIPBook).isWithoutCalls)
  }
}

extension SIPBook {
  fileprivate var isWithoutCalls: Bool { calls.isEmpty && directory.count == 0 }
}
