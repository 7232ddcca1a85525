import WireFormats

/// What is under way on a lane, in the order of its beginning, so that what waits too long is found at the front.
struct Units<Unit> {
  private struct Entry {
    var unit: Unit
    var number: UInt32
    var started: UInt64
  }

  private var entries: [Entry?] = []
  private var vacant: [Int] = []
  /// Places and numbers in the order of beginning; what ended meanwhile is left out when its turn comes.
  private var order: [(place: Int, number: UInt32)] = []
  private var front = 0
  private var nextNumber: UInt32 = 0
  private(set) var count = 0

  /// Notes a unit that begins now; answers its place, which is taken again after its end, and its number, which is not.
  mutating func add(_ unit: Unit, at now: UInt64) -> (place: Int, number: UInt32) {
    nextNumber &+= 1
    let entry = Entry(unit: unit, number: nextNumber, started: now)
    let place = vacant.popLast() ?? entries.count
    if place == entries.count { entries.append(entry) } else { entries[place] = entry }
    order.append((place, nextNumber))
    count += 1
    return (place, nextNumber)
  }

  subscript(place: Int) -> Unit? {
    get { entries.indices.contains(place) ? entries[place]?.unit : nil }
    set { if let newValue, entries.indices.contains(place) { entries[place]?.unit = newValue } }
  }

  /// Changes a unit where it lies.
  mutating func modify<Result>(_ place: Int, _ body: (inout Unit) -> Result) -> Result? {
    guard entries.indices.contains(place), entries[place] != nil else { return nil }
    return body(&entries[place]!.unit)
  }

  /// The number of a place's unit.
  func number(of place: Int) -> UInt32? { entries.indices.contains(place) ? entries[place]?.number : nil }

  /// When a place's unit began.
  func started(_ place: Int) -> UInt64? { entries.indices.contains(place) ? entries[place]?.started : nil }

  @discardableResult
  mutating func remove(_ place: Int) -> Unit? {
    guard entries.indices.contains(place), let entry = entries[place] else { return nil }
    entries[place] = nil
    vacant.append(place)
    count -= 1
    return entry.unit
  }

  /// The place of the oldest unit, if that began before `time`.
  mutating func oldest(before time: UInt64) -> Int? {
    while front < order.count {
      let (place, number) = order[front]
      guard let entry = entries[place], entry.number == number else {
        front += 1
        continue
      }
      return entry.started < time ? place : nil
    }
    order.removeAll(keepingCapacity: true)
    front = 0
    return nil
  }

  /// Gives back the memory of what has ended; called now and then.
  mutating func tidy() {
    guard front > 4_096, front * 2 > order.count else { return }
    order.removeFirst(front)
    front = 0
  }
}
