import Forwarding
import TestSupport
import Translation
import WireFormats

/// The rules of a play. Those of one kind differ in nothing else, so that they may take each other's place; under each
/// of them every inside host is translated.
struct Scenes {
  /// What an input begins with.
  private let selector: UInt8

  init(_ selector: UInt8) { self.selector = selector }

  /// Addresses that the scenes of one kind use together, at most.
  private static let maximumAddresses = 8

  /// The play's own gateway, under the rules of a number.
  func setup(_ number: UInt8) -> TestSetup {
    let rules = selector & 1 == 0 ? Self.shared : Self.apart
    return rules[Int(number) % rules.count].with {
      $0.workers = selector & 2 == 0 ? 1 : 2
      $0.sessionsPerWorker = selector & 4 == 0 ? 16 : 64
      $0.translation.maximumEntries = selector & 8 == 0 ? 20 : 3
      $0.outsideMTU = selector & 16 == 0 ? 1500 : 100
      $0.knowsNeighbors = false
    }
  }

  /// A gateway under the rules of a number. What costs most to make is made once: of every kind, the first policies.
  func gateway(_ number: UInt8, neighbors: NeighborTable) -> TestGateway {
    let rules = selector & 1 == 0 ? Self.shared : Self.apart
    let policy = Self.policies[Int(selector & 17)]?[Int(number) % rules.count]
    return gateway(setup(number), policy ?? setup(number).policy, neighbors)
  }

  /// A gateway under a policy that has been in force before.
  func gateway(_ setup: TestSetup, _ policy: Policy, _ neighbors: NeighborTable) -> TestGateway {
    let roomy = setup.with { $0.spareAddresses = max(0, Self.maximumAddresses - policy.globalAddresses.count) }
    return TestGateway(roomy, policy: policy, neighbors: neighbors)
  }

  private static let policies: [Int: [Policy]] = [0, 1, 16, 17].reduce(into: [:]) { policies, selector in
    let scenes = Scenes(UInt8(selector))
    let count = selector & 1 == 0 ? shared.count : apart.count
    policies[selector] = (0..<count).map { scenes.setup(UInt8($0)).policy }
  }

  // MARK: Rules

  private static let web = StaticTranslation.Ports(transport: .tcp, local: 80, global: 80)

  /// Both instances share the outside.
  private static let shared: [TestSetup] = [
    .everything,
    TestSetup.overloadedInterface.withRed(matchInVRF: false),
    TestSetup.exclusivePool.withRed(matchInVRF: false),
    TestSetup.overloadedInterface.withStatic(.bob, Place.bobGlobal).withStatic(.alice, Place.outsideAddress, web)
      .withRed(matchInVRF: false),
    TestSetup.everything.withLimits,
    TestSetup.everything.withPortSets(of: 64, hosts: 2).withRules { $0.filtering = .endpointIndependent },
    TestSetup.everything.withPortSets(of: 128, step: 4, hosts: 1),
    TestSetup.everything.withRules { ($0.mapping, $0.filtering) = (.addressDependent, .addressDependent) },
    TestSetup.everything.withRules { $0.mapping = .addressAndPortDependent }.with {
      $0.translation.destinationRules = []
    },
    TestSetup.everything.withRules {
      ($0.filtering, $0.pooling, $0.ports) = (.endpointIndependent, .arbitrary, .random)
    }.with {
      $0.translation.settings.holdDown = 9
      $0.translation.settings.unsolicitedSYN = 6
    },
    TestSetup.exclusivePool.withStatic(.bob, Place.pool.lowerBound).withRed(matchInVRF: false),
    TestSetup.exclusivePool.withStatic(.bob, Place.pool.lowerBound, web).withRed(matchInVRF: false),
  ].map(withTwoAddresses)

  /// The red instance has an outside of its own.
  private static let apart: [TestSetup] = [
    TestSetup.overloadedPool.withRed(matchInVRF: true),
    TestSetup.exclusivePool.withRed(matchInVRF: true),
    TestSetup.overloadedPool.withRed(matchInVRF: true).withRules { $0.filtering = .endpointIndependent },
    TestSetup.overloadedPool.withPortSets(of: 64, hosts: 2).withRed(matchInVRF: true),
  ].map(withTwoAddresses)

  /// With a small pool, so that it is soon used up.
  private static func withTwoAddresses(_ setup: TestSetup) -> TestSetup {
    let low = Place.pool.lowerBound
    return setup.with { $0.translation.pools["POOL"]?.ranges = [low...IPv4Address(low.rawValue + 1)] }
  }
}
