import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

@Suite("SIP bodies of several parts")
struct SIPBodyTests {
  private static func part(_ boundary: String, _ content: String, type: String = "application/sdp", length: Bool = true)
    -> String
  {
    "--\(boundary)\nContent-Type: \(type)\n\(length ? "Content-Length: \(SIPSamples.length(content))\n" : "")\n\(content)\n"
  }

  private func translate(
    _ body: String, _ type: String, options: GatewayOptions = .readsParts
  ) -> (text: String, talk: Conversation) {
    var talk = Conversation(SIPGateway.self, transport: .udp, options: options)
    talk.grant = { request, number in
      .granted(
        DoorGrant(
          door: DoorID(worker: 0, place: UInt32(number), generation: 1), insideGlobal: Place.pool.lowerBound,
          insideGlobalPort: UInt16(50_000 + 2 * number)))
    }
    talk.datagram(
      SIPSamples.octets(SIPSamples.request("INVITE", "sip:carol@203.0.113.10", body: body, type: type)), .outbound)
    return (talk.text(.outbound).replacing("\r\n", with: "\n"), talk)
  }

  /// Whether every Content-Length is right: the message's, and those of the parts.
  private func hasRightLengths(_ text: String) -> Bool {
    let octets = SIPSamples.octets(text)
    guard let message = SIPMessage(octets.span), case .known(let number) = message.length else { return false }
    let body = SIPBody(message, octets.span, readsParts: true)
    return number.value == UInt64(message.body.count) && message.body.upperBound == octets.count
      && body.parts.allSatisfy { part in
        part.lengths.last?.value ?? UInt64(part.range.count) == UInt64(part.range.count)
      }
  }

  private static let mixed =
    part("b1", "<xml/>", type: "application/rs-metadata+xml") + part("b1", SIPSamples.description) + "--b1--\n"

  @Test func `every description is translated, and lengths are mended`() {
    let (text, talk) = translate(Self.mixed, "multipart/mixed;boundary=\"b1\"")
    #expect(text.contains("m=audio 50000 ") && text.contains("<xml/>") && talk.doors.count == 1)
    #expect(hasRightLengths(text))
  }

  @Test func `nested parts are read as deep as the bound`() {
    let long =
      SIPSamples.description + "a=x:" + String(repeating: "x", count: 990 - SIPSamples.description.utf8.count) + "\n"
    let inner = Self.part("b2", long) + "--b2--\n"
    let body = Self.part("b1", inner, type: "multipart/alternative; boundary=b2") + "--b1--\n"
    let (text, _) = translate(body, "multipart/mixed; boundary=b1")
    #expect(text.contains("m=audio 50000 ") && hasRightLengths(text))
    var deep = Self.part("b0", SIPSamples.description) + "--b0--\n"
    for depth in 1...50 {
      deep = Self.part("b\(depth)", deep, type: "multipart/mixed; boundary=b\(depth - 1)") + "--b\(depth)--\n"
    }
    let (left, talk) = translate(deep, "multipart/mixed; boundary=b50")
    #expect(left.contains("m=audio 4000 ") && talk.remarks.contains("parts nested too deep"))
  }

  @Test func `parts are left alone unless the operator has them read`() {
    let (text, talk) = translate(Self.mixed, "multipart/mixed;boundary=b1", options: [])
    #expect(text.contains("m=audio 4000 ") && talk.doors.isEmpty && talk.remarks.contains("a multipart body"))
  }

  @Test func `encoded bodies and missing boundaries are left alone`() {
    #expect(translate(Self.mixed, "multipart/mixed").talk.remarks == ["a multipart body without its boundary"])
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let packed = SIPSamples.request(
      "INVITE", "sip:carol", more: "Content-Encoding: gzip\n", body: SIPSamples.description)
    talk.datagram(SIPSamples.octets(packed), .outbound)
    #expect(talk.doors.isEmpty && talk.remarks == ["an encoded body"])
  }

  @Test func `200 streams and a thousand parts stay within their bounds`() {
    let streams = (0..<200).map { "m=audio \(4000 + 2 * $0) RTP/AVP 0\n" }.joined()
    let (_, talk) = translate(SIPSamples.description + streams, "application/sdp")
    #expect(talk.doors.count == SIPCall.maximumDoors && talk.errors.isEmpty)
    let parts = (0..<1000).map { _ in Self.part("b1", "x", type: "text/plain") }.joined() + "--b1--\n"
    #expect(translate(parts, "multipart/mixed;boundary=b1").talk.remarks == ["too many parts"])
  }

  @Test func `no beginning of a body traps`() {
    let whole = SIPSamples.octets(
      SIPSamples.request("INVITE", "sip:carol", body: Self.mixed, type: "multipart/mixed;boundary=b1"))
    for count in 0...whole.count {
      var talk = Conversation(SIPGateway.self, transport: .udp, options: .readsParts)
      talk.datagram(Array(whole.prefix(count)), .outbound)
    }
    var random = SeededRandom(seed: 7)
    for _ in 0..<3000 {
      var changed = whole
      for _ in 0..<4 { changed[Int(random.next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: random.next()) }
      var talk = Conversation(SIPGateway.self, transport: .udp, options: .readsParts)
      talk.datagram(changed, Direction(rawValue: UInt8(random.next() & 1)) ?? .inbound)
    }
  }
}
