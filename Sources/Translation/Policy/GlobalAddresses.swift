package import Forwarding
package import WireFormats

/// The inside global addresses that translation uses, by instance, numbered for the port map: disjoint ranges in
/// ascending order.
///
/// A number means the same address for as long as the gateway runs: a policy that replaces another keeps its numbers,
/// also of addresses that are not used any more, since ports of theirs may still be in use.
package struct GlobalAddresses: Sendable {
  /// Addresses of one instance.
  package struct Range: Sendable {
    package var instance: RoutingInstance
    package var addresses: ClosedRange<IPv4Address>

    package init(_ addresses: ClosedRange<IPv4Address>, in instance: RoutingInstance = .global) {
      self.instance = instance
      self.addresses = addresses
    }

    fileprivate var keys: ClosedRange<UInt64> {
      let base = UInt64(instance.rawValue) << 32
      return base | UInt64(addresses.lowerBound.rawValue)...base | UInt64(addresses.upperBound.rawValue)
    }
  }

  private struct Block: Sendable {
    var keys: ClosedRange<UInt64>
    var firstNumber: Int
    /// False for addresses that only an earlier policy used.
    var isCurrent: Bool
  }

  private var blocks: [Block] = []
  /// One more than the highest number.
  package private(set) var count = 0

  /// Numbers the addresses of `ranges`, which may overlap and touch; those of `earlier` keep their numbers.
  package init(_ ranges: [Range], after earlier: GlobalAddresses? = nil) {
    var wanted: [ClosedRange<UInt64>] = []
    for keys in ranges.map(\.keys).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = wanted.indices.last, keys.lowerBound <= wanted[last].upperBound {
        wanted[last] = wanted[last].lowerBound...max(keys.upperBound, wanted[last].upperBound)
      } else {
        wanted.append(keys)
      }
    }
    count = earlier?.count ?? 0
    blocks = Self.cut(earlier?.blocks ?? [], by: wanted)
    addMissing(of: wanted)
    blocks.sort { $0.keys.lowerBound < $1.keys.lowerBound }
  }

  /// Numbers addresses of the global instance.
  package init(_ ranges: [ClosedRange<IPv4Address>]) { self.init(ranges.map { Range($0) }) }

  /// The earlier blocks cut where a wanted range begins or ends, each marked as current or not.
  private static func cut(_ earlier: [Block], by wanted: [ClosedRange<UInt64>]) -> [Block] {
    var result: [Block] = []
    var first = 0
    for block in earlier {
      var next = block.keys.lowerBound
      func piece(_ keys: ClosedRange<UInt64>, _ isCurrent: Bool) -> Block {
        Block(
          keys: keys, firstNumber: block.firstNumber + Int(keys.lowerBound - block.keys.lowerBound),
          isCurrent: isCurrent)
      }
      while first < wanted.count, wanted[first].upperBound < next { first += 1 }
      var index = first
      while index < wanted.count, wanted[index].lowerBound <= block.keys.upperBound {
        let overlap = wanted[index].clamped(to: block.keys)
        if overlap.lowerBound > next { result.append(piece(next...overlap.lowerBound - 1, false)) }
        result.append(piece(overlap, true))
        next = overlap.upperBound + 1
        index += 1
      }
      if next <= block.keys.upperBound { result.append(piece(next...block.keys.upperBound, false)) }
    }
    return result
  }

  /// Adds the wanted addresses that no earlier block has.
  private mutating func addMissing(of wanted: [ClosedRange<UInt64>]) {
    let known = blocks
    var first = 0
    for keys in wanted {
      var next = keys.lowerBound
      while first < known.count, known[first].keys.upperBound < next { first += 1 }
      var index = first
      while index < known.count, known[index].keys.lowerBound <= keys.upperBound {
        if known[index].keys.lowerBound > next { add(next...known[index].keys.lowerBound - 1) }
        next = known[index].keys.upperBound + 1
        index += 1
      }
      if next <= keys.upperBound { add(next...keys.upperBound) }
    }
  }

  private mutating func add(_ keys: ClosedRange<UInt64>) {
    blocks.append(Block(keys: keys, firstNumber: count, isCurrent: true))
    count += keys.count
  }

  private static func key(_ address: IPv4Address, _ instance: RoutingInstance) -> UInt64 {
    UInt64(instance.rawValue) << 32 | UInt64(address.rawValue)
  }

  /// The place of the block that an address is in; -1 for none. Many configurations have one block only.
  @inline(__always)
  private func place(of key: UInt64) -> Int {
    if !blocks.isEmpty, blocks[0].keys.lowerBound <= key, key <= blocks[0].keys.upperBound { return 0 }
    return blocks.count < 2 ? -1 : search(for: key)
  }

  @inline(never)
  private func search(for key: UInt64) -> Int {
    var low = 0
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].keys.upperBound < key { low = middle + 1 } else { high = middle }
    }
    return low < blocks.count && blocks[low].keys.lowerBound <= key ? low : -1
  }

  /// The number of an address that this policy uses, or an earlier one used.
  package func number(of address: IPv4Address, in instance: RoutingInstance = .global) -> Int? {
    let key = Self.key(address, instance)
    let place = place(of: key)
    return place < 0
      ? nil : blocks[place].firstNumber &+ Int(truncatingIfNeeded: key &- blocks[place].keys.lowerBound)
  }

  /// Whether translation uses the address.
  package func contains(_ address: IPv4Address, in instance: RoutingInstance = .global) -> Bool {
    let place = place(of: Self.key(address, instance))
    return place >= 0 && blocks[place].isCurrent
  }

  /// The ranges of an instance, disjoint and ascending.
  package func ranges(in instance: RoutingInstance = .global) -> [ClosedRange<IPv4Address>] {
    blocks.filter { $0.isCurrent && $0.keys.lowerBound >> 32 == UInt64(instance.rawValue) }.map {
      IPv4Address(
        UInt32(truncatingIfNeeded: $0.keys.lowerBound))...IPv4Address(UInt32(truncatingIfNeeded: $0.keys.upperBound))
    }
  }

  /// The ranges of the global instance.
  package var ranges: [ClosedRange<IPv4Address>] { ranges(in: .global) }
}
