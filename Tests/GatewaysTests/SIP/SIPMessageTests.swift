import Testing
import WireFormats

@testable import Gateways

@Suite("SIP messages")
struct SIPMessageTests {
  /// Reads a text whose line ends are LF as a message with CRLF.
  static func octets(_ text: String) -> [UInt8] { Array(text.replacing("\n", with: "\r\n").utf8) }

  private func addresses(_ text: String) throws -> [SIPAddress] {
    let octets = Self.octets(text)
    let message = SIPMessage(octets.span)
    return try #require(message).addresses
  }

  /// Header fields of a request, and the addresses that stand in them.
  private func found(_ fields: String) throws -> [String] {
    try addresses("OPTIONS sip:carol SIP/2.0\n\(fields)\n\n").map { found in
      "\(found.place) \(found.address)\(found.port.map { ":\($0)" } ?? "")"
    }
  }

  @Test func `finds the address of the Request-URI`() throws {
    let found = try addresses("INVITE sip:carol@203.0.113.10:5070;transport=tcp SIP/2.0\n\n")
    let first = try #require(found.first)
    #expect(first.place == .requestURI && first.port == 5070 && first.transport == .tcp)
    #expect(first.address == IPv4Address("203.0.113.10"))
  }

  @Test(
    arguments: [
      ("Contact", "m", "contact"), ("From", "f", "from"), ("To", "t", "to"), ("Refer-To", "r", "referTo"),
      ("Referred-By", "b", "identity"), ("Via", "v", "via"),
    ])
  func `knows long and compact names in either case`(_ long: String, _ compact: String, _ place: String) throws {
    let value = long == "Via" ? "SIP/2.0/UDP 10.0.0.1" : "<sip:a@10.0.0.1>"
    let expected = [long == "Via" ? "viaSentBy 10.0.0.1" : "\(place) 10.0.0.1"]
    for name in [long, long.uppercased(), long.lowercased(), compact, compact.uppercased()] {
      #expect(try found("\(name): \(value)") == expected)
    }
  }

  @Test(
    arguments: [
      "Route", "Record-Route", "Path", "Service-Route", "P-Asserted-Identity", "P-Preferred-Identity",
      "Remote-Party-ID", "Diversion", "History-Info", "Call-Info", "Alert-Info", "Error-Info", "Reply-To",
    ])
  func `finds addresses in every field that has them`(_ name: String) throws {
    #expect(try found("\(name): \"x\" <sip:a@10.0.0.1:5062;lr>;q=1, <sip:10.0.0.2>").count == 2)
  }

  @Test(
    arguments: [
      // Quoted strings, which may contain anything.
      ("Contact: \"<sip:a@10.9.9.9>, \\\" <\" <sip:a@10.0.0.1>", ["contact 10.0.0.1"]),
      // Folding, also before the value.
      ("Contact:\n  <sip:a@10.0.0.1>,\n\t<sip:b@10.0.0.2>", ["contact 10.0.0.1", "contact 10.0.0.2"]),
      ("Contact: sip:a@10.0.0.1;expires=60;maddr=10.0.0.9", ["contact 10.0.0.1"]),
      ("Contact: <sip:a@10.0.0.1;maddr=10.0.0.9>", ["contact 10.0.0.1", "maddr 10.0.0.9"]),
      // The user may be full of what else ends a host.
      ("To: <sip:user;par=10.1.1.1?x=y,z@10.0.0.1:5061>", ["to 10.0.0.1:5061"]),
      // What looks like an address and is a name, or the beginning of one, or IPv6, or not canonical.
      ("To: <sip:a@10.0.0.1.example.com>", []), ("To: <sip:a@[2001:db8::1]:5060>", []),
      ("To: <sip:a@010.0.0.1>", []), ("To: <sip:a@10.0.0.256>", []), ("To: <sip:a@10.0.0.1:005060>", []),
      ("To: <sip:a@10.0.0.1:4294967297>", []), ("To: <sip:a@10.0.0.1:>", []), ("To: <tel:+10.0.0.1>", []),
      // Header fields behind a question mark belong to another request.
      ("Refer-To: <sip:a@10.0.0.1?Replaces=x%4010.0.0.2%3Bto-tag%3D1>", ["referTo 10.0.0.1"]),
      ("Call-Info: <http://10.0.0.1/icon.png>;purpose=icon", ["otherURI 10.0.0.1"]),
      ("Warning: 307 10.0.0.1:5060 \"10.0.0.9\", 301 b \"x\"", ["identity 10.0.0.1:5060"]),
      ("Call-ID: 1@10.0.0.1", []), ("Authorization: Digest uri=\"sip:10.0.0.1\"", []),
    ] as [(String, [String])])
  func `reads the grammar`(_ fields: String, _ expected: [String]) throws { #expect(try found(fields) == expected) }

  @Test(
    arguments: [
      (
        "Via: SIP/2.0/UDP 10.0.0.1:5062;received=10.0.0.2;rport=9;maddr=10.0.0.3;branch=z9hG4bK1",
        ["viaSentBy 10.0.0.1:5062", "viaReceived 10.0.0.2", "viaPort 0.0.0.0:9", "viaMaddr 10.0.0.3"]
      ),
      (
        "Via: SIP / 2.0\n /UDP  10.0.0.1 : 5062 ;rport, SIP/2.0/TCP 10.0.0.2",
        ["viaSentBy 10.0.0.1:5062", "viaSentBy 10.0.0.2"]
      ),
      ("Via: SIP/2.0/UDP 10.0.0.1 (10.9.9.9; a comment);branch=1", ["viaSentBy 10.0.0.1"]),
      ("Via: SIP/2.0/UDP [2001:db8::1];received=10.0.0.2", ["viaReceived 10.0.0.2"]),
    ] as [(String, [String])])
  func `reads Via with white space, lists and parameters`(_ field: String, _ expected: [String]) throws {
    #expect(try found(field) == expected)
  }

  @Test func `knows the transport of a Via and the expiry of a Contact`() throws {
    let found = try addresses(
      "REGISTER sip:carol SIP/2.0\nVia: SIP/2.0/TCP 10.0.0.1\nContact: <sip:a@10.0.0.1>;q=1;expires=77\n\n")
    #expect(found.first?.transport == .tcp && found.last?.expires == 77)
  }

  @Test func `reads lines that end with LF alone`() throws {
    let octets = Array("SIP/2.0 200 OK\nCSeq: 7 INVITE\nl: 2\n\nabcd".utf8)
    let read = SIPMessage(octets.span)
    let message = try #require(read)
    #expect(message.status == 200 && message.sequence == 7 && message.method == .invite)
    // What a datagram has behind its body means nothing.
    #expect(message.body == octets.count - 4..<octets.count - 2)
  }

  @Test(
    arguments: [
      "GET / HTTP/1.1\r\n\r\n", "POST sip:a HTTP/1.1\r\n\r\n", "INVITE <sip:a> SIP/2.0\r\n\r\n",
      "INVITE sip:a SIP/7.0\r\n\r\n",
      " INVITE sip:a SIP/2.0\r\n\r\n", "INVITE  sip:a SIP/2.0\r\n\r\n", "SIP/2.0 99 x\r\n\r\n",
      "SIP/2.0 1000 x\r\n\r\n", "",
      "\r\n\r\n", "\u{0}\u{1}",
    ])
  func `takes nothing else for SIP`(_ text: String) {
    let octets = Array(text.utf8)
    let message = SIPMessage(octets.span)
    #expect(message == nil)
  }

  @Test func `reads every beginning of a message without a trap`() {
    let whole = Self.octets(SIPSamples.invite)
    for count in 0...whole.count { _ = SIPMessage(whole.span.extracting(first: count)) }
    for place in whole.indices {
      for octet in [0, 0x0A, 0x22, 0x2C, 0x3A, 0x3B, 0x3C, 0x40, 0xFF] as [UInt8] {
        var changed = whole
        changed[place] = octet
        _ = SIPMessage(changed.span)
      }
    }
  }
}
