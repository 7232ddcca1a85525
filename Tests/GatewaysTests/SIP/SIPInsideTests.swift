import Forwarding
import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

/// alice calls bob, who is inside as well, by way of carol's server outside.
@Suite("SIP between inside hosts")
struct SIPInsideTests {
  /// What bob is sent of alice's INVITE, with what alice's own session shares with his.
  private func offer(
    _ options: GatewayOptions, bobIsIn instance: RoutingInstance = .global
  ) -> (text: String, remarks: [String]) {
    var alice = Conversation(SIPGateway.self, transport: .udp, options: options)
    alice.datagram(SIPSamples.octets(SIPSamples.invite), .outbound)
    var bob = Conversation(SIPGateway.self, transport: .udp, options: options, memory: alice.memory) {
      $0.insideLocal = Host.bob.address
      $0.insideLocalPort = 5060
      $0.insideGlobalPort = 42_000
      $0.insideInstance = instance
      $0.outsideInstance = instance
    }
    let left = alice.text(.outbound).replacing(
      "INVITE sip:carol@203.0.113.10", with: "INVITE sip:bob@203.0.113.100:42000")
    bob.datagram(Array(left.utf8), .inbound)
    return (bob.text(.inbound).replacing("\r\n", with: "\n"), bob.remarks)
  }

  @Test func `media turn round at the gateway`() {
    let text = offer([]).text
    #expect(text.contains("INVITE sip:bob@10.10.10.11:5060 SIP/2.0\n"))
    #expect(text.contains("c=IN IP4 203.0.113.100\n") && text.contains("m=audio 50000 "))
    #expect(text.contains("Contact: <sip:alice@203.0.113.100:40000>\n"))
  }

  @Test func `media take the direct way where the operator says so`() {
    let text = offer(.directMedia).text
    #expect(text.contains("c=IN IP4 10.10.10.10\n") && text.contains("m=audio 4000 "))
  }

  @Test func `another VRF's host is not taken for a neighbour`() {
    let text = offer(.directMedia, bobIsIn: RoutingInstance(rawValue: 3)).text
    #expect(text.contains("c=IN IP4 203.0.113.100\n") && text.contains("m=audio 50000 "))
  }

  @Test func `both kinds of transfer keep what they refer to`() {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    for (target, expected) in [
      ("<sip:dave@203.0.113.11>", "<sip:dave@203.0.113.11>"),
      (
        "<sip:alice@10.10.10.10:40000?Replaces=7%4010.10.10.10%3Bto-tag%3D1%3Bfrom-tag%3D2>",
        "<sip:alice@203.0.113.100:40000?Replaces=7%4010.10.10.10%3Bto-tag%3D1%3Bfrom-tag%3D2>"
      ),
    ] {
      let refer = SIPSamples.request(
        "REFER", "sip:carol@203.0.113.10", toTag: "c1",
        more: "Refer-To: \(target)\nReferred-By: <sip:alice@10.10.10.10>\n")
      talk.datagram(SIPSamples.octets(refer), .outbound)
      let text = talk.text(.outbound)
      #expect(text.contains("Refer-To: \(expected)\r\n") && text.contains("Referred-By: <sip:alice@203.0.113.100>\r\n"))
    }
  }

  @Test func `a message that grows by far more than 32767 octets is one message still`() {
    var talk = Conversation(SIPGateway.self) {
      $0.insideLocal = IPv4Address(0x0101_0101)
      $0.insideLocalPort = 5060
      $0.insideGlobalPort = 41_000
    }
    // CVE-2026-74569: a long list of contacts, each of which becomes longer.
    let contacts = (0..<4400).map { _ in "<sip:1.1.1.1>" }.joined(separator: ",")
    let options = SIPSamples.octets(
      SIPSamples.request("OPTIONS", "sip:carol@203.0.113.10", via: "carol", contact: contacts, transport: "TCP"))
    talk.send(options, .outbound)
    #expect(talk.errors.isEmpty && talk.steppedAside == nil)
    #expect(talk.text(.outbound).utf8.count == options.count + 4400 * ("203.0.113.100:41000".count - "1.1.1.1".count))
  }
}
