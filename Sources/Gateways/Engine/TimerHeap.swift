/// Moments at which something is due, the earliest first.
struct TimerHeap<Element> {
  private var entries: [(time: UInt64, element: Element)] = []

  var earliest: UInt64? { entries.first?.time }

  mutating func insert(_ element: Element, at time: UInt64) {
    entries.append((time, element))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].time < entries[parent].time else { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the earliest element if it is due.
  mutating func take(due now: UInt64) -> (time: UInt64, element: Element)? {
    guard let first = entries.first, first.time <= now else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink()
    }
    return first
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < entries.count && entries[child].time < entries[least].time {
        least = child
      }
      guard least != parent else { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
