import Dataplane
import Glibc
import Testing

/// A ring in memory of its own.
private struct OwnRing: ~Copyable {
  let region: MemoryRegion
  let ring: HandoverRing

  init(capacity: Int) throws {
    region = try MemoryRegion(MemoryRequest(octets: HandoverRing.octets(capacity: capacity), hugePages: false))
    ring = unsafe HandoverRing(memory: region.base, capacity: capacity)
  }
}

extension HandoverRing {
  /// Takes up to `count` elements.
  fileprivate func take(_ count: Int) -> [UInt64] {
    unsafe [UInt64](unsafeUninitializedCapacity: count) { target, initialized in
      initialized = unsafe take(into: target)
    }
  }
}

@Suite struct `A hand-over ring` {
  @Test func `shows nothing of a burst before it is published`() throws {
    let own = try OwnRing(capacity: 8)
    #expect(own.ring.stage(1))
    #expect(own.ring.stage(2))
    #expect(own.ring.take(8).isEmpty)
    #expect(own.ring.isEmpty)
    #expect(own.ring.publish())
    #expect(!own.ring.publish())
    #expect(!own.ring.isEmpty)
    #expect(own.ring.take(8) == [1, 2])
    #expect(own.ring.isEmpty)
  }

  @Test func `refuses what does not fit and takes it when there is room again`() throws {
    let own = try OwnRing(capacity: 4)
    for element in 0..<4 { #expect(own.ring.stage(UInt64(element))) }
    #expect(!own.ring.stage(4))
    #expect(own.ring.room() == 0)
    own.ring.publish()
    #expect(own.ring.take(1) == [0])
    #expect(own.ring.room() == 1)
    #expect(own.ring.stage(4))
    own.ring.publish()
    // The consumer first takes what it knew of, then looks for more.
    #expect(own.ring.take(8) == [1, 2, 3])
    #expect(own.ring.take(8) == [4])
  }

  @Test func `hands over every element once, in order, between two threads`() throws {
    let count: UInt64 = 1_000_000
    let own = try OwnRing(capacity: 256)
    let ring = own.ring
    let producer = try PinnedThread.start(name: "producer", core: nil) {
      var next: UInt64 = 0
      while next < count {
        let end = min(next + 64, count)
        while next < end && ring.stage(next) { next += 1 }
        if !ring.publish() { sched_yield() }
      }
    }
    var expected: UInt64 = 0
    var misplaced = 0
    while expected < count {
      let burst = ring.take(64)
      if burst.isEmpty { sched_yield() }
      for element in burst {
        if element != expected { misplaced += 1 }
        expected += 1
      }
    }
    producer.join()
    #expect(misplaced == 0)
    #expect(ring.isEmpty)
  }
}

@Suite struct `A wake descriptor` {
  @Test func `makes no system call for a worker that is awake`() throws {
    let wake = try WakeDescriptor()
    wake.wakeIfAsleep()
    #expect(!isReadable(wake.descriptor))
    wake.prepareToSleep()
    wake.wakeIfAsleep()
    #expect(isReadable(wake.descriptor))
    wake.awake()
    wake.clear()
    wake.wakeIfAsleep()
    #expect(!isReadable(wake.descriptor))
  }

  private func isReadable(_ descriptor: Int32) -> Bool {
    var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&state, 1, 0) == 1
  }
}
