import TestSupport
import Translation
import WireFormats

extension RandomTrafficTests {
  private static let blocked = TestSetup.everything.with { $0.translation.destinationRules = [] }

  /// Rules with everything at once, which now and then give way to others.
  static let featureScenes: [Scene] = [
    Scene(
      testDescription: "two instances, twice NAT and a virtual host, three workers",
      setup: .everything.with { $0.workers = 3 }, others: [blocked.with { $0.workers = 3 }]),
    Scene(
      testDescription: "an instance with an outside of its own",
      setup: TestSetup.overloadedPool.withRed(matchInVRF: true).with { $0.workers = 2 }),
    Scene(
      testDescription: "limits of every kind",
      setup: TestSetup.everything.withLimits.with { $0.workers = 2 },
      others: [.everything.with { $0.workers = 2 }]),
    Scene(
      testDescription: "sets of ports that change their size, and hosts by address",
      setup: TestSetup.everything.withPortSets(of: 64, hosts: 3).withRules { $0.filtering = .endpointIndependent },
      others: [
        TestSetup.everything.withPortSets(of: 1024, hosts: 3), .everything,
        TestSetup.everything.withPortSets(of: 128, step: 4, hosts: 2),
      ]),
    Scene(
      testDescription: "mapping and filtering by address",
      setup: TestSetup.everything.withRules {
        ($0.mapping, $0.filtering) = (.addressDependent, .addressDependent)
      }.with { $0.workers = 2 },
      others: [TestSetup.everything.withRules { $0.filtering = .addressDependent }.with { $0.workers = 2 }]),
    Scene(
      testDescription: "mapping by address and port",
      setup: TestSetup.everything.withRules { $0.mapping = .addressAndPortDependent }
        .withPortSets(of: 64, hosts: 4).with { $0.workers = 2 },
      others: [TestSetup.everything.with { $0.workers = 2 }]),
    Scene(
      testDescription: "anybody may answer, from any address of the pool, with random ports",
      setup: TestSetup.everything.withRules {
        ($0.filtering, $0.pooling, $0.ports) = (.endpointIndependent, .arbitrary, .random)
      }.with {
        $0.translation.settings.holdDown = 9
        $0.translation.settings.unsolicitedSYN = 6
      }),
    Scene(
      testDescription: "addresses of their own in two instances, then shared ones",
      setup: TestSetup.exclusivePool.withRed(matchInVRF: false).with { $0.translation.timeouts.simple = 30 },
      others: [
        TestSetup.overloadedPool.withRed(matchInVRF: false),
        TestSetup.exclusivePool.withStatic(.bob, Place.pool.lowerBound).withRed(matchInVRF: false),
      ]),
  ]
}
