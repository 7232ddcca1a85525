import Configuration
import Forwarding
import Testing
import Translation
import WireFormats

@testable import ControlPlane

private func configuration() -> GatewayConfiguration {
  var configuration = GatewayConfiguration()
  configuration.interfaces = interfaces.map(\.interface)
  configuration.translation.staticTranslations = [
    StaticTranslation(local: IPv4Address("10.10.10.11")!, global: .address(IPv4Address("203.0.113.50")!))
  ]
  configuration.translation.pools["P"] = AddressPool(
    name: "P", ranges: [IPv4Address("203.0.113.100")!...IPv4Address("203.0.113.103")!], prefixLength: 24)
  configuration.translation.dynamicRules = [
    DynamicRule(accessList: "10", source: .pool("P"), overload: true),
    DynamicRule(accessList: "20", source: .interface(InterfaceID(rawValue: 1)), overload: true),
  ]
  return configuration
}

private let interfaces = [
  InterfaceStatus(
    interface: NetworkInterface(
      id: InterfaceID(rawValue: 0), name: "inside0", device: 0, hardwareAddress: MACAddress(0x0200_0000_0001),
      address: IPv4Address("10.10.10.1"), prefixLength: 24, realm: .inside),
    device: .init(
      name: "sp-inside", networkNamespace: "alice", queues: 2, mtu: 1500, offload: "checksum, TSO4", steering: "ebpf"),
    receivedPackets: 10, receivedOctets: 1000, sentPackets: 9, sentOctets: 900),
  InterfaceStatus(
    interface: NetworkInterface(
      id: InterfaceID(rawValue: 1), name: "outside0.20", device: 1, vlan: 20,
      hardwareAddress: MACAddress(0x02AB_CDEF_0102), address: nil, prefixLength: 0, mtu: 1496, realm: .outside),
    device: .init(name: "sp-outside", queues: 1, mtu: 1500, offload: "none", steering: "software: no CAP_BPF")),
]

@Suite struct `show ip nat statistics` {
  private let gateway = StubGateway(
    configuration: configuration(), interfaces: interfaces,
    workers: [
      WorkerStatus(
        index: 0, core: 0, engine: "io_uring", pageKind: "huge",
        translation: [.hits: 59_230_400, .misses: 2, .sessionsExpired: 4], drops: [.portsExhausted: 5]),
      WorkerStatus(
        index: 1, core: 1, engine: "io_uring", pageKind: "huge", translation: [.hits: 65, .misses: 1],
        drops: [.addressesExhausted: 1, .mappingsExhausted: 2, .filtered: 9]),
    ],
    limit: LimitStatus(maximum: 1_048_576, used: 3, peak: 8114, missed: 0),
    rows: [
      [
        TranslationRow(
          kind: .session, protocolNumber: .udp, insideGlobal: "203.0.113.100:1", insideLocal: "10.10.10.10:1", rule: 1),
        TranslationRow(
          kind: .session, protocolNumber: .udp, insideGlobal: "203.0.113.100:2", insideLocal: "10.10.10.10:2", rule: 1),
      ],
      [
        TranslationRow(
          kind: .session, protocolNumber: .udp, insideGlobal: "203.0.113.50:2", insideLocal: "10.10.10.11:2",
          marks: [.static])
      ],
    ])

  @Test func `has the shape of IOS XE, with the lines that mean something here`() async throws {
    let text = try await answer("show ip nat statistics", from: gateway).text
    #expect(
      text == """
        Total active translations: 4 (1 static, 3 dynamic; 3 extended)
        Peak translations: 8114
        Outside interfaces:
          outside0.20
        Inside interfaces:
          inside0
        Hits: 59230465  Misses: 3
        Expired translations: 4
        Dynamic mappings:
        -- Inside Source
        [Id: 1] access-list 10 pool P refcount 2
         pool P: id 1, netmask 255.255.255.0
                start 203.0.113.100 end 203.0.113.103
                type generic, total addresses 4, allocated 1 (25%)
        [Id: 2] access-list 20 interface outside0.20 refcount 0
        nat-limit statistics:
         max entry: max allowed 1048576, used 3, missed 0
        In-to-out drops: 0  Out-to-in drops: 9
        Pool stats drop: 6  Mapping stats drop: 2
        Limit entry add fail: 0
        Total doors: 3
        Appl doors: 2
        Normal doors: 1

        """)
  }

  @Test func `is one object in JSON`() async throws {
    let text = try await answer("show ip nat statistics", .json, from: gateway).text
    #expect(
      text == #"{"translations":{"total":4,"static":1,"dynamic":3,"extended":3,"peak":8114},"#
        + #""outsideInterfaces":["outside0.20"],"insideInterfaces":["inside0"],"#
        + TranslationCounter.allCases.map { counter in
          let value = [.hits: 59_230_465, .misses: 3, .sessionsExpired: 4][counter] ?? 0
          return "\"\(counter)\":\(value),"
        }.joined()
        + #""rules":[{"id":1,"section":"Inside Source","accessList":"10","vrf":null,"overload":true,"references":2,"allocatedAddresses":1,"pool":"P","#
        + #""totalAddresses":4},{"id":2,"section":"Inside Source","accessList":"20","vrf":null,"overload":true,"references":0,"allocatedAddresses":0,"#
        + #""interface":"outside0.20"}],"limit":{"maximum":1048576,"used":3,"missed":0},"listLimits":[],"#
        + #""vrfLimits":[],"insideDrops":0,"outsideDrops":9,"poolDrops":6,"mappingDrops":2,"limitDrops":0,"#
        + #""doors":{"application":2,"normal":1}}"# + "\n")
  }
}

@Suite struct `The other listings` {
  @Test func `show interfaces tells addresses, device and traffic`() async throws {
    let gateway = StubGateway(interfaces: interfaces)
    #expect(
      try await answer("show interfaces", from: gateway).text == """
        inside0
          Device sp-inside in network namespace alice, 2 queues, MTU 1500, offload checksum, TSO4, steering ebpf
          Hardware address 0200.0000.0001, IP MTU 1500
          Internet address 10.10.10.1/24
          ip nat inside
             10 packets input, 1000 bytes
             9 packets output, 900 bytes
        outside0.20
          Device sp-outside, 1 queue, MTU 1500, offload none, steering software: no CAP_BPF
          Encapsulation 802.1Q, VLAN identifier 20
          Hardware address 02ab.cdef.0102, IP MTU 1496
          ip nat outside
             0 packets input, 0 bytes
             0 packets output, 0 bytes

        """)
    let json = try await answer("show interfaces", .json, from: gateway).text
    #expect(
      json.hasPrefix(
        #"[{"name":"inside0","device":"sp-inside","networkNamespace":"alice","queues":2,"deviceMTU":1500,"#
          + #""offload":"checksum, TSO4","steering":"ebpf","vlan":null,"hardwareAddress":"02:00:00:00:00:01","#
          + #""mtu":1500,"address":"10.10.10.1","prefixLength":24,"realm":"inside","receivedPackets":10,"#
          + #""receivedOctets":1000,"sentPackets":9,"sentOctets":900},{"name":"outside0.20","#))
    #expect(json.contains(#""vlan":20"#) && json.contains(#""address":null,"prefixLength":null,"realm":"outside""#))
  }

  @Test func `show drops tells what happened, and by default only what did`() async throws {
    let workers = [
      WorkerStatus(index: 0, core: 0, engine: "", pageKind: "", drops: [.filtered: 7, .ipv6: 0, .noRoute: 12]),
      WorkerStatus(index: 1, core: 1, engine: "", pageKind: "", drops: [.filtered: 1]),
    ]
    let gateway = StubGateway(workers: workers, rows: [[], []])
    #expect(
      try await answer("show drops", from: gateway).text == """
        Reason    Packets  What happened
        no-route       12  No route leads to the destination; the sender was told.
        filtered        8  No session, static entry or mapping admits the packet from outside.
        Total: 20

        """)
    let all = try await answer("show drops all", from: gateway).text
    #expect(all.split(separator: "\n").count == DropReason.allCases.count + 2)
    #expect(
      try await answer("show drops", .json, from: gateway).text.hasPrefix(
        #"[{"reason":"no-route","packets":12,"perWorker":[12,0],"sentence":"No route"#))
    #expect(try await answer("show drops", from: StubGateway()).text == "No packet has been dropped.\n")
    #expect(try await answer("show drops", .json, from: StubGateway()).text == "[]\n")
  }

  @Test func `show workers has a column a worker`() async throws {
    let load = [NamedCount("turns", 1_000_000), NamedCount("freeBuffers", 12)]
    let workers = [
      WorkerStatus(
        index: 0, core: 0, engine: "io_uring", pageKind: "huge", translation: [.hits: 5], load: load,
        drops: [.filtered: 2, .ipv6: 1]),
      WorkerStatus(
        index: 1, core: 3, node: 1, engine: "read/write: io_uring is disabled", pageKind: "ordinary pages", load: load),
    ]
    let text = try await answer("show workers", from: StubGateway(workers: workers, rows: [[], []])).text
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.count == 3 + TranslationCounter.allCases.count + 2 + 1 + 2)
    #expect(lines[0].split(separator: " ") == ["Worker", "0", "1"])
    #expect(lines[1].split(separator: " ") == ["core", "0", "3"])
    #expect(lines[2].split(separator: " ") == ["memory", "node", "0", "1"])
    #expect(lines[3].split(separator: " ") == ["hits", "5", "0"])
    #expect(lines.contains { $0.split(separator: " ") == ["free", "buffers", "12", "12"] })
    #expect(lines.contains { $0.split(separator: " ") == ["drops", "3", "0"] })
    #expect(lines.last == "Worker 1 moves frames by read/write: io_uring is disabled; its memory is of ordinary pages.")
    #expect(Set(lines.dropLast(2).map(\.count)).count == 1, "numbers end in one column")
    let json = try await answer("show workers", .json, from: StubGateway(workers: workers, rows: [[], []])).text
    #expect(
      json.hasPrefix(
        #"[{"worker":0,"core":0,"memoryNode":0,"engine":"io_uring","pages":"huge","translation":{"hits":5,"#))
    #expect(json.contains(#""load":{"turns":1000000,"freeBuffers":12},"drops":3}"#))
  }

  @Test func `show neighbors has the shape of IOS's show ip arp`() async throws {
    let gateway = StubGateway(neighbors: [
      NeighborRow(address: IPv4Address("203.0.113.99")!, interface: "outside0", hardwareAddress: nil, age: 2),
      NeighborRow(
        address: IPv4Address("10.10.10.10")!, interface: "inside0", hardwareAddress: MACAddress(0x0200_0000_0A0A),
        age: 125),
      NeighborRow(
        address: IPv4Address("10.10.10.1")!, interface: "inside0", hardwareAddress: MACAddress(0x0200_0000_0001),
        age: nil),
    ])
    let expected = """
      Protocol  Address          Age (min)  Hardware Addr   Type   Interface
      Internet  10.10.10.1               -  0200.0000.0001  ARPA   inside0
      Internet  10.10.10.10              2  0200.0000.0a0a  ARPA   inside0
      Internet  203.0.113.99             0  Incomplete      ARPA   outside0

      """
    #expect(try await answer("show neighbors", from: gateway).text == expected)
    #expect(try await answer("show ip arp", from: gateway).text == expected)
    #expect(
      try await answer("show neighbors", .json, from: gateway).text.hasPrefix(
        #"[{"address":"10.10.10.1","hardwareAddress":"02:00:00:00:00:01","ageSeconds":null,"isOwn":true,"#
          + #""interface":"inside0"},"#
      ))
  }

  @Test func `show running-config is the configuration in force`() async throws {
    var configuration = GatewayConfiguration()
    configuration.hostname = "gateway"
    let gateway = StubGateway(configuration: configuration)
    #expect(try await answer("show running-config", from: gateway).text == configuration.render())
    let json = try await answer("show running-config", .json, from: gateway).text
    #expect(json.hasPrefix("{\"configuration\":\"") && json.contains("hostname gateway\\n"))
  }

  @Test func `clear without forced leaves what sessions use, and says so`() async throws {
    let used = StubGateway(sparing: ClearResult(cleared: 0, spared: 3))
    let command = "clear ip nat translation inside 203.0.113.100 10.10.10.10"
    #expect(
      try await answer(command, from: used).all == [
        .error("% 3 sessions use the translation; with forced they are cleared too")
      ])
    let unknown = StubGateway(sparing: ClearResult(cleared: 0))
    #expect(try await answer(command, from: unknown).all == [.error("% Translation not found")])
    #expect(try await answer(command, from: StubGateway()).text == "1 translation cleared\n")
    let foreign = "clear ip nat translation vrf RED inside 203.0.113.100 10.10.10.10"
    #expect(try await answer(foreign, from: StubGateway()).all == [.error("there is no VRF RED")])
  }

  @Test func `clear says how many translations it ended`() async throws {
    let row = TranslationRow(
      kind: .session, protocolNumber: .udp, insideGlobal: "203.0.113.100:1", insideLocal: "10.10.10.10:1")
    let gateway = StubGateway(rows: [[row, row]])
    #expect(try await answer("clear ip nat translation *", from: gateway).text == "2 translations cleared\n")
    #expect(try await answer("clear ip nat translation forced", .json, from: gateway).text == "{\"cleared\":2}\n")
    #expect(gateway.cleared == [ClearRequest(), ClearRequest()])
  }

  @Test func `an error is the only and last part of its answer`() async throws {
    let sink = try await answer("show nothing", from: StubGateway())
    guard case .error(let text) = sink.all.first else {
      Issue.record("no error")
      return
    }
    #expect(sink.all.count == 1)
    #expect(text.hasSuffix("\n    show nothing\n         ^"))
    #expect(text.hasPrefix("Invalid input; expected ip, ipv6, workers"))
  }
}

@Suite struct `JSON` {
  @Test func `escapes what a string may not hold`() {
    var json = JSONText()
    json.object { $0.member("a\"b", "tab\t, newline\n, \\, bell\u{7}, é") }
    #expect(String(decoding: json.octets, as: UTF8.self) == #"{"a\"b":"tab\u0009, newline\n, \\, bell\u0007, é"}"#)
  }

  @Test func `separates members and elements wherever they stand`() {
    var json = JSONText()
    json.array([1, 2] as [UInt64]) { json, number in
      json.object { json in
        json.member("list", each: [number, number]) { $0.value($1) }
        json.member("inner") { $0.member("none", nil as String?) }
        json.member("flag", true)
      }
    }
    #expect(
      String(decoding: json.octets, as: UTF8.self)
        == #"[{"list":[1,1],"inner":{"none":null},"flag":true},{"list":[2,2],"inner":{"none":null},"flag":true}]"#)
  }
}
