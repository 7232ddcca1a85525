import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct AccessListTests {
  private func entry(_ permits: Bool, _ address: String, _ wildcard: UInt32) throws -> AccessList.Entry {
    AccessList.Entry(permits: permits, address: try #require(IPv4Address(address)), wildcard: wildcard)
  }

  @Test func `the first line that speaks of a source decides`() throws {
    let list = AccessList(
      name: "10", entries: [try entry(false, "10.10.10.11", 0), try entry(true, "10.10.10.0", 0xFF)])
    #expect(list.permits(Host.alice.address))
    #expect(!list.permits(Host.bob.address))
    #expect(!list.permits(Host.carol.address))
  }

  @Test func `an empty list permits nobody`() { #expect(!AccessList(name: "10").permits(Host.alice.address)) }

  @Test func `a wildcard need not be contiguous`() throws {
    // Hosts with an even last octet in every 10.x.10.0.
    let even = try entry(true, "10.0.10.0", 0x00FF_00FE)
    #expect(even.source.matches(Host.alice.address))
    #expect(!even.source.matches(Host.bob.address))
    #expect(even.source.matches(try #require(IPv4Address("10.99.10.4"))))
  }
}

@Suite struct GlobalAddressesTests {
  private func range(_ lower: UInt32, _ upper: UInt32) -> ClosedRange<IPv4Address> {
    IPv4Address(lower)...IPv4Address(upper)
  }

  @Test func `no addresses have no numbers`() {
    #expect(GlobalAddresses([]).count == 0)
    #expect(GlobalAddresses([]).number(of: Host.carol.address) == nil)
  }

  @Test func `overlapping ranges are counted once`() {
    let addresses = GlobalAddresses([range(10, 20), range(15, 30), range(40, 40), range(12, 14), range(41, 42)])
    #expect(addresses.count == 24)
    #expect(addresses.number(of: IPv4Address(9)) == nil)
    #expect(addresses.number(of: IPv4Address(10)) == 0)
    #expect(addresses.number(of: IPv4Address(30)) == 20)
    #expect(addresses.number(of: IPv4Address(31)) == nil)
    #expect(addresses.number(of: IPv4Address(40)) == 21)
    #expect(addresses.number(of: IPv4Address(42)) == 23)
  }

  @Test func `random ranges number every address once, as a set does`() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<50 {
      let ranges = (0..<random.number(in: 1...12)).map { _ in
        let lower = UInt32(random.number(in: 0...300))
        return range(lower, lower + UInt32(random.number(in: 0...40)))
      }
      let addresses = GlobalAddresses(ranges)
      let reference = Set(ranges.flatMap { $0.lowerBound.rawValue...$0.upperBound.rawValue }).sorted()
      #expect(addresses.count == reference.count)
      #expect(reference.map { addresses.number(of: IPv4Address($0)) } == reference.indices.map { $0 })
      #expect((0...400).filter { !reference.contains($0) }.allSatisfy { !addresses.contains(IPv4Address($0)) })
    }
  }
}

@Suite struct PolicyTests {
  @Test func `a pool counts the addresses of all its ranges`() {
    let pool = AddressPool(
      name: "P", ranges: [Place.pool, Place.bobGlobal...Place.bobGlobal], prefixLength: 24)
    #expect(pool.count == 5)
  }

  @Test func `rules are asked in order, each in its own routing instance`() {
    let red = RoutingInstance(rawValue: 1)
    let setup = TestSetup.overloadedPool.with {
      $0.translation.accessLists["20"] = AccessList(
        name: "20", entries: [AccessList.Entry(permits: true, address: Host.bob.address, wildcard: 0)])
      $0.translation.dynamicRules.insert(
        DynamicRule(accessList: "20", source: .interface(Place.outside), overload: true), at: 0)
      $0.translation.dynamicRules.append(
        DynamicRule(accessList: "10", source: .pool("POOL"), overload: true, instance: red))
    }
    let policy = setup.policy
    #expect(rule(policy, Host.bob, .global) == 0)
    #expect(rule(policy, Host.alice, .global) == 1)
    #expect(rule(policy, Host.alice, red) == 2)
    #expect(rule(policy, Host.carol, .global) == nil)
  }

  @Test func `a rule gives out no address that a static entry holds`() {
    let taken = Place.pool.lowerBound
    let policy = TestSetup.overloadedPool.withStatic(.bob, taken).policy
    #expect(policy.rules[0].addresses.count == 3)
    #expect(!policy.rules[0].addresses.contains(taken))
    #expect(policy.globalAddresses.count == 4)
  }

  @Test func `a port entry comes before a one-to-one entry`() {
    let web = StaticTranslation.Ports(transport: .tcp, local: 8080, global: 80)
    let policy = TestSetup().withStatic(.bob, Place.bobGlobal).withStatic(.alice, Place.bobGlobal, web).policy
    #expect(policy.staticEntry(global: Place.bobGlobal, .tcp, port: 80) == 1)
    #expect(policy.staticEntry(global: Place.bobGlobal, .udp, port: 80) == 0)
    #expect(policy.staticEntry(global: Place.bobGlobal, .tcp, port: 81) == 0)
    #expect(entry(policy, Host.alice, port: 8080, .global) == 1)
    #expect(entry(policy, Host.alice, port: 80, .global) == nil)
    #expect(entry(policy, Host.bob, port: 9, .global) == 0)
    #expect(entry(policy, Host.bob, port: 9, RoutingInstance(rawValue: 1)) == nil)
  }

  @Test func `the gateway answers ARP for its own, pool and static addresses, on the right side`() {
    let setup = TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal)
    let policy = setup.policy
    for address in [Place.outsideAddress, Place.pool.lowerBound, Place.pool.upperBound, Place.bobGlobal] {
      #expect(policy.answersARP(for: address, on: Place.outside))
      #expect(!policy.answersARP(for: address, on: Place.inside))
    }
    #expect(policy.answersARP(for: Place.insideAddress, on: Place.inside))
    #expect(!policy.answersARP(for: Place.insideAddress, on: Place.outside))
    #expect(!policy.answersARP(for: Host.carol.address, on: Place.outside))
    #expect(!policy.answersARP(for: Place.outsideAddress, on: InterfaceID(rawValue: 63)))
    #expect(Set(policy.aliases(on: setup.interfaces[1])).count == 5)
    #expect(Array(policy.aliases(on: setup.interfaces[0])).isEmpty)
  }

  @Test func `no-alias keeps the gateway from answering`() {
    let setup = TestSetup().with {
      $0.translation.staticTranslations = [
        StaticTranslation(local: Host.bob.address, global: .address(Place.bobGlobal), noAlias: true)
      ]
    }
    #expect(!setup.policy.answersARP(for: Place.bobGlobal, on: Place.outside))
  }

  @Test func `a static entry on an interface has that interface's address`() {
    let setup = TestSetup().with {
      $0.translation.staticTranslations = [
        StaticTranslation(
          local: Host.bob.address, global: .interface(Place.outside),
          ports: StaticTranslation.Ports(transport: .tcp, local: 80, global: 8080))
      ]
    }
    #expect(setup.policy.statics.map(\.global) == [Place.outsideAddress])
    #expect(setup.policy.staticEntry(global: Place.outsideAddress, .tcp, port: 8080) == 0)
  }

  @Test func `static ports are taken from the start`() {
    let bed = PortBed()
    let web = StaticTranslation.Ports(transport: .tcp, local: 8080, global: 80)
    TestSetup().withStatic(.alice, Place.bobGlobal, web).policy.reserveStaticPorts(in: bed.map)
    #expect(bed.claimed(.tcp) == [80])
    #expect(bed.claimed(.udp) == [])
  }

  @Test func `timers have IOS's defaults`() {
    let timeouts = Timeouts()
    #expect([timeouts.simple, timeouts.tcp] == [86_400, 86_400])
    #expect([timeouts.syn, timeouts.finRst, timeouts.udp, timeouts.dns, timeouts.icmp] == [60, 60, 300, 60, 60])
  }
}

@Suite struct DropReasonTests {
  @Test func `every reason has a word and a sentence of its own`() {
    let names = Set(DropReason.allCases.map(\.name))
    let sentences = Set(DropReason.allCases.map(\.sentence))
    #expect(names.count == DropReason.allCases.count)
    #expect(sentences.count == DropReason.allCases.count)
    #expect(names.allSatisfy { $0.allSatisfy { $0 == "-" || $0.isLowercase || $0.isNumber } })
    #expect(sentences.allSatisfy { $0.hasSuffix(".") })
    #expect(DropReason.neighborUnresolved.name == "neighbor-unresolved")
  }
}

/// The rule of a packet from `host` to carol by the outside interface.
private func rule(_ policy: Policy, _ host: Host, _ instance: RoutingInstance) -> Int? {
  var policy = policy
  return policy.rule(
    for: PacketFacts(source: host.address, destination: Host.carol.address, protocol: .udp), in: instance,
    ConditionTable.Egress(interface: Place.outside, nextHop: Host.router.address))
}

/// The static entry of a TCP packet from `host`'s `port` to carol by the outside interface.
private func entry(_ policy: Policy, _ host: Host, port: UInt16, _ instance: RoutingInstance) -> Int? {
  var packet = PacketFacts(source: host.address, destination: Host.carol.address, protocol: .tcp)
  packet.sourcePort = port
  var policy = policy
  return policy.staticEntry(
    packet, in: instance, ConditionTable.Egress(interface: Place.outside, nextHop: Host.router.address))
}
