import Forwarding
import Gateways
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Replay

/// A call of alice with carol, as it was without a gateway.
@Suite("Replay of SIP")
struct SIPReplayTests {
  private static func message(_ first: String, _ contact: String, _ own: String, port: Int, more: String = "") -> String
  {
    let body = "v=0\r\no=- 1 1 IN IP4 \(own)\r\ns=-\r\nc=IN IP4 \(own)\r\nt=0 0\r\nm=audio \(port) RTP/AVP 0\r\n"
    return "\(first)\r\nVia: SIP/2.0/UDP 10.10.10.10:5060;branch=z9hG4bK1\r\nFrom: <sip:alice@10.10.10.10>;tag=a\r\n"
      + "To: <sip:carol@203.0.113.10>\r\nCall-ID: 7@10.10.10.10\r\nCSeq: 1 INVITE\r\nContact: <sip:\(contact)>\r\n"
      + "\(more)Content-Type: application/sdp\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private func call(more: String = "") -> Recording {
    let (alice, carol) = (Host.alice.at(5060), Host.carol.at(5060))
    var recording = Recording()
    recording.say(
      Self.message(
        "INVITE sip:carol@203.0.113.10 SIP/2.0", "alice@10.10.10.10", "10.10.10.10", port: 4000, more: more),
      from: alice, to: carol)
    recording.say(
      Self.message("SIP/2.0 200 OK", "carol@203.0.113.10", "203.0.113.10", port: 6000), from: carol, to: alice)
    recording.say("heard by alice", from: Host.carol.at(6000), to: Host.alice.at(4000))
    recording.say("heard by carol", from: Host.alice.at(4000), to: Host.carol.at(6000))
    return recording
  }

  @Test func `has media find their way by what the gateway wrote, and a Call-ID is no leak`() throws {
    let replayed = try Replayed(call())
    #expect(replayed.problems == [] && replayed.report.skipped.isEmpty && replayed.report.drops.isEmpty)
    #expect(Replayed.text(replayed.inside, from: Host.carol.address).hasSuffix("heard by alice"))
    #expect(Set(replayed.report.mentions.map(\.address)) == [Host.alice.address])
    #expect(replayed.report.mentions.allSatisfy { String(decoding: $0.text, as: UTF8.self).hasPrefix("Call-ID: ") })
    let fields = Set(replayed.report.entries.flatMap { $0.edits.map(\.field) })
    #expect(fields.isSuperset(of: ["Via", "Contact", "From", "o=", "c="]))
  }

  @Test func `calls an address in a field that is none of the gateway's a leak`() throws {
    #expect(try Replayed(call(more: "X-Media-Server: 10.10.10.10\r\n")).problems == ["leak"])
  }

  @Test func `of a gateway that is off finds what it would have translated`() throws {
    #expect(try Set(Replayed(call(), "ip nat service sip dry-run\n").problems) == ["dry-run", "leak"])
  }
}
