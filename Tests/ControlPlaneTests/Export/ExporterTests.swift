import Configuration
import Dataplane
import Forwarding
import Synchronization
import Testing
import Translation
import WireFormats

@testable import ControlPlane

/// Journals, and a worker that takes datagrams as long as there is room.
private final class StubSource: JournalSource {
  let journals: [TranslationJournal]
  let ruleIDs: [UInt16]
  private let state = Mutex((room: 256, unready: Set<IPv4Address>(), sent: [OwnDatagram]()))

  init(workers: Int = 2, ruleIDs: [UInt16] = [0]) {
    journals = (0..<workers).map { _ in TranslationJournal(capacity: 1 << 14) }
    self.ruleIDs = ruleIDs
  }

  var datagramRoom: Int { state.withLock { $0.room } }
  var isIdle: Bool { true }
  func isReady(for address: IPv4Address) -> Bool { state.withLock { !$0.unready.contains(address) } }
  func setUnready(_ addresses: Set<IPv4Address>) { state.withLock { $0.unready = addresses } }
  func send(_ datagram: OwnDatagram) {
    state.withLock { state in
      guard state.room > 0 else { return datagram.tally.countUnsent() }
      state.room -= 1
      state.sent.append(datagram)
      datagram.tally.countSent()
    }
  }
  func makeRoom(_ room: Int) { state.withLock { $0.room = room } }
  var sent: [OwnDatagram] { state.withLock { $0.sent } }
}

private let carol = IPv4Address(0xCB00_710A)
private let dave = IPv4Address(0xCB00_710B)

private func configuration(
  syslog: TranslationLogging.Scope? = nil, _ scopes: TranslationLogging.Scope...
) -> GatewayConfiguration {
  var configuration = GatewayConfiguration()
  configuration.interfaces = [
    NetworkInterface(
      id: InterfaceID(rawValue: 1), name: "outside0", device: 0, hardwareAddress: .zero,
      address: IPv4Address(0xCB00_7101), prefixLength: 24, realm: .outside)
  ]
  configuration.translation.pools["A"] = AddressPool(name: "A", ranges: [], prefixLength: 24)
  configuration.translation.pools["P"] = AddressPool(name: "P", ranges: [], prefixLength: 24)
  configuration.translation.dynamicRules = [DynamicRule(accessList: "10", source: .pool("P"), overload: true)]
  configuration.translation.logging.syslog = syslog
  configuration.translation.logging.collectors = zip([carol, dave], scopes).map {
    .init(address: $0, port: 9995, scope: $1, source: InterfaceID(rawValue: 1))
  }
  return configuration
}

private func moment(_ seconds: UInt64) -> Moment {
  Moment(monotonic: seconds * 1_000_000_000, unixMilliseconds: 1_700_000_000_000 + seconds * 1000)
}

@Suite struct ExporterTests {
  private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  private func exporter(
    _ source: StubSource, _ configuration: GatewayConfiguration, _ lines: Lines = Lines()
  ) -> Exporter {
    var exporter = Exporter(source, start: 0) { lines.add($0) }
    exporter.adopt(configuration)
    return exporter
  }

  private func records(_ datagrams: [OwnDatagram], to address: IPv4Address) -> [[Int: Int]] {
    var reader = NaiveNetFlow()
    let records = datagrams.filter { $0.destination == address }.flatMap { reader.read($0.payload).records }
    #expect(reader.problems == [])
    return records
  }

  @Test func `a collector of bindings hears nothing of sessions, another one both`() {
    let source = StubSource()
    var exporter = exporter(source, configuration(.bindings, .sessions))
    #expect(source.journals.allSatisfy { $0.scope == .sessions })
    source.journals[0].note(sampleEvent(.bindingCreated))
    source.journals[1].note(sampleEvent(.sessionCreated))
    source.journals[1].note(sampleEvent(.addressesExhausted))
    #expect(exporter.turn(at: moment(1)) == 3)
    exporter.finish(at: moment(2))
    #expect(records(source.sent, to: carol).map { $0[230] } == [8, 3])
    #expect(records(source.sent, to: dave).map { $0[230] } == [4, 8, 3])
    // Pools are numbered in the order of their names.
    #expect(records(source.sent, to: carol).last?[283] == 2)
    #expect(source.sent.allSatisfy { $0.source == InterfaceID(rawValue: 1) && $0.destinationPort == 9995 })
    let status = exporter.status
    #expect(status.events == 3 && status.collectors.map(\.records) == [2, 3])
    #expect(status.collectors.map(\.sent) == [1, 1] && status.collectors.map(\.source) == ["outside0", "outside0"])
  }

  @Test func `the pool of a record is that of its rule, whose number stays when others come and go`() {
    let source = StubSource(ruleIDs: [9, 4, 6])
    var configuration = configuration(.bindings)
    configuration.translation.dynamicRules = [
      DynamicRule(accessList: "10", source: .pool("P"), overload: true),
      DynamicRule(accessList: "11", source: .pool("A"), overload: true),
      DynamicRule(accessList: "12", source: .interface(InterfaceID(rawValue: 1)), overload: true),
    ]
    var exporter = exporter(source, configuration)
    for rule in [UInt16(4), 9, 6, 0, 1] {
      var event = TranslationEvent(.addressesExhausted)
      event.rule = rule
      source.journals[0].note(event)
    }
    var ofStatic = TranslationEvent(.addressesExhausted)
    (ofStatic.rule, ofStatic.isStatic) = (9, true)
    source.journals[0].note(ofStatic)
    #expect(exporter.turn(at: moment(1)) == 6)
    exporter.finish(at: moment(2))
    #expect(records(source.sent, to: carol).map { $0[283] } == [1, 2, 0, 0, 0, 0])
  }

  @Test func `the log has a line for each event of its scope`() {
    let source = StubSource()
    let lines = Lines()
    var exporter = exporter(source, configuration(syslog: .sessions), lines)
    var binding = TranslationEvent(.addressBindingCreated)
    binding.insideLocal = IPv4Address(0x0A0A_0A0A)
    binding.insideGlobal = IPv4Address(0xCB00_7164)
    source.journals[0].note(binding)
    source.journals[0].note(sampleEvent(.sessionCreated))
    source.journals[0].note(sampleEvent(.sessionDeleted))
    source.journals[0].note(sampleEvent(.portBlockAllocated))
    source.journals[0].note(sampleEvent(.portsExhausted))
    _ = exporter.turn(at: moment(1))
    #expect(
      lines.all == [
        "%NAT-6-LOG_TRANSLATION: Created Translation IP 10.10.10.10:0 203.0.113.100:0 0.0.0.0:0 0.0.0.0:0 0",
        "%NAT-6-LOG_TRANSLATION: Created Translation UDP 10.10.10.10:5000 203.0.113.100:5001 203.0.113.10:53 "
          + "203.0.113.11:54 2",
        "%NAT-6-LOG_TRANSLATION: Deleted Translation UDP 10.10.10.10:5000 203.0.113.100:5001 203.0.113.10:53 "
          + "203.0.113.11:54 2",
        "%NAT-6-LOG_PORT_BLOCK: Allocated Ports UDP 10.10.10.10 203.0.113.100:2048-2174 step 2 2",
      ])
    #expect(exporter.status.lines == 4)
  }

  @Test func `what finds no room waits in the journal instead of being lost`() {
    let source = StubSource(workers: 1)
    var exporter = exporter(source, configuration(.sessions))
    _ = exporter.turn(at: moment(1))
    source.makeRoom(0)
    for _ in 0..<12_000 { source.journals[0].note(sampleEvent(.sessionCreated)) }
    for _ in 0..<20 { _ = exporter.turn(at: moment(1)) }
    #expect(exporter.turn(at: moment(1)) == 0)
    #expect(exporter.status.events > 0 && exporter.status.events < 12_000)
    for turn in UInt64(2)..<150 {
      source.makeRoom(5)
      _ = exporter.turn(at: moment(turn))
    }
    #expect(records(source.sent, to: carol).count == 12_000)
    #expect(exporter.status.collectors.map(\.lost) == [0] && exporter.status.lost == 0)
  }

  @Test func `a collector that cannot be reached is asked for once a second, and holds up nobody`() {
    let source = StubSource(workers: 1)
    var exporter = exporter(source, configuration(.sessions, .sessions))
    source.setUnready([carol])
    for _ in 0..<12_000 { source.journals[0].note(sampleEvent(.sessionCreated)) }
    for turn in UInt64(0)..<40 {
      source.makeRoom(256)
      _ = exporter.turn(at: Moment(monotonic: 5_000_000_000 + turn * 50_000_000, unixMilliseconds: 0))
    }
    #expect(source.sent.filter { $0.destination == carol }.count == 2)
    #expect(records(source.sent, to: dave).count + 32 > 12_000)
    #expect(exporter.status.collectors[0].lost > 0 && exporter.status.collectors[1].lost == 0)
    source.setUnready([])
    source.makeRoom(1000)
    exporter.finish(at: moment(9))
    #expect(source.sent.filter { $0.destination == carol }.count > Exporter.maximumQueue)
  }

  @Test func `a collector that stays after a reload keeps its sequence, a new one begins with templates`() {
    let source = StubSource(workers: 1)
    var exporter = exporter(source, configuration(.sessions))
    _ = exporter.turn(at: moment(1))
    exporter.adopt(configuration(.sessions, .bindings))
    source.journals[0].note(sampleEvent(.bindingCreated))
    _ = exporter.turn(at: moment(2))
    exporter.finish(at: moment(3))
    var reader = NaiveNetFlow()
    let first = source.sent.filter { $0.destination == carol }.map { reader.read($0.payload) }
    #expect(first.map(\.sequence) == [0, 1] && first.map(\.templates) == [9, 0])
    let second = source.sent.filter { $0.destination == dave }.map { reader.read($0.payload) }
    #expect(second.map(\.sequence) == [0] && second.map(\.templates) == [9])
    #expect(second.map(\.sourceID) == [2])
    exporter.adopt(configuration())
    #expect(source.journals[0].scope == nil)
    #expect(exporter.status.collectors.isEmpty)
  }

  @Test func `packets fit the narrowest link`() {
    let source = StubSource(workers: 1)
    var narrow = configuration(.sessions)
    narrow.interfaces[0].mtu = 1000
    var exporter = exporter(source, narrow)
    for _ in 0..<500 { source.journals[0].note(sampleEvent(.sessionCreated)) }
    while exporter.turn(at: moment(1)) > 0 {}
    #expect(source.sent.count > 3 && source.sent.allSatisfy { $0.payload.count <= 972 })
  }
}

@Suite struct `show ip nat log` {
  @Test func `says that nothing is logged`() async throws {
    let sink = try await answer("show ip nat log", from: StubGateway())
    #expect(sink.text == "Translations are not logged.\n")
  }

  @Test func `shows collectors and losses`() async throws {
    var status = ExportStatus()
    status.syslog = .bindings
    (status.lines, status.events, status.lost, status.suppressed) = (7, 12, 3, 1)
    status.collectors = [
      .init(
        address: carol, port: 9995, scope: .sessions, source: "outside0", records: 10, sent: 4, lost: 2,
        templateRefreshes: 1)
    ]
    let gateway = StubGateway(export: status)
    #expect(
      try await answer("sh ip nat log", from: gateway).text == """
        Events: 12 taken, 3 lost, 1 suppressed
        Syslog: bindings, 7 lines
        Collector          Source    Scope     Records  Packets  Lost  Templates
        203.0.113.10:9995  outside0  sessions       10        4     2          1

        """)
    #expect(
      try await answer("show ip nat log", .json, from: gateway).text == """
        {"events":12,"lost":3,"suppressed":1,"syslog":"bindings","syslogLines":7,"collectors":[{"address":\
        "203.0.113.10","port":9995,"source":"outside0","scope":"sessions","records":10,"packets":4,"packetsLost":2,\
        "templateRefreshes":1}]}

        """)
  }
}
