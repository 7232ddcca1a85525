package import WireFormats

/// The port ranges that a deterministic rule gives to inside hosts (RFC 7422 section 2): computable both ways from the
/// configuration alone, by the gateway for each new mapping and by an operator long afterwards.
///
/// Inside hosts are numbered from 0 in the order of the access list's permit lines, inside global addresses in the
/// order of the pool's ranges. Each address serves as many hosts as whole ranges fit above the reserved ports; host
/// number *n* has the address with number *n* / hosts per address, and there the range with number *n* modulo that.
package struct DeterministicPorts: Sendable, Hashable {
  /// The first port that a dynamic mapping may have: ports below are a class of their own.
  private static let firstPort = 1024

  /// Consecutive addresses and the number of the first.
  private struct Block: Hashable, Sendable, BitwiseCopyable {
    var first: UInt32
    var last: UInt32
    var number: Int

    func contains(_ address: IPv4Address) -> Bool { first <= address.rawValue && address.rawValue <= last }
    func number(of address: IPv4Address) -> Int { number + Int(address.rawValue - first) }
    var end: Int { number + Int(last - first) + 1 }
  }

  private let hosts: [Block]
  private let addresses: [Block]
  private let portsPerHost: Int
  /// The first port of an address's first range.
  private let base: Int
  /// Inside hosts that share one inside global address.
  package let hostsPerAddress: Int

  /// The ranges of a rule with `.deterministic` ports.
  ///
  /// Nil when the rule has other ports, a route map, or a list that is not a standard one of permit lines with
  /// contiguous wildcards, when the pool is unknown or empty, or when not one range fits between the reserved ports and
  /// 65 535. `interface` is the address of the interface that the rule takes addresses from, if it does.
  package init?(
    _ rule: DynamicRule, lists: [String: AccessList], pools: [String: AddressPool], interface: IPv4Address? = nil
  ) {
    guard case .deterministic(let portsPerHost, let reserved) = rule.ports, let name = rule.accessList,
      let list = lists[name], !list.isExtended
    else { return nil }
    let addresses: [ClosedRange<IPv4Address>]
    switch rule.source {
    case .pool(let name): addresses = pools[name]?.usableRanges ?? []
    case .interface: addresses = interface.map { [$0...$0] } ?? []
    }
    var hosts: [ClosedRange<IPv4Address>] = []
    for line in list.entries {
      guard line.permits, line.isAboutSourceOnly, let range = line.source.contiguousRange else { return nil }
      hosts.append(range)
    }
    self.init(hosts: hosts, addresses: addresses, portsPerHost: Int(portsPerHost), reserved: Int(reserved))
  }

  private init?(
    hosts: [ClosedRange<IPv4Address>], addresses: [ClosedRange<IPv4Address>], portsPerHost: Int, reserved: Int
  ) {
    base = Self.firstPort + reserved
    guard portsPerHost > 0, base + portsPerHost <= 65_536, !hosts.isEmpty, !addresses.isEmpty else { return nil }
    self.portsPerHost = portsPerHost
    hostsPerAddress = (65_536 - base) / portsPerHost
    self.hosts = Self.numbered(hosts)
    self.addresses = Self.numbered(addresses)
  }

  private static func numbered(_ ranges: [ClosedRange<IPv4Address>]) -> [Block] {
    var next = 0
    return ranges.map { range in
      let block = Block(first: range.lowerBound.rawValue, last: range.upperBound.rawValue, number: next)
      next = block.end
      return block
    }
  }

  /// Inside hosts that the addresses suffice for.
  package var capacity: Int { (addresses.last?.end ?? 0) * hostsPerAddress }

  /// Inside hosts that the list permits; one that several lines permit counts in each of them.
  package var hostCount: Int { hosts.last?.end ?? 0 }

  /// The inside global address and the ports of an inside host; nil for one that the list does not permit, or whose
  /// number is beyond `capacity`.
  package func range(of host: IPv4Address) -> (address: IPv4Address, ports: ClosedRange<UInt16>)? {
    guard let number = Self.number(of: host, in: hosts),
      let address = Self.address(number / hostsPerAddress, in: addresses)
    else { return nil }
    let first = base + number % hostsPerAddress * portsPerHost
    return (address, UInt16(first)...UInt16(first + portsPerHost - 1))
  }

  /// The inside host that a port of an inside global address belongs to; nil for one that belongs to nobody.
  package func host(of address: IPv4Address, port: UInt16) -> IPv4Address? {
    guard Int(port) >= base, let place = Self.number(of: address, in: addresses) else { return nil }
    let slot = (Int(port) - base) / portsPerHost
    guard slot < hostsPerAddress else { return nil }
    let number = place * hostsPerAddress + slot
    // A host that an earlier line permits too has its number there; its later one stays unused.
    guard let host = Self.address(number, in: hosts), Self.number(of: host, in: hosts) == number else { return nil }
    return host
  }

  /// The number of an address in the first block that has it.
  private static func number(of address: IPv4Address, in blocks: [Block]) -> Int? {
    for index in blocks.indices where blocks[index].contains(address) { return blocks[index].number(of: address) }
    return nil
  }

  /// The address with a number: blocks are in the order of their numbers, so it is found by halving.
  private static func address(_ number: Int, in blocks: [Block]) -> IPv4Address? {
    var low = 0
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].end <= number { low = middle + 1 } else { high = middle }
    }
    guard low < blocks.count else { return nil }
    return IPv4Address(blocks[low].first + UInt32(number - blocks[low].number))
  }
}

extension AccessList.AddressMatch {
  /// The addresses as one range; nil for a wildcard with gaps.
  package var contiguousRange: ClosedRange<IPv4Address>? {
    guard wildcard & (wildcard &+ 1) == 0 else { return nil }
    return IPv4Address(address.rawValue & ~wildcard)...IPv4Address(address.rawValue | wildcard)
  }
}
