import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

/// IOS's order: a static port before a static address before a static network before dynamic rules, those one after the
/// other; and what route maps and interfaces make of it.
@Suite struct RuleOrderTests {
  /// A second pool: 203.0.113.128 and 129.
  private static let second = IPv4Address(0xCB00_7180)...IPv4Address(0xCB00_7181)

  /// The pool for everybody, after a rule with the second pool for packets to carol, which list and route map `TO` name.
  private static func byDestination(
    _ condition: RuleCondition, overload: Bool = true, _ change: (inout DynamicRule) -> Void = { _ in }
  ) -> TestSetup {
    TestSetup.overloadedPool.withConditions.with {
      $0.translation.pools["SECOND"] = AddressPool(name: "SECOND", ranges: [second], prefixLength: 24)
      var rule = DynamicRule(condition: condition, source: .pool("SECOND"), overload: overload)
      change(&rule)
      $0.translation.dynamicRules.insert(rule, at: 0)
    }
  }

  private static func syn(_ host: Host, _ port: UInt16, to other: Host = .carol) -> Datagram {
    .tcp(from: host.at(port), to: other.at(443), .syn)
  }

  private static func source(
    _ gateway: TestGateway, _ host: Host, _ port: UInt16, to other: Host = .carol
  ) throws -> SocketAddress {
    let outcome = gateway.sendOut(syn(host, port, to: other))
    #expect(outcome.problems(.to(other.at(443))) == [])
    return try #require(outcome.packet).source
  }

  // MARK: Static entries

  @Test func `a static port comes before a static address, that before a static network, and all before rules`() throws
  {
    let network = IPv4Address(0xC612_0000)
    let web = StaticTranslation.Ports(transport: .tcp, local: 80, global: 8080)
    let setup = TestSetup.overloadedPool.withStatic(.alice, network).withStatic(.bob, Place.bobGlobal)
      .withStatic(.bob, Place.outsideAddress, web)
      .with {
        // 10.10.10.8 to 15 are 198.18.0.0 to 7 outside.
        $0.translation.staticTranslations[0].prefixLength = 29
      }
    let gateway = TestGateway(setup)
    #expect(try Self.source(gateway, .bob, 80) == SocketAddress(Place.outsideAddress, 8080))
    #expect(try Self.source(gateway, .bob, 81) == SocketAddress(Place.bobGlobal, 81))
    #expect(try Self.source(gateway, .alice, 80) == SocketAddress(IPv4Address(network.rawValue | 2), 80))
    #expect(Place.pool.contains(try Self.source(gateway, .inside(8), 80).address))
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a static entry with a route map is for what the map permits, other packets are a rule's`() throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.withConditions.withStatic(.bob, Place.bobGlobal).with {
        $0.translation.staticTranslations[0].routeMap = "TO"
      })
    #expect(try Self.source(gateway, .bob, 5000, to: .carol).address == Place.bobGlobal)
    #expect(Place.pool.contains(try Self.source(gateway, .bob, 5000, to: .dave).address))
    #expect(gateway.problems(ports: true) == [])
  }

  @Test(arguments: [false, true]) func `a static entry with a route map lets outside hosts in if it is reversible`(
    _ reversible: Bool
  ) throws {
    let gateway = TestGateway(
      TestSetup.overloadedPool.withConditions.withStatic(.bob, Place.bobGlobal).with {
        $0.translation.staticTranslations[0].routeMap = "TO"
        $0.translation.staticTranslations[0].reversible = reversible
      })
    let request = gateway.sendIn(.udp(from: Host.carol.at(9), to: SocketAddress(Place.bobGlobal, 7)))
    #expect(request.dropReason == (reversible ? nil : .filtered))
    if reversible { #expect(request.problems(.to(Host.bob.at(7))) == []) }
    // An answer comes in whatever it says.
    let seen = try Self.source(gateway, .bob, 5000)
    #expect(
      gateway.sendIn(.tcp(from: Host.carol.at(443), to: seen, [.syn, .ack])).problems(.to(Host.bob.at(5000))) == [])
  }

  @Test func `a static entry with an egress interface is for what leaves there`() throws {
    let gateway = Self.twoOutsides(
      TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal).with {
        $0.translation.staticTranslations[0].egressInterface = Place.aside
      })
    #expect(try Self.source(gateway, .bob, 5000, to: .mallory).address == Place.bobGlobal)
    #expect(Place.pool.contains(try Self.source(gateway, .bob, 5000, to: .carol).address))
  }

  // MARK: Dynamic rules

  @Test(arguments: [RuleCondition.accessList("TO"), .routeMap("TO")])
  func `one endpoint has a mapping in each of two pools that its destination chooses`(_ condition: RuleCondition) throws
  {
    let gateway = TestGateway(Self.byDestination(condition))
    let (toCarol, toDave) = (try Self.source(gateway, .alice, 5000), try Self.source(gateway, .alice, 5000, to: .dave))
    #expect(Self.second.contains(toCarol.address))
    #expect(Place.pool.contains(toDave.address))
    for (host, seen) in [(Host.carol, toCarol), (.dave, toDave)] {
      let answer = gateway.sendIn(.tcp(from: host.at(443), to: seen, [.syn, .ack]))
      #expect(answer.problems(.from(host.at(443)), .to(Host.alice.at(5000))) == [])
      #expect(try Self.source(gateway, .alice, 5000, to: host) == seen)
    }
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `the first rule whose condition holds is the one`() throws {
    let gateway = TestGateway(
      Self.byDestination(.accessList("TO")).with { $0.translation.dynamicRules.swapAt(0, 1) })
    #expect(Place.pool.contains(try Self.source(gateway, .alice, 5000).address))
  }

  @Test func `a route map's denying entry leaves the packet to the next rule`() throws {
    let gateway = TestGateway(
      Self.byDestination(.routeMap("TO")).with {
        $0.translation.routeMaps["TO"]?.entries[0].permits = false
        $0.translation.routeMaps["TO"]?.entries.append(RouteMap.Entry(sequence: 20, permits: true))
      })
    #expect(Place.pool.contains(try Self.source(gateway, .alice, 5000, to: .carol).address))
    #expect(Self.second.contains(try Self.source(gateway, .alice, 5000, to: .dave).address))
  }

  @Test(arguments: [false, true]) func `a host's own address by a route map is open to others if it is reversible`(
    _ reversible: Bool
  ) throws {
    let gateway = TestGateway(
      Self.byDestination(.routeMap("TO"), overload: false) { $0.reversible = reversible })
    let seen = try Self.source(gateway, .alice, 5000)
    let request = gateway.sendIn(.udp(from: Host.dave.at(9), to: SocketAddress(seen.address, 7)))
    #expect(request.dropReason == (reversible ? nil : .filtered))
    if reversible { #expect(request.problems(.to(Host.alice.at(7))) == []) }
    let answer = gateway.sendIn(.tcp(from: Host.carol.at(443), to: seen, [.syn, .ack]))
    #expect(answer.problems(.to(Host.alice.at(5000))) == [])
  }

  // MARK: Two ways out

  /// A gateway whose third interface is outside too and leads to mallory.
  private static func twoOutsides(_ setup: TestSetup) -> TestGateway {
    var interfaces = setup.interfaces
    interfaces[2].realm = .outside
    let routes = RoutingTable(
      interfaces.compactMap { interface in
        interface.connected.map { Route(prefix: $0, interface: interface.id) }
      } + [
        Route(prefix: IPv4Prefix(containing: Host.mallory.address, length: 24), interface: Place.aside, gateway: hop)
      ])
    let gateway = TestGateway(
      setup, policy: Policy(interfaces: interfaces, routes: routes, translation: setup.translation))
    gateway.introduce(Host("hop", "192.0.2.2", 0x02_00_00_00_00_99), at: Place.aside)
    return gateway
  }

  private static let hop = IPv4Address(0xC000_0202)

  /// A rule for each way out, of which `narrow` says what each is for.
  private static func ways(_ narrow: (inout [DynamicRule]) -> Void) -> TestGateway {
    twoOutsides(
      TestSetup.overloadedInterface.with {
        for (name, place) in [("OUTSIDE", Place.outside), ("ASIDE", Place.aside)] {
          var entry = RouteMap.Entry(sequence: 10, permits: true)
          entry.interfaces = [place]
          $0.translation.routeMaps[name] = RouteMap(name: name, entries: [entry])
        }
        $0.translation.accessLists["HOP"] = AccessList(
          name: "HOP", entries: [AccessList.Entry(permits: true, address: hop, wildcard: 0)])
        var entry = RouteMap.Entry(sequence: 10, permits: true)
        entry.nextHops = ["HOP"]
        $0.translation.routeMaps["BY-HOP"] = RouteMap(name: "BY-HOP", entries: [entry])
        $0.translation.dynamicRules.append(
          DynamicRule(accessList: "10", source: .interface(Place.aside), overload: true))
        narrow(&$0.translation.dynamicRules)
      })
  }

  private static func expectEachItsOwn(_ gateway: TestGateway) throws {
    #expect(try source(gateway, .alice, 5000, to: .carol).address == Place.outsideAddress)
    #expect(try source(gateway, .alice, 5000, to: .mallory).address == Place.asideAddress)
    #expect(gateway.problems(ports: true) == [])
  }

  @Test func `a rule with an egress interface is for what leaves there`() throws {
    try Self.expectEachItsOwn(Self.ways { $0[0].egressInterface = Place.outside })
  }

  @Test func `a route map asks where a packet leaves`() throws {
    try Self.expectEachItsOwn(
      Self.ways { ($0[0].condition, $0[1].condition) = (.routeMap("OUTSIDE"), .routeMap("ASIDE")) })
  }

  @Test func `a route map asks for the next hop`() throws {
    try Self.expectEachItsOwn(
      Self.ways {
        $0[1].condition = .routeMap("BY-HOP")
        $0.swapAt(0, 1)
      })
  }
}

extension TestSetup {
  /// The setup with an extended list and a route map, both of the name `TO`, for packets to carol.
  fileprivate var withConditions: Self {
    with {
      var entry = AccessList.Entry(permits: true, source: .any)
      entry.destination = AccessList.AddressMatch(address: Host.carol.address, wildcard: 0)
      $0.translation.accessLists["TO"] = AccessList(name: "TO", isExtended: true, entries: [entry])
      var permit = RouteMap.Entry(sequence: 10, permits: true)
      permit.accessLists = ["TO"]
      $0.translation.routeMaps["TO"] = RouteMap(name: "TO", entries: [permit])
    }
  }
}
