import Forwarding
import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

/// Calls of alice (10.10.10.10, outside 203.0.113.100) with carol's server (203.0.113.10), over UDP unless a test says so.
@Suite("SIP calls")
struct SIPCallTests {
  private func conversation(
    _ transport: IPProtocol = .udp, opened: Direction = .outbound, options: GatewayOptions = [],
    memory: (any GatewayMemory)? = nil, settings: EngineSettings = EngineSettings()
  ) -> Conversation {
    Conversation(
      SIPGateway.self, opened: opened, transport: transport, options: options, memory: memory, settings: settings)
  }

  private func book(_ conversation: Conversation) throws -> SIPBook { try #require(conversation.memory as? SIPBook) }

  private func send(_ text: String, _ direction: Direction, _ conversation: inout Conversation) -> String {
    conversation.datagram(SIPSamples.octets(text), direction)
    return conversation.text(direction).replacing("\r\n", with: "\n")
  }

  @Test func `an INVITE says outside what answers and media are sent to`() throws {
    var talk = conversation()
    let sent = send(SIPSamples.invite, .outbound, &talk)
    #expect(sent.contains("Via: SIP/2.0/UDP 203.0.113.100:40000;branch=z9hG4bK1;rport\n"))
    #expect(sent.contains("From: \"Alice\" <sip:alice@203.0.113.100>;tag=a1\n"))
    #expect(sent.contains("Contact: <sip:alice@203.0.113.100:40000>\n"))
    #expect(sent.contains("Call-ID: 1@10.10.10.10\n"))
    #expect(sent.contains("c=IN IP4 203.0.113.100\n") && sent.contains("o=alice 2890844526 1 IN IP4 203.0.113.100\n"))
    #expect(sent.contains("m=audio 50000 RTP/AVP 0 8 101\n"))
    let body = try #require(sent.split(separator: "\n\n").last)
    #expect(sent.contains("Content-Length: \(SIPSamples.length(String(body)))\n"))
    let door = try #require(talk.doors.first?.request)
    #expect(talk.doors.count == 1 && door.insideLocalPort == 4000 && door.count == 2 && door.parity == .even)
    #expect(door.protocolNumber == .udp && door.remote == nil && !door.isSingleUse && door.outlivesParent)
  }

  @Test func `media doors wait for an answer, and for that call's only`() throws {
    var talk = conversation()
    _ = send(SIPSamples.invite, .outbound, &talk)
    #expect(talk.doors.first?.request.isActive == false)
    _ = send(SIPSamples.answer(180, "INVITE", callID: "other@10.10.10.10"), .inbound, &talk)
    _ = send(SIPSamples.answer(180, "INVITE", sequence: 2), .inbound, &talk)
    _ = send(SIPSamples.answer(100, "INVITE"), .inbound, &talk)
    #expect(talk.activated.isEmpty)
    _ = send(SIPSamples.answer(180, "INVITE"), .inbound, &talk)
    #expect(talk.activated.count == 1)
  }

  @Test func `an answer comes back as the host wrote its part of it`() {
    var talk = conversation()
    _ = send(SIPSamples.invite, .outbound, &talk)
    let answer = send(
      SIPSamples.answer(
        200, "INVITE", via: "203.0.113.100:40000;branch=z9hG4bK1;received=203.0.113.100;rport=40000",
        contact: "<sip:carol@203.0.113.10>"), .inbound, &talk)
    #expect(answer.contains("Via: SIP/2.0/UDP 10.10.10.10:40000;branch=z9hG4bK1;received=10.10.10.10;rport=40000\n"))
    #expect(answer.contains("From: \"Alice\" <sip:alice@10.10.10.10>;tag=a1\n"))
    #expect(answer.contains("Contact: <sip:carol@203.0.113.10>\n"))
  }

  @Test(arguments: ["BYE", "CANCEL", "failure", "silence"])
  func `a call's doors close at its own end`(_ end: String) throws {
    var talk = conversation()
    _ = send(SIPSamples.invite, .outbound, &talk)
    let other = SIPSamples.invite.replacing("1@10.10.10.10", with: "2@10.10.10.10").replacing(
      "4000 RTP", with: "4010 RTP")
    _ = send(other, .outbound, &talk)
    let first = try #require(talk.doors.first?.grant.door)
    switch end {
    case "BYE":
      _ = send(SIPSamples.answer(200, "INVITE"), .inbound, &talk)
      _ = send(SIPSamples.request("BYE", "sip:carol@203.0.113.10", sequence: 2, toTag: "c1"), .outbound, &talk)
      #expect(talk.closed.isEmpty)
      _ = send(SIPSamples.answer(407, "BYE", sequence: 2), .inbound, &talk)
      #expect(talk.closed.isEmpty)
      _ = send(SIPSamples.request("BYE", "sip:carol@203.0.113.10", sequence: 3, toTag: "c1"), .outbound, &talk)
      _ = send(SIPSamples.answer(200, "BYE", sequence: 3), .inbound, &talk)
      #expect(talk.closed == [first])
    case "CANCEL":
      _ = send(SIPSamples.request("CANCEL", "sip:carol@203.0.113.10"), .outbound, &talk)
      _ = send(SIPSamples.answer(200, "CANCEL"), .inbound, &talk)
      _ = send(SIPSamples.answer(487, "INVITE"), .inbound, &talk)
      #expect(talk.closed == [first])
    case "failure":
      _ = send(SIPSamples.answer(407, "INVITE"), .inbound, &talk)
      #expect(talk.closed.isEmpty)
      _ = send(SIPSamples.answer(486, "INVITE"), .inbound, &talk)
      #expect(talk.closed == [first])
    default:
      let book = try book(talk)
      _ = send(other.replacing("CSeq: 1", with: "CSeq: 2"), .outbound, &talk)
      #expect(book.turn(now: 190_000_000).isEmpty)
      let duties = book.turn(now: 192_000_000)
      #expect(duties.contains(.close(first)) && duties.count == 2 && book.calls.isEmpty)
      return
    }
    #expect(try book(talk).calls.count == 1)
  }

  @Test func `of a fork that two have answered, one BYE leaves the other its doors`() throws {
    var talk = conversation()
    _ = send(SIPSamples.invite, .outbound, &talk)
    _ = send(SIPSamples.answer(200, "INVITE"), .inbound, &talk)
    _ = send(SIPSamples.answer(200, "INVITE").replacing("tag=c1", with: "tag=c2"), .inbound, &talk)
    _ = send(SIPSamples.request("BYE", "sip:carol@203.0.113.10", sequence: 2, toTag: "c1"), .outbound, &talk)
    _ = send(SIPSamples.answer(200, "BYE", sequence: 2), .inbound, &talk)
    #expect(talk.closed.isEmpty && talk.activated.count == 1)
    _ = send(SIPSamples.request("BYE", "sip:carol@203.0.113.10", sequence: 2, toTag: "c2"), .outbound, &talk)
    _ = send(SIPSamples.answer(200, "BYE", sequence: 2).replacing("tag=c1", with: "tag=c2"), .inbound, &talk)
    #expect(talk.closed.count == 1)
  }

  @Test func `hold keeps the doors, and a new offer with the same ports uses them`() throws {
    var talk = conversation()
    _ = send(SIPSamples.invite, .outbound, &talk)
    _ = send(SIPSamples.answer(200, "INVITE"), .inbound, &talk)
    for body in [
      SIPSamples.description.replacing("c=IN IP4 10.10.10.10", with: "c=IN IP4 0.0.0.0"),
      SIPSamples.description + "a=inactive\n", SIPSamples.description,
    ] {
      let sent = send(
        SIPSamples.request("INVITE", "sip:carol@203.0.113.10", sequence: 2, toTag: "c1", body: body), .outbound, &talk)
      #expect(sent.contains("IN IP4 203.0.113.100\n"))
      #expect(sent.contains(body.contains("0.0.0.0") ? "m=audio 4000 " : "m=audio 50000 "))
    }
    #expect(talk.doors.count == 1 && talk.closed.isEmpty)
  }

  @Test func `a port of zero gets no door, and fax gets one without RTCP`() throws {
    var talk = conversation()
    let body = SIPSamples.description.replacing(
      "m=audio 4000 RTP/AVP 0 8 101", with: "m=audio 0 RTP/AVP 0\nm=image 4006 udptl t38")
    let sent = send(
      SIPSamples.request("INVITE", "sip:carol@203.0.113.10", body: body), .outbound, &talk)
    #expect(sent.contains("m=audio 0 RTP/AVP 0\n") && sent.contains("m=image 50000 udptl t38\n"))
    #expect(talk.doors.map(\.request.count) == [1])
  }

  @Test func `several media, RTCP elsewhere, candidates and MSRP`() throws {
    var talk = conversation()
    let body = """
      v=0
      o=alice 1 1 IN IP4 10.10.10.10
      s=-
      t=0 0
      m=audio 4000 RTP/AVP 0
      c=IN IP4 10.10.10.10
      a=rtcp:4001 IN IP4 10.10.10.10
      a=candidate:1 1 UDP 2130706431 10.10.10.10 4000 typ host
      a=candidate:1 2 UDP 2130706430 10.10.10.10 4001 typ host
      a=candidate:2 1 UDP 1694498815 198.51.100.7 6000 typ srflx raddr 10.10.10.10 rport 4000
      m=video 4100 RTP/AVP 96
      c=IN IP4 10.10.10.10
      a=rtcp:4205
      m=message 2855 TCP/MSRP *
      c=IN IP4 10.10.10.10
      a=path:msrp://10.10.10.10:2855/s111;tcp

      """
    let sent = send(SIPSamples.request("INVITE", "sip:carol@203.0.113.10", body: body), .outbound, &talk)
    #expect(!sent.split(separator: "\n\n")[1].contains("10.10.10.10 typ") && sent.contains("m=audio 50000 "))
    #expect(sent.contains("a=rtcp:50001 IN IP4 203.0.113.100\n"))
    #expect(sent.contains("a=candidate:1 1 UDP 2130706431 203.0.113.100 50000 typ host\n"))
    #expect(sent.contains("a=candidate:1 2 UDP 2130706430 203.0.113.100 50001 typ host\n"))
    #expect(sent.contains("198.51.100.7 6000 typ srflx raddr 10.10.10.10 rport 4000\n"))
    #expect(sent.contains("m=video 50001 ") && sent.contains("a=rtcp:50002\n"))
    #expect(sent.contains("m=message 50003 ") && sent.contains("a=path:msrp://203.0.113.100:50003/s111;tcp\n"))
    #expect(talk.doors.map(\.request.count) == [2, 1, 1, 1])
    #expect(talk.doors.map(\.request.protocolNumber) == [.udp, .udp, .udp, .tcp])
    #expect(talk.doors.last?.request.isSingleUse == true)
  }

  @Test func `doors go to the host's own media only`() {
    var talk = conversation()
    let body = SIPSamples.description.replacing("c=IN IP4 10.10.10.10", with: "c=IN IP4 10.10.10.99")
    let sent = send(SIPSamples.request("INVITE", "sip:carol@203.0.113.10", body: body), .outbound, &talk)
    #expect(talk.doors.isEmpty && sent.contains("c=IN IP4 10.10.10.99\n") && sent.contains("m=audio 4000 "))
  }

  @Test func `a refused door leaves its stream as it was, and the rest is translated`() {
    var talk = conversation()
    talk.grant = { _, _ in .refused(.tooMany) }
    let sent = send(SIPSamples.invite, .outbound, &talk)
    #expect(sent.contains("m=audio 4000 ") && sent.contains("Contact: <sip:alice@203.0.113.100:40000>"))
    #expect(talk.remarks.contains("door refused: too-many") && talk.errors.isEmpty)
  }

  @Test func `where no pair of ports is free the stream gets one`() {
    var talk = conversation()
    let place = DoorID(worker: 0, place: 9, generation: 1)
    talk.grant = { request, _ in
      request.count > 1
        ? .refused(.noPort)
        : .granted(DoorGrant(door: place, insideGlobal: Place.pool.lowerBound, insideGlobalPort: 50_006))
    }
    #expect(send(SIPSamples.invite, .outbound, &talk).contains("m=audio 50006 "))
  }

  @Test func `an answer of an inside host opens its doors at once`() throws {
    var talk = conversation(opened: .inbound)
    let invite = """
      INVITE sip:alice@203.0.113.100 SIP/2.0
      Via: SIP/2.0/UDP 203.0.113.10:40000;branch=z9hG4bK9
      From: <sip:carol@203.0.113.10>;tag=c1
      To: <sip:alice@203.0.113.100>
      Call-ID: in@203.0.113.10
      CSeq: 5 INVITE
      Content-Length: 0


      """
    let came = send(invite, .inbound, &talk)
    #expect(came.contains("INVITE sip:alice@10.10.10.10 SIP/2.0\n") && came.contains("To: <sip:alice@10.10.10.10>\n"))
    let answer = """
      SIP/2.0 200 OK
      Via: SIP/2.0/UDP 203.0.113.10:40000;branch=z9hG4bK9
      From: <sip:carol@203.0.113.10>;tag=c1
      To: <sip:alice@10.10.10.10>;tag=a9
      Call-ID: in@203.0.113.10
      CSeq: 5 INVITE
      Content-Type: application/sdp
      Content-Length: \(SIPSamples.length(SIPSamples.description))

      \(SIPSamples.description)
      """
    #expect(send(answer, .outbound, &talk).contains("m=audio 50000 "))
    #expect(talk.doors.first?.request.isActive == true)
  }

  @Test func `a flood of calls stays within its bound, and its caller is told so`() throws {
    var settings = EngineSettings()
    settings.callRate = CallRate(calls: 3, seconds: 10, blockedSeconds: 20)
    var talk = conversation(settings: settings)
    var dropped = 0
    for number in 0..<6 {
      _ = send(SIPSamples.invite.replacing("1@10.", with: "\(number)@10."), .outbound, &talk)
      if talk.remarks.contains("calls of 10.10.10.10 are blocked") { dropped += 1 }
    }
    #expect(dropped == 2)
    _ = try book(talk).turn(now: 30_000_000)
    talk.now = 30_000_000
    let before = talk.remarks.count
    _ = send(SIPSamples.invite.replacing("1@10.", with: "9@10."), .outbound, &talk)
    #expect(talk.remarks.count == before)
  }

  @Test func `calls outlive the connection that they were made over`() throws {
    var first = conversation(.tcp)
    first.send(SIPSamples.octets(SIPSamples.invite.replacing("/UDP", with: "/TCP")), .outbound)
    var second = conversation(.tcp, memory: first.memory)
    second.send(SIPSamples.octets(SIPSamples.answer(200, "INVITE", transport: "TCP")), .inbound)
    #expect(second.activated.count == first.doors.count && !second.activated.isEmpty)
  }

  @Test func `a call of an earlier run is met at its BYE, and closes that run's doors when it has ended`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let book = try #require(talk.memory as? SIPBook)
    talk.datagram(
      SIPSamples.octets(SIPSamples.request("BYE", "sip:carol@203.0.113.10", sequence: 9, toTag: "c1")), .outbound)
    #expect(talk.closedEarlier.isEmpty && book.calls.count == 1)
    talk.datagram(SIPSamples.octets(SIPSamples.answer(200, "BYE", sequence: 9)), .inbound)
    #expect(talk.closedEarlier.count == 1 && book.calls.isEmpty)
    // Its doors had the same name when they were opened.
    var earlier = Conversation(SIPGateway.self, transport: .udp)
    earlier.datagram(SIPSamples.octets(SIPSamples.invite), .outbound)
    #expect(earlier.doors.map(\.request.name) == talk.closedEarlier)
  }

  @Test func `a call of an earlier run whose BYE nobody answers closes its doors all the same`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let book = try #require(talk.memory as? SIPBook)
    talk.datagram(
      SIPSamples.octets(SIPSamples.request("BYE", "sip:carol@203.0.113.10", sequence: 9, toTag: "c1")), .outbound)
    let octets = Array("1@10.10.10.10".utf8)
    let named = NamedDoors(
      host: Host.alice.address, instance: .global, gateway: SIPGateway.id,
      name: TextReading.steadyHash(octets.span, octets.indices))
    #expect(book.turn(now: talk.now + 33_000_000) == [.closeEarlier(named, worker: 0)])
    #expect(book.calls.isEmpty)
  }

  @Test func `a call that begins has nothing to do with an earlier run`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    talk.datagram(SIPSamples.octets(SIPSamples.invite), .outbound)
    talk.datagram(SIPSamples.octets(SIPSamples.answer(486, "INVITE")), .inbound)
    #expect(talk.closed.count == 1 && talk.closedEarlier.isEmpty)
  }
}
