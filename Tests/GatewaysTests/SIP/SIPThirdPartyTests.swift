import Forwarding
import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

/// Messages of one inside host that name another one: an exchange's, of telephones and media servers (rule R4).
@Suite("SIP third parties")
struct SIPThirdPartyTests {
  /// Hosts of 10.10.10.0/24 are inside; those from .64 on are in the access list.
  private struct Book: AddressBook {
    func isInside(_ address: IPv4Address, in: RoutingInstance) -> Bool { address.rawValue >> 8 == 0x0A_0A0A }
    func permits(thirdParty host: IPv4Address, of gateway: GatewayID) -> Bool {
      gateway == SIPGateway.id && host.rawValue & 0xFF >= 64
    }
    func insideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
    func insideLocal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
    func outsideLocal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
    func outsideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
  }

  private static func invite(media: String, contact: String = "10.10.10.10:40000") -> String {
    SIPSamples.request(
      "INVITE", "sip:carol@203.0.113.10", contact: "<sip:x@\(contact)>",
      body: SIPSamples.description.replacing("c=IN IP4 10.10.10.10", with: "c=IN IP4 \(media)"))
  }

  private func send(_ text: String, _ direction: Direction, _ talk: inout Conversation) -> String {
    talk.datagram(SIPSamples.octets(text), direction)
    return talk.text(direction).replacing("\r\n", with: "\n")
  }

  @Test func `a media server in the list gets a door of its own`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp, addresses: Book())
    let sent = send(Self.invite(media: "10.10.10.77"), .outbound, &talk)
    #expect(sent.contains("c=IN IP4 203.0.113.100\n") && sent.contains("m=audio 50000 RTP/AVP"))
    let request = try #require(talk.doors.first).request
    #expect(request.insideLocal == IPv4Address(0x0A0A_0A4D) && request.insideLocalPort == 4000)
    #expect(request.thirdParty?.outsideLocal == Host.carol.address && request.outlivesParent && !request.isActive)
    _ = send(SIPSamples.answer(200, "INVITE"), .inbound, &talk)
    #expect(talk.activated.count == 1)
    _ = send(SIPSamples.request("BYE", "sip:carol@203.0.113.10", sequence: 2, toTag: "c1"), .outbound, &talk)
    _ = send(SIPSamples.answer(200, "BYE", sequence: 2), .inbound, &talk)
    #expect(talk.closed.count == 1)
  }

  @Test func `a telephone in the list is called by the contact that its exchange names`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp, addresses: Book())
    let register = SIPSamples.request(
      "REGISTER", "sip:203.0.113.10", contact: "<sip:x@10.10.10.78:5060>", callID: "r", more: "Expires: 60\n")
    let sent = send(register, .outbound, &talk)
    #expect(sent.contains("Contact: <sip:x@203.0.113.100:50000>\n"))
    let answer = SIPSamples.answer(
      200, "REGISTER", contact: "<sip:x@203.0.113.100:50000>;expires=60", callID: "r")
    #expect(send(answer, .inbound, &talk).contains("Contact: <sip:x@10.10.10.78:5060>;expires=60\n"))
    #expect(talk.activated == [try #require(talk.doors.first).grant.door])
  }

  @Test(arguments: ["10.10.10.12", "10.10.10.63"])
  func `another inside host gets none, stays as it is, and is counted`(_ host: String) {
    var talk = Conversation(SIPGateway.self, transport: .udp, addresses: Book())
    let sent = send(Self.invite(media: host, contact: "\(host):5060"), .outbound, &talk)
    #expect(sent.contains("c=IN IP4 \(host)\n") && sent.contains("m=audio 4000 RTP/AVP"))
    #expect(sent.contains("Contact: <sip:x@\(host):5060>\n") && talk.doors.isEmpty)
    #expect(talk.remarks == ["door refused: third-party", "door refused: third-party"])
  }

  @Test func `an outside host's address is nobody's that would be refused`() {
    var talk = Conversation(SIPGateway.self, transport: .udp, addresses: Book())
    let sent = send(Self.invite(media: "198.51.100.7"), .outbound, &talk)
    #expect(sent.contains("c=IN IP4 198.51.100.7\n") && talk.doors.isEmpty && talk.remarks.isEmpty)
  }
}
