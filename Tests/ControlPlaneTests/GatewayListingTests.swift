import Configuration
import Forwarding
import Gateways
import Testing
import Translation
import WireFormats

@testable import ControlPlane

private let alice = IPv4Address("10.10.10.10")!
private let carol = IPv4Address("203.0.113.10")!
private let pool = IPv4Address("203.0.113.100")!
private let ftp = GatewayCatalog.gateway(named: "ftp")!.id

/// alice's control session with carol's FTP server.
private let session: ControlSession = {
  var record = SessionRecord(
    insideLocal: (alice, 41_000), insideGlobal: (pool, 51_000), outside: (carol, 21), protocol: .tcp)
  record.gateway = ftp
  return ControlSession(
    InspectedSession(id: SessionID(worker: 0, number: 7, created: 1), record: record), gateway: ftp)
}()

private func request(_ change: (inout DoorRequest) -> Void = { _ in }) -> DoorRequest {
  var request = DoorRequest(
    parent: session.id, gateway: ftp, direction: .inbound, protocol: .tcp, insideLocal: alice, insideLocalPort: 51_201,
    remote: carol)
  change(&request)
  return request
}

private func row(_ change: (inout DoorRow) -> Void = { _ in }) -> DoorRow {
  var row = DoorRow(
    id: DoorID(worker: 0, place: 0, generation: 0), request: request(), insideGlobal: pool, insideGlobalPort: 50_000,
    insideInstance: .global, outsideInstance: .global, isActive: false, secondsLeft: 59, uses: 0)
  change(&row)
  return row
}

@Suite struct `show ip nat doors` {
  private static func gateway() -> StubGateway {
    var configuration = GatewayConfiguration()
    configuration.translation.instanceNames = ["", "RED"]
    let red = row {
      $0.insideInstance = RoutingInstance(rawValue: 1)
      $0.request.remote = nil
      $0.request.count = 2
      $0.request.isSingleUse = false
      $0.isActive = true
      $0.secondsLeft = nil
    }
    return StubGateway(configuration: configuration, doorRows: [red, row()])
  }

  @Test func `tells who may begin to talk to whom`() async throws {
    let lines = try await answer("show ip nat doors", from: Self.gateway()).text.split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    #expect(lines[1] == "tcp 203.0.113.100:50000 10.10.10.10:51201 203.0.113.10 in ftp waiting once 59 s 0")
    #expect(lines[2] == "tcp 203.0.113.100:50000+1 10.10.10.10:51201+1 any in ftp active permanent session 0")
  }

  @Test func `can be of one VRF, which must be there`() async throws {
    let red = try await answer("show ip nat doors vrf RED", from: Self.gateway()).text
    #expect(red.contains("permanent") && !red.contains("once"))
    let wrong = try await answer("show ip nat doors vrf BLUE", from: Self.gateway())
    #expect(wrong.all == [.error("there is no VRF BLUE; the VRFs are RED")])
  }

  @Test func `says when there is none`() async throws {
    #expect(try await answer("sh ip nat do", from: StubGateway()).text == "No door is open.\n")
  }

  @Test func `has every fact in JSON`() async throws {
    let json = try await answer("show ip nat doors", .json, from: StubGateway(doorRows: [row()])).text
    for part in [
      #""protocol":"tcp""#, #""insideGlobalPort":50000"#, #""remote":"203.0.113.10""#, #""isSingleUse":true"#,
      #""isActive":false"#, #""secondsLeft":59"#, #""parent":7"#,
    ] { #expect(json.contains(part), "\(part)") }
  }
}

@Suite struct `show ip nat gateways` {
  private static func gateway(_ statements: [ServiceStatement] = []) -> StubGateway {
    let slowPaths = (0..<2).map { SlowPathStatus(index: $0, core: nil, counters: GatewayCounters(), ledger: Ledger()) }
    for slowPath in slowPaths {
      slowPath.counters.add(3, to: .edits, of: ftp)
      slowPath.counters.count(kind: "PORT", of: ftp)
      slowPath.counters.count(.encrypted, of: ftp)
    }
    var configuration = GatewayConfiguration()
    configuration.translation.services = statements
    return StubGateway(configuration: configuration, slowPaths: slowPaths)
  }

  @Test func `adds up what all slow paths have done`() async throws {
    let text = try await answer("show ip nat gateways ftp", from: Self.gateway()).text
    #expect(text.hasPrefix("ftp is on, at tcp 21\n"))
    #expect(text.contains("edits: 6,") && text.contains("(PORT 2)") && text.contains("stepped aside: encrypted 2"))
    #expect(!text.contains("tftp"))
  }

  @Test func `says what is off, dry and elsewhere`() async throws {
    let statements = [
      ServiceStatement(words: ["dns"], isOn: false), ServiceStatement(words: ["tftp", "dry-run"], isOn: true),
      ServiceStatement(words: ["list", "17", "ftp", "tcp", "port", "2121"], isOn: true),
    ]
    let text = try await answer("show ip nat gateways", from: Self.gateway(statements)).text
    #expect(text.contains("dns is off\n") && text.contains("tftp is dry-run, at udp 69\n"))
    #expect(text.contains("ftp is on, at tcp 2121 (list 17), tcp 21\n"))
  }

  @Test func `refuses a name that no gateway has`() async throws {
    let answer = try await answer("show ip nat gateways nonsense", from: Self.gateway())
    let names = GatewayCatalog.all.map { $0.name }.joined(separator: ", ")
    #expect(answer.all == [.error("there is no gateway nonsense; the gateways are \(names)")])
  }

  @Test func `has every counter in JSON`() async throws {
    let json = try await answer("show ip nat gateways ftp", .json, from: Self.gateway()).text
    for counter in GatewayCounter.allCases { #expect(json.contains("\"\(counter)\":"), "\(counter)") }
    #expect(json.contains(#""kinds":{"PORT":2}"#) && json.contains(#""steppedAside":{"encrypted":2}"#))
  }
}

@Suite struct `show vtcp` {
  @Test func `lists counts and connections`() async throws {
    let slowPath = SlowPathStatus(index: 0, core: 3, counters: GatewayCounters(), ledger: Ledger())
    slowPath.counters.add(5, to: .retransmissions)
    let connection = ConnectionRow(
      session: session, gateway: "ftp", steppedAside: nil, shift: SequenceShift(outbound: 2, inbound: -4),
      bufferedOctets: 17, isEstablished: true)
    let gateway = StubGateway(slowPaths: [slowPath], connectionRows: [connection])
    let text = try await answer("show vtcp", from: gateway).text
    #expect(text.contains("Slow path 0 runs on core 3: 0 connections"))
    let words = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(words.contains("retransmissions 5"))
    #expect(words.contains("ftp 10.10.10.10:41000 203.0.113.10:21 established 17 2 -4"))
    let json = try await answer("show vtcp", .json, from: gateway).text
    #expect(json.contains(#""retransmissions":5"#) && json.contains(#""shiftInbound":"-4""#))
  }
}

@Suite struct `show ip nat gateways NAME calls` {
  @Test func `lists what the gateway remembers`() async throws {
    let sip = try #require(GatewayCatalog.gateway(named: "sip")).id
    let row = MemoryRow(kind: "call", name: "1@a", host: "10.10.10.10", state: "confirmed", doors: 2, age: 7)
    let gateway = StubGateway(callRows: [sip: [row]])
    let text = try await answer("show ip nat gateways sip calls", from: gateway).text
    let words = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(words.contains("call 10.10.10.10 1@a confirmed 2 7 s"))
    let json = try await answer("show ip nat gateways sip calls", .json, from: gateway).text
    #expect(json.contains(#""name":"1@a""#) && json.contains(#""ageSeconds":7"#))
  }
}

@Suite struct `A line of trace` {
  private static func entry(_ change: (inout LedgerEntry) -> Void) -> LedgerEntry {
    var entry = LedgerEntry(time: 0, gateway: "ftp", session: session, direction: .outbound, kind: "PORT")
    change(&entry)
    return entry
  }

  private static func text(_ entry: LedgerEntry) -> String {
    // The time of day depends on where the test runs.
    String(TraceLine(entry: entry, time: 1_234_567).text.dropFirst(12))
  }

  @Test func `has the field before and after, and nothing that a terminal would obey`() {
    let edit = LedgerEdit(field: "PORT", before: Array("1,2\u{1B}[2J".utf8) + [0xFF], after: Array("3\\4".utf8))
    let text = Self.text(Self.entry { $0.edits = [edit] })
    #expect(
      text == " ftp PORT 10.10.10.10:41000 -> 203.0.113.10:21  PORT 1,2\\x1B[2J\\xFF => 3\\x5C4\n")
  }

  @Test func `has a line for each door, remark and step aside`() {
    let grant = DoorGrant(
      door: DoorID(worker: 0, place: 0, generation: 0), insideGlobal: pool, insideGlobalPort: 50_000)
    let entry = Self.entry {
      $0.doors = [TranslationAgent.OpenedDoor(request: request { $0.isActive = false }, grant: grant)]
      $0.remarks = ["bounce"]
      $0.steppedAside = .encrypted
      $0.isDryRun = true
    }
    let lines = Self.text(entry).split(separator: "\n")
    let door = "door tcp 203.0.113.10 -> 203.0.113.100:50000 (10.10.10.10:51201) once, 60 s, waiting"
    #expect(lines[0].hasSuffix(" (dry run)  \(door)"))
    #expect(lines[1].hasSuffix("  bounce") && lines[2].hasSuffix("  stepped aside: encrypted"))
  }

  @Test func `is told to whoever follows its gateway or host, until enough are`() async throws {
    let ledger = Ledger()
    let slowPath = SlowPathStatus(index: 0, core: nil, counters: GatewayCounters(), ledger: ledger)
    let gateway = StubGateway(slowPaths: [slowPath])
    async let told = answer("trace gateway ftp host 203.0.113.100 count 2", from: gateway)
    // Nobody writes while nobody follows.
    while !ledger.isOn { try await Task.sleep(for: .milliseconds(1)) }
    ledger.note(Self.entry { ($0.gateway, $0.remarks) = ("tftp", ["not asked for"]) })
    for number in 1...3 { ledger.note(Self.entry { $0.remarks = ["remark \(number)"] }) }
    let text = try await told.text
    #expect(text.contains("remark 1") && text.contains("remark 2"))
    #expect(!text.contains("remark 3") && !text.contains("not asked for"))
    #expect(!ledger.isOn)
  }

  @Test func `of another host is not told`() {
    var request = TraceRequest()
    request.host = IPv4Address("203.0.113.99").map { .ipv4($0) }
    #expect(!request.wants(Self.entry { _ in }))
    request.host = .ipv4(carol)
    #expect(request.wants(Self.entry { _ in }))
  }
}
