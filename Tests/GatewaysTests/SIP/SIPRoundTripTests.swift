import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

/// What goes out and comes back is what went out, octet for octet.
@Suite("SIP there and back")
struct SIPRoundTripTests {
  /// Messages of alice's with fields in any order and of any form.
  private static func message(_ random: inout SeededRandom) -> String {
    func any(_ choices: [String]) -> String { choices[Int(random.next() % UInt64(choices.count))] }
    let isBare = random.next() & 1 == 0
    let host = isBare ? "10.10.10.10" : "10.10.10.10:5060"
    var fields = [
      any(["Via", "v", "VIA"]) + any([": ", " : ", ":\n "]) + "SIP/2.0/UDP \(host)"
        + any([";branch=1", ";rport;branch=1", ""]),
      any(["From", "f"]) + ": \"<sip:10.10.10.10>\" <sip:alice@10.10.10.10>;tag=1",
      any(["To", "t"]) + ": <sip:carol@203.0.113.10:5060>" + any(["", ";tag=2"]),
      any(["Contact", "m"]) + ": " + any(["\"A, B\" ", ""]) + "<sip:alice@\(host)"
        + any([">", ";ob>;q=1;+sip.instance=\"x\""]),
      "Call-ID: x@10.10.10.10", "CSeq: 3 INVITE", "Record-Route: <sip:\(host);lr>, <sip:198.51.100.1;lr>",
      "P-Asserted-Identity: <sip:alice@10.10.10.10>, <tel:+1>", "Authorization: Digest uri=\"sip:10.10.10.10\"",
      "Refer-To: <sip:x@\(host)?Replaces=y%4010.10.10.10>", "X-Own: 10.10.10.10",
    ]
    for index in fields.indices.reversed() { fields.swapAt(index, Int(random.next() % UInt64(index + 1))) }
    let body = any([
      "", SIPSamples.description, SIPSamples.description + "a=rtcp:4001 IN IP4 10.10.10.10\nm=video 4002 RTP/AVP 9\n",
      SIPSamples.description.replacing("c=IN IP4 10.10.10.10", with: "c=IN IP4 0.0.0.0"),
      SIPSamples.description.replacing("audio 4000", with: "audio 0"),
    ])
    if !body.isEmpty { fields.append("c: application/sdp") }
    fields.append(any(["Content-Length", "l"]) + ": \(SIPSamples.length(body))")
    return "INVITE sip:carol@203.0.113.10 SIP/2.0\n" + fields.joined(separator: "\n") + "\n\n" + body
  }

  @Test(arguments: 0..<300)
  func `a message that comes back is the one that left`(_ seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let octets = SIPSamples.octets(Self.message(&random))
    var talk = Conversation(SIPGateway.self, transport: .udp) {
      $0.insideLocalPort = 5060
      $0.insideGlobalPort = seed % 3 == 0 ? 5060 : 41_000
    }
    talk.grant = { request, number in
      .granted(
        DoorGrant(
          door: DoorID(worker: 0, place: UInt32(number), generation: 1), insideGlobal: Place.pool.lowerBound,
          insideGlobalPort: UInt16(6000 + 10 * number)))
    }
    talk.datagram(octets, .outbound)
    let left = talk.passed[.outbound] ?? []
    #expect(left != octets && talk.errors.isEmpty)
    talk.datagram(left, .inbound)
    #expect(String(decoding: talk.passed[.inbound] ?? [], as: UTF8.self) == String(decoding: octets, as: UTF8.self))
  }

  @Test func `a host that knows its global address is left alone both ways`() {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let octets = SIPSamples.octets(
      SIPSamples.invite.replacing("10.10.10.10", with: "203.0.113.100").replacing("audio 4000", with: "audio 30000"))
    talk.datagram(octets, .outbound)
    #expect(talk.passed[.outbound] == octets)
    talk.datagram(octets, .inbound)
    #expect(talk.passed[.inbound] == octets && talk.edits.isEmpty)
  }
}
