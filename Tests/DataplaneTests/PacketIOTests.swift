import Dataplane
import Glibc
import Testing

/// What holds for every engine.
private enum Scenario<IO: PacketIO & ~Copyable> {
  static func readsEachFrameOnce() throws {
    var bench = try EngineBench<IO>()
    for slot in 0..<8 { bench.read(slot: slot) }
    bench.io.submit()
    let frames = (1...5).map { length in [UInt8](repeating: UInt8(length), count: 100 * length) }
    for frame in frames { bench.pair.send(frame) }
    let found = bench.completions(5)
    #expect(Set(found.map(\.token)).count == 5)
    #expect(found.allSatisfy { $0.token < 8 })
    #expect(found.map { bench.octets(slot: Int($0.token), count: $0.result) } == frames)
    #expect(bench.io.outstanding == 3)
  }

  static func writesWholeFrames() throws {
    var bench = try EngineBench<IO>()
    bench.write([1, 2, 3], slot: 0)
    bench.write([UInt8](repeating: 9, count: 1500), slot: 1)
    let found = bench.completions(2).sorted { $0.token < $1.token }
    #expect(found.map(\.result) == [3, 1500])
    #expect(bench.pair.receive() == [1, 2, 3])
    #expect(bench.pair.receive()?.count == 1500)
    #expect(bench.io.outstanding == 0)
  }

  static func outgrowsItsQueue() throws {
    var bench = try EngineBench<IO>(entries: 4)
    for slot in 0..<50 { bench.read(slot: slot) }
    for number in 0..<50 { bench.pair.send([UInt8(number)]) }
    let found = bench.completions(50)
    #expect(found.count == 50)
    #expect(Set(found.map(\.token)).count == 50)
    #expect(found.allSatisfy { $0.result == 1 })
  }

  static func waitEnds() throws {
    var bench = try EngineBench<IO>()
    bench.read(slot: 0)
    let start = monotonicNanoseconds()
    bench.io.submitAndWait(atLeast: 1, nanoseconds: 30_000_000)
    let waited = monotonicNanoseconds() - start
    #expect(waited >= 29_000_000)
    #expect(waited < 2_000_000_000)
    #expect(bench.completions(1, within: 0).isEmpty)
  }

  static func wakes() throws {
    var bench = try EngineBench<IO>()
    let wake = try WakeDescriptor()
    bench.read(slot: 0)
    bench.io.watch(descriptor: wake.descriptor, token: 77)
    bench.io.submit()
    let waker = try PinnedThread.start(name: "waker", core: nil) {
      usleep(20_000)
      wake.signal()
    }
    let found = bench.completions(1)
    waker.join()
    #expect(found.map(\.token) == [77])
    wake.clear()
    // A watch is good for one time; a second one must not see the signal that has been taken.
    bench.io.watch(descriptor: wake.descriptor, token: 78)
    #expect(bench.completions(1, within: 20).isEmpty)
    wake.signal()
    #expect(bench.completions(1).map(\.token) == [78])
  }

  static func reportsFailures() throws {
    var bench = try EngineBench<IO>()
    // A datagram for a socket whose other end is gone; the frame is lost, the engine is not.
    close(bench.pair.far)
    bench.write([1], slot: 0)
    let found = bench.completions(1)
    #expect(found.map(\.result) == [-ECONNREFUSED])
  }

  static func tellsOfNews() throws {
    var bench = try EngineBench<IO>()
    #expect(bench.io.mayHaveCompletions == false)
    bench.read(slot: 0)
    bench.io.submit()
    bench.pair.send([5])
    #expect(bench.io.mayHaveCompletions == true)
    #expect(bench.completions(1).map(\.result) == [1])
    #expect(bench.io.mayHaveCompletions == false)
  }
}

@Suite struct `A packet engine` {
  @Test(arguments: Engine.available)
  func `completes each outstanding read with one frame, in order, under the token of the read`(
    _ engine: Engine
  ) throws {
    try engine.run(
      ring: Scenario<IORing>.readsEachFrameOnce, readWrite: Scenario<ReadWriteQueue>.readsEachFrameOnce)
  }

  @Test(arguments: Engine.available)
  func `writes whole frames and says how many octets`(_ engine: Engine) throws {
    try engine.run(ring: Scenario<IORing>.writesWholeFrames, readWrite: Scenario<ReadWriteQueue>.writesWholeFrames)
  }

  @Test(arguments: Engine.available)
  func `takes more requests than its queue holds`(_ engine: Engine) throws {
    try engine.run(ring: Scenario<IORing>.outgrowsItsQueue, readWrite: Scenario<ReadWriteQueue>.outgrowsItsQueue)
  }

  @Test(arguments: Engine.available)
  func `stops waiting when the time is up`(_ engine: Engine) throws {
    try engine.run(ring: Scenario<IORing>.waitEnds, readWrite: Scenario<ReadWriteQueue>.waitEnds)
  }

  @Test(arguments: Engine.available)
  func `is woken through a watched descriptor, once a watch`(_ engine: Engine) throws {
    try engine.run(ring: Scenario<IORing>.wakes, readWrite: Scenario<ReadWriteQueue>.wakes)
  }

  @Test(arguments: Engine.available)
  func `reports a failed write as its completion`(_ engine: Engine) throws {
    try engine.run(ring: Scenario<IORing>.reportsFailures, readWrite: Scenario<ReadWriteQueue>.reportsFailures)
  }

  @Test(arguments: Engine.available)
  func `tells without a system call that there may be something to harvest`(_ engine: Engine) throws {
    try engine.run(ring: Scenario<IORing>.tellsOfNews, readWrite: Scenario<ReadWriteQueue>.tellsOfNews)
  }

  @Test func `says what to do when io_uring is refused`() {
    #expect(RingError.notPermitted(sysctl: 2).description.contains("sysctl kernel.io_uring_disabled=0"))
    #expect(RingError.notPermitted(sysctl: nil).description.contains("seccomp"))
    #expect(RingError.memoryLock(octets: 1 << 20, limit: 65536).description.contains("LimitMEMLOCK"))
  }

  @Test func `names a descriptor that is none`() throws {
    var engine = try ReadWriteQueue(entries: 4, completionEntries: 4)
    #expect(throws: RingError.refused(call: "fcntl", code: EBADF)) { try engine.register(files: [9999]) }
  }
}
