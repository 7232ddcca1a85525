import TestSupport
import Testing
import WireFormats

@testable import Translation

/// A run after another: what it takes up of the other's regions.
@Suite struct `A later run` {
  struct Scene: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let setup: TestSetup
    /// The workers before and after.
    let workers: (Int, Int)
  }

  private static let mixed = TestSetup.overloadedPool.withStatic(.bob, Place.bobGlobal)
    .withStatic(.inside(0), Place.outsideAddress, StaticTranslation.Ports(transport: .tcp, local: 80, global: 80))

  static let scenes: [Scene] = [
    Scene(testDescription: "a pool shared by ports", setup: .overloadedPool, workers: (1, 1)),
    Scene(testDescription: "an interface, one worker to three", setup: .overloadedInterface, workers: (1, 3)),
    Scene(testDescription: "addresses of their own, three to two", setup: .exclusivePool, workers: (3, 2)),
    Scene(testDescription: "static entries and a pool, two to one", setup: mixed, workers: (2, 1)),
  ]

  /// What a session is called on every side, and how far it has come.
  private static func names(_ gateway: TestGateway) -> Set<[String]> {
    Set(
      gateway.sessions.map {
        [
          "\($0.outboundKey)", "\($0.inboundKey)", "\($0.progress)", "\($0.rule)", "\($0.lastUsed)", "\($0.created)",
          "\($0.flags.subtracting(.live))",
        ]
      })
  }

  @Test(arguments: scenes, [UInt64(1), 2, 3]) func `takes up every session, mapping and port of the one before`(
    _ scene: Scene, _ seed: UInt64
  ) {
    var traffic = RandomTraffic(scene.setup.with { $0.workers = scene.workers.0 }, seed: seed)
    // Until there is something to see: now and then the traffic clears all sessions.
    var steps = 0
    repeat {
      _ = traffic.step()
      steps += 1
    } while steps < 5000 && (steps < 600 || traffic.gateway.sessions.count < 20)
    let before = traffic.gateway
    let after = TestGateway(
      scene.setup.with {
        $0.workers = scene.workers.1
        $0.sessionsPerWorker = 777
        $0.seed = seed + 100
      })
    after.tick(seconds: before.now - after.now)
    let taken = after.takeUp(before.regions)
    #expect(before.sessions.count >= 20)
    #expect(taken.sessions == before.sessions.count)
    #expect(taken.skipped == 0)
    #expect(Self.names(after) == Self.names(before))
    #expect(after.addressMappings.count == before.addressMappings.count)
    #expect(after.problems(ports: true) == [])
  }

  @Test func `sends a connection's segments on as before, both ways, and times it out as before`() throws {
    let setup = TestSetup.overloadedPool.with { $0.translation.timeouts.tcp = 300 }
    let before = TestGateway(setup)
    let out = before.sendOut(.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), .syn))
    let seen = try #require(out.packet)
    _ = before.sendIn(.tcp(from: Host.carol.at(80), to: seen.source, [.syn, .ack]))
    _ = before.sendOut(.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), .ack))
    before.advance(seconds: 100)

    let after = TestGateway(setup.with { $0.seed = 9 })
    after.tick(seconds: before.now - after.now)
    after.takeUp(before.regions)
    // The mapping stands before any packet: another host cannot get the port.
    let other = try #require(
      after.sendOut(.tcp(from: Host.bob.at(seen.source.port), to: Host.carol.at(80), .syn)).packet)
    #expect(other.source != seen.source)
    let inward = try #require(after.sendIn(.tcp(from: Host.carol.at(80), to: seen.source, .ack)).packet)
    #expect(inward.destination == Host.alice.at(5000))
    #expect(inward.checksumProblems == [])
    let outward = try #require(
      after.sendOut(.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), .ack)).packet)
    #expect(outward.source == seen.source)
    after.advance(seconds: 299)
    #expect(after.sessions.contains { $0.insideLocal == Host.alice.address })
    after.advance(seconds: 1)
    #expect(after.sessions.allSatisfy { $0.insideLocal != Host.alice.address })
    #expect(after.problems(ports: true) == [])
  }

  @Test func `counts the idle time from before, and that in which nobody was there`() {
    let setup = TestSetup.overloadedPool.with { $0.translation.timeouts.udp = 300 }
    let before = TestGateway(setup)
    _ = before.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(4000)))
    before.advance(seconds: 200)
    let after = TestGateway(setup)
    after.tick(seconds: before.now + 60 - after.now)
    #expect(after.takeUp(before.regions).sessions == 1)
    after.advance(seconds: 39)
    #expect(after.sessions.count == 1)
    after.advance(seconds: 1)
    #expect(after.sessions.isEmpty)
    #expect(after.problems(ports: true) == [])
  }

  @Test func `skips and counts what its rules no longer allow`() {
    let before = TestGateway(Self.mixed)
    for number in 0..<20 {
      _ = before.sendOut(.udp(from: Host.inside(number).at(5000), to: Host.carol.at(4000)))
    }
    _ = before.sendOut(.tcp(from: Host.bob.at(5000), to: Host.carol.at(80), .syn))
    let addresses = Set(before.sessions.map(\.insideGlobal)).intersection(
      (0..<4).map { IPv4Address(Place.pool.lowerBound.rawValue + $0) })
    #expect(addresses.count > 1)
    // One address of the pool is left, and bob has no static entry any more.
    let after = TestGateway(TestSetup.overloadedPool.withOneAddress)
    let taken = after.takeUp(before.regions)
    let kept = before.sessions.filter { $0.insideGlobal == Place.pool.lowerBound }.count
    #expect(taken.sessions == kept)
    #expect(taken.skipped == 21 - kept)
    #expect(after.problems(ports: true) == [])
  }

  @Test func `with smaller tables or a lower limit takes up as many as fit`() {
    let before = TestGateway(.overloadedPool)
    for number in 0..<200 {
      _ = before.sendOut(.udp(from: Host.inside(number).at(5000), to: Host.carol.at(4000)))
    }
    let small = TestGateway(.overloadedPool.with { $0.sessionsPerWorker = 32 })
    let taken = small.takeUp(before.regions)
    #expect((8...32).contains(taken.sessions))
    #expect(taken.sessions + taken.skipped == 200)
    #expect(small.problems(ports: true) == [])
    let limited = TestGateway(.overloadedPool.with { $0.translation.maximumEntries = 50 })
    #expect(limited.takeUp(before.regions).sessions == 50)
    #expect(limited.problems(ports: true) == [])
  }

  @Test func `takes each session up once, however often it is there`() {
    let before = TestGateway(.overloadedPool)
    _ = before.sendOut(.udp(from: Host.alice.at(5000), to: Host.carol.at(4000)))
    let after = TestGateway(.overloadedPool.with { $0.workers = 2 })
    let taken = after.takeUp(before.regions + before.regions)
    #expect((taken.sessions, taken.skipped) == (1, 1))
    #expect(after.problems(ports: true) == [])
  }

  @Test(arguments: UInt64(0)..<120) func `holds its state whatever stands in a region`(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let before = TestGateway(Self.mixed.with { $0.sessionsPerWorker = 32 })
    for number in 0..<24 {
      _ = before.sendOut(.udp(from: Host.inside(number % 7).at(UInt16(5000 + number)), to: Host.carol.at(53)))
    }
    var image = before.regions[0]
    let records = Int(image.number(at: RegionImage.sessionsOffset, 8))
    for _ in 0..<random.number(in: 1...60) {
      let place = random.oneIn(5) ? random.number(in: 80...128) : random.number(in: records...image.octets.count - 1)
      image.octets[place] = UInt8(truncatingIfNeeded: random.next())
    }
    let after = TestGateway(Self.mixed.with { $0.workers = 2 })
    let taken = after.takeUp([image])
    // Every port of every address is walked over only now and then, which takes its time.
    #expect(taken.sessions == after.sessions.count)
    #expect(after.problems(ports: seed % 16 == 0) == [])
    after.clear()
    after.advance(seconds: 100_000)
    #expect(after.total(.mappings) == 0)
    #expect(after.problems(ports: seed % 16 == 0) == [])
  }
}
