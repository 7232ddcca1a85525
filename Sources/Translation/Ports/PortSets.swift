import Synchronization
package import WireFormats

// Ports that a host gets many at a time (RFC 6888 section 4: fewer log lines; RFC 7422's middle way). The ports of an
// address from 1024 on are cut into groups of `setSize` times `stepSize` ports, and each group into `stepSize` sets
// whose ports lie `stepSize` apart, so that the ports of one host need not be neighbours. What is left over at the end
// is no whole group and is not given out.

extension PortBlocks {
  /// The first port that belongs to a set.
  package static let firstPort = 1024

  /// Ports of a group of sets.
  private var groupSize: Int { Int(setSize) * Int(stepSize) }

  /// Port sets of one address: 48 to 1008.
  package var setCount: Int { (65_536 - Self.firstPort) / groupSize * Int(stepSize) }

  /// Whether each set is one of the blocks that the steering programs know.
  var areSteered: Bool { Int(setSize) == Ownership.portsPerBlock && stepSize == 1 }

  /// The set that a port is in; nil for a port below 1024 or beyond the last whole group.
  package func index(of port: UInt16) -> Int? {
    let place = Int(port) - Self.firstPort
    guard place >= 0 else { return nil }
    let index = place / groupSize * Int(stepSize) + place % Int(stepSize)
    return index < setCount ? index : nil
  }
}

/// One port set of an inside global address.
package struct PortSet: Hashable, Sendable, BitwiseCopyable {
  /// The number of the address in the port map.
  package let address: Int
  /// The number of the set: 0 to `blocks.setCount` - 1.
  package let index: Int
  package let blocks: PortBlocks

  package init(address: Int, index: Int, blocks: PortBlocks) {
    precondition(index >= 0 && index < blocks.setCount)
    self.address = address
    self.index = index
    self.blocks = blocks
  }

  /// Ports of the set.
  package var count: Int { Int(blocks.setSize) }

  /// The lowest port.
  package var first: UInt16 { port(at: 0) }

  /// The highest port.
  package var last: UInt16 { port(at: count - 1) }

  /// The port at a place from 0 to `count` - 1.
  package func port(at place: Int) -> UInt16 {
    let step = Int(blocks.stepSize)
    return UInt16(PortBlocks.firstPort + index / step * step * count + index % step + place * step)
  }

  /// Whether a port is one of the set.
  package func contains(_ port: UInt16) -> Bool { blocks.index(of: port) == index }
}

extension PortMap {
  /// Port sets of one address that the map has room for; the smallest sets, of 64 ports, are 1008.
  package static let maximumSets = 1024

  private func place(_ address: Int, _ index: Int) -> Int {
    precondition(index >= 0 && index < Self.maximumSets)
    return setWord(address) + index >> 3
  }

  /// The owner of a port set: 0 or a worker's number plus one.
  package func setOwner(address: Int, index: Int) -> UInt8 {
    owner(word: place(address, index), octet: index & 7)
  }

  /// Claims a port set; false when somebody has it.
  package func claimSet(address: Int, index: Int, for owner: UInt8) -> Bool {
    exchange(word: place(address, index), octet: index & 7, from: 0, to: owner)
  }

  /// Frees a port set that `owner` had claimed.
  package func freeSet(address: Int, index: Int, of owner: UInt8) {
    _ = exchange(word: place(address, index), octet: index & 7, from: owner, to: 0)
  }

  /// Claims any free port set of an address, from a random one on and around; nil when all are given out. Of several
  /// workers one first looks among the sets that are a block of its own, if sets are blocks: answers to other ports
  /// arrive at other workers.
  package func claimAnySet(
    address: Int, blocks: PortBlocks, random: inout KeyedRandom, for owner: UInt8, of workers: Int = 1
  ) -> Int? {
    let count = blocks.setCount
    let start = Int(truncatingIfNeeded: random.next() >> 32) % count
    if workers > 1, blocks.areSteered,
      let set = claimOwnSet(address: address, count, from: start, for: owner, of: workers)
    {
      return set
    }
    let words = (count + 7) >> 3
    // The first word is seen twice: from `start` on, and at the end what of it lies before.
    for step in 0...words {
      let index = (start >> 3 + step) % words
      var free = Self.zeroOctets(unsafe self.words[setWord(address) + index].load(ordering: .relaxed))
      if step == 0 { free &= .max << UInt64(start % 8 * 8) }
      while free != 0 {
        let set = index << 3 + free.trailingZeroBitCount >> 3
        if set < count, claimSet(address: address, index: set, for: owner) { return set }
        free &= free &- 1
      }
    }
    return nil
  }

  /// Claims a free set whose ports are steered to their owner.
  private func claimOwnSet(address: Int, _ count: Int, from start: Int, for owner: UInt8, of workers: Int) -> Int? {
    // The first set of the worker's; the others follow at distances of `workers`.
    let firstBlock = PortBlocks.firstPort / Ownership.portsPerBlock
    let first = (Int(owner) - 1 + workers - firstBlock % workers) % workers
    guard first < count else { return nil }
    let own = (count - first + workers - 1) / workers
    for step in 0..<own {
      let set = first + (start + step) % own * workers
      if setOwner(address: address, index: set) == 0, claimSet(address: address, index: set, for: owner) { return set }
    }
    return nil
  }

  /// The hosts that share an address.
  package func hosts(address: Int) -> Int { Int(unsafe words[hostWord(address)].load(ordering: .relaxed)) }

  /// Counts one more host of an address; false when `limit` hosts share it already.
  package func addHost(address: Int, limit: Int) -> Bool {
    var current = unsafe words[hostWord(address)].load(ordering: .relaxed)
    while current < UInt64(max(0, limit)) {
      let (exchanged, original) = unsafe words[hostWord(address)].weakCompareExchange(
        expected: current, desired: current + 1, ordering: .relaxed)
      if exchanged { return true }
      current = original
    }
    return false
  }

  /// Counts one host of an address less. A host that was not counted changes nothing.
  package func removeHost(address: Int) {
    var current = unsafe words[hostWord(address)].load(ordering: .relaxed)
    while current > 0 {
      let (exchanged, original) = unsafe words[hostWord(address)].weakCompareExchange(
        expected: current, desired: current - 1, ordering: .relaxed)
      if exchanged { return }
      current = original
    }
  }
}

extension PortAllocator {
  /// Claims a port of a set for an inside endpoint with `preferred`: that very port if it is in the set and free (and
  /// `preserves`); else the first free one from a random place on, of its parity in UDP while there is one (RFC 4787
  /// REQ-4). Nil when the set is used up.
  package func allocate(
    in set: PortSet, protocol number: IPProtocol, preferred: UInt16, preserves: Bool = true,
    random: inout KeyedRandom
  ) -> UInt16? {
    if preserves, set.contains(preferred),
      map.claim(address: set.address, protocol: number, port: preferred, for: mark)
    {
      return preferred
    }
    let start = Int(truncatingIfNeeded: random.next() >> 32)
    // All ports of a set are of one parity unless they are neighbours.
    let hasChoice = number == .udp && set.blocks.stepSize & 1 == 1
    for onlySameParity in hasChoice ? [true, false] : [false] {
      for step in 0..<set.count {
        let port = set.port(at: (start &+ step) % set.count)
        if onlySameParity, (port ^ preferred) & 1 == 1 { continue }
        if map.claim(address: set.address, protocol: number, port: port, for: mark) { return port }
      }
    }
    return nil
  }
}
