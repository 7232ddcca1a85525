import Testing
import WireFormats

@testable import Translation

/// Sizes and steps that `bpa` may name.
private let allBlocks: [PortBlocks] = ([64, 128, 256, 512, 1024] as [UInt16]).flatMap { size in
  ([1, 2, 4, 8, 16] as [UInt16]).map { step in
    var blocks = PortBlocks()
    (blocks.setSize, blocks.stepSize) = (size, step)
    return blocks
  }
}

@Suite struct PortSetTests {
  @Test(arguments: allBlocks) func `sets share no port and leave none out but those beyond the last group`(
    _ blocks: PortBlocks
  ) {
    #expect(blocks.setCount <= PortMap.maximumSets)
    var owners = [Int](repeating: -1, count: 65_536)
    for index in 0..<blocks.setCount {
      let set = PortSet(address: 0, index: index, blocks: blocks)
      #expect(set.first >= 1024 && set.last == set.first + (blocks.setSize - 1) * blocks.stepSize)
      for place in 0..<set.count {
        let port = Int(set.port(at: place))
        if owners[port] != -1 { Issue.record("port \(port) is in two sets") }
        owners[port] = index
      }
    }
    let group = Int(blocks.setSize) * Int(blocks.stepSize)
    let covered = 64_512 / group * group
    #expect(owners[..<1024].allSatisfy { $0 == -1 })
    #expect(owners[1024..<1024 + covered].allSatisfy { $0 != -1 })
    #expect(owners[(1024 + covered)...].allSatisfy { $0 == -1 })
    for port in UInt16.min...UInt16.max where blocks.index(of: port) ?? -1 != owners[Int(port)] {
      Issue.record("port \(port) is looked for in the wrong set")
    }
  }

  @Test func `the ports of a set lie a step apart`() {
    var blocks = PortBlocks()
    blocks.stepSize = 4
    let set = PortSet(address: 0, index: 6, blocks: blocks)
    #expect(set.first == 1024 + 256 + 2)
    #expect(set.port(at: 1) == 1024 + 256 + 6)
    #expect(set.contains(1024 + 256 + 6) && !set.contains(1024 + 256 + 7) && !set.contains(80))
  }

  @Test(arguments: [2, 3, 15, 64]) func `a worker takes sets that are steered to it, and others' when it has none left`(
    _ workers: Int
  ) {
    let bed = PortBed(addresses: 1)
    let blocks = PortBlocks()
    var random = KeyedRandom(key: (1, UInt64(workers)))
    for worker in [0, workers - 1] {
      let own = (0..<blocks.setCount).filter {
        let set = PortSet(address: 0, index: $0, blocks: blocks)
        return Ownership.worker(ofPort: set.first, of: workers) == worker
          && Ownership.worker(ofPort: set.last, of: workers) == worker
      }
      let claimed = own.map { _ in
        bed.map.claimAnySet(address: 0, blocks: blocks, random: &random, for: UInt8(worker + 1), of: workers)
      }
      #expect(Set(claimed) == Set(own))
    }
    var others: Set<Int> = []
    while let set = bed.map.claimAnySet(address: 0, blocks: blocks, random: &random, for: 1, of: workers) {
      others.insert(set)
    }
    #expect((0..<blocks.setCount).allSatisfy { bed.map.setOwner(address: 0, index: $0) != 0 })
    #expect(workers == 2 ? others.isEmpty : !others.isEmpty)
  }

  @Test func `a set is claimed once and freed by its owner only`() {
    let bed = PortBed(addresses: 2)
    #expect(bed.map.claimSet(address: 1, index: 1007, for: 3))
    #expect(!bed.map.claimSet(address: 1, index: 1007, for: 4))
    #expect(bed.map.setOwner(address: 1, index: 1007) == 3)
    #expect(bed.map.setOwner(address: 0, index: 1007) == 0)
    bed.map.freeSet(address: 1, index: 1007, of: 4)
    #expect(bed.map.setOwner(address: 1, index: 1007) == 3)
    bed.map.freeSet(address: 1, index: 1007, of: 3)
    #expect(bed.map.setOwner(address: 1, index: 1007) == 0)
  }

  @Test(arguments: allBlocks) func `every set of an address is given out once`(_ blocks: PortBlocks) throws {
    let bed = PortBed()
    var random = KeyedRandom(key: (3, 1))
    var found: [Int] = []
    while let set = bed.map.claimAnySet(address: 0, blocks: blocks, random: &random, for: 2) { found.append(set) }
    #expect(found.sorted() == Array(0..<blocks.setCount))
    if found.count > 40 { #expect(found != found.sorted()) }
    let freed = try #require(found.randomElement())
    bed.map.freeSet(address: 0, index: freed, of: 2)
    #expect(bed.map.claimAnySet(address: 0, blocks: blocks, random: &random, for: 1) == freed)
  }

  @Test func `sets, hosts, ports and whole addresses do not touch each other`() {
    let bed = PortBed(addresses: 2)
    for index in 0..<PortMap.maximumSets { #expect(bed.map.claimSet(address: 0, index: index, for: 15)) }
    for _ in 0..<300 { #expect(bed.map.addHost(address: 0, limit: 1000)) }
    #expect(bed.map.addressOwner(0) == 0)
    for number in [IPProtocol.tcp, .udp, .icmp] {
      #expect(bed.claimed(number) == [] && bed.claimed(number, address: 1) == [])
      #expect(bed.map.used(address: 0, protocol: number, classOf: 5000) == 0)
    }
    #expect(bed.map.hosts(address: 1) == 0)
    #expect((0..<PortMap.maximumSets).allSatisfy { bed.map.setOwner(address: 1, index: $0) == 0 })
    #expect(bed.map.claimAddress(0, for: 4))
    #expect(bed.map.hosts(address: 0) == 300)
  }

  @Test func `an address takes as many hosts as its limit`() {
    let bed = PortBed()
    for _ in 0..<30 { #expect(bed.map.addHost(address: 0, limit: 30)) }
    #expect(!bed.map.addHost(address: 0, limit: 30))
    #expect(!bed.map.addHost(address: 0, limit: 0))
    bed.map.removeHost(address: 0)
    #expect(bed.map.hosts(address: 0) == 29)
    #expect(bed.map.addHost(address: 0, limit: 30))
  }

  @Test func `threads share sets and hosts without loss`() async {
    let bed = PortBed()
    let blocks = PortBlocks()
    let (sets, hosts) = await withTaskGroup(of: ([Int], Int).self) { group in
      for worker in UInt8(1)...4 {
        group.addTask {
          var random = KeyedRandom(key: (UInt64(worker), 9))
          var mine: [Int] = []
          while let set = bed.map.claimAnySet(address: 0, blocks: blocks, random: &random, for: worker) {
            mine.append(set)
          }
          var hosts = 0
          for round in 0..<10_000 {
            if bed.map.addHost(address: 0, limit: 1000) { hosts += 1 }
            if round % 3 == 0, hosts > 0 {
              bed.map.removeHost(address: 0)
              hosts -= 1
            }
          }
          return (mine, hosts)
        }
      }
      return await group.reduce(into: ([Int](), 0)) {
        $0.0 += $1.0
        $0.1 += $1.1
      }
    }
    #expect(sets.sorted() == Array(0..<1008))
    #expect(bed.map.hosts(address: 0) == hosts && hosts <= 1000)
  }
}

@Suite struct PortSetAllocationTests {
  private let bed = PortBed()

  private func ports(
    _ set: PortSet, _ number: IPProtocol, _ preferred: UInt16, preserves: Bool = true
  ) -> [UInt16] {
    var random = KeyedRandom(key: (5, UInt64(preferred)))
    let allocator = PortAllocator(map: bed.map, worker: 0, workers: 1)
    var found: [UInt16] = []
    while let port = allocator.allocate(
      in: set, protocol: number, preferred: preferred, preserves: preserves, random: &random)
    {
      found.append(port)
    }
    return found
  }

  @Test(arguments: [IPProtocol.tcp, .udp, .icmp]) func `a set gives out all of its ports and no other`(
    _ number: IPProtocol
  ) {
    for (place, blocks) in allBlocks.enumerated() {
      let set = PortSet(address: 0, index: (place * 7) % blocks.setCount, blocks: blocks)
      let free = Set((0..<set.count).map { set.port(at: $0) }).subtracting(bed.claimed(number))
      #expect(Set(ports(set, number, 80)) == free)
    }
  }

  @Test func `a port in the set is preserved, unless it must not be`() {
    let set = PortSet(address: 0, index: 3, blocks: PortBlocks())
    #expect(ports(set, .tcp, set.port(at: 17)).first == set.port(at: 17))
    #expect(ports(set, .udp, set.port(at: 17), preserves: false).first != set.port(at: 17))
  }

  @Test func `parity in UDP is kept while there is a port of it`() {
    let set = PortSet(address: 0, index: 9, blocks: PortBlocks())
    let found = ports(set, .udp, 5001)
    #expect(found.count == 64)
    #expect(found.prefix(32).allSatisfy { $0 % 2 == 1 } && found.suffix(32).allSatisfy { $0 % 2 == 0 })
  }

  @Test func `static ports of a set are not free`() {
    let set = PortSet(address: 0, index: 0, blocks: PortBlocks())
    #expect(bed.map.claim(address: 0, protocol: .tcp, port: 1030, for: PortMap.reserved))
    let found = ports(set, .tcp, 1030)
    #expect(found.count == 63 && !found.contains(1030))
  }
}
