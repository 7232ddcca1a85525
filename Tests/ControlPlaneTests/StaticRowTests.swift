import Configuration
import Forwarding
import Testing
import Translation
import WireFormats

@testable import ControlPlane

private func address(_ text: String) -> IPv4Address { IPv4Address(text)! }

/// A gateway with a VRF and every kind of entry that is not a session between two untranslated ends.
private func sampleGateway() -> StubGateway {
  var configuration = GatewayConfiguration()
  configuration.interfaces = [
    NetworkInterface(
      id: InterfaceID(rawValue: 0), name: "outside0", device: 0, hardwareAddress: .zero,
      address: address("203.0.113.1"), prefixLength: 24, realm: .outside)
  ]
  configuration.translation.instanceNames = ["", "RED"]
  let red = RoutingInstance(rawValue: 1)
  var network = StaticTranslation(local: address("10.20.0.0"), global: .address(address("198.51.100.0")))
  network.prefixLength = 24
  configuration.translation.staticTranslations = [
    StaticTranslation(
      local: address("10.10.10.12"), global: .interface(InterfaceID(rawValue: 0)),
      ports: .init(transport: .tcp, local: 80, global: 8080)),
    network,
    StaticTranslation(
      local: address("10.10.10.13"), global: .address(address("203.0.113.61")),
      ports: .init(transport: IPProtocol(rawValue: 50), local: 0, global: 0), instance: red),
  ]
  var outsideNetwork = OutsideStatic(global: address("192.0.2.0"), local: address("10.98.0.0"))
  outsideNetwork.prefixLength = 24
  configuration.translation.outsideStatics = [
    OutsideStatic(global: address("203.0.113.10"), local: address("10.99.0.10")),
    OutsideStatic(
      global: address("203.0.113.11"), local: address("10.99.0.11"),
      ports: .init(transport: .udp, local: 53, global: 5353)),
    outsideNetwork,
  ]
  let binding = TranslationRow(
    kind: .address, protocolNumber: nil, inside: nil, outside: .init(local: "10.99.1.1", global: "203.0.113.12"),
    instance: red, rule: 3, marks: [.outside], age: .init(created: 10, idle: 0, timeout: 86_400),
    place: .init(worker: nil, record: 17, users: 2))
  let twice = TranslationRow(
    kind: .session, protocolNumber: .tcp, insideGlobal: "203.0.113.100:1024", insideLocal: "10.10.10.10:40000",
    outside: .init(local: "10.99.0.10:1723", global: "203.0.113.10:1723"), instance: red, rule: 1)
  return StubGateway(configuration: configuration, rows: [[binding, twice]])
}

@Suite struct `The rows of entries` {
  @Test func `show static entries of hosts, ports, networks and outside hosts, and twice translated sessions`()
    async throws
  {
    let text = try await answer("show ip nat translations", from: sampleGateway()).text
    #expect(
      text == """
        Pro  Inside global         Inside local          Outside local         Outside global
        tcp  203.0.113.1:8080      10.10.10.12:80        ---                   ---
        ---  198.51.100.0/24       10.20.0.0/24          ---                   ---
        esp  203.0.113.61          10.10.10.13           ---                   ---
        ---  ---                   ---                   10.99.0.10            203.0.113.10
        udp  ---                   ---                   10.99.0.11:53         203.0.113.11:5353
        ---  ---                   ---                   10.98.0.0/24          192.0.2.0/24
        ---  ---                   ---                   10.99.1.1             203.0.113.12
        tcp  203.0.113.100:1024    10.10.10.10:40000     10.99.0.10:1723       203.0.113.10:1723
        Total number of translations: 8

        """)
  }

  @Test(arguments: [
    ("inside", 4), ("outside", 5), ("vrf RED", 3), ("pptp", 1), ("esp", 1), ("inside 203.0.113.100 10.10.10.10", 1),
    ("inside 10.10.10.10 203.0.113.100", 0), ("outside 10.99.0.10 203.0.113.10", 2),
    ("outside 203.0.113.10 10.99.0.10", 0), ("filter range inside local 10.10.10.11 10.10.10.13", 2),
    ("filter range inside global 203.0.113.0 203.0.113.255", 3),
    ("filter range outside local 10.99.0.0 10.99.1.0", 3), ("filter range outside global 192.0.2.0 192.0.2.0", 1),
    ("vrf RED tcp outside", 1),
  ])
  func `are narrowed by side, pair, range and VRF`(filter: String, count: Int) async throws {
    let total = try await answer("show ip nat translations \(filter) total", from: sampleGateway()).text
    #expect(total == "Total number of translations: \(count)\n")
  }

  @Test func `tell with verbose their VRF, rule, users and number`() async throws {
    let text = try await answer("show ip nat translations outside 203.0.113.12 verbose", from: sampleGateway()).text
    let lines = text.split(separator: "\n").map(String.init)
    #expect(
      lines[3...] == [
        "  Format(H:M:S) Time-left :24:0:0", "  Map-Id(Out): 3", "  vrf: RED", "  Flags: outside",
        "  entry-id: 0x100000011, use_count:2", "Total number of translations: 1",
      ])
    let json = try await answer("show ip nat translations vrf RED inside", .json, from: sampleGateway()).text
    #expect(json.contains(#""vrf":"RED""#))
    let network = try await answer("show ip nat translations inside 10.20.0.0", .json, from: sampleGateway()).text
    #expect(network.contains(#""insideLocal":"10.20.0.0","insideLocalPort":null"#))
    #expect(network.contains(#""prefixLength":24"#))
  }

  @Test func `of a VRF that is not there are refused`() async throws {
    let sink = try await answer("show ip nat translations vrf BLUE", from: sampleGateway())
    #expect(sink.all == [.error("there is no VRF BLUE; the VRFs are RED")])
  }

  @Test func `are sent in parts even when there are only static ones`() async throws {
    var configuration = GatewayConfiguration()
    configuration.translation.staticTranslations = (0..<5000).map {
      StaticTranslation(
        local: IPv4Address(0x0A00_0000 + UInt32($0)), global: .address(IPv4Address(0xC633_0000 + UInt32($0))))
    }
    let sink = try await answer("show ip nat translations", from: StubGateway(configuration: configuration))
    #expect(sink.text.hasSuffix("Total number of translations: 5000\n"))
    for case .data(let octets) in sink.all { #expect(octets.count < TranslationListing.flushSize + 200) }
  }
}
