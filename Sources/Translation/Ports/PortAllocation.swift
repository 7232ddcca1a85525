package import WireFormats

/// The ports among which an inside port's substitute is looked for: IOS's classes 0 to 511, 512 to 1023 and 1024 to
/// 65 535, which refine RFC 4787 REQ-3a. Query identifiers have one class.
package struct PortClass: Hashable, Sendable {
  package let ports: ClosedRange<UInt16>

  package init(of port: UInt16, protocol number: IPProtocol) {
    switch (number, port) {
    case (.icmp, _): ports = 0...65_535
    case (_, ...511): ports = 1...511
    case (_, ...1023): ports = 512...1023
    default: ports = 1024...65_535
    }
  }

  /// The number of the class of a TCP or UDP port: 0, 1 or 2.
  @inline(__always)
  static func index(of port: UInt16) -> Int { port <= 511 ? 0 : port <= 1023 ? 1 : 2 }
}

/// How the port of a new mapping is chosen.
package struct PortChoice: Hashable, Sendable {
  /// Whether the inside port itself is tried first; otherwise the port is a random one (RFC 6056, RFC 6888 REQ-15).
  package var preserves = true
  /// The only ports that may be taken, whatever the inside port's class: those of a host under deterministic
  /// translation, or those of an interface. The inside port's class comes first within them. Nil for the whole class.
  package var range: ClosedRange<UInt16>?
  /// Whether a substitute may be any port from 1 on, not only one of the inside port's class (`ip nat service
  /// fullrange`). Query identifiers have one class anyway.
  package var fullRange = false

  package init(preserves: Bool = true, range: ClosedRange<UInt16>? = nil, fullRange: Bool = false) {
    self.preserves = preserves
    self.range = range
    self.fullRange = fullRange
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
    allocate(address: address, protocol: number, preferred: preferred, choice: PortChoice(), random: &random)
  }

  /// As `allocate(address:protocol:preferred:random:)`, with a say in what may be chosen. Nil when the ports that may
  /// be chosen are used up.
  package func allocate(
    address: Int, protocol number: IPProtocol, preferred: UInt16, choice: PortChoice, random: inout KeyedRandom
  ) -> UInt16? {
    if choice.preserves, choice.range?.contains(preferred) ?? true,
      map.claim(address: address, protocol: number, port: preferred, for: mark)
    {
      return preferred
    }
    var ports = PortClass(of: preferred, protocol: number).ports
    if choice.fullRange, number != .icmp {
      ports = 1...65_535
    } else if choice.range == nil {
      guard map.used(address: address, protocol: number, classOf: preferred) < ports.count else { return nil }
    }
    var search = Search(address: address, number: number, preferred: preferred, range: ports, entropy: random.next())
    guard let range = choice.range else { return claim(search) }
    if range.overlaps(ports) {
      search.range = range.clamped(to: ports)
      if let port = claim(search) { return port }
      if search.range == range { return nil }
    }
    // Port 0 stands for no port; query identifier 0 is one like any other.
    let lowest: UInt16 = number == .icmp ? 0 : 1
    guard range.upperBound >= lowest else { return nil }
    search.range = max(lowest, range.lowerBound)...range.upperBound
    return claim(search)
  }

  private struct Search {
    var address: Int
    var number: IPProtocol
    var preferred: UInt16
    var range: ClosedRange<UInt16>
    var entropy: UInt64
  }

  /// Claims a port of the search's range: of the preferred port's parity in UDP while there is one, and of this
  /// worker's blocks while there is one of those.
  private func claim(_ search: Search) -> UInt16? {
    if search.number == .udp {
      let parity: PortMap.Parity = search.preferred & 1 == 0 ? .even : .odd
      if let port = claim(search, parity, own: true) ?? claim(search, parity, own: false) { return port }
    }
    return claim(search, .any, own: true) ?? claim(search, .any, own: false)
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
        start: Int(truncatingIfNeeded: search.entropy & 63), for: mark)
      if let port { return port }
    }
    return nil
  }
}
