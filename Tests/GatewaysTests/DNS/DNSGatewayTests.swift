import Forwarding
import GatewayTestSupport
import Gateways
import Synchronization
import TestSupport
import Testing
import Translation
import WireFormats

/// bob is 10.10.10.11 inside and 203.0.113.50 outside; the outside host 198.51.100.66 is 10.99.0.66 inside.
private struct Book: AddressBook {
  private static let insideLocal = Host.bob.address
  private static let insideGlobal = Place.bobGlobal
  private static let outsideLocal = IPv4Address(0x0A63_0042)
  private static let outsideGlobal = Host.mallory.address

  func insideGlobal(of local: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
    local == Self.insideLocal ? Self.insideGlobal : nil
  }
  func insideLocal(of global: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
    global == Self.insideGlobal ? Self.insideLocal : nil
  }
  func outsideLocal(of global: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
    global == Self.outsideGlobal ? Self.outsideLocal : nil
  }
  func outsideGlobal(of local: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
    local == Self.outsideLocal ? Self.outsideGlobal : nil
  }
}

@Suite("The DNS gateway")
struct DNSGatewayTests {
  // MARK: Messages

  private func name(_ text: String) -> [UInt8] {
    text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
  }

  private func number(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }

  private func query(_ text: String, type: Int, id: Int = 7) -> [UInt8] {
    number(id) + number(0x0100) + number(1) + number(0) + number(0) + number(0) + name(text) + number(type) + number(1)
  }

  /// A response whose records' owner is a pointer to the question's name.
  private func response(
    _ text: String, type: Int, id: Int = 7, _ records: [(type: Int, data: [UInt8])]
  ) -> [UInt8] {
    number(id) + number(0x8180) + number(1) + number(records.count) + number(0) + number(0) + name(text)
      + number(type) + number(1)
      + records.flatMap { record -> [UInt8] in
        number(0xC00C) + number(record.type) + number(1) + [0, 0, 1, 44] + number(record.data.count) + record.data
      }
  }

  private func conversation(
    opened: Direction = .outbound, transport: IPProtocol = .udp, options: GatewayOptions = []
  ) -> Conversation {
    var conversation = Conversation(
      DNSGateway.self, opened: opened, transport: transport, addresses: Book(), options: options)
    conversation.grant = { _, _ in .refused(.noPort) }
    return conversation
  }

  // MARK: Addresses

  @Test func `an answer from outside names an inside host by its inside local address`() {
    var conversation = conversation()
    conversation.datagram(query("bob.example", type: 1), .outbound)
    conversation.datagram(response("bob.example", type: 1, [(1, [203, 0, 113, 50]), (1, [192, 0, 2, 9])]), .inbound)
    #expect(
      conversation.passed[.inbound] == response("bob.example", type: 1, [(1, [10, 10, 10, 11]), (1, [192, 0, 2, 9])]))
  }

  @Test func `an answer from inside names an inside host by its inside global address`() {
    var conversation = conversation(opened: .inbound)
    conversation.datagram(query("bob.example", type: 1), .inbound)
    conversation.datagram(response("bob.example", type: 1, [(1, [10, 10, 10, 11])]), .outbound)
    #expect(conversation.passed[.outbound] == response("bob.example", type: 1, [(1, [203, 0, 113, 50])]))
  }

  @Test func `an outside host is named as inside knows it`() {
    var conversation = conversation()
    conversation.datagram(query("mallory.example", type: 1), .outbound)
    conversation.datagram(response("mallory.example", type: 1, [(1, [198, 51, 100, 66])]), .inbound)
    #expect(conversation.passed[.inbound] == response("mallory.example", type: 1, [(1, [10, 99, 0, 66])]))
  }

  @Test func `the hints of HTTPS and SVCB records are addresses, and AAAA records stay (RFC 9460 section 7.3)`() {
    func records(_ one: [UInt8], _ other: [UInt8]) -> [(type: Int, data: [UInt8])] {
      let quad = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 203, 0, 113, 50]
      let parameters =
        number(1) + number(3) + [2, 104, 50] + number(4) + number(8) + one + other + number(6) + number(16)
      return [(65, number(1) + [0] + parameters + quad), (64, number(1) + name("svc.example") + parameters + quad)]
        + [(28, quad), (1, one)]
    }
    var conversation = conversation(options: .resetsTTL)
    conversation.datagram(query("bob.example", type: 65), .outbound)
    conversation.datagram(response("bob.example", type: 65, records([203, 0, 113, 50], [192, 0, 2, 9])), .inbound)
    #expect(conversation.edits.map(\.field) == ["TTL", "ipv4hint", "TTL", "ipv4hint", "TTL", "A"])
    let addresses = conversation.edits.filter { $0.field != "TTL" }.map(\.octets)
    #expect(addresses == [[UInt8]](repeating: [10, 10, 10, 11], count: 3))
  }

  @Test(
    arguments: [
      [], [0], [0, 1], [0, 1, 0xC0, 12], [0, 1, 63], [0, 1, 0, 0, 4], [0, 1, 0, 0, 4, 0, 8, 203, 0, 113, 50],
      [0, 1, 0, 0, 4, 0, 3, 203, 0, 113], [0, 1, 0, 0, 4, 0xFF, 0xFF, 203, 0, 113, 50],
    ] as [[UInt8]]) func `hints that are no addresses are left alone`(_ data: [UInt8])
  {
    var conversation = conversation()
    conversation.datagram(query("bob.example", type: 65), .outbound)
    conversation.datagram(response("bob.example", type: 65, [(65, data)]), .inbound)
    #expect(conversation.edits.isEmpty)
  }

  @Test func `translated records live for no time where the configuration says so`() {
    var conversation = conversation(options: .resetsTTL)
    conversation.datagram(query("bob.example", type: 1), .outbound)
    conversation.datagram(response("bob.example", type: 1, [(1, [203, 0, 113, 50])]), .inbound)
    #expect(conversation.edits.map(\.field) == ["TTL", "A"])
  }

  // MARK: Names

  @Test func `a question about an address asks for the one that is known there, and comes back as it was asked`() {
    var conversation = conversation()
    let asked = "11.10.10.10.in-addr.arpa"
    let known = "50.113.0.203.in-addr.arpa"
    conversation.datagram(query(asked, type: 12), .outbound)
    #expect(conversation.passed[.outbound] == query(known, type: 12))
    let answer: [(type: Int, data: [UInt8])] = [(12, name("bob.example"))]
    conversation.datagram(response(known, type: 12, answer), .inbound)
    #expect(conversation.passed[.inbound] == response(asked, type: 12, answer))
  }

  @Test func `pointers behind a name that changes its length move with what they point to`() {
    var conversation = conversation(opened: .inbound)
    conversation.datagram(query("50.113.0.203.in-addr.arpa", type: 12), .inbound)
    #expect(conversation.passed[.inbound] == query("11.10.10.10.in-addr.arpa", type: 12))
    // The second record's data ends in a pointer to the first one's `example`.
    func answer(_ question: String, pointer: Int) -> [UInt8] {
      response(
        question, type: 12,
        [(12, name("bob.example")), (12, [4] + Array("also".utf8) + [0xC0, UInt8(pointer)])])
    }
    let start = 12 + name("11.10.10.10.in-addr.arpa").count + 4 + 12 + 4
    conversation.datagram(answer("11.10.10.10.in-addr.arpa", pointer: start), .outbound)
    #expect(conversation.passed[.outbound] == answer("50.113.0.203.in-addr.arpa", pointer: start + 1))
  }

  // MARK: What is left alone

  @Test func `an answer that nobody asked for, or to another question, is left alone`() {
    var conversation = conversation()
    conversation.datagram(query("bob.example", type: 1), .outbound)
    for answer in [
      response("bob.example", type: 1, id: 8, [(1, [203, 0, 113, 50])]),
      response("rob.example", type: 1, [(1, [203, 0, 113, 50])]),
    ] { conversation.datagram(answer, .inbound) }
    #expect(conversation.edits.isEmpty && conversation.remarks == ["unasked", "unasked"])
    conversation.datagram(response("BOB.example", type: 1, [(1, [203, 0, 113, 50])]), .inbound)
    #expect(conversation.edits.count == 1, "the case of letters does not matter")
    conversation.datagram(response("bob.example", type: 1, [(1, [203, 0, 113, 50])]), .inbound)
    #expect(conversation.edits.count == 1, "a question has one answer")
  }

  @Test func `an answer that nobody asked for binds no outside host's address`() {
    final class Asking: AddressBook {
      let questions = Atomic(0)
      func insideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
      func insideLocal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
      func outsideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
      func outsideLocal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? {
        questions.add(1, ordering: .relaxed)
        return nil
      }
    }
    let book = Asking()
    var conversation = Conversation(DNSGateway.self, transport: .udp, addresses: book)
    conversation.datagram(query("eve.example", type: 1), .outbound)
    conversation.datagram(response("eve.example", type: 1, id: 8, [(1, [198, 51, 100, 66])]), .inbound)
    #expect(book.questions.load(ordering: .relaxed) == 0)
    conversation.datagram(response("eve.example", type: 1, [(1, [198, 51, 100, 66])]), .inbound)
    #expect(book.questions.load(ordering: .relaxed) == 1)
  }

  @Test func `a signed answer is left alone and counted`() {
    var conversation = conversation()
    conversation.datagram(query("bob.example", type: 1), .outbound)
    let signed = response("bob.example", type: 1, [(1, [203, 0, 113, 50]), (46, [UInt8](repeating: 1, count: 40))])
    conversation.datagram(signed, .inbound)
    #expect(conversation.passed[.inbound] == signed && conversation.remarks == ["signed"])
  }

  @Test(arguments: [IPProtocol.udp, .tcp]) func `many questions wait at once, and each answer is translated`(
    _ transport: IPProtocol
  ) {
    var conversation = conversation(transport: transport)
    func send(_ message: [UInt8], _ direction: Direction) {
      if transport == .udp {
        conversation.datagram(message, direction)
      } else {
        conversation.send(number(message.count) + message, direction)
      }
    }
    for id in 0..<1024 { send(query("host\(id).example", type: 1, id: id), .outbound) }
    for id in (0..<1024).reversed() {
      send(response("host\(id).example", type: 1, id: id, [(1, [203, 0, 113, 50])]), .inbound)
    }
    #expect(conversation.edits.count == 1024 && conversation.remarks.isEmpty)
  }

  @Test func `beyond a bound the oldest question gives way, and that is told unless nobody waits for it`() {
    var conversation = conversation()
    for id in 0..<1025 { conversation.datagram(query("bob.example", type: 1, id: id), .outbound) }
    #expect(conversation.remarks == ["too many questions"])
    conversation.datagram(response("bob.example", type: 1, id: 0, [(1, [203, 0, 113, 50])]), .inbound)
    #expect(conversation.edits.isEmpty && conversation.remarks.last == "unasked")
    conversation.datagram(response("bob.example", type: 1, id: 1, [(1, [203, 0, 113, 50])]), .inbound)
    #expect(conversation.edits.count == 1)
    conversation.datagram(query("bob.example", type: 1, id: 2000), .outbound)
    conversation.now += 10_000_000
    conversation.datagram(query("bob.example", type: 1, id: 2001), .outbound)
    #expect(conversation.remarks == ["too many questions", "unasked"], "what is long past is not missed")
  }

  // MARK: Streams

  @Test func `on a stream the length before a message follows what becomes of it, however it is cut`() {
    let asked = query("11.10.10.10.in-addr.arpa", type: 12)
    let known = query("50.113.0.203.in-addr.arpa", type: 12)
    for size in 1...20 {
      var conversation = conversation(transport: .tcp)
      let stream = number(asked.count) + asked + number(asked.count) + asked
      for start in stride(from: 0, to: stream.count, by: size) {
        conversation.send(Array(stream[start..<min(start + size, stream.count)]), .outbound)
      }
      #expect(conversation.passed[.outbound] == number(known.count) + known + number(known.count) + known)
    }
  }

  @Test func `a zone is transferred in several messages, of which the later need not repeat the question`() {
    var conversation = conversation(transport: .tcp)
    let question = query("example", type: 252)
    conversation.send(number(question.count) + question, .outbound)
    let answer = response("example", type: 252, [(1, [203, 0, 113, 50])])
    for _ in 0..<2 { conversation.send(number(answer.count) + answer, .inbound) }
    let bare =
      number(7) + number(0x8180) + number(0) + number(1) + number(0) + number(0) + name("bob.example") + number(1)
      + number(1) + [0, 0, 1, 44] + number(4) + [203, 0, 113, 50]
    conversation.send(number(bare.count) + bare, .inbound)
    #expect(conversation.edits.count == 3 && conversation.remarks.isEmpty)
    conversation.send(number(bare.count) + number(8) + bare.dropFirst(2), .inbound)
    #expect(conversation.edits.count == 3 && conversation.remarks == ["unasked"])
    // By datagrams there is one answer only.
    var datagrams = self.conversation()
    datagrams.datagram(query("example", type: 251), .outbound)
    for _ in 0..<2 { datagrams.datagram(response("example", type: 251, [(1, [203, 0, 113, 50])]), .inbound) }
    #expect(datagrams.edits.count == 1 && datagrams.remarks == ["unasked"])
  }

  @Test func `the longest message that a stream takes is translated whole, and quickly`() {
    // 4092 A records behind a question that grows: 65 514 octets, of which every pointer stays and every address changes.
    var conversation = conversation(opened: .inbound, transport: .tcp)
    let records = [(type: Int, data: [UInt8])](repeating: (1, [10, 10, 10, 11]), count: 4092)
    let question = query("bob.example", type: 1)
    conversation.send(number(question.count) + question, .inbound)
    let answer = response("bob.example", type: 1, records)
    let start = ContinuousClock.now
    conversation.send(number(answer.count) + answer, .outbound)
    #expect(answer.count > 65_000 && conversation.edits.count == 4092)
    let translated = records.map { (type: $0.type, data: [UInt8]([203, 0, 113, 50])) }
    let expected = response("bob.example", type: 1, translated)
    #expect(conversation.passed[.outbound] == number(expected.count) + expected)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func `thousands of names that grow, with pointers behind them, are translated in no long time`() {
    // Each record's owner is an address of its own, which becomes shorter, and its data points behind the one before.
    let owner = name("50.113.0.203.in-addr.arpa")
    var message = number(7) + number(0x0100) + number(1) + number(0) + number(1000) + number(0)
    message += name("a.example") + number(1) + number(1)
    var target = 12
    var moved = 0
    for _ in 0..<1000 {
      let next = message.count + 13
      message += owner + number(12) + number(1) + [0, 0, 1, 44] + number(2) + number(0xC000 | target)
      if target > 12 { moved += 1 }
      target = next < 0x4000 ? next : 12
    }
    var conversation = conversation(opened: .inbound)
    let start = ContinuousClock.now
    for _ in 0..<20 { conversation.datagram(message, .inbound) }
    #expect(conversation.edits.count == 20 * (1000 + moved) && moved > 400)
    #expect(conversation.passed[.inbound]?.count == message.count - 1000)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  // MARK: Bad input

  @Test func `no truncation and no changed octet of a message is more than malformed`() {
    let whole = response(
      "bob.example", type: 1,
      [
        (1, [203, 0, 113, 50]), (15, [0, 1, 0xC0, 12]), (6, name("a.b") + name("c") + [UInt8](repeating: 0, count: 20)),
      ])
    for count in 0...whole.count {
      var conversation = conversation()
      conversation.datagram(query("bob.example", type: 1), .outbound)
      conversation.datagram(Array(whole.prefix(count)), .inbound)
      if count < whole.count { #expect(conversation.edits.isEmpty) }
    }
    var random = SeededRandom(seed: 3)
    for _ in 0..<20_000 {
      var changed = whole
      for _ in 0...Int(random.next() % 3) {
        changed[Int(random.next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      var conversation = conversation()
      conversation.datagram(query("bob.example", type: 1), .outbound)
      conversation.datagram(changed, .inbound)
    }
  }

  @Test func `names that point at themselves or forward are malformed`() {
    for pointer in [12, 13, 40] {
      var conversation = conversation()
      conversation.datagram(query("a.example", type: 1), .outbound)
      let message =
        number(7) + number(0x8180) + number(1) + number(0) + number(0) + number(0)
        + [0xC0, UInt8(pointer)] + number(1) + number(1)
      conversation.datagram(message, .inbound)
      #expect(conversation.errors == [.malformed("not a DNS message")])
    }
  }
}
