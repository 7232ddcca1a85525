package import WireFormats

/// The ports among which an inside port's substitute is looked for: IOS's classes 0 to 511, 512 to 1023 and 1024 to
/// 65 535, which refine RFC 4787 REQ-3a. Query identifiers have one class.
package struct PortClass: Hashable, Sendable {
  package let ports: ClosedRange<UInt16>
  /// 0, 1 or 2.
  let index: Int

  package init(of port: UInt16, protocol number: IPProtocol) {
    switch (number, port) {
    case (.icmp, _): (ports, index) = (0...65_535, 0)
    case (_, ...511): (ports, index) = (1...511, 0)
    case (_, ...1023): (ports, index) = (512...1023, 1)
    default: (ports, index) = (1024...65_535, 2)
    }
  }
}

/// The choice of a port for a new mapping.
package struct PortAllocator {
  let map: PortMap
  let worker: Int
  let workers: Int

  package init(map: PortMap, worker: Int, workers: Int) {
    self.map = map
    self.worker = worker
    self.workers = workers
  }

  /// How this worker signs ports in the map.
  var mark: UInt8 { UInt8(worker + 1) }

  /// Claims a port of `address` for an inside endpoint with `preferred`: that very port if it is free; else a random
  /// one of its class and, for UDP, of its parity (RFC 4787 REQ-4), from this worker's blocks; else any of its class.
  /// Nil when the class is used up.
  package func allocate(
    address: Int, protocol number: IPProtocol, preferred: UInt16, random: inout KeyedRandom
  ) -> UInt16? {
    if map.claim(address: address, protocol: number, port: preferred, for: mark) { return preferred }
    let range = PortClass(of: preferred, protocol: number).ports
    guard map.used(address: address, protocol: number, classOf: preferred) < range.count else { return nil }
    let entropy = random.next()
    let parity: PortMap.Parity = number != .udp ? .any : preferred & 1 == 0 ? .even : .odd
    let search = Search(address: address, number: number, range: range, entropy: entropy)
    return claim(search, parity, own: true) ?? claim(search, parity, own: false)
      ?? (parity == .any ? nil : claim(search, .any, own: true) ?? claim(search, .any, own: false))
  }

  private struct Search {
    var address: Int
    var number: IPProtocol
    var range: ClosedRange<UInt16>
    var entropy: UInt64
  }

  /// Walks the blocks of the range once, from a random one on: this worker's own, or the others'.
  private func claim(_ search: Search, _ parity: PortMap.Parity, own: Bool) -> UInt16? {
    if !own, workers == 1 { return nil }
    let first = Int(search.range.lowerBound) / Ownership.portsPerBlock
    let count = Int(search.range.upperBound) / Ownership.portsPerBlock - first + 1
    let offset = Int(truncatingIfNeeded: (search.entropy >> 32) % UInt64(count))
    for step in 0..<count {
      let block = first + (offset + step) % count
      guard (block % workers == worker) == own else { continue }
      let port = map.claimAny(
        address: search.address, protocol: search.number, block: block, within: search.range, parity: parity,
        start: Int(truncatingIfNeeded: search.entropy & 7), for: mark)
      if let port { return port }
    }
    return nil
  }
}
