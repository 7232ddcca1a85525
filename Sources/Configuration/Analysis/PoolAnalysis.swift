import Forwarding
import Translation
import WireFormats

/// What a pool's addresses are to the rules that use it. Two pools of one use may not share an address.
private struct PoolUse: Hashable {
  enum Side: Hashable {
    case insideGlobal
    case outsideLocal
    /// Inside hosts behind a virtual one. They have their addresses already, and may stand behind several.
    case realHosts
  }

  var side: Side
  /// The name of the instance that the addresses belong to; nil for the global one.
  var instance: String?
}

extension Analysis {
  /// Checks pools for size, for the gateway's own addresses, and against each other.
  mutating func resolvePools() {
    let pools = draft.pools.values.sorted { $0.name.place < $1.name.place }
    let uses = poolUses()
    for draft in pools {
      var pool = AddressPool(
        name: draft.name.value, ranges: draft.ranges.map(\.value), prefixLength: draft.prefixLength,
        selection: draft.selection)
      pool.exclusions = draft.exclusions.map(\.value)
      pool.addRoute = draft.addRoute
      result.translation.pools[pool.name] = pool
      checkSize(of: pool, draft)
      for use in uses[pool.name] ?? [PoolUse(side: .insideGlobal)] {
        guard let instance = use.instance.map({ instances[$0] }) ?? .global else { continue }
        for range in draft.ranges { refuseOwnAddresses(in: range, of: draft, in: instance) }
      }
    }
    for use in Set(uses.values.joined()).union([PoolUse(side: .insideGlobal)]) {
      let unused: Set = [PoolUse(side: .insideGlobal)]
      checkOverlaps(of: pools.filter { (uses[$0.name.value] ?? unused).contains(use) }, use)
    }
  }

  /// How rules use each pool.
  private func poolUses() -> [String: Set<PoolUse>] {
    var uses: [String: Set<PoolUse>] = [:]
    for rule in draft.dynamicRules {
      guard case .pool(let name) = rule.source.value else { continue }
      uses[name, default: []].insert(PoolUse(side: .insideGlobal, instance: rule.instance.outside))
    }
    for rule in draft.outsideRules {
      uses[rule.pool.value, default: []]
        .insert(PoolUse(side: .outsideLocal, instance: rule.instance.name?.value))
    }
    for rule in draft.destinationRules { uses[rule.pool.value, default: []].insert(PoolUse(side: .realHosts)) }
    return uses
  }

  private mutating func checkSize(of pool: AddressPool, _ draft: PoolDraft) {
    if pool.ranges.isEmpty {
      reportMissing(
        draft.name.place, "pool \(quoted(pool.name)) has no addresses",
        expected: ["an 'address START END' statement"])
      return
    }
    for exclusion in draft.exclusions where !pool.ranges.contains(where: { $0.overlaps(exclusion.value) }) {
      reportMissing(
        exclusion.place, "pool \(quoted(pool.name)) has no such addresses to exclude", name: pool.name)
    }
    let count = pool.count
    if count == 0 { report(draft.name.place, "pool \(quoted(pool.name)) excludes all of its addresses") }
    if count > AddressPool.maximumAddresses {
      report(
        draft.name.place,
        "pool \(quoted(pool.name)) has \(count) addresses; at most \(AddressPool.maximumAddresses) are possible")
    }
  }

  private mutating func refuseOwnAddresses(
    in range: Located<ClosedRange<IPv4Address>>, of pool: PoolDraft, in instance: RoutingInstance
  ) {
    for interface in result.interfaces where interface.instance == instance {
      guard let address = interface.address, range.value.contains(address),
        !pool.exclusions.contains(where: { $0.value.contains(address) })
      else { continue }
      report(
        range.place,
        "pool \(quoted(pool.name.value)) holds \(address), the gateway's own address on interface "
          + quoted(interface.name))
    }
  }

  /// An address belongs to one range of one pool. Sorted by their beginnings, ranges that overlap are met side by side.
  private mutating func checkOverlaps(of pools: [PoolDraft], _ use: PoolUse) {
    let ranges = pools.flatMap { pool in pool.ranges.map { (pool: pool.name.value, range: $0) } }
      .sorted { ($0.range.value.lowerBound, $0.range.place) < ($1.range.value.lowerBound, $1.range.place) }
    guard var widest = ranges.first else { return }
    for next in ranges.dropFirst() {
      let isShared = use.side != .realHosts || next.pool == widest.pool
      if isShared, next.range.value.lowerBound <= widest.range.value.upperBound {
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
