package import WireFormats

/// The inside global addresses that translation uses, numbered for the port map: disjoint ranges in ascending order.
package struct GlobalAddresses: Sendable {
  private struct Block: Sendable {
    var range: ClosedRange<UInt32>
    var firstNumber: Int
  }

  private var blocks: [Block] = []
  /// The number of addresses.
  package private(set) var count = 0

  /// Numbers the addresses of `ranges`, which may overlap and touch.
  package init(_ ranges: [ClosedRange<IPv4Address>]) {
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      let lower = range.lowerBound.rawValue
      let upper = range.upperBound.rawValue
      if let last = blocks.indices.last, lower <= blocks[last].range.upperBound {
        blocks[last].range = blocks[last].range.lowerBound...max(upper, blocks[last].range.upperBound)
      } else {
        blocks.append(Block(range: lower...upper, firstNumber: 0))
      }
    }
    for index in blocks.indices {
      blocks[index].firstNumber = count
      count += blocks[index].range.count
    }
  }

  /// The number of an address, or nil for one that translation does not use.
  package func number(of address: IPv4Address) -> Int? {
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
