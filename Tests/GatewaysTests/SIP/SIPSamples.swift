/// Messages that alice, at 10.10.10.10, and carol, at 203.0.113.10, send; LF stands for CRLF.
enum SIPSamples {
  static let description = """
    v=0
    o=alice 2890844526 1 IN IP4 10.10.10.10
    s=-
    c=IN IP4 10.10.10.10
    t=0 0
    m=audio 4000 RTP/AVP 0 8 101
    a=rtpmap:101 telephone-event/8000

    """

  static let invite = request(
    "INVITE", "sip:carol@203.0.113.10", via: "10.10.10.10:40000;branch=z9hG4bK1;rport",
    contact: "<sip:alice@10.10.10.10:40000>", body: description)

  /// A request of alice's.
  static func request(
    _ method: String, _ uri: String, via: String = "10.10.10.10:40000;branch=z9hG4bK1;rport", contact: String? = nil,
    callID: String = "1@10.10.10.10", sequence: Int = 1, toTag: String? = nil, more: String = "", body: String = "",
    transport: String = "UDP", type: String = "application/sdp"
  ) -> String {
    """
    \(method) \(uri) SIP/2.0
    Via: SIP/2.0/\(transport) \(via)
    Max-Forwards: 70
    From: "Alice" <sip:alice@10.10.10.10>;tag=a1
    To: <sip:carol@203.0.113.10>\(toTag.map { ";tag=\($0)" } ?? "")
    Call-ID: \(callID)
    CSeq: \(sequence) \(method)
    \(contact.map { "Contact: \($0)\n" } ?? "")\(more)\(body.isEmpty ? "" : "Content-Type: \(type)\n")\
    Content-Length: \(length(body))

    \(body)
    """
  }

  /// What carol answers to one of alice's requests, as it arrives at the gateway.
  static func answer(
    _ status: Int, _ method: String, via: String = "203.0.113.100:40000;branch=z9hG4bK1;rport", contact: String? = nil,
    callID: String = "1@10.10.10.10", sequence: Int = 1, more: String = "", body: String = "", transport: String = "UDP"
  ) -> String {
    """
    SIP/2.0 \(status) x
    Via: SIP/2.0/\(transport) \(via)
    From: "Alice" <sip:alice@203.0.113.100>;tag=a1
    To: <sip:carol@203.0.113.10>;tag=c1
    Call-ID: \(callID)
    CSeq: \(sequence) \(method)
    \(contact.map { "Contact: \($0)\n" } ?? "")\(more)\(body.isEmpty ? "" : "Content-Type: application/sdp\n")\
    Content-Length: \(length(body))

    \(body)
    """
  }

  /// Octets of a body whose lines will end with CRLF.
  static func length(_ body: String) -> Int { body.utf8.count + body.utf8.count { $0 == 0x0A } }

  /// Octets of a text whose line ends are LF, with CRLF.
  static func octets(_ text: String) -> [UInt8] { Array(text.replacing("\n", with: "\r\n").utf8) }
}
