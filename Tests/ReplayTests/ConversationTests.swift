import Forwarding
import Gateways
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Replay

@Suite struct `A replay` {
  @Test func `sends answers to the names that the questions came under`() throws {
    var recording = Recording()
    recording.say("one", from: Host.alice.at(4000), to: Host.carol.at(9))
    recording.say("two", from: Host.carol.at(9), to: Host.alice.at(4000))
    let replayed = try Replayed(recording)
    #expect(replayed.inside.count == 2 && replayed.outside.count == 2 && replayed.wrongChecksums == 0)
    let row = try #require(replayed.report.translations.first)
    let global = try #require(row.insideGlobal)
    #expect(row.outbound == 1 && row.inbound == 1 && Place.pool.contains(global.address))
    #expect(replayed.outside[0].source == replayed.outside[1].destination)
    #expect(Replayed.text(replayed.inside, from: Host.carol.address) == "two")
  }

  @Test func `lets static entries be called by their names`() throws {
    var recording = Recording()
    recording.say("hello bob", from: Host.carol.at(5000), to: Host.bob.at(7))
    recording.say("hello alice", from: Host.carol.at(5000), to: Host.alice.at(7))
    recording.say("hello web", from: Host.carol.at(5000), to: Host.inside(0).at(80))
    let replayed = try Replayed(
      recording, "ip nat inside source static udp 10.10.10.12 80 203.0.113.60 8080\n")
    #expect(replayed.outside.map(\.destination) == [Place.bobGlobal, IPv4Address(0xCB00_713C)])
    #expect(replayed.outside[1].ports?.destination == 8080 && replayed.inside[1].ports?.destination == 80)
    // Nothing outside stands for alice.
    #expect(replayed.report.skipped == [.unaddressed: 1])
  }

  @Test func `lets outside hosts be called by their names inside`() throws {
    var recording = Recording()
    recording.say("hello", from: Host.alice.at(4000), to: Host.carol.at(9))
    recording.say("hello yourself", from: Host.carol.at(9), to: Host.alice.at(4000))
    let replayed = try Replayed(recording, "ip nat outside source static 203.0.113.10 172.16.0.10 add-route\n")
    let local = try #require(IPv4Address("172.16.0.10"))
    #expect(replayed.inside.map(\.destination) == [local, Host.alice.address])
    #expect(replayed.outside.map(\.source).contains(Host.carol.address) && replayed.inside[1].source == local)
    #expect(replayed.report.translations[0].outsideLocal.address == local)
  }

  @Test func `translates queries and errors of ICMP`() throws {
    var recording = Recording()
    recording.add(.echoRequest(from: .alice, to: Host.carol.address, identifier: 77))
    recording.add(.echoReply(from: .carol, to: Host.alice.address, identifier: 77))
    let lost = Datagram.udp(from: Host.alice.at(4000), to: Host.dave.at(33_434))
    recording.add(lost)
    recording.add(
      .icmpError(type: 3, code: 3, from: Host.dave.address, to: Host.alice.address, about: lost.packet(), quoting: 28))
    let replayed = try Replayed(recording)
    #expect(replayed.report.drops == [:] && replayed.wrongChecksums == 0)
    #expect(replayed.inside.count == 4 && replayed.outside.count == 4)
    let error = try #require(replayed.inside.last)
    let quotation = try #require(error.quotation)
    #expect(quotation.source == Host.alice.address && error.octets.number16(at: quotation.transport) == 4000)
  }

  @Test func `carries fragments`() throws {
    var recording = Recording()
    let whole = Datagram.udp(from: Host.alice.at(4000), to: Host.carol.at(9)).with {
      $0.payload = Array(repeating: 7, count: 64)
    }
    let packet = whole.packet()
    for (range, field) in [(20..<60, 0x2000), (60..<92, 5)] as [(Range<Int>, Int)] {
      var fragment = Array(packet[..<20]) + packet[range]
      fragment.store16(UInt16(fragment.count), at: 2)
      fragment.store16(UInt16(field), at: 6)
      fragment.completeHeaderChecksum(at: 0, length: 20)
      recording.add([UInt8](repeating: 2, count: 12) + [8, 0] + fragment)
    }
    let replayed = try Replayed(recording)
    #expect(replayed.report.drops == [:] && replayed.outside.count == 2)
    #expect(replayed.outside.allSatisfy { Place.pool.contains($0.source) && $0.isFragment })
    // Put together again, the datagram's checksum is right.
    var octets = replayed.outside[0].octets + replayed.outside[1].octets[20...]
    let sum = octets.number16(at: 26)
    octets.store16(UInt16(octets.count), at: 2)
    octets.completeTransportChecksum(at: 20, .udp)
    #expect(octets.number16(at: 26) == sum)
  }

  @Test func `tells what was dropped and why`() throws {
    var recording = Recording()
    recording.add(.udp(from: Host.alice.at(4000), to: Host.carol.at(9)).with { $0.timeToLive = 1 })
    let replayed = try Replayed(recording)
    #expect(replayed.report.drops == [.timeToLiveExceeded: 1])
    #expect(replayed.report.firstDrops.first?.source.port == 4000)
    // The sender is told, as it would be.
    #expect(replayed.inside.count == 2 && replayed.inside[1].protocolNumber == .icmp && replayed.wrongChecksums == 0)
  }

  @Test func `counts what it does not play`() throws {
    var recording = Recording()
    recording.say("over here", from: Host.alice.at(1), to: Host.bob.at(1))
    recording.say("over there", from: Host.carol.at(1), to: Host.dave.at(1))
    recording.say("across", from: Host.alice.at(1), to: Host.dave.at(1))
    recording.add([UInt8](repeating: 2, count: 12) + [0x86, 0xDD] + [UInt8](repeating: 0x60, count: 40))
    let report = try Replayed(recording).report
    #expect(report.skipped == [.bothInside: 1, .bothOutside: 1, .ipv6: 1])
    #expect(report.frames == 4 && report.played == 1)
  }

  @Test func `of what does not cross the gateway is refused`() throws {
    var recording = Recording()
    recording.say("over here", from: Host.alice.at(1), to: Host.bob.at(1))
    #expect(throws: ReplayError.nothingCrosses) { try Replayed(recording) }
    let plan = ReplayPlan(interfaces: [], routes: [], translation: TranslationConfiguration())
    #expect(throws: ReplayError.noInterface(.inside)) { try Replayed(recording.file(), plan) }
  }

  @Test func `takes other networks for inside if it is told so, and says that no rule is for them`() throws {
    let stranger = try #require(IPv4Address("192.168.7.7"))
    var recording = Recording()
    recording.say("one", from: SocketAddress(stranger, 4000), to: Host.carol.at(9))
    recording.say("two", from: Host.carol.at(9), to: SocketAddress(stranger, 4000))
    #expect(throws: ReplayError.nothingCrosses) { try Replayed(recording) }
    let network = IPv4Prefix(containing: stranger, length: 16)
    let plan = try Replayed.plan(inside: [network])
    #expect(try Replayed(recording.file(), plan).report.untranslated == [stranger])
    let ruled = try Replayed.plan("access-list 10 permit 192.168.0.0 0.0.255.255\n", inside: [network])
    let replayed = try Replayed(recording.file(), ruled)
    #expect(replayed.report.untranslated == [] && replayed.inside.count == 2 && replayed.outside.count == 2)
  }

  @Test func `cuts what was captured before a device had cut it`() throws {
    var recording = Recording()
    var web = RecordedConnection(from: Host.alice.at(40_000), to: Host.carol.at(80))
    web.connect(in: &recording)
    let page = String(repeating: "all work and no play ", count: 300)
    web.server(page, in: &recording)
    web.close(in: &recording)
    let replayed = try Replayed(recording)
    #expect(replayed.report.drops == [:] && replayed.wrongChecksums == 0)
    #expect(replayed.inside.allSatisfy { $0.octets.count <= 1500 })
    #expect(Replayed.text(replayed.inside, from: Host.carol.address) == page)
  }

  @Test func `lets sessions end when the capture is silent for long enough`() throws {
    var recording = Recording()
    recording.say("one", from: Host.alice.at(4000), to: Host.carol.at(9))
    recording.wait(seconds: 100_000)
    recording.say("two", from: Host.carol.at(9), to: Host.alice.at(4000))
    #expect(try Replayed(recording).report.drops == [.filtered: 1])
  }

  @Test func `does not answer what did not arrive`() throws {
    var recording = Recording()
    var web = RecordedConnection(from: Host.carol.at(40_000), to: Host.alice.at(80))
    web.connect(in: &recording)
    web.client("GET /\r\n", in: &recording)
    let report = try Replayed(recording).report
    #expect(report.skipped[.unaddressed] == 3 && report.skipped[.unprompted] == 2 && report.drops == [:])
  }

  @Test func `plays what was sent twice twice`() throws {
    var recording = Recording()
    var web = RecordedConnection(from: Host.alice.at(40_000), to: Host.carol.at(80))
    web.connect(in: &recording)
    web.client("GET /\r\n", in: &recording)
    let frame = recording.frames[3].octets
    recording.add(frame)
    let replayed = try Replayed(recording)
    #expect(replayed.outsideText == "GET /\r\nGET /\r\n")
  }

  @Test func `goes on behind what the capture lost of a plain connection`() throws {
    var recording = Recording()
    var web = RecordedConnection(from: Host.alice.at(40_000), to: Host.carol.at(80))
    web.connect(in: &recording)
    web.server("first", in: &recording)
    web.lose(100, ofClient: false)
    web.server("last", in: &recording)
    web.close(in: &recording)
    let replayed = try Replayed(recording)
    #expect(replayed.problems == [])
    let last = try #require(replayed.outside.last.flatMap { StreamSegment($0.octets, at: $0.headerLength) })
    // The server's SYN, 5 octets, 100 that are lost, 4, and its FIN.
    #expect(last.acknowledgment == 900_000 + 1 + 5 + 100 + 4 + 1)
  }

  @Test func `opens TFTP's door to the port that the server answers from`() throws {
    var recording = Recording()
    recording.say("\0\u{1}file\0octet\0", from: Host.alice.at(4000), to: Host.carol.at(69))
    recording.say("\0\u{3}\0\u{1}data", from: Host.carol.at(3333), to: Host.alice.at(4000))
    recording.say("\0\u{4}\0\u{1}", from: Host.alice.at(4000), to: Host.carol.at(3333))
    let replayed = try Replayed(recording)
    #expect(replayed.problems == [] && replayed.report.drops == [:])
    #expect(replayed.inside.count == 3 && replayed.outside.count == 3)
    #expect(replayed.report.entries.flatMap(\.doors).count == 1)
  }

  @Test(arguments: [false, true])
  func `finds an address in a DNS answer that a static entry would have translated`(_ isHint: Bool) throws {
    func answer(_ address: [UInt8]) -> [UInt8] {
      let question: [UInt8] = [1, 0x62, 0] + [0, 1, 0, 1]
      // An HTTPS record before its hint: priority 1, no name of its own, the hint's key and length.
      let head: [UInt8] = isHint ? [0, 1, 0, 0, 4, 0, 4] : []
      let record: [UInt8] =
        [0xC0, 12, 0, isHint ? 65 : 1, 0, 1, 0, 0, 0, 60, 0, UInt8(head.count + 4)] + head + address
      return [0, 9, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0] + question + record
    }
    var recording = Recording()
    let ask = Datagram.udp(from: Host.carol.at(5353), to: Host.bob.at(53))
    recording.add(ask.with { $0.payload = [0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x62, 0, 0, 1, 0, 1] })
    recording.add(ask.reversed.with { $0.payload = answer([10, 10, 10, 11]) })
    let replayed = try Replayed(recording)
    #expect(
      replayed.problems == [] && replayed.report.entries.flatMap(\.edits).map(\.field) == [isHint ? "ipv4hint" : "A"])
    #expect(replayed.outside.last?.octets.suffix(4) == [203, 0, 113, 50])
    let dry = try Replayed(recording, "ip nat service dns dry-run\n")
    #expect(Set(dry.problems) == ["dry-run", "leak"])
  }
}
