import Testing
import WireFormats

@testable import sallyport_load

@Suite struct `SIP calls` {
  private func load(_ faults: MemoryGateway.Faults, rate: Double = 200, mediaPackets: Int = 3) throws -> Tally {
    try Bench(faults) {
      SIPConversations($0, transport: .udp, mediaPackets: mediaPackets, patience: Bench.patience())
    }.load(rate: rate)
  }

  @Test func `hear each other and end`() throws {
    let tally = try load(.init(payloads: .whole))
    #expect(tally.attempted > 20)
    #expect(tally.completed == tally.attempted)
    #expect(tally.media == tally.completed * 6)
    #expect(tally.octets == tally.media * 172)
    #expect(tally.latency.count == tally.completed)
    #expect(tally.wrongPayloads + tally.leaks + tally.wrongTranslations + tally.unexpected == 0)
  }

  @Test func `over TCP wait for their connection; unread they are turned away there, too`() throws {
    let tally = try Bench {
      SIPConversations($0, transport: .tcp, mediaPackets: 3, patience: Bench.patience())
    }.load(rate: 200)
    #expect(tally.attempted > 20)
    #expect(tally.completed == 0)
    #expect(tally.wrongPayloads == tally.attempted)
    #expect(tally.unexpected + tally.refused + tally.wrongTranslations == 0)
  }

  @Test func `behind a gateway which reads no payload are turned away, as wrong and leaked`() throws {
    let tally = try load(.init())
    #expect(tally.attempted > 20)
    #expect(tally.completed == 0)
    #expect(tally.media == 0)
    #expect(tally.wrongPayloads == tally.attempted)
    // The INVITE and the ACK of its refusal.
    #expect(tally.leaks == tally.attempted * 2)
  }

  @Test func `whose description keeps the inside address are turned away`() throws {
    let tally = try load(.init(payloads: .heads))
    #expect(tally.completed == 0)
    #expect(tally.wrongPayloads == tally.attempted)
    #expect(tally.leaks == tally.attempted)
  }

  @Test func `whose media come from elsewhere than the description says have failed`() throws {
    let tally = try load(.init(payloads: .whole, movesMedia: true))
    #expect(tally.completed == 0)
    #expect(tally.wrongPayloads == tally.attempted)
    #expect(tally.leaks == 0)
    // What the called side says arrives.
    #expect(tally.media == tally.attempted * 3)
  }

  @Test func `of which packets are lost have failed, and leave nothing behind`() throws {
    let bench = Bench(.init(dropOneOf: 10, payloads: .whole)) {
      SIPConversations($0, transport: .udp, mediaPackets: 3, patience: Bench.patience())
    }
    let tally = try bench.load(rate: 500)
    #expect(tally.completed > 0)
    #expect(tally.completed < tally.attempted)
    #expect(bench.lane.profile.outstanding == 0)
  }
}

@Suite struct `SIP messages on a stream` {
  private static let message = "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 5\r\n\r\nv=0\r\n"

  @Test func `are whole wherever the stream is cut`() {
    let octets = Array((Self.message + Self.message).utf8)
    for cut in 0...octets.count {
      var stream = SIPStream()
      let messages = stream.take(Array(octets[..<cut])) + stream.take(Array(octets[cut...]))
      #expect(messages == [Array(Self.message.utf8), Array(Self.message.utf8)])
    }
  }

  @Test func `without an end are given up`() {
    var stream = SIPStream()
    for _ in 0..<100 { #expect(stream.take(Array(repeating: 0x41, count: 1_000)).isEmpty) }
    var other = SIPStream()
    #expect(other.take(Array("A b SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n".utf8)).isEmpty)
  }
}

@Suite struct `SIP messages` {
  private static let run: UInt16 = 7
  private static let identity = SIPText.Identity(place: 12, number: 34)
  private static let host = Endpoint(IPv4Address(0x0A0A_0A64), 1_030)
  private static let server = Endpoint(IPv4Address(0xCB00_7114), 5_060)

  @Test func `are read as they were written`() throws {
    let media = Endpoint(Self.host.address, 1_028)
    let invite = try #require(
      SIPMessage(
        SIPText.request(
          "INVITE", Self.identity, run: Self.run, from: Self.host, to: Self.server, isInDialog: false, media: media)))
    #expect(invite.method == "INVITE")
    #expect(invite.sentBy == Self.host)
    #expect(invite.contact == Self.host)
    #expect(invite.from == Self.host)
    #expect(invite.origin == Self.host.address)
    #expect(invite.media == media)
    let identity = try #require(SIPText.Identity(callID: invite.callID, run: Self.run))
    #expect(identity.place == 12 && identity.number == 34)
    #expect(SIPText.Identity(callID: invite.callID, run: 8) == nil)

    let source = Endpoint(IPv4Address(0xC633_6407), 4_000)
    let answer = try #require(
      SIPMessage(
        SIPText.answer("200 OK", to: invite, Self.identity, from: source, at: Self.server, media: Self.server)))
    #expect(answer.status == 200)
    #expect(answer.sequenceMethod == "INVITE")
    #expect(answer.sentBy == Self.host)
    #expect(answer.received == source.address)
    #expect(answer.receivedPort == source.port)
    #expect(answer.contact == Self.server)
    #expect(answer.repeated.contains { $0.starts(with: "To:".utf8) && $0.suffix(8).elementsEqual(";tag=s34".utf8) })
    #expect(answer.media == Self.server)
  }

  @Test(arguments: [
    "", "\r\n\r\n", "INVITE", "SIP/2.0 abc OK\r\n\r\n", "INVITE sip:a@b HTTP/1.1\r\n\r\n", "\u{0}\u{FF}",
  ])
  func `that are none are refused`(text: String) {
    #expect(SIPMessage(Array(text.utf8)) == nil)
  }

  @Test(
    arguments: [
      ("c=IN IP4 10.1.2.3", true), ("10.1.2.3:5060;rport", true), ("(10.1.2.3)", true), ("10.1.2.34", false),
      ("110.1.2.3", false), ("10.1.2.3.4", false), ("10..2.3", false), ("10.1.2", false), ("10.1.2.300", false),
    ])
  func `that name an address are known from those that do not`(text: String, isNamed: Bool) {
    #expect(SIPMessage.names(Array(text.utf8)) { $0 == IPv4Address(0x0A01_0203) } == isNamed)
  }
}
