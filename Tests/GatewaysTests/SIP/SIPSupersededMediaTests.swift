import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

/// What becomes of a call's doors when its media move to other ports.
@Suite("SIP media that move")
struct SIPSupersededMediaTests {
  private static func description(_ port: Int) -> String {
    SIPSamples.description.replacing("4000", with: "\(port)")
  }

  private static func invite(_ sequence: Int, port: Int) -> String {
    SIPSamples.request(
      "INVITE", "sip:carol@203.0.113.10", sequence: sequence, toTag: sequence == 1 ? nil : "c1", body: description(port)
    )
  }

  private func send(_ text: String, _ direction: Direction, _ talk: inout Conversation) -> String {
    talk.datagram(SIPSamples.octets(text), direction)
    return talk.text(direction).replacing("\r\n", with: "\n")
  }

  /// An INVITE of alice's that carol answers.
  private func offer(_ sequence: Int, port: Int, status: Int = 200, _ talk: inout Conversation) -> String {
    let sent = send(Self.invite(sequence, port: port), .outbound, &talk)
    _ = send(SIPSamples.answer(status, "INVITE", sequence: sequence), .inbound, &talk)
    return sent
  }

  private func book(of talk: Conversation) throws -> SIPBook { try #require(talk.memory as? SIPBook) }

  @Test func `a call whose media move a hundred times has a door each time, and few of them`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    for sequence in 1...100 {
      let sent = offer(sequence, port: 4000 + 2 * sequence, &talk)
      #expect(sent.contains("m=audio \(49_999 + sequence) RTP/AVP"), "offer \(sequence)")
      #expect(talk.activated.count == sequence)
      talk.now += 100_000
    }
    #expect(!talk.remarks.contains("too many doors of one call"))
    let book = try book(of: talk)
    #expect(try #require(book.calls.values.first).doors.count <= SIPCall.maximumDoors)
    talk.now += 33_000_000
    let duties = book.turn(now: talk.now)
    #expect(talk.closed.count + duties.count == 99 && Set(talk.closed).count == talk.closed.count)
    #expect(book.calls.values.first?.doors.count == 1 && book.directory.count == 1)
  }

  @Test func `a door stays for what is on its way, and closes then`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    _ = offer(1, port: 4000, &talk)
    _ = offer(2, port: 4010, &talk)
    let book = try book(of: talk)
    let (old, new) = (talk.doors[0].grant.door, talk.doors[1].grant.door)
    #expect(talk.closed.isEmpty && book.turn(now: talk.now + 31_000_000).isEmpty)
    #expect(book.turn(now: talk.now + 32_000_000) == [.close(old)])
    #expect(book.calls.values.first?.doors.map(\.id) == [new])
  }

  @Test func `an offer that is refused leaves the call its doors, and none of its own`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    _ = offer(1, port: 4000, &talk)
    _ = offer(2, port: 4010, status: 488, &talk)
    // An UPDATE that offers nothing is agreed to.
    _ = send(SIPSamples.request("UPDATE", "sip:carol@203.0.113.10", sequence: 3, toTag: "c1"), .outbound, &talk)
    _ = send(SIPSamples.answer(200, "UPDATE", sequence: 3), .inbound, &talk)
    let book = try book(of: talk)
    #expect(book.turn(now: talk.now + 40_000_000) == [.close(talk.doors[1].grant.door)] && talk.closed.isEmpty)
    #expect(book.calls.values.first?.doors.map(\.id) == [talk.doors[0].grant.door])
  }

  @Test func `a call whose offers are refused a hundred times can move its media yet`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    _ = offer(1, port: 4000, &talk)
    for sequence in 2...100 { _ = offer(sequence, port: 4000 + 2 * sequence, status: 488, &talk) }
    #expect(offer(101, port: 5000, &talk).contains("m=audio \(50_100) RTP/AVP"))
    #expect(talk.activated.count == 2 && !talk.remarks.contains("too many doors of one call"))
  }

  @Test func `a door that is named again stays`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    for (sequence, port) in [4000, 4010, 4000].enumerated() { _ = offer(sequence + 1, port: port, &talk) }
    let book = try book(of: talk)
    #expect(book.turn(now: talk.now + 40_000_000) == [.close(talk.doors[1].grant.door)])
    #expect(talk.doors.count == 2)
  }

  @Test(arguments: ["c=IN IP4 0.0.0.0", "c=IN IP4 10.10.10.10"])
  func `a call on hold keeps its doors`(_ connection: String) throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    _ = offer(1, port: 4000, &talk)
    let held = Self.description(4000).replacing("c=IN IP4 10.10.10.10", with: connection) + "a=inactive\n"
    _ = send(
      SIPSamples.request("INVITE", "sip:carol@203.0.113.10", sequence: 2, toTag: "c1", body: held), .outbound, &talk)
    _ = send(SIPSamples.answer(200, "INVITE", sequence: 2), .inbound, &talk)
    #expect(try book(of: talk).turn(now: talk.now + 40_000_000).isEmpty && talk.closed.isEmpty)
  }

  @Test func `a called host's answer to another offer moves its doors at once`() throws {
    var talk = Conversation(SIPGateway.self, opened: .inbound, transport: .udp)
    for sequence in 1...2 {
      let (from, to) = ("From: <sip:carol@203.0.113.10>;tag=c1", "To: <sip:alice@203.0.113.100>")
      let rest = "Call-ID: 7\nCSeq: \(sequence) INVITE\n"
      _ = send(
        "INVITE sip:alice@203.0.113.100 SIP/2.0\n\(from)\n\(to)\(sequence == 1 ? "" : ";tag=a1")\n\(rest)"
          + "Content-Length: 0\n\n", .inbound, &talk)
      let body = Self.description(4000 + 10 * sequence)
      _ = send(
        "SIP/2.0 200 OK\n\(from)\n\(to);tag=a1\n\(rest)Content-Type: application/sdp\n"
          + "Content-Length: \(SIPSamples.length(body))\n\n\(body)", .outbound, &talk)
    }
    let book = try book(of: talk)
    #expect(talk.doors.count == 2)
    #expect(book.turn(now: talk.now + 32_000_000) == [.close(talk.doors[0].grant.door)])
  }
}
