import Configuration
import Forwarding
import Testing
import Translation
import WireFormats

@testable import ControlPlane

private func address(_ text: String) -> IPv4Address { IPv4Address(text)! }
private let red = RoutingInstance(rawValue: 1)
private let blue = RoutingInstance(rawValue: 2)

private func session(_ local: String, _ instance: RoutingInstance = .global, rule: Int? = nil) -> TranslationRow {
  let host = ListedEndpoint(address(local), port: 1)
  return TranslationRow(
    kind: .session, protocolNumber: .udp, insideGlobal: "203.0.113.100:1", insideLocal: host, instance: instance,
    rule: rule)
}

/// Limits of every kind, and what six sessions in three instances make of them.
private func limitedGateway() -> StubGateway {
  var configuration = GatewayConfiguration()
  configuration.translation.instanceNames = ["", "RED", "BLUE"]
  configuration.translation.accessLists["10"] = AccessList(
    name: "10", entries: [.init(permits: true, address: address("10.10.10.0"), wildcard: 255)])
  configuration.translation.limits.allHosts = 100
  configuration.translation.limits.hosts = [address("10.10.10.10"): 5, address("10.10.10.99"): 7]
  configuration.translation.limits.instances = [red: 50]
  configuration.translation.limits.allInstances = 60
  configuration.translation.limits.lists = [.init(accessList: "10", maximum: 1000)]
  configuration.translation.limits.newSessionsPerSecond = 20
  func host(_ text: String, _ instance: RoutingInstance = .global) -> LimitSubject {
    .host(.init(address(text), instance))
  }
  return StubGateway(
    configuration: configuration,
    workers: (0..<2).map { WorkerStatus(index: $0, core: $0, engine: "io_uring", pageKind: "huge") },
    limitUse: [
      host("10.10.10.10"): .init(used: 2, missed: 3), host("10.20.0.1"): .init(used: 1, missed: 0),
      host("10.30.0.1"): .init(used: 0, missed: 1), host("10.10.10.10", red): .init(used: 1, missed: 0),
      host("10.10.10.11", red): .init(used: 1, missed: 0), host("10.10.10.10", blue): .init(used: 1, missed: 0),
      .instance(red): .init(used: 2, missed: 8), .instance(blue): .init(used: 1, missed: 0),
      .list("10"): .init(used: 5, missed: 2),
    ], rows: [[], []])
}

@Suite struct `show ip nat limits` {
  @Test func `lists hosts with what they may have, have and missed`() async throws {
    #expect(
      try await answer("show ip nat limits all-host", from: limitedGateway()).text == """
        Host             Max Entries Use Count  Miss Count
        --------------------------------------------------
        10.10.10.10      5           2          3
        10.10.10.99      7           0          0
        10.20.0.1        100         1          0
        10.30.0.1        100         0          1
        10.10.10.10%RED  5           1          0
        10.10.10.11%RED  100         1          0
        10.10.10.10%BLUE 5           1          0
        Total number of limit entries: 7

        """)
    let one = try await answer("show ip nat limits host 10.10.10.11", .json, from: limitedGateway()).text
    #expect(one == #"[{"host":"10.10.10.11%RED","maximum":100,"used":1,"missed":0}]"# + "\n")
    let unlimited = [LimitSubject.host(.init(address("10.0.0.1"))): LimitUse(used: 1, missed: 0)]
    let idle = try await answer("show ip nat limits host 10.77.0.1", .json, from: limitedGateway()).text
    #expect(idle == #"[{"host":"10.77.0.1","maximum":100,"used":0,"missed":0}]"# + "\n")
    #expect(
      try await answer("show ip nat limits all-host", from: StubGateway(limitUse: unlimited)).text
        .hasSuffix("Total number of limit entries: 0\n"))
  }

  @Test func `lists instances`() async throws {
    #expect(
      try await answer("show ip nat limits all-vrf", from: limitedGateway()).text == """
        VRF Name        Max Entries Use Count  Miss Count
        -------------------------------------------------
        RED             50          2          8
        BLUE            60          1          0
        Total number of limit entries: 2

        """)
    let one = try await answer("show ip nat limits vrf BLUE", .json, from: limitedGateway()).text
    #expect(one == #"[{"vrf":"BLUE","maximum":60,"used":1,"missed":0}]"# + "\n")
    #expect(
      try await answer("show ip nat limits vrf GREEN", from: limitedGateway()).all == [
        .error("there is no VRF GREEN; the VRFs are RED, BLUE")
      ])
  }

  @Test func `are in the statistics too`() async throws {
    let text = try await answer("show ip nat statistics", from: limitedGateway()).text
    #expect(
      text.contains(
        """
         max entry: max allowed 1000, used 0, missed 0
         access-list 10: max allowed 1000, used 5, missed 2
         All Host Max allowed: 100
         All VRF Max allowed: 60
         vrf RED: max allowed 50, used 2, missed 8
         vrf BLUE: max allowed 60, used 1, missed 0
         New sessions per second of a host: 20

        """))
    let json = try await answer("show ip nat statistics", .json, from: limitedGateway()).text
    #expect(json.contains(#""listLimits":[{"accessList":"10","maximum":1000,"used":5,"missed":2}],"vrfLimits":[{"#))
  }
}

@Suite struct `The rules in show ip nat statistics` {
  @Test func `have sections, route maps, VRFs and pools of their kind`() async throws {
    var configuration = GatewayConfiguration()
    configuration.translation.instanceNames = ["", "RED"]
    func pool(_ name: String, _ first: String, _ last: String, _ selection: AddressPool.Selection) -> AddressPool {
      AddressPool(name: name, ranges: [address(first)...address(last)], prefixLength: 24, selection: selection)
    }
    var split = pool("P", "203.0.113.100", "203.0.113.109", .generic)
    split.exclusions = [address("203.0.113.104")...address("203.0.113.105")]
    configuration.translation.pools = [
      "P": split, "REAL": pool("REAL", "10.10.10.20", "10.10.10.21", .rotary),
      "OUT": pool("OUT", "10.99.0.0", "10.99.0.9", .matchHost),
    ]
    configuration.translation.dynamicRules = [
      DynamicRule(condition: .routeMap("RM"), source: .pool("P"), overload: false, instance: red)
    ]
    configuration.translation.destinationRules = [DestinationRule(accessList: "20", pool: "REAL")]
    var outside = OutsideRule(condition: .accessList("30"), pool: "OUT")
    outside.instance = red
    configuration.translation.outsideRules = [outside]
    let rows = [
      session("10.10.10.10", red, rule: 1), session("10.10.10.20", rule: 2), session("10.10.10.21", rule: 2),
      TranslationRow(
        kind: .address, protocolNumber: nil, inside: nil, outside: .init(local: "10.99.0.1", global: "203.0.113.12"),
        rule: 3),
    ]
    let gateway = StubGateway(configuration: configuration, rows: [rows])
    let text = try await answer("show ip nat statistics", from: gateway).text
    #expect(text.hasPrefix("Total active translations: 4 (0 static, 4 dynamic; 3 extended)\n"))
    #expect(
      text.contains(
        """
        Dynamic mappings:
        -- Inside Source
        [Id: 1] route-map RM pool P vrf RED refcount 1
         pool P: id 2, netmask 255.255.255.0
                start 203.0.113.100 end 203.0.113.109
                exclude 203.0.113.104 end 203.0.113.105
                type generic, total addresses 8, allocated 1 (12%)
        -- Inside Destination
        [Id: 2] access-list 20 pool REAL refcount 2
         pool REAL: id 3, netmask 255.255.255.0
                start 10.10.10.20 end 10.10.10.21
                type rotary, total addresses 2, allocated 2 (100%)
        -- Outside Source
        [Id: 3] access-list 30 pool OUT vrf RED refcount 1
         pool OUT: id 1, netmask 255.255.255.0
                start 10.99.0.0 end 10.99.0.9
                type match-host, total addresses 10, allocated 1 (10%)
        nat-limit statistics:

        """))
    let json = try await answer("show ip nat statistics", .json, from: gateway).text
    #expect(json.contains(#"{"id":1,"section":"Inside Source","routeMap":"RM","vrf":"RED","overload":false,"#))
  }

  @Test func `count what each limit dropped, and hosts inside that no rule translates`() async throws {
    let drops: [DropReason: UInt64] = [
      .sessionsExhausted: 1, .hostSessionsExhausted: 10, .hostRateExceeded: 100, .instanceSessionsExhausted: 1000,
      .listSessionsExhausted: 10_000, .hairpin: 7, .noSession: 30, .filtered: 9,
    ]
    let workers = (0..<2).map { WorkerStatus(index: $0, core: $0, engine: "", pageKind: "", drops: drops) }
    let text = try await answer("show ip nat statistics", from: StubGateway(workers: workers, rows: [[], []])).text
    #expect(text.contains("Limit entry add fail: 22222\n"))
    #expect(text.contains("In-to-out drops: 74  Out-to-in drops: 18\n"))
  }

  @Test func `count from the last clear on`() async throws {
    let worker = WorkerStatus(
      index: 0, core: 0, engine: "", pageKind: "", translation: [.hits: 5, .misses: 2, .sessions: 3],
      drops: [.filtered: 4])
    let answering = Answering(StubGateway(workers: [worker]))
    func ask(_ command: String) async throws -> String {
      let sink = CollectingSink()
      let words = command.split(separator: " ").map(String.init)
      try await answering.answer(Request(format: .text, words: words), to: sink)
      return sink.text
    }
    #expect(try await ask("show ip nat statistics").contains("Hits: 5  Misses: 2\n"))
    #expect(try await ask("clear ip nat statistics") == "statistics cleared\n")
    let text = try await ask("show ip nat statistics")
    #expect(text.contains("Hits: 0  Misses: 0\n"))
    #expect(text.contains("Out-to-in drops: 0\n"))
    #expect(try await ask("show drops").contains("filtered"), "drops have counters of their own")
    #expect(StatisticsBaseline().value(of: .sessions, at: [worker]) == 3)
  }
}

@Suite struct `The settings that listings show` {
  @Test func `show ip nat pool has addresses and ports`() async throws {
    var configuration = GatewayConfiguration()
    configuration.translation.pools = [
      "P": AddressPool(
        name: "P", ranges: [address("203.0.113.1")...address("203.0.113.254")], prefixLength: 24),
      "OTHER": AddressPool(name: "OTHER", ranges: [address("10.0.0.1")...address("10.0.0.2")], prefixLength: 24),
    ]
    let use = PoolUse(
      assignedAddresses: 1,
      ports: .init(
        udpLow: .init(assigned: 0, available: 259_842), tcpLow: .init(assigned: 1, available: 259_841),
        udpHigh: .init(assigned: 12, available: 16_386_036), tcpHigh: .init(assigned: 0, available: 16_386_048)))
    let gateway = StubGateway(configuration: configuration, poolUses: ["P": use])
    #expect(
      try await answer("show ip nat pool name P", from: gateway).text == """
        NAT Pool Statistics
        Pool name P, id 2
                              Assigned  Available
        Addresses             1         253
        UDP Low Ports         0         259842
        TCP Low Ports         1         259841
        UDP High Ports        12        16386036
        TCP High Ports        0         16386048
        (Low ports are less than 1024. High ports are greater than or equal to 1024.)

        """)
    #expect(
      try await answer("show ip nat pool name OTHER", .json, from: gateway).text
        == #"{"name":"OTHER","id":1,"type":"generic","assignedAddresses":0,"availableAddresses":2}"# + "\n")
    #expect(
      try await answer("show ip nat pool name Q", from: gateway).all == [
        .error("there is no pool Q; the pools are OTHER, P")
      ])
  }

  @Test func `a pool's use is what the port map says`() throws {
    let pool = AddressPool(
      name: "P", ranges: [address("203.0.113.100")...address("203.0.113.102")], prefixLength: 24)
    let addresses = GlobalAddresses(pool.ranges)
    let octets = PortMap.size(addresses: 3)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: octets, alignment: 8)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: octets)
    let map = unsafe PortMap(memory: memory, addresses: 3)
    #expect(map.claim(address: 0, protocol: .udp, port: 5000, for: 1))
    #expect(map.claim(address: 0, protocol: .tcp, port: 22, for: 1))
    #expect(map.claim(address: 0, protocol: .tcp, port: 700, for: 1))
    #expect(map.claimAddress(2, for: 1))
    let use = PoolUse(of: pool, isShared: true, addresses, map)
    #expect(use.assignedAddresses == 2)
    #expect(use.ports?.udpHigh == .init(assigned: 1, available: 3 * 64_512 - 1))
    #expect(use.ports?.tcpLow == .init(assigned: 2, available: 3 * 1023 - 2))
    #expect(use.ports?.udpLow == .init(assigned: 0, available: 3 * 1023))
    #expect(PoolUse(of: pool, isShared: false, addresses, map).ports == nil)
  }

  @Test func `show ip nat bpa has pooling and port sets`() async throws {
    var configuration = GatewayConfiguration()
    #expect(
      try await answer("show ip nat bpa", from: StubGateway(configuration: configuration)).text == """
        Paired Address Pooling (PAP)
        Limit: none
        Bulk Port Allocation (BPA) is not configured

        """)
    configuration.translation.settings.hostsPerAddress = 1000
    var blocks = PortBlocks()
    (blocks.stepSize, blocks.singleSet) = (16, true)
    configuration.translation.settings.portBlocks = blocks
    let gateway = StubGateway(configuration: configuration)
    #expect(
      try await answer("show ip nat bpa", from: gateway).text == """
        Paired Address Pooling (PAP)
        Limit: 1000 local addresses per global address
        Bulk Port Allocation (BPA)
        Port set size: 64
        Port step size: 16
        Single set: True

        """)
    #expect(
      try await answer("show ip nat bpa", .json, from: gateway).text
        == #"{"hostsPerAddress":1000,"setSize":64,"stepSize":16,"singleSet":true}"# + "\n")
  }

  @Test func `show ip virtual-reassembly has each interface's limits and use`() async throws {
    var configuration = GatewayConfiguration()
    func interface(_ number: UInt8, _ name: String, _ realm: Realm) -> NetworkInterface {
      NetworkInterface(
        id: InterfaceID(rawValue: number), name: name, device: 0, hardwareAddress: .zero, address: nil,
        prefixLength: 0, realm: realm)
    }
    configuration.interfaces = [interface(0, "inside0", .inside), interface(1, "mgmt", .none)]
    configuration.interfaces[0].reassembly.dropsFragments = true
    let use = ReassemblyUse(datagrams: 1, fragments: 3, completed: 8, timedOut: 2, refused: 5)
    let gateway = StubGateway(configuration: configuration, reassemblies: [InterfaceID(rawValue: 0): use])
    #expect(
      try await answer("show ip virtual-reassembly", from: gateway).text == """
        inside0:
           Virtual Fragment Reassembly (VFR) is ENABLED [in]
           Concurrent reassemblies (max-reassemblies): 64
           Fragments per reassembly (max-fragments): 16
           Reassembly timeout (timeout): 3 seconds
           Drop fragments: ON

           Current reassembly count:1
           Current fragment count:3
           Total reassembly count:8
           Total reassembly timeout count:2
           Total reassembly refused count:5

        """)
    #expect(try await answer("show ip virtual-reassembly mgmt", from: gateway).text.contains("DISABLED"))
    let json = try await answer("show ip virtual-reassembly mgmt", .json, from: gateway).text
    #expect(json.hasPrefix(#"[{"interface":"mgmt","isEnabled":false,"maximumReassemblies":64,"#))
    #expect(
      try await answer("show ip virtual-reassembly none", from: gateway).all == [
        .error("there is no interface none; the interfaces are inside0, mgmt")
      ])
  }

  @Test func `show ip nat services lays the configuration over IOS's defaults`() async throws {
    func rows(_ statements: [(String, Bool)]) -> [String: Bool] {
      let listing = ServiceListing(
        statements.map { ServiceStatement(words: $0.0.split(separator: " ").map(String.init), isOn: $0.1) })
      return Dictionary(uniqueKeysWithValues: listing.rows.map { ($0.name, $0.isOn) })
    }
    let plain = rows([])
    #expect(plain["sip udp port 5060"] == true && plain["all-algs"] == true && plain["dns-reset-ttl"] == false)
    let changed = rows([("sip udp port 5060", false), ("H225", false), ("list 17 ftp tcp port 2021", true)])
    #expect(changed["sip udp port 5060"] == false && changed["h225"] == false && changed["ras"] == true)
    #expect(changed["list 17 ftp tcp port 2021"] == true && plain["list 17 ftp tcp port 2021"] == nil)
    let bare = rows([("dns", false)])
    #expect(bare["dns tcp"] == false && bare["dns udp"] == false && bare["dns"] == nil)
    let off = rows([("all-algs", false), ("ftp", true)])
    #expect(off["ftp"] == false && off["all-algs"] == false && off["preserve-port"] == true)
    let random = rows([("port-randomization", true)])
    #expect(random["port-randomization"] == true && random["preserve-port"] == false)
    let strict = ServiceListing([ServiceStatement(words: ["tftp"], isOn: true)], conformance: .rfc).rows
    #expect(strict.first { $0.name == "dns udp" }?.isOn == false && strict.first { $0.name == "ras" }?.isOn == false)
    #expect(strict.first { $0.name == "dns tcp" }?.isOn == true)
    #expect(
      strict.first { $0.name == "tftp" }?.isOn == true && strict.first { $0.name == "tftp" }?.isOnByDefault == false)
    var configuration = GatewayConfiguration()
    configuration.translation.services = [ServiceStatement(words: ["tftp"], isOn: false)]
    let gateway = StubGateway(configuration: configuration)
    let lines = try await answer("show ip nat services", from: gateway).text.split(separator: "\n")
    #expect(lines.contains { $0.split(separator: " ") == ["tftp", "off", "on"] })
    #expect(lines.contains { $0.split(separator: " ") == ["ftp", "on", "on"] })
    let json = try await answer("show ip nat services", .json, from: gateway).text
    #expect(json.contains(#"{"service":"tftp","isOn":false,"isOnByDefault":true}"#))
  }
}
