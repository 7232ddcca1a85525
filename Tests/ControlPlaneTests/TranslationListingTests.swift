import Configuration
import Forwarding
import Testing
import Translation
import WireFormats

@testable import ControlPlane

/// The rows of a small gateway: bob behind a static entry, a web server behind a port entry, alice with a connection, a
/// query and a ping, and a host with an address of its own.
private func sampleGateway() -> StubGateway {
  var configuration = GatewayConfiguration()
  configuration.translation.staticTranslations = [
    StaticTranslation(local: IPv4Address("10.10.10.11")!, global: .address(IPv4Address("203.0.113.50")!)),
    StaticTranslation(
      local: IPv4Address("10.10.10.12")!, global: .address(IPv4Address("203.0.113.1")!),
      ports: .init(transport: .tcp, local: 80, global: 8080)),
  ]
  let age = TranslationRow.Age(created: 15, idle: 5, timeout: 86_400)
  return StubGateway(
    configuration: configuration,
    rows: [
      [
        TranslationRow(
          kind: .address, protocolNumber: nil, insideGlobal: "203.0.113.120", insideLocal: "10.10.20.1", rule: 2,
          age: age, worker: 0),
        TranslationRow(
          kind: .session, protocolNumber: .tcp, insideGlobal: "203.0.113.100:1024",
          insideLocal: "10.10.10.10:40000",
          outside: .init(local: "203.0.113.10:80", global: "203.0.113.10:80"), rule: 1, marks: [.established],
          age: age, worker: 0),
        TranslationRow(
          kind: .session, protocolNumber: .udp, insideGlobal: "203.0.113.100:1025",
          insideLocal: "10.10.10.10:50000",
          outside: .init(local: "203.0.113.11:53", global: "203.0.113.11:53"), rule: 1, marks: [.dns],
          age: .init(created: 3, idle: 3, timeout: 60), worker: 0),
        TranslationRow(
          kind: .session, protocolNumber: .icmp, insideGlobal: "203.0.113.100:7", insideLocal: "10.10.10.10:7",
          outside: .init(local: "203.0.113.10:7", global: "203.0.113.10:7"), rule: 1,
          age: .init(created: 1, idle: 0, timeout: nil), worker: 0),
        TranslationRow(
          kind: .session, protocolNumber: IPProtocol(rawValue: 47), insideGlobal: "203.0.113.120",
          insideLocal: "10.10.20.1", outside: .init(local: "203.0.113.10", global: "203.0.113.10"), rule: 2,
          age: age, worker: 0),
      ]
    ])
}

@Suite struct `show ip nat translations` {
  @Test func `has the shape of IOS XE`() async throws {
    let sink = try await answer("show ip nat translations", from: sampleGateway())
    #expect(
      sink.text == """
        Pro  Inside global         Inside local          Outside local         Outside global
        ---  203.0.113.50          10.10.10.11           ---                   ---
        tcp  203.0.113.1:8080      10.10.10.12:80        ---                   ---
        ---  203.0.113.120         10.10.20.1            ---                   ---
        tcp  203.0.113.100:1024    10.10.10.10:40000     203.0.113.10:80       203.0.113.10:80
        udp  203.0.113.100:1025    10.10.10.10:50000     203.0.113.11:53       203.0.113.11:53
        icmp 203.0.113.100:7       10.10.10.10:7         203.0.113.10:7        203.0.113.10:7
        gre  203.0.113.120         10.10.20.1            203.0.113.10          203.0.113.10
        Total number of translations: 7

        """)
    #expect(sink.all.last == .end)
  }

  @Test func `separates columns even where an entry overflows`() async throws {
    let row = TranslationRow(
      kind: .session, protocolNumber: .tcp, insideGlobal: "203.203.113.100:65535", insideLocal: "255.255.255.255:65535")
    let text = try await answer("show ip nat translations", from: StubGateway(rows: [[row]])).text
    #expect(
      text.split(separator: "\n")[1] == "tcp  203.203.113.100:65535 255.255.255.255:65535 ---                   ---")
  }

  @Test(arguments: [
    ("tcp", 2), ("udp", 1), ("icmp", 1), ("gre", 1), ("inside 10.10.10.10", 3), ("inside 203.0.113.100", 3),
    ("outside 203.0.113.10", 3), ("udp outside 203.0.113.10", 0), ("tcp inside 10.10.10.12", 1),
  ])
  func `shows only what was asked for`(filter: String, count: Int) async throws {
    let text = try await answer("show ip nat translations \(filter)", from: sampleGateway()).text
    #expect(text.split(separator: "\n").count == count + 2)
    #expect(text.hasSuffix("Total number of translations: \(count)\n"))
    let total = try await answer("show ip nat translations \(filter) total", from: sampleGateway()).text
    #expect(total == "Total number of translations: \(count)\n")
  }

  @Test func `tells with verbose what is known of each entry`() async throws {
    let text = try await answer("show ip nat translations tcp verbose", from: sampleGateway()).text
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines[2] == "  Flags: static")
    #expect(
      lines[4].wholeMatch(
        of: #/  create: \d\d/\d\d/\d\d \d\d:\d\d:\d\d, use: \d\d/\d\d/\d\d \d\d:\d\d:\d\d, timeout: 24:00:00/#) != nil)
    #expect(
      lines[5...] == [
        "  Format(H:M:S) Time-left :23:59:55", "  Map-Id(In): 1", "  RuleID : 11", "  Flags: extended, established",
        "  ALG Application Type: NA", "  entry-id: 0x1000000005, use_count:0", "  Worker: 0",
        "Total number of translations: 2",
      ])
    let ping = try await answer("show ip nat translations icmp verbose", from: sampleGateway()).text
    #expect(ping.contains("timeout: never\n  Map-Id(In): 1\n  RuleID : 11\n  Flags: extended\n"))
  }

  @Test func `is an array of objects in JSON`() async throws {
    let text = try await answer("show ip nat translations", .json, from: sampleGateway()).text
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.count == 9)
    #expect(lines.first == "[")
    #expect(lines.last == "]")
    #expect(
      lines[1] == #"{"kind":"static","protocol":null,"insideGlobal":"203.0.113.50","insideGlobalPort":null,"#
        + #""insideLocal":"10.10.10.11","insideLocalPort":null,"outsideLocal":null,"outsideLocalPort":null,"#
        + #""outsideGlobal":null,"outsideGlobalPort":null,"prefixLength":null,"vrf":null,"rule":null,"ruleID":null,"#
        + #""flags":[],"ageSeconds":null,"idleSeconds":null,"timeoutSeconds":null,"leftSeconds":null,"#
        + #""entryID":null,"useCount":null,"worker":null},"#)
    #expect(
      lines[4] == #"{"kind":"session","protocol":"tcp","insideGlobal":"203.0.113.100","insideGlobalPort":1024,"#
        + #""insideLocal":"10.10.10.10","insideLocalPort":40000,"outsideLocal":"203.0.113.10","#
        + #""outsideLocalPort":80,"outsideGlobal":"203.0.113.10","outsideGlobalPort":80,"prefixLength":null,"#
        + #""vrf":null,"rule":1,"ruleID":11,"flags":["established"],"ageSeconds":15,"idleSeconds":5,"#
        + #""timeoutSeconds":86400,"leftSeconds":86395,"entryID":68719476741,"useCount":0,"worker":0},"#)
    #expect(!lines[7].hasSuffix(","))
    #expect(try await answer("show ip nat translations total", .json, from: sampleGateway()).text == "{\"total\":7}\n")
    #expect(try await answer("show ip nat translations", .json, from: StubGateway()).text == "[\n]\n")
  }

  @Test func `goes on until the last slice of the last worker, in parts of bounded size`() async throws {
    let row = TranslationRow(
      kind: .session, protocolNumber: .udp, insideGlobal: "203.0.113.100:1024", insideLocal: "10.10.10.10:4000",
      outside: .init(local: "203.0.113.10:9", global: "203.0.113.10:9"))
    let gateway = StubGateway(
      workers: (0..<3).map { WorkerStatus(index: $0, core: $0, engine: "io_uring", pageKind: "huge") },
      rows: [Array(repeating: row, count: 2000), [], Array(repeating: row, count: 1)])
    let sink = try await answer("show ip nat translations", from: gateway)
    #expect(sink.text.split(separator: "\n").count == 2003)
    #expect(gateway.slicesServed == 6)
    for case .data(let octets) in sink.all { #expect(octets.count < 2 * TranslationListing.flushSize + 512 * 100) }
    #expect(sink.all.count > 3)
  }
}

@Suite struct `The row of a record` {
  @Test func `says what a session is and how long it lasts`() {
    var configuration = TranslationConfiguration()
    configuration.timeouts.syn = 30
    configuration.dynamicRules = ["30", "10", "20"].map {
      DynamicRule(accessList: $0, source: .pool("P"), overload: true)
    }
    // Numbers from before a reload: the rule of list 20 is 2 wherever it stands.
    var book = RuleBook(text: "0 list 10 pool P overload\n2 list 20 pool P overload\n")
    let policy = Policy(interfaces: [], routes: RoutingTable([]), translation: configuration, book: &book)
    var record = Self.session(.tcp)
    let opening = TranslationRow(record, policy: policy, worker: 3, number: 7, now: 110)
    #expect(opening.age == .init(created: 10, idle: 5, timeout: 30))
    record.progress = [.outboundSeen, .inboundSeen, .established]
    let row = TranslationRow(record, policy: policy, worker: 3, number: 7, now: 110)
    #expect(row.age?.timeout == 86_400)
    #expect(row.marks == [.established])
    #expect(row.inside?.global == "203.0.113.100:1024")
    #expect(row.rule == 3)
    #expect(row.ruleID == 2)
    #expect(row.place == .init(worker: 3, record: 7))
    #expect(policy.rules.map(\.id) == [3, 0, 2])
    for (id, number) in [(UInt16(3), 1), (0, 2), (2, 3), (1, nil)] {
      record.rule = id
      #expect(TranslationRow(record, policy: policy, worker: 3, number: 7, now: 110).rule == number)
    }
    record.progress.formUnion([.inboundFIN, .outboundFIN])
    record.flags = [.live, .isStatic, .openedInbound]
    let closing = TranslationRow(record, policy: policy, worker: 3, number: 7, now: 99)
    #expect(closing.marks == [.static, .inbound, .closing])
    #expect(closing.rule == nil && closing.ruleID == nil)
    #expect(closing.age == .init(created: 0, idle: 0, timeout: 60), "a reader's clock may be a tick behind")
  }

  /// A rule of each kind: inside sources 1 and 2, a virtual host 3, outside sources 4.
  private var policyOfAllKinds: Policy {
    var configuration = TranslationConfiguration()
    configuration.dynamicRules = ["10", "20"].map {
      DynamicRule(accessList: $0, source: .pool("P"), overload: true)
    }
    configuration.accessLists["30"] = AccessList(
      name: "30", entries: [.init(permits: true, address: IPv4Address("203.0.113.60")!, wildcard: 0)])
    configuration.destinationRules = [DestinationRule(accessList: "30", pool: "FARM")]
    configuration.outsideRules = [OutsideRule(condition: .accessList("40"), pool: "OUT")]
    return Policy(interfaces: [], routes: RoutingTable([]), translation: configuration)
  }

  @Test func `names the rule of a virtual host's connection`() {
    var record = Self.session(.tcp)
    record.flags = [.live, .isStatic, .rotary, .openedInbound]
    (record.insideGlobal, record.rule) = (IPv4Address("203.0.113.60")!, 0)
    let row = TranslationRow(record, policy: policyOfAllKinds, worker: 0, number: 7, now: 110)
    #expect(row.rule == 3)
    #expect(row.marks == [.destination, .inbound])
    record.insideGlobal = IPv4Address("203.0.113.61")!
    let other = TranslationRow(record, policy: policyOfAllKinds, worker: 0, number: 7, now: 110)
    #expect(other.rule == nil, "a reload has removed its rule")
  }

  @Test func `shows an outside host's address with its sessions`() throws {
    let bindings = OutsideBindings(capacity: 8, key: (1, 2))
    let (host, local) = (IPv4Address("203.0.113.12")!, IPv4Address("10.99.1.1")!)
    let red = RoutingInstance(rawValue: 1)
    #expect(bindings.bind(global: host, in: .global, from: [local], for: red, rule: 0, now: 100) == local)
    func row() throws -> TranslationRow {
      var rows: [TranslationRow] = []
      let next = bindings.list(from: 0, slice: 1000, limit: 10) {
        rows.append(TranslationRow($1, policy: policyOfAllKinds, number: $0, now: 110))
      }
      #expect(next == nil && rows.count == 1)
      return try #require(rows.first)
    }
    let idle = try row()
    #expect(idle.kind == .address && idle.inside == nil)
    #expect(idle.outside == .init(local: "10.99.1.1", global: "203.0.113.12"))
    #expect(idle.instance == red && idle.rule == 4 && idle.ruleID == nil && idle.marks == [.outside])
    #expect(idle.age?.created == 10 && idle.age?.idle == 10 && idle.place?.worker == nil)
    #expect(bindings.retain(local: local, for: red, of: host, in: .global))
    let used = try row()
    #expect(used.age?.idle == 0 && used.place?.users == 1)
    var request = ClearRequest()
    (request.outsideLocal, request.outsideGlobal) = (local.rawValue, host.rawValue)
    request.sparesSessions = true
    #expect(bindings.removeAll { request.matches($0) } == 0, "a session uses it")
    bindings.release(local: local, for: red, now: 111)
    #expect(bindings.removeAll { request.matches($0) } == 1)
    #expect(bindings.count == 0)
  }

  @Test func `of an outside host is cleared by the requests that name it`() {
    let bindings = OutsideBindings(capacity: 8, key: (1, 2))
    let (host, local) = (IPv4Address("203.0.113.12")!, IPv4Address("10.99.1.1")!)
    let red = RoutingInstance(rawValue: 1)
    func isCleared(_ change: (inout ClearRequest) -> Void) -> Bool {
      _ = bindings.bind(global: host, in: .global, from: [local], for: red, rule: 0, now: 100)
      var request = ClearRequest()
      change(&request)
      return bindings.removeAll { request.matches($0) } == 1
    }
    #expect(isCleared { _ in })
    #expect(isCleared { $0.outsideLocal = local.rawValue })
    #expect(isCleared { ($0.outsideGlobal, $0.instance) = (host.rawValue, 1) })
    #expect(!isCleared { ($0.outsideLocal, $0.outsideGlobal) = (host.rawValue, local.rawValue) })
    #expect(!isCleared { $0.instance = 0 })
    #expect(!isCleared { $0.insideLocal = local.rawValue })
    #expect(!isCleared { ($0.outsideLocal, $0.protocolNumber) = (local.rawValue, 6) })
  }

  @Test func `shows the identifier of a query at both of its ends`() {
    let policy = Policy(interfaces: [], routes: RoutingTable([]), translation: TranslationConfiguration())
    let row = TranslationRow(Self.session(.icmp), policy: policy, worker: 0, number: 7, now: 110)
    #expect(row.outside == .init(local: "203.0.113.10:40000", global: "203.0.113.10:1024"))
  }

  @Test func `shows ports only of protocols that have them`() {
    let policy = Policy(interfaces: [], routes: RoutingTable([]), translation: TranslationConfiguration())
    let row = TranslationRow(Self.session(IPProtocol(rawValue: 50)), policy: policy, worker: 0, number: 7, now: 110)
    #expect(row.inside?.local == "10.10.10.10")
    #expect(row.outside?.global == "203.0.113.10")
  }

  /// A session of rule 2 (counted from 0) that began at tick 100 and was used at tick 105.
  private static func session(_ number: IPProtocol) -> SessionRecord {
    let zeroes = [UInt8](repeating: 0, count: MemoryLayout<SessionRecord>.size)
    var record = unsafe zeroes.withUnsafeBytes { unsafe $0.loadUnaligned(as: SessionRecord.self) }
    record.protocolNumber = number
    (record.insideLocal, record.insideLocalPort) = (IPv4Address("10.10.10.10")!, 40000)
    (record.insideGlobal, record.insideGlobalPort) = (IPv4Address("203.0.113.100")!, 1024)
    (record.outsideLocal, record.outsideLocalPort) = (IPv4Address("203.0.113.10")!, 80)
    (record.outsideGlobal, record.outsideGlobalPort) = (record.outsideLocal, 80)
    record.flags = .live
    (record.created, record.lastUsed, record.rule) = (100, 105, 2)
    return record
  }
}
