import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct PolicyCompilerTests {
  private static let web = StaticTranslation.Ports(transport: .tcp, local: 80, global: 80)
  private static let pool = [0, 1, 2, 3].map { IPv4Address(Place.pool.lowerBound.rawValue + $0) }

  /// The addresses that each rule may give out.
  private static func addresses(_ setup: TestSetup) -> [[IPv4Address]] { setup.policy.rules.map(\.addresses) }

  @Test func `a shared pool lacks an address that a static entry holds whole, and keeps one of which it holds a port`()
  {
    let setup = TestSetup.overloadedPool
    #expect(Self.addresses(setup.withStatic(.bob, Self.pool[1])) == [[Self.pool[0], Self.pool[2], Self.pool[3]]])
    #expect(Self.addresses(setup.withStatic(.bob, Self.pool[1], Self.web)) == [Self.pool])
  }

  @Test func `a host gets no address for itself of which a static entry holds a port`() {
    let setup = TestSetup.exclusivePool.withStatic(.bob, Self.pool[1], Self.web)
    #expect(Self.addresses(setup) == [[Self.pool[0], Self.pool[2], Self.pool[3]]])
  }

  @Test func `a pool lacks every address of a static network`() {
    let setup = TestSetup.overloadedPool.withStatic(.bob, Self.pool[1]).with {
      // 203.0.113.100 to 103 are one network.
      $0.translation.staticTranslations[0].prefixLength = 31
    }
    #expect(Self.addresses(setup) == [[Self.pool[2], Self.pool[3]]])
  }

  @Test func `a pool lacks what it excludes`() {
    let setup = TestSetup.overloadedPool.with {
      $0.translation.pools["POOL"]?.exclusions = [Self.pool[0]...Self.pool[1], Self.pool[3]...Self.pool[3]]
    }
    #expect(Self.addresses(setup) == [[Self.pool[2]]])
    #expect(setup.policy.globalAddresses.count == 1)
  }

  @Test func `an entry of another instance's outside takes nothing away`() {
    let red = StaticTranslation(
      local: Host.bob.address, global: .address(Self.pool[1]), instance: Place.redInstance)
    func addresses(matchInVRF: Bool) -> [Int] {
      let setup = TestSetup.overloadedPool.withRed(matchInVRF: true).with {
        var entry = red
        entry.matchInVRF = matchInVRF
        $0.translation.staticTranslations.append(entry)
      }
      return Self.addresses(setup).map(\.count)
    }
    #expect(addresses(matchInVRF: true) == [4, 3])
    #expect(addresses(matchInVRF: false) == [3, 4])
  }

  @Test func `with match-in-vrf one address is two, one in each instance`() {
    let shared = TestSetup.overloadedPool.withRed(matchInVRF: false).policy
    let apart = TestSetup.overloadedPool.withRed(matchInVRF: true).policy
    #expect(shared.globalAddresses.count == 5)
    #expect(apart.globalAddresses.count == 9)
    let first = Self.pool[0]
    #expect(shared.globalAddresses.number(of: first, in: Place.redInstance) == nil)
    #expect(
      apart.globalAddresses.number(of: first, in: Place.redInstance) != apart.globalAddresses.number(of: first))
    #expect(apart.answersARP(for: first, on: Place.redOutside))
  }

  @Test func `a rule with an interface has that interface's address, and none without it`() {
    #expect(Self.addresses(.overloadedInterface) == [[Place.outsideAddress]])
    let nowhere = TestSetup.overloadedInterface.withRules { $0.source = .interface(InterfaceID(rawValue: 40)) }
    #expect(Self.addresses(nowhere) == [[]])
  }

  @Test func `interface ports narrow the choice for rules with an interface alone`() {
    let ports = { (setup: inout TestSetup) in setup.translation.settings.interfacePorts = 2000...2999 }
    #expect(TestSetup.overloadedInterface.with(ports).policy.ruleFacts[0].choice.range == 2000...2999)
    #expect(TestSetup.overloadedPool.with(ports).policy.ruleFacts[0].choice.range == nil)
  }

  @Test func `virtual hosts are known by their ranges, unless a wildcard has gaps`() {
    func hosts(_ wildcard: UInt32) -> [ClosedRange<IPv4Address>] {
      let setup = TestSetup.everything.with {
        $0.translation.accessLists["V"]?.entries[0].source.wildcard = wildcard
      }
      return setup.policy.destinationRules[0].virtualHosts
    }
    let address = TestSetup.virtualHost
    #expect(hosts(0) == [address...address])
    #expect(hosts(3) == [address...IPv4Address(address.rawValue + 3)])
    #expect(hosts(5) == [])
  }

  @Test func `rules of a route map let outside hosts in only if they say so`() {
    func isReversible(_ change: (inout DynamicRule) -> Void) -> Bool {
      TestSetup.exclusivePool.withRules(change).policy.ruleFacts[0].isReversible
    }
    #expect(isReversible { _ in })
    #expect(!isReversible { $0.condition = .routeMap("M") })
    #expect(
      isReversible {
        $0.condition = .routeMap("M")
        $0.reversible = true
      })
  }
}
