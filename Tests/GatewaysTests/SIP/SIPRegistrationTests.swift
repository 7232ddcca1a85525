import GatewayTestSupport
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Gateways

@Suite("SIP registrations")
struct SIPRegistrationTests {
  private static func register(_ contact: String, sequence: Int = 1, more: String = "", user: String = "alice")
    -> String
  {
    SIPSamples.request(
      "REGISTER", "sip:203.0.113.10", contact: contact, callID: "r\(user)", sequence: sequence, more: more
    ).replacing("To: <sip:carol", with: "To: <sip:\(user)")
  }

  private static func answer(
    _ status: Int, _ contact: String?, sequence: Int = 1, more: String = "", user: String = "alice"
  )
    -> String
  {
    SIPSamples.answer(status, "REGISTER", contact: contact, callID: "r\(user)", sequence: sequence, more: more)
      .replacing("To: <sip:carol", with: "To: <sip:\(user)")
  }

  private func send(_ text: String, _ direction: Direction, _ conversation: inout Conversation) -> String {
    conversation.datagram(SIPSamples.octets(text), direction)
    return conversation.text(direction).replacing("\r\n", with: "\n")
  }

  @Test func `a door opens for the contact, and admits nobody before the registrar agrees`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let sent = send(Self.register("<sip:alice@10.10.10.10:5062>;expires=600"), .outbound, &talk)
    #expect(sent.contains("Contact: <sip:alice@203.0.113.100:50000>;expires=600\n"))
    let door = try #require(talk.doors.first)
    #expect(door.request.insideLocalPort == 5062 && !door.request.isActive && door.request.outlivesParent)
    #expect(door.request.remote == Host.carol.address && door.request.childGateway == SIPGateway.id)
    _ = send(Self.answer(401, nil), .inbound, &talk)
    _ = send(Self.answer(200, "<sip:alice@203.0.113.100:50000>;expires=600", sequence: 7), .inbound, &talk)
    #expect(talk.activated.isEmpty && talk.closed.isEmpty)
    _ = send(Self.register("<sip:alice@10.10.10.10:5062>;expires=600", sequence: 2), .outbound, &talk)
    let answer = send(
      Self.answer(200, "<sip:alice@203.0.113.100:50000>;expires=300", sequence: 2), .inbound, &talk)
    #expect(answer.contains("Contact: <sip:alice@10.10.10.10:5062>;expires=300\n"))
    #expect(talk.doors.count == 1 && talk.activated == [door.grant.door])
    #expect(talk.extended[door.grant.door] == 332)
  }

  @Test func `a refresh extends it, and its end closes it`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let book = try #require(talk.memory as? SIPBook)
    let contact = "<sip:alice@203.0.113.100:50000>"
    for sequence in 1...3 {
      _ = send(
        Self.register("<sip:alice@10.10.10.10:5062>", sequence: sequence, more: "Expires: 100\n"), .outbound, &talk)
      _ = send(Self.answer(200, contact, sequence: sequence, more: "Expires: 100\n"), .inbound, &talk)
      talk.now += 90_000_000
      #expect(book.turn(now: talk.now).isEmpty && book.registrations.count == 1)
    }
    #expect(talk.doors.count == 1)
    _ = send(Self.register("<sip:alice@10.10.10.10:5062>;expires=0", sequence: 9), .outbound, &talk)
    #expect(talk.closed.isEmpty)
    _ = send(Self.answer(200, nil, sequence: 9), .inbound, &talk)
    #expect(talk.closed.count == 1 && book.registrations.isEmpty)
  }

  @Test func `a star ends all of one user, and none of another at the same contact`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let book = try #require(talk.memory as? SIPBook)
    for user in ["alice", "anna"] {
      let sent = send(Self.register("<sip:x@10.10.10.10:5062>", user: user), .outbound, &talk)
      let contact = String(sent.split(separator: "\n").first { $0.hasPrefix("Contact") }?.dropFirst(9) ?? "")
      _ = send(Self.answer(200, contact, user: user), .inbound, &talk)
    }
    #expect(book.registrations.count == 2)
    _ = send(Self.register("*", sequence: 2, more: "Expires: 0\n"), .outbound, &talk)
    _ = send(Self.answer(200, nil, sequence: 2), .inbound, &talk)
    #expect(book.registrations.count == 1 && talk.closed.count == 1)
  }

  @Test func `a registration that is never answered or never refreshed ends`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let book = try #require(talk.memory as? SIPBook)
    _ = send(Self.register("<sip:alice@10.10.10.10:5062>"), .outbound, &talk)
    let duties = book.turn(now: talk.now + 41_000_000)
    #expect(duties == [.close(try #require(talk.doors.first).grant.door)] && book.registrations.isEmpty)
  }

  @Test func `five thousand registrations of one host take as long each as the first`() throws {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let book = try #require(talk.memory as? SIPBook)
    func register(_ numbers: Range<Int>) -> Duration {
      ContinuousClock().measure {
        for number in numbers {
          let (own, global) = ("<sip:u\(number)@10.10.10.10:5062>", "<sip:u\(number)@203.0.113.100:50000>")
          _ = send(Self.register(own, user: "u\(number)"), .outbound, &talk)
          _ = send(Self.answer(200, global, user: "u\(number)"), .inbound, &talk)
        }
      }
    }
    // One endpoint has one name, however many doors lead to it.
    talk.grant = { request, number in
      .granted(
        DoorGrant(
          door: DoorID(worker: 0, place: UInt32(number), generation: 1), insideGlobal: Place.pool.lowerBound,
          insideGlobalPort: 50_000))
    }
    let first = register(0..<500)
    _ = register(500..<4500)
    let last = register(4500..<5000)
    #expect(book.registrations.count == 5000)
    #expect(last < first * 4, "\(last) after \(first)")
    let doors = Set(book.registrations.doors.map(\.id))
    #expect(doors.count == 5000 && book.registrations.doors.allSatisfy(\.isActive))
    // Each user's end is that user's alone.
    _ = send(Self.register("*", sequence: 2, more: "Expires: 0\n", user: "u7"), .outbound, &talk)
    _ = send(Self.answer(200, nil, sequence: 2, user: "u7"), .inbound, &talk)
    #expect(book.registrations.count == 4999)
  }

  /// The shape of NAT slipstreaming's last step: a valid REGISTER whose contact is another host's, or a service's.
  @Test func `no door leads to another inside host`() {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    let sent = send(Self.register("<sip:alice@10.10.10.11:5062>"), .outbound, &talk)
    #expect(talk.doors.isEmpty && sent.contains("<sip:alice@10.10.10.11:5062>"))
  }

  @Test func `a contact at a port that doors do not lead to is translated and gets none`() {
    var talk = Conversation(SIPGateway.self, transport: .udp)
    talk.grant = { _, _ in .refused(.deniedPort) }
    let sent = send(Self.register("<sip:alice@10.10.10.10:445>"), .outbound, &talk)
    #expect(sent.contains("<sip:alice@203.0.113.100:445>") && talk.doors.isEmpty)
    #expect(talk.remarks.contains("door refused: denied-port"))
    let answer = send(Self.answer(200, "<sip:alice@203.0.113.100:445>"), .inbound, &talk)
    #expect(answer.contains("<sip:alice@10.10.10.10:445>") && talk.activated.isEmpty)
  }
}
