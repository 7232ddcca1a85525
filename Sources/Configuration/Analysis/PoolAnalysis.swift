import Forwarding
import Translation
import WireFormats

extension Analysis {
  /// Checks pools for size, for the gateway's own addresses, and against each other.
  mutating func resolvePools() {
    let pools = draft.pools.values.sorted { $0.name.place < $1.name.place }
    for draft in pools {
      let pool = AddressPool(
        name: draft.name.value, ranges: draft.ranges.map(\.value), prefixLength: draft.prefixLength,
        selection: draft.selection)
      result.translation.pools[pool.name] = pool
      if pool.ranges.isEmpty {
        reportMissing(
          draft.name.place, "pool \(quoted(pool.name)) has no addresses",
          expected: ["an 'address START END' statement"])
      }
      if pool.count > AddressPool.maximumAddresses {
        report(
          draft.name.place,
          "pool \(quoted(pool.name)) has \(pool.count) addresses; at most \(AddressPool.maximumAddresses) are possible")
      }
      for range in draft.ranges { refuseOwnAddresses(in: range, of: pool.name) }
    }
    checkOverlaps(of: pools)
  }

  private mutating func refuseOwnAddresses(in range: Located<ClosedRange<IPv4Address>>, of pool: String) {
    for interface in result.interfaces {
      guard let address = interface.address, range.value.contains(address) else { continue }
      report(
        range.place,
        "pool \(quoted(pool)) holds \(address), the gateway's own address on interface \(quoted(interface.name))")
    }
  }

  /// An address belongs to one range of one pool. Sorted by their beginnings, ranges that overlap are met side by side.
  private mutating func checkOverlaps(of pools: [PoolDraft]) {
    let ranges = pools.flatMap { pool in pool.ranges.map { (pool: pool.name.value, range: $0) } }
      .sorted { ($0.range.value.lowerBound, $0.range.place) < ($1.range.value.lowerBound, $1.range.place) }
    guard var widest = ranges.first else { return }
    for next in ranges.dropFirst() {
      if next.range.value.lowerBound <= widest.range.value.upperBound {
        let (first, second) = next.range.place < widest.range.place ? (next, widest) : (widest, next)
        let shared = next.range.value.lowerBound
        report(
          second.range.place,
          first.pool == second.pool
            ? "pool \(quoted(second.pool)) already has \(shared), from line \(first.range.place.line)"
            : "pool \(quoted(second.pool)) shares \(shared) with pool \(quoted(first.pool)) of line "
              + "\(first.range.place.line)")
      }
      if next.range.value.upperBound > widest.range.value.upperBound { widest = next }
    }
  }
}
