import WireFormats

/// The messages of a call, as both user agents write them.
enum SIPText {
  /// What a call is known by in all its messages, whoever writes them.
  struct Identity {
    /// The call's place at the caller, and its number, which no other has.
    var place: Int
    var number: UInt32

    init(place: Int, number: UInt32) {
      self.place = place
      self.number = number
    }

    /// Reads the identity in a Call-ID; nil where it is none of this run.
    init?(callID: String, run: UInt16) {
      guard callID.hasSuffix(Self.domain) else { return nil }
      let parts = callID.dropLast(Self.domain.count).split(separator: "-")
      guard parts.count == 3, UInt16(parts[0]) == run, let place = Int(parts[1]), place >= 0,
        let number = UInt32(parts[2])
      else { return nil }
      self.init(place: place, number: number)
    }

    /// No address stands there: no gateway may change it, so that an inside one would be leaked.
    func callID(run: UInt16) -> String { "\(run)-\(place)-\(number)\(Self.domain)" }

    private static let domain = "@load.example"
  }

  /// A caller's request; with a description where `media` is given.
  static func request(
    _ method: String, _ identity: Identity, run: UInt16, from host: Endpoint, to server: Endpoint, isInDialog: Bool,
    over transport: SessionTransport = .udp, media: Endpoint? = nil
  ) -> [UInt8] {
    let sequence = method == "BYE" ? 2 : 1
    let tag = isInDialog ? ";tag=s\(identity.number)" : ""
    let body = media.map { description(identity, $0) } ?? ""
    return Array(
      ("\(method) sip:load@\(server) SIP/2.0\r\n"
        + "Via: SIP/2.0/\(transport == .udp ? "UDP" : "TCP") \(host);branch=z9hG4bK-\(identity.number)-\(method);rport\r\n"
        + "Max-Forwards: 70\r\nFrom: <sip:host@\(host)>;tag=\(identity.number)\r\n"
        + "To: <sip:load@\(server.address)>\(tag)\r\nCall-ID: \(identity.callID(run: run))\r\n"
        + "CSeq: \(sequence) \(method)\r\nContact: <sip:host@\(host)>\r\n\(end(body))").utf8)
  }

  /// An answer to a request that came from `source`; with a description where `media` is given.
  static func answer(
    _ status: String, to request: SIPMessage, _ identity: Identity, from source: Endpoint, at server: Endpoint,
    media: Endpoint? = nil
  ) -> [UInt8] {
    var octets = Array("SIP/2.0 \(status)\r\n".utf8)
    for line in request.repeated {
      octets += line
      // RFC 3581 section 4; the first answer brings the tag.
      if line.starts(with: "Via:".utf8), line.suffix(6).elementsEqual(";rport".utf8) {
        octets += "=\(source.port);received=\(source.address)".utf8
      } else if line.starts(with: "To:".utf8), line.last == UInt8(ascii: ">") {
        octets += ";tag=s\(identity.number)".utf8
      }
      octets += "\r\n".utf8
    }
    octets += "Contact: <sip:load@\(server)>\r\n\(end(media.map { description(identity, $0) } ?? ""))".utf8
    return octets
  }

  private static func end(_ body: String) -> String {
    let type = body.isEmpty ? "" : "Content-Type: application/sdp\r\n"
    return "\(type)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private static func description(_ identity: Identity, _ media: Endpoint) -> String {
    "v=0\r\no=- \(identity.number) 1 IN IP4 \(media.address)\r\ns=-\r\nc=IN IP4 \(media.address)\r\nt=0 0\r\n"
      + "m=audio \(media.port) RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
  }
}
