import Forwarding
import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

/// Floods, scaled to what runs in a moment: what one host begins is bounded, and others place calls meanwhile.
@Suite("SIP floods")
struct SIPStormTests {
  private static func host(_ number: Int) -> SIPHostKey {
    SIPHostKey(address: IPv4Address(0x0A0A_0000 + UInt32(number)), instance: .global)
  }

  /// INVITEs that nobody answers, as far as the book takes them.
  private func flood(_ book: SIPBook, _ host: SIPHostKey, calls: Int) {
    for number in 0..<calls where book.hasRoom(for: host) {
      let call = SIPCall(name: [], began: 1, deadline: 1 + SIPCall.patience)
      book.apply(.call(SIPCallKey(host: host, name: UInt64(number)), call), now: 1_000_000)
    }
  }

  @Test func `a description a millisecond with 20 streams each keeps to the doors of one call`() {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    for number in 0..<1000 {
      talk.now += 1000
      let streams = (0..<20).map { "m=audio \(1024 + (number * 20 + $0) * 2 % 60_000) RTP/AVP 0\n" }.joined()
      let body = SIPSamples.description.replacing("m=audio 4000 RTP/AVP 0 8 101\n", with: streams)
      talk.datagram(
        SIPSamples.octets(SIPSamples.request("INVITE", "sip:carol@203.0.113.10", sequence: number + 1, body: body)),
        .outbound)
    }
    #expect(talk.doors.count == SIPCall.maximumDoors && talk.errors.isEmpty)
    #expect(talk.remarks.contains("too many doors of one call"))
  }

  @Test func `a host that floods has its own share of the book, and all others call`() throws {
    var alice = Conversation(SIPGateway.self, transport: .udp)
    let book = try #require(alice.memory as? SIPBook)
    let key = SIPHostKey(address: Host.alice.address, instance: .global)
    flood(book, key, calls: 50_000)
    #expect(book.calls.count == SIPBook.maximumEarlyCallsOfHost)
    alice.datagram(SIPSamples.octets(SIPSamples.invite), .outbound)
    #expect(alice.remarks == ["too many calls of the host"] && alice.doors.isEmpty)
    #expect(alice.text(.outbound).contains("Contact: <sip:alice@203.0.113.100:40000>"))
    var bob = Conversation(SIPGateway.self, transport: .udp, memory: book) {
      $0.insideLocal = Host.bob.address
      $0.insideGlobalPort = 42_000
    }
    bob.datagram(SIPSamples.octets(SIPSamples.invite.replacing("10.10.10.10", with: "10.10.10.11")), .outbound)
    #expect(bob.doors.count == 1 && bob.remarks.isEmpty)
    // Nobody answers: all of it ends by time.
    _ = book.turn(now: UInt64(2 + SIPCall.patience) * 1_000_000)
    #expect(book.calls.isEmpty && book.directory.count == 0)
  }

  @Test func `a thousand hosts that flood fill the book, and one that has few calls still gets one`() {
    let book = SIPBook(EngineSettings())
    for number in 0..<1000 { flood(book, Self.host(number), calls: 300) }
    // Hosts that come when it is full get few each.
    let late = 1000 - SIPBook.maximumCalls / 300 - 1
    #expect(book.calls.count == SIPBook.maximumCalls + late * SIPBook.fewCalls)
    #expect(!book.hasRoom(for: Self.host(3)) && book.hasRoom(for: Self.host(2000)))
    flood(book, Self.host(2000), calls: 100)
    #expect(book.calls.count == SIPBook.maximumCalls + (late + 1) * SIPBook.fewCalls)
  }
}
