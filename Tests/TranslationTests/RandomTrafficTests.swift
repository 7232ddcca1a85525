import TestSupport
import Testing
import WireFormats

@testable import Translation

/// Thousands of random packets over few hosts and ports, so that everything collides with everything; after each step
/// the state must hold, and what left must be allowed to.
@Suite struct RandomTrafficTests {
  struct Scene: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let setup: TestSetup
    /// Rules that now and then take the place of the setup's.
    var others: [TestSetup] = []
  }

  static let scenes: [Scene] = [
    Scene(testDescription: "a pool shared by ports", setup: .overloadedPool),
    Scene(testDescription: "an interface shared by three workers", setup: .overloadedInterface.with { $0.workers = 3 }),
    Scene(
      testDescription: "addresses of their own", setup: .exclusivePool.with { $0.translation.timeouts.simple = 30 }),
    Scene(
      testDescription: "static entries and a pool, two workers",
      setup: TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal)
        .withStatic(.inside(0), Place.outsideAddress, StaticTranslation.Ports(transport: .tcp, local: 80, global: 80))
        .withStatic(.inside(0), Place.bobGlobal, StaticTranslation.Ports(transport: .udp, local: 80, global: 81))
        .with { $0.workers = 2 }),
    Scene(
      testDescription: "tables that are always full",
      setup: .overloadedPool.with {
        $0.sessionsPerWorker = 24
        $0.translation.maximumEntries = 30
        $0.workers = 2
      }),
  ]

  @Test(arguments: scenes + featureScenes, [UInt64(1), 2, 3])
  func `no packet breaks the state or shows an inside address`(
    _ scene: Scene, _ seed: UInt64
  ) {
    func quick(_ setup: TestSetup) -> TestSetup {
      setup.with {
        $0.seed = seed
        ($0.translation.timeouts.udp, $0.translation.timeouts.tcp) = (20, 40)
      }
    }
    var traffic = RandomTraffic(quick(scene.setup), or: scene.others.map(quick), seed: seed)
    for step in 0..<1500 {
      let problems = traffic.step() + (step % 8 == 0 ? traffic.gateway.problems() : [])
      if !problems.isEmpty {
        Issue.record("step \(step): \(problems.prefix(4))")
        return
      }
    }
    #expect(traffic.gateway.problems(ports: true) == [])
    #expect(traffic.left > 200 && traffic.entered > 50, "\(traffic.left) left, \(traffic.entered) entered")
    traffic.gateway.clear()
    traffic.gateway.advance(seconds: 100_000)
    #expect(traffic.gateway.sessions.isEmpty)
    #expect(traffic.gateway.total(.mappings) == 0)
    #expect(traffic.gateway.remains() == [])
    #expect(traffic.gateway.problems(ports: true) == [])
  }
}
