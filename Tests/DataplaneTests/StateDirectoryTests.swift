import Glibc
import Synchronization
import Testing
import Translation

@testable import Dataplane

/// A directory of its own for each test, gone afterwards.
private final class Place {
  let path = "/dev/shm/sallyport-test-\(getpid())-\(UInt64.random(in: 0...(.max)))"

  func write(_ text: String, to name: String) throws {
    let file = unsafe try #require(fopen(path + "/" + name, "w"))
    unsafe fputs(text, file)
    unsafe fclose(file)
  }

  func exists(_ name: String) -> Bool { unsafe access(path + "/" + name, F_OK) == 0 }

  deinit {
    for directory in ["/tables", "/next", ""] {
      for name in ["shard-0", "shard-1", "shard-2", "rules", "rules.new", "own"] {
        _ = unsafe unlink(path + directory + "/" + name)
      }
      _ = unsafe rmdir(path + directory)
    }
  }
}

@Suite struct `The state directory` {
  @Test func `is made when it is not there, for this user alone`() throws {
    let place = Place()
    _ = try StateDirectory(place.path)
    var status = stat()
    #expect(unsafe stat(place.path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
  }

  @Test func `belongs to one process at a time`() throws {
    let place = Place()
    let first = try StateDirectory(place.path)
    #expect(throws: MemoryError.inUse(path: place.path)) { _ = try StateDirectory(place.path) }
    withExtendedLifetime(first) {}
  }

  @Test func `that others may write to is refused`() throws {
    let place = Place()
    _ = unsafe mkdir(place.path, 0o700)
    _ = unsafe chmod(place.path, 0o777)
    #expect(throws: MemoryError.notPrivate(path: place.path)) { _ = try StateDirectory(place.path) }
  }

  @Test func `changes from old tables to new ones in one step, and keeps the old until then`() throws {
    let place = Place()
    _ = unsafe mkdir(place.path, 0o700)
    _ = unsafe mkdir(place.path + "/tables", 0o700)
    try place.write("old", to: "tables/shard-0")
    try place.write("older", to: "shard-1")
    let state = try StateDirectory(place.path)
    #expect(state.earlierTables == [place.path + "/shard-1", place.path + "/tables/shard-0"])
    #expect(state.newTables(of: 2) == place.path + "/next/shard-2")
    try place.write("new", to: "next/shard-2")
    #expect(place.exists("tables/shard-0"))
    try state.commit()
    #expect(place.exists("tables/shard-2") && place.exists("next/shard-0"))
    state.removeEarlier()
    #expect(!place.exists("next") && !place.exists("shard-1") && place.exists("tables/shard-2"))
  }

  @Test func `after a start that was killed half-way has the tables from before it`() throws {
    let place = Place()
    _ = unsafe mkdir(place.path, 0o700)
    _ = unsafe mkdir(place.path + "/tables", 0o700)
    try place.write("whole", to: "tables/shard-0")
    do {
      _ = try StateDirectory(place.path)
      try place.write("half", to: "next/shard-0")
    }
    let state = try StateDirectory(place.path)
    #expect(state.earlierTables == [place.path + "/tables/shard-0"])
    #expect(place.exists("next") && !place.exists("next/shard-0"))
  }

  @Test func `has no earlier tables the first time, and commits all the same`() throws {
    let place = Place()
    let state = try StateDirectory(place.path)
    #expect(state.earlierTables == [])
    try place.write("new", to: "next/shard-0")
    try state.commit()
    #expect(place.exists("tables/shard-0") && !place.exists("next"))
  }

  @Test func `leaves files alone that are not its own`() throws {
    let place = Place()
    _ = unsafe mkdir(place.path, 0o700)
    try place.write("somebody's", to: "own")
    let state = try StateDirectory(place.path)
    try state.commit()
    state.removeEarlier()
    #expect(place.exists("own"))
  }

  @Test func `keeps the numbers of rules as they were stored last`() throws {
    let place = Place()
    let state = try StateDirectory(place.path)
    #expect(state.rules == nil)
    for text in ["1 list 10\n", "", String(repeating: "a longer one\n", count: 20_000)] {
      try state.store(rules: text)
      #expect(state.rules == text)
    }
    #expect(!place.exists("rules.new"))
  }
}

/// Gateways without devices, one after the other over one state directory.
@Suite struct `A gateway with a state directory` {
  private static func start(_ place: Place, cores: Int, entries: Int = 1000) throws -> (Gateway, [String]) {
    let notices = Notices()
    var translation = TranslationConfiguration()
    translation.maximumEntries = entries
    let plan = DataplanePlan(
      workerCores: Array(Topology.availableCores.prefix(cores)), hugePages: false, stateDirectory: place.path,
      translation: translation)
    let gateway = try Gateway.start(plan) { notices.add("\($0)") }
    return (gateway, notices.all)
  }

  @Test func `goes on from the tick of the one before, with other tables and workers`() throws {
    let place = Place()
    let (first, _) = try Self.start(place, cores: 1)
    #expect(place.exists("tables/shard-0") && !place.exists("next"))
    usleep(2_300_000)
    let tick = first.tick()
    first.stop()
    let (second, notices) = try Self.start(place, cores: 2, entries: 5000)
    #expect(second.tick() >= tick && second.tick() <= tick + 2)
    #expect(notices.contains { $0.hasPrefix("0 sessions of an earlier run go on, 0 have no place") })
    second.stop()
  }

  @Test func `starts empty where it cannot read what is there, and says why`() throws {
    let place = Place()
    _ = unsafe mkdir(place.path, 0o700)
    _ = unsafe mkdir(place.path + "/tables", 0o700)
    try place.write("nonsense", to: "tables/shard-0")
    try place.write("", to: "tables/shard-1")
    let (gateway, notices) = try Self.start(place, cores: 1)
    for name in ["shard-0", "shard-1"] {
      let refused = "the state of an earlier run is not taken up: it is no table of Sallyport's"
      #expect(notices.contains("\(place.path)/tables/\(name): \(refused)"))
    }
    #expect(!place.exists("tables/shard-1"))
    gateway.stop()
  }

  @Test func `adopts a new policy, and refuses by name what takes a restart`() async throws {
    let place = Place()
    let (gateway, _) = try Self.start(place, cores: 1)
    let plan = gateway.plan
    func refusal(_ change: (inout DataplanePlan) -> Void) async -> String? {
      var next = plan
      change(&next)
      do throws(ReloadError) {
        _ = try await gateway.replacePolicy(with: next)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(await refusal { $0.translation.timeouts.udp = 77 } == nil)
    #expect(gateway.policy.timeouts.udp == 77)
    #expect(await gateway.workers[0].ask { $0.policy.timeouts.udp } == 77)
    #expect(await refusal { $0.translation.maximumEntries = 10 } == nil)
    #expect(gateway.limit.maximum == 10)
    #expect(await refusal { $0.translation.maximumEntries = 1001 }?.contains("room for 1000") == true)
    #expect(await refusal { $0.burst = 8 } == "the dataplane's burst cannot change while the gateway runs; restart it")
    #expect(await refusal { $0.stateDirectory = nil }?.contains("state-directory") == true)
    #expect(await refusal { $0.devices = [TapRequest(name: "x", queues: 1)] }?.contains("interfaces") == true)
    #expect(gateway.limit.maximum == 10)
    gateway.stop()
    #expect(await refusal { $0.translation.timeouts.udp = 78 } == "the gateway has ended")
  }
}

/// What a gateway says at its start, from whatever thread.
private final class Notices: Sendable {
  private let lines = Mutex<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
}
