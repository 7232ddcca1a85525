import WireFormats

/// The ageing of the neighbour table: asks again before an address gets old, gives up on who does not answer.
///
/// One worker owns it and calls `turn` about every hundred milliseconds; each call walks a bounded slice.
package struct NeighborAgeing {
  /// Seconds after which a neighbour is asked again while its address stays in use.
  package static let refreshAge: UInt32 = 60
  /// Unanswered requests after which a neighbour is forgotten.
  package static let maximumUnanswered: UInt32 = 3
  /// Seconds after which all sessions resolve their routes anew, which tells which neighbours are still in use.
  package static let roundAge: UInt32 = 300
  /// Seconds after which a neighbour that no route was resolved to is forgotten, though it answers.
  package static let unusedAge: UInt32 = 2 * roundAge + 60
  /// Slots that one turn inspects.
  package static let slice = 512

  private var cursor = 0
  private var roundStart: UInt32 = 0

  package init() {}

  /// Inspects the next slice; gives every neighbour that should be asked again to `request`.
  package mutating func turn(_ table: NeighborTable, now: UInt32, request: (NeighborID, NextHop) -> Void) {
    if roundStart == 0 { roundStart = now }
    if now &- roundStart >= Self.roundAge {
      roundStart = now
      table.invalidate()
    }
    for _ in 0..<Self.slice {
      let slot = cursor
      cursor = (cursor + 1) & (NeighborTable.capacity - 1)
      let neighbor = NeighborID(rawValue: UInt16(slot))
      guard let hop = table.hop(of: neighbor) else { continue }
      if table.idle(slot, now: now) >= Self.unusedAge {
        table.free(slot, now: now)
        continue
      }
      let resolved = table.state(of: neighbor).isResolved
      guard !resolved || table.age(of: neighbor, now: now) >= Self.refreshAge else { continue }
      if table.unanswered(slot) >= Self.maximumUnanswered {
        // One more second of grace, so that the last request can still be answered.
        if table.shouldRequest(neighbor, now: now) { table.free(slot, now: now) }
      } else if table.shouldRequest(neighbor, now: now) {
        request(neighbor, hop)
      }
    }
  }
}
