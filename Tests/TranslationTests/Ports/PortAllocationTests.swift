import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct PortAllocationTests {
  private let bed = PortBed()

  private func allocator(_ worker: Int = 0, of workers: Int = 1) -> PortAllocator {
    PortAllocator(map: bed.map, worker: worker, workers: workers)
  }

  @Test func `an inside port is preserved where it is free`() {
    var random = KeyedRandom(key: (1, 1))
    for number in [IPProtocol.tcp, .udp, .icmp] {
      for port in [UInt16(80), 600, 1024, 50_001] {
        #expect(allocator().allocate(address: 0, protocol: number, preferred: port, random: &random) == port)
      }
    }
  }

  @Test(arguments: [(80, 1...511), (600, 512...1023), (1024, 1024...65_535)] as [(UInt16, ClosedRange<UInt16>)])
  func `a substitute is of the same class`(_ preferred: UInt16, _ range: ClosedRange<UInt16>) throws {
    var random = KeyedRandom(key: (1, 2))
    for _ in 0..<200 {
      let port = allocator().allocate(address: 0, protocol: .tcp, preferred: preferred, random: &random)
      #expect(range.contains(try #require(port)))
    }
  }

  /// Gives all ports of a range to another worker but every one in `chances`; returns those that are free.
  private func fill(
    _ bed: PortBed, _ range: ClosedRange<UInt16>, _ number: IPProtocol, freeOneIn chances: Int
  ) -> Set<UInt16> {
    var random = SeededRandom(seed: UInt64(range.lowerBound))
    var free: Set<UInt16> = []
    for port in range {
      if random.oneIn(chances) {
        free.insert(port)
      } else {
        #expect(bed.map.claim(address: 0, protocol: number, port: port, for: 14))
      }
    }
    return free
  }

  @Test(arguments: [40_000, 40_001] as [UInt16])
  func `a substitute in UDP is of the same parity while there is one`(_ preferred: UInt16) throws {
    var random = KeyedRandom(key: (1, 3))
    let free = fill(bed, 1024...65_535, .udp, freeOneIn: 200)
    let same = free.filter { $0 % 2 == preferred % 2 }.count
    for count in 0..<free.count {
      let port = try #require(allocator().allocate(address: 0, protocol: .udp, preferred: preferred, random: &random))
      #expect((port % 2 == preferred % 2) == (count < same))
    }
    #expect(allocator().allocate(address: 0, protocol: .udp, preferred: preferred, random: &random) == nil)
  }

  @Test(arguments: [IPProtocol.tcp, .udp, .icmp], [1, 3])
  func `a class is exhausted at exactly all of its ports`(_ number: IPProtocol, _ workers: Int) throws {
    for preferred in [UInt16(80), 600, 1024] {
      let bed = PortBed()
      let range = PortClass(of: preferred, protocol: number).ports
      let free = fill(bed, range, number, freeOneIn: range.count > 1000 ? 150 : 1)
      var random = KeyedRandom(key: (2, 4))
      let allocator = PortAllocator(map: bed.map, worker: workers - 1, workers: workers)
      var ports: Set<UInt16> = []
      while let port = allocator.allocate(address: 0, protocol: number, preferred: preferred, random: &random) {
        #expect(ports.insert(port).inserted)
      }
      #expect(ports == free)
      #expect(bed.map.used(address: 0, protocol: number, classOf: preferred) == range.count)
      // What is given back is given out again.
      let freed = try #require(ports.randomElement())
      bed.map.free(address: 0, protocol: number, port: freed, of: allocator.mark)
      #expect(allocator.allocate(address: 0, protocol: number, preferred: preferred, random: &random) == freed)
      for port in ports { bed.map.free(address: 0, protocol: number, port: port, of: allocator.mark) }
      #expect(bed.map.used(address: 0, protocol: number, classOf: preferred) == range.count - free.count)
    }
  }

  @Test func `a substitute is of the worker's own blocks while there is one`() throws {
    var random = KeyedRandom(key: (1, 5))
    #expect(bed.map.claim(address: 0, protocol: .tcp, port: 3000, for: 9))
    let free = fill(bed, 3001...65_535, .tcp, freeOneIn: 100).union(fill(bed, 1024...2999, .tcp, freeOneIn: 50))
    let own = free.filter { Ownership.worker(ofPort: $0, of: 4) == 2 }.count
    #expect(own > 100 && own < free.count / 2)
    for count in 0..<own + 100 {
      let port = try #require(
        allocator(2, of: 4).allocate(address: 0, protocol: .tcp, preferred: 3000, random: &random))
      #expect((Ownership.worker(ofPort: port, of: 4) == 2) == (count < own), "port \(port), the \(count)th")
    }
  }

  @Test func `substitutes are spread over the class and hard to guess`() throws {
    var random = KeyedRandom(key: (0x1122, 0x3344))
    #expect(bed.map.claim(address: 0, protocol: .tcp, port: 3000, for: 9))
    let ports = try (0..<2000).map { _ in
      try #require(allocator().allocate(address: 0, protocol: .tcp, preferred: 3000, random: &random))
    }
    #expect(Set(ports.map { $0 >> 10 }).count == 63)
    let steps = zip(ports, ports.dropFirst()).filter { $1 &- $0 <= 8 || $0 &- $1 <= 8 }
    #expect(steps.count < 40)
  }

  @Test func `a static entry's port is no substitute`() {
    var random = KeyedRandom(key: (1, 6))
    for port in UInt16(512)...1022 {
      #expect(bed.map.claim(address: 0, protocol: .tcp, port: port, for: PortMap.reserved))
    }
    #expect(allocator().allocate(address: 0, protocol: .tcp, preferred: 600, random: &random) == 1023)
    #expect(allocator().allocate(address: 0, protocol: .tcp, preferred: 600, random: &random) == nil)
  }
}

@Suite struct OwnershipTests {
  @Test(arguments: 1...PortMap.maximumWorkers) func `every host and port has a worker, and blocks are whole`(
    _ workers: Int
  ) {
    for port in UInt16.min...UInt16.max {
      let worker = Ownership.worker(ofPort: port, of: workers)
      #expect((0..<workers).contains(worker))
      if worker != Ownership.worker(ofPort: port & ~63, of: workers) { Issue.record("block of \(port) is split") }
    }
    var hosts = [Int](repeating: 0, count: workers)
    for host in 0..<4096 {
      hosts[Ownership.worker(ofInside: IPv4Address(0x0A0A_0000 + UInt32(host)), in: .global, of: workers)] += 1
    }
    // Neighbouring hosts are spread: nobody has more than one and a half times a fair share.
    #expect(hosts.allSatisfy { $0 <= 4096 * 3 / (2 * workers) + 1 })
  }
}
