import Dataplane
import Glibc
import Synchronization
import Testing

@Suite struct `A memory region` {
  @Test(arguments: [false, true])
  func `is zero, page aligned, and at least as large as asked for`(_ hugePages: Bool) throws {
    let region = try MemoryRegion(MemoryRequest(octets: 3_000_001, hugePages: hugePages, prefault: true))
    #expect(region.count >= 3_000_001)
    #expect(unsafe UInt(bitPattern: region.base) % (hugePages ? 2 << 20 : 4096) == 0)
    let octets = unsafe UnsafeRawBufferPointer(start: region.base, count: region.count)
    #expect(unsafe octets.allSatisfy { $0 == 0 })
    unsafe region.base.storeBytes(of: 7, toByteOffset: region.count - 8, as: UInt64.self)
    #expect(region.isFresh == true)
  }

  @Test func `says why its pages are not the huge ones that were asked for`() throws {
    let region = try MemoryRegion(MemoryRequest(octets: 4 << 20, hugePages: true))
    switch region.pageKind {
    case .huge: #expect(region.pageNote == nil)
    case .transparentHuge, .ordinary: #expect(region.pageNote?.contains("vm.nr_hugepages") == true)
    }
    let plain = try MemoryRegion(MemoryRequest(octets: 4 << 20, hugePages: false))
    #expect(plain.pageKind == .ordinary)
    #expect(plain.pageNote == nil)
  }

  @Test func `prefers the node of a core`() throws {
    let core = try #require(Topology.availableCores.first)
    let node = Topology.node(of: core)
    #expect((0..<Topology.nodeCount).contains(node))
    let region = try MemoryRegion(MemoryRequest(octets: 1 << 20, hugePages: false, node: node, prefault: true))
    #expect(region.count == 1 << 20)
  }

  @Test func `in a file is found again, and belongs to one process at a time`() throws {
    let path = "/dev/shm/sallyport-test-\(getpid())-\(UInt64.random(in: 0...(.max)))"
    defer { _ = unsafe unlink(path) }
    let request = MemoryRequest(octets: 1 << 16, hugePages: false, file: path)
    do {
      let first = try MemoryRegion(request)
      #expect(first.isFresh == true)
      unsafe first.base.storeBytes(of: 0x5A11_7904, as: UInt32.self)
      #expect(throws: MemoryError.inUse(path: path)) { _ = try MemoryRegion(request) }
    }
    do {
      let second = try MemoryRegion(request)
      #expect(second.isFresh == false)
      #expect(unsafe second.base.load(as: UInt32.self) == 0x5A11_7904)
    }
    let larger = try MemoryRegion(MemoryRequest(octets: 1 << 17, hugePages: false, file: path))
    #expect(larger.isFresh == true)
    #expect(unsafe larger.base.load(as: UInt32.self) == 0)
  }

  @Test func `that cannot be is an error with a remedy`() {
    #expect(throws: MemoryError.self) { _ = try MemoryRegion(MemoryRequest(octets: 1 << 60, hugePages: false)) }
    let missing = MemoryRequest(octets: 4096, hugePages: false, file: "/nonexistent/state")
    #expect(throws: MemoryError.file(path: "/nonexistent/state", call: "open", code: ENOENT)) {
      _ = try MemoryRegion(missing)
    }
  }
}

@Suite struct `A pinned thread` {
  @Test func `runs on its core and nowhere else`() throws {
    for core in Topology.availableCores {
      let seen = Mutex<[Int]>([])
      let thread = try PinnedThread.start(name: "sp-test", core: core) {
        seen.withLock { $0 = Topology.availableCores }
      }
      thread.join()
      #expect(seen.withLock { $0 } == [core])
    }
  }

  @Test func `is refused a core that is not there, and the error names those that are`() throws {
    let available = Topology.availableCores
    let error = #expect(throws: ThreadError.self) {
      _ = try PinnedThread.start(name: "sp-test", core: 8000) {}
    }
    #expect(error == .coreNotAvailable(thread: "sp-test", core: 8000, available: available))
  }

  @Test func `can be joined twice`() throws {
    let runs = Mutex(0)
    let thread = try PinnedThread.start(name: "sp-test", core: nil) { runs.withLock { $0 += 1 } }
    thread.join()
    thread.join()
    #expect(runs.withLock { $0 } == 1)
  }
}
