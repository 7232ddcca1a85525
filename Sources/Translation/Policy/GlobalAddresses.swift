package import WireFormats

/// The inside global addresses that translation uses, numbered for the port map: disjoint ranges in ascending order,
/// and for each the number of its first address.
package struct GlobalAddresses: Sendable {
  private struct Block: Sendable {
    var range: ClosedRange<UInt32>
    var firstNumber: Int
  }

  /// The addresses in use.
  private var blocks: [Block] = []
  /// These and all that were in use before a reload: an address keeps its number for as long as the gateway runs, since
  /// the port map remembers it by that.
  private var numbered: [Block] = []
  /// The numbers given out: those of `numbered`.
  package private(set) var count = 0

  /// Numbers the addresses of `ranges`, which may overlap and touch; those that `earlier` has numbered keep their
  /// numbers.
  package init(_ ranges: [ClosedRange<IPv4Address>], after earlier: GlobalAddresses? = nil) {
    let known = earlier?.numbered ?? []
    count = earlier?.count ?? 0
    numbered = known
    var place = 0
    for range in Self.joined(ranges) {
      // One more than any address, so that it can stand behind the last of them.
      var low = UInt64(range.lowerBound)
      while place < known.count, known[place].range.upperBound < range.lowerBound { place += 1 }
      while place < known.count, known[place].range.lowerBound <= range.upperBound {
        let block = known[place]
        if low < block.range.lowerBound { add(UInt32(low)...(block.range.lowerBound - 1)) }
        let first = max(UInt32(low), block.range.lowerBound)
        let last = min(range.upperBound, block.range.upperBound)
        let offset = Int(first - block.range.lowerBound)
        blocks.append(Block(range: first...last, firstNumber: block.firstNumber + offset))
        low = UInt64(last) + 1
        if block.range.upperBound > range.upperBound { break }
        place += 1
      }
      if low <= range.upperBound { add(UInt32(low)...range.upperBound) }
    }
    numbered.sort { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// Numbers addresses that have no number yet.
  private mutating func add(_ range: ClosedRange<UInt32>) {
    let block = Block(range: range, firstNumber: count)
    blocks.append(block)
    numbered.append(block)
    count += range.count
  }

  /// The ranges, disjoint and ascending.
  private static func joined(_ ranges: [ClosedRange<IPv4Address>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      let lower = range.lowerBound.rawValue
      let upper = range.upperBound.rawValue
      if let last = result.last, lower <= last.upperBound {
        result[result.count - 1] = last.lowerBound...max(upper, last.upperBound)
      } else {
        result.append(lower...upper)
      }
    }
    return result
  }

  /// The number of an address, or nil for one that translation does not use.
  package func number(of address: IPv4Address) -> Int? { Self.number(of: address, in: blocks) }

  /// The number of an address that translation uses, or did before a reload.
  package func lastingNumber(of address: IPv4Address) -> Int? { Self.number(of: address, in: numbered) }

  private static func number(of address: IPv4Address, in blocks: [Block]) -> Int? {
    var low = 0
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].range.upperBound < address.rawValue { low = middle + 1 } else { high = middle }
    }
    guard low < blocks.count, blocks[low].range.contains(address.rawValue) else { return nil }
    return blocks[low].firstNumber + Int(address.rawValue - blocks[low].range.lowerBound)
  }

  /// Whether translation uses the address.
  package func contains(_ address: IPv4Address) -> Bool { number(of: address) != nil }

  /// The ranges, disjoint and ascending.
  package var ranges: [ClosedRange<IPv4Address>] {
    blocks.map { IPv4Address($0.range.lowerBound)...IPv4Address($0.range.upperBound) }
  }
}
