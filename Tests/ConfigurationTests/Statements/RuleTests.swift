import Forwarding
import Testing
import Translation
import WireFormats

@testable import Configuration

/// Interfaces, lists, maps and pools that rules of these tests speak of.
private let surroundings = """
  interface in0
   device tap t0
   ip address 10.0.0.1 255.255.255.0
  interface out0
   device tap t1
   ip address 203.0.113.1 255.255.255.0
  interface red0
   device tap t2
   vrf forwarding RED
   ip address 10.0.0.1 255.255.255.0
  vrf definition RED
  access-list 10 permit any
  ip access-list extended WEB
   permit tcp any any eq www
  route-map RM permit 10
   match ip address WEB
  ip nat pool P 203.0.113.100 203.0.113.103 prefix-length 24
  ip nat pool ONE 203.0.113.110 203.0.113.119 prefix-length 24
  ip nat pool LOCAL 10.77.0.1 10.77.0.9 prefix-length 24
  ip nat pool REAL 10.0.0.50 10.0.0.59 prefix-length 24 type rotary

  """
private let red = RoutingInstance(rawValue: 1)
private let out0 = InterfaceID(rawValue: 1)

private func address(_ text: String) throws -> IPv4Address { try #require(IPv4Address(text)) }

@Suite struct DynamicRules {
  private func rule(_ text: String, after settings: String = "") throws -> DynamicRule {
    let gateway = try parse(surroundings + settings + "\nip nat inside source " + text)
    #expect(try parse(gateway.render()) == gateway)
    return try #require(gateway.translation.dynamicRules.first)
  }

  @Test func `a rule asks a list or a route map and takes from a pool or an interface`() throws {
    #expect(try rule("list 10 pool ONE") == DynamicRule(accessList: "10", source: .pool("ONE"), overload: false))
    #expect(
      try rule("list WEB pool P overload") == DynamicRule(accessList: "WEB", source: .pool("P"), overload: true))
    #expect(
      try rule("route-map RM interface out0")
        == DynamicRule(condition: .routeMap("RM"), source: .interface(out0), overload: true))
  }

  @Test func `options say the VRF, the way out and who may open sessions`() throws {
    var expected = DynamicRule(accessList: "10", source: .pool("P"), overload: true, instance: red)
    #expect(try rule("list 10 pool P vrf RED overload") == expected)
    expected.matchInVRF = true
    #expect(try rule("list 10 pool P vrf RED match-in-vrf overload") == expected)
    expected = DynamicRule(accessList: "10", source: .pool("P"), overload: true)
    expected.egressInterface = out0
    #expect(try rule("list 10 pool P egress-interface out0 overload") == expected)
    expected = DynamicRule(condition: .routeMap("RM"), source: .pool("ONE"), overload: false)
    expected.reversible = true
    #expect(try rule("route-map RM pool ONE reversible") == expected)
    #expect(
      try rule("list 10 interface red0 vrf RED match-in-vrf").source == .interface(InterfaceID(rawValue: 2)))
  }

  @Test(
    arguments: [
      ("endpoint-independent", .endpointIndependent, .endpointIndependent),
      ("address-dependent", .addressDependent, .addressDependent),
      ("address-and-port-dependent", .addressAndPortDependent, .addressAndPortDependent),
    ] as [(String, MappingBehavior, FilteringBehavior)])
  func `mapping and filtering have RFC 4787's names, for a rule or for all of them`(
    name: String, mapping: MappingBehavior, filtering: FilteringBehavior
  ) throws {
    #expect(try rule("list 10 pool P overload mapping \(name)").mapping == mapping)
    #expect(try rule("list 10 pool P overload filtering \(name)").filtering == filtering)
    let all = try rule(
      "list 10 pool P overload", after: "ip nat settings mapping \(name)\nip nat settings filtering \(name)")
    #expect(all.mapping == mapping && all.filtering == filtering)
  }

  @Test func `what a rule says wins over what is said for all of them, in whatever order`() throws {
    let settings = "ip nat settings ports random\nip nat settings pooling arbitrary\n"
    let rules =
      "ip nat inside source list 10 pool P overload ports preserve\n"
      + "ip nat inside source list WEB pool P overload pooling paired\n"
    for text in [settings + rules, rules + settings] {
      let gateway = try parse(surroundings + text)
      #expect(gateway.translation.dynamicRules.map(\.ports) == [.preserve, .random])
      #expect(gateway.translation.dynamicRules.map(\.pooling) == [.arbitrary, .paired])
      #expect(try parse(gateway.render()) == gateway)
    }
  }

  @Test func `ports are preserved, random or computed`() throws {
    #expect(try rule("list 10 pool P overload").ports == .preserve)
    #expect(try rule("list 10 pool P overload ports random").ports == .random)
    #expect(
      try rule("list 10 pool P overload deterministic ports-per-host 512").ports
        == .deterministic(portsPerHost: 512, reserved: 0))
    #expect(
      try rule("list 10 pool P overload deterministic ports-per-host 500 reserved 12 mapping address-dependent").ports
        == .deterministic(portsPerHost: 500, reserved: 12))
    #expect(
      try rule("list 10 pool P overload deterministic ports-per-host 64512").ports
        == .deterministic(portsPerHost: 64_512, reserved: 0))
  }

  @Test func `one list may have several rules that differ in VRF, map or way out`() throws {
    let gateway = try parse(
      surroundings + """
        ip nat inside source list 10 pool P overload
        ip nat inside source list 10 pool P vrf RED overload
        ip nat inside source list 10 pool P egress-interface out0 overload
        ip nat inside source route-map RM pool P overload
        no ip nat inside source list 10 pool P vrf RED
        no ip nat inside source route-map RM
        """)
    #expect(gateway.translation.dynamicRules.map(\.egressInterface) == [nil, out0])
  }
}

@Suite struct StaticEntries {
  private func entry(_ text: String) throws -> StaticTranslation {
    let gateway = try parse(surroundings + "ip nat inside source static " + text)
    #expect(try parse(gateway.render()) == gateway)
    return try #require(gateway.translation.staticTranslations.first)
  }

  @Test func `networks keep the hosts' part of addresses`() throws {
    var expected = StaticTranslation(
      local: try address("10.5.0.0"), global: .address(try address("198.51.100.0")))
    expected.prefixLength = 24
    #expect(try entry("network 10.5.0.0 198.51.100.0 /24") == expected)
    #expect(try entry("network 10.5.0.0 198.51.100.0 255.255.255.0") == expected)
  }

  @Test func `ESP goes to one host`() throws {
    let ports = StaticTranslation.Ports(transport: IPProtocol(rawValue: 50), local: 0, global: 0)
    let local = try address("10.0.0.5")
    #expect(
      try entry("esp 10.0.0.5 interface out0")
        == StaticTranslation(local: local, global: .interface(out0), ports: ports))
    #expect(
      try entry("esp 10.0.0.5 203.0.113.5")
        == StaticTranslation(local: local, global: .address(try address("203.0.113.5")), ports: ports))
  }

  @Test func `options say the VRF, the condition and the way out`() throws {
    let (local, global) = (try address("10.0.0.5"), StaticGlobal.address(try address("203.0.113.5")))
    var expected = StaticTranslation(local: local, global: global, noPayload: true, instance: red)
    #expect(try entry("10.0.0.5 203.0.113.5 vrf RED no-payload") == expected)
    expected.matchInVRF = true
    #expect(try entry("10.0.0.5 203.0.113.5 vrf RED match-in-vrf no-payload") == expected)
    expected = StaticTranslation(local: local, global: global)
    expected.routeMap = "RM"
    #expect(try entry("10.0.0.5 203.0.113.5 route-map RM") == expected)
    expected.reversible = true
    expected.egressInterface = out0
    #expect(try entry("10.0.0.5 203.0.113.5 route-map RM reversible egress-interface out0") == expected)
  }

  @Test func `entries conflict only within a VRF, and not when their conditions differ`() throws {
    let text =
      surroundings + """
        ip nat inside source static 10.0.0.5 203.0.113.5
        ip nat inside source static 10.0.0.5 203.0.113.6 vrf RED
        ip nat inside source static 10.0.0.6 203.0.113.5 vrf RED match-in-vrf
        ip nat inside source static 10.0.0.5 203.0.113.7 route-map RM
        ip nat inside source static 10.0.0.5 203.0.113.8 egress-interface out0
        ip nat inside source static tcp 10.0.0.5 80 203.0.113.5 80
        ip nat inside source static tcp 10.0.0.5 80 203.0.113.5 8080

        """
    #expect(try parse(text).translation.staticTranslations.count == 7)
    let fewer = try parse(
      text + """
        no ip nat inside source static 10.0.0.5 203.0.113.6 vrf RED
        no ip nat inside source static tcp 10.0.0.5 80 203.0.113.5 8080
        """)
    #expect(fewer.translation.staticTranslations.count == 5)
  }
}

@Suite struct OutsideRules {
  private func gateway(_ text: String) throws -> TranslationConfiguration {
    let gateway = try parse(surroundings + text)
    #expect(try parse(gateway.render()) == gateway)
    return gateway.translation
  }

  @Test func `outside hosts get addresses of a pool`() throws {
    var expected = OutsideRule(condition: .accessList("10"), pool: "LOCAL")
    #expect(try gateway("ip nat outside source list 10 pool LOCAL").outsideRules == [expected])
    expected.condition = .routeMap("RM")
    expected.instance = red
    expected.matchInVRF = true
    expected.addRoute = true
    #expect(
      try gateway("ip nat outside source route-map RM pool LOCAL vrf RED match-in-vrf add-route").outsideRules
        == [expected])
    #expect(
      try gateway("ip nat outside source list 10 pool LOCAL\nno ip nat outside source list 10 pool LOCAL")
        .outsideRules == [])
  }

  @Test func `outside hosts have static addresses, ports or networks`() throws {
    var expected = OutsideStatic(global: try address("192.0.2.1"), local: try address("10.9.0.1"))
    #expect(try gateway("ip nat outside source static 192.0.2.1 10.9.0.1").outsideStatics == [expected])
    expected.instance = red
    expected.matchInVRF = true
    expected.extendable = true
    expected.noAlias = true
    expected.noPayload = true
    expected.addRoute = true
    let options = "vrf RED match-in-vrf extendable no-alias no-payload add-route"
    #expect(try gateway("ip nat outside source static 192.0.2.1 10.9.0.1 \(options)").outsideStatics == [expected])
    expected = OutsideStatic(
      global: try address("192.0.2.1"), local: try address("10.9.0.1"),
      ports: .init(transport: .udp, local: 5353, global: 53))
    #expect(try gateway("ip nat outside source static udp 192.0.2.1 53 10.9.0.1 5353").outsideStatics == [expected])
    expected = OutsideStatic(global: try address("192.0.2.0"), local: try address("10.9.0.0"))
    expected.prefixLength = 24
    let network = "ip nat outside source static network 192.0.2.0 10.9.0.0 /24"
    #expect(try gateway(network).outsideStatics == [expected])
    #expect(try gateway("\(network)\nno \(network)").outsideStatics == [])
  }

  @Test func `connections to a virtual host go to a rotary pool`() throws {
    let rule = "ip nat inside destination list 10 pool REAL"
    let translation = try gateway(rule)
    #expect(translation.destinationRules == [DestinationRule(accessList: "10", pool: "REAL")])
    #expect(translation.pools["REAL"]?.selection == .rotary)
    #expect(try gateway("\(rule)\nno ip nat inside destination list 10").destinationRules == [])
  }

  @Test func `pools leave addresses out and need no route`() throws {
    let pool = try gateway(
      "ip nat pool X prefix-length 24 add-route\n address 198.51.100.1 198.51.100.20\n exclude 198.51.100.5\n"
        + " exclude 198.51.100.9 198.51.100.12\n exclude 198.51.100.20\n no exclude 198.51.100.20"
    ).pools["X"]
    #expect(pool?.count == 15)
    #expect(pool?.addRoute == true)
    #expect(pool?.usableRanges.count == 3)
  }

  @Test func `pools of different VRFs and sides may have the same addresses`() throws {
    let text = """
      ip nat pool A 10.88.0.1 10.88.0.9 prefix-length 24
      ip nat pool B 10.88.0.1 10.88.0.9 prefix-length 24
      ip nat pool C 10.88.0.1 10.88.0.9 prefix-length 24

      """
    let rules = """
      ip nat inside source list 10 pool A overload
      ip nat inside source list 10 pool B vrf RED match-in-vrf overload
      ip nat outside source list 10 pool C vrf RED
      """
    #expect(try gateway(text + rules).dynamicRules.count == 2)
    let same = rules.replacing(" match-in-vrf", with: "")
    #expect(errors(in: surroundings + text + same)?.errors.map(\.location.line) == [22])
  }
}
