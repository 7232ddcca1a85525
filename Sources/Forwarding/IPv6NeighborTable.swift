import Synchronization
package import WireFormats

/// The IPv6 neighbours that all workers share without a lock: what `NeighborTable` is for IPv4, with keys that no single
/// word can hold.
///
/// A slot's control word names its version beside what is in it. A reader looks at it before and after the key; a worker
/// that fills a slot in claims it with one compare-and-swap. The state names the version, too: what somebody writes of a
/// neighbour whose slot has meanwhile become another's says nothing of that one. Nobody remembers a slot's number, so a
/// freed slot may be used again at once.
package final class IPv6NeighborTable: Sendable {
  /// Neighbours that the table holds.
  package static let capacity = 1024
  /// Slots that a look-up inspects before it gives up.
  static let probeLimit = 32
  /// Seconds after which a neighbour is asked again while it is in use, and after which one that is not is forgotten.
  static let refreshAge: UInt32 = 60
  static let unusedAge: UInt32 = 600
  /// Unanswered requests after which a neighbour is forgotten (MAX_UNICAST_SOLICIT of RFC 4861 section 10).
  static let maximumUnanswered: UInt32 = 3
  /// Of the slots near a place, how many neighbours that have not answered may take: who asks for every address of a /64
  /// (RFC 6583) leaves the others to those that answer, or that speak to the gateway themselves.
  static let maximumUnresolved = probeLimit / 2
  /// Slots that one turn of the ageing inspects.
  static let slice = 128

  private static let occupied: UInt64 = 1 << 63
  private static let claimed: UInt64 = 1 << 62
  /// The version is in the bits below the interface's.
  private static let version: UInt64 = 1 << 48 - 1

  /// `occupied` or `claimed`, the interface in bits 48 to 55, a version that moves with every change of the key.
  private let controls: InlineArray<1024, Atomic<UInt64>>
  private let highs: InlineArray<1024, Atomic<UInt64>>
  private let lows: InlineArray<1024, Atomic<UInt64>>
  private let states: InlineArray<1024, Atomic<UInt64>>
  private let confirmed: InlineArray<1024, Atomic<UInt32>>
  private let used: InlineArray<1024, Atomic<UInt32>>
  /// Requests since the last answer in the top byte, the low 24 bits of the tick of the last request below.
  private let requests: InlineArray<1024, Atomic<UInt32>>

  package init() {
    controls = InlineArray { _ in Atomic(0) }
    highs = InlineArray { _ in Atomic(0) }
    lows = InlineArray { _ in Atomic(0) }
    states = InlineArray { _ in Atomic(0) }
    confirmed = InlineArray { _ in Atomic(0) }
    used = InlineArray { _ in Atomic(0) }
    requests = InlineArray { _ in Atomic(0) }
  }

  private static func start(_ hop: IPv6NextHop) -> Int {
    let mixed = (hop.neighbor.high ^ UInt64(hop.interface.rawValue) << 40) &* 0x9E37_79B9_7F4A_7C15 ^ hop.neighbor.low
    return Int((mixed &* 0xD6E8_FEB8_6659_FD93) >> 54)
  }

  private func slot(_ hop: IPv6NextHop, _ probe: Int) -> Int { (Self.start(hop) + probe) & (Self.capacity - 1) }

  /// A slot that has a neighbour, with its control word.
  private struct Place {
    var slot: Int
    var control: UInt64
  }

  /// The slot, if it has the neighbour.
  private func place(_ slot: Int, _ hop: IPv6NextHop) -> Place? {
    let control = controls[slot].load(ordering: .acquiring)
    guard control & Self.occupied != 0, UInt8(truncatingIfNeeded: control >> 48) == hop.interface.rawValue,
      highs[slot].load(ordering: .relaxed) == hop.neighbor.high, lows[slot].load(ordering: .relaxed) == hop.neighbor.low
    else { return nil }
    atomicMemoryFence(ordering: .acquiring)
    return controls[slot].load(ordering: .relaxed) == control ? Place(slot: slot, control: control) : nil
  }

  private func find(_ hop: IPv6NextHop) -> Place? {
    for probe in 0..<Self.probeLimit {
      if let place = place(slot(hop, probe), hop) { return place }
    }
    return nil
  }

  /// The seven bits of a state that name the slot's version.
  private static func mark(_ control: UInt64) -> UInt64 { (control & 0x7F) << 49 }

  /// The state of the neighbour at a place; unresolved where it was written for the slot's last one.
  private func state(at place: Place, _ hop: IPv6NextHop) -> NeighborState {
    let word = states[place.slot].load(ordering: .acquiring)
    guard word & Self.mark(.max) == Self.mark(place.control) else {
      return NeighborState(interface: hop.interface, address: nil)
    }
    return NeighborState(rawValue: word & ~Self.mark(.max))
  }

  /// The neighbour's state, or nil when the table does not have it.
  package func state(of hop: IPv6NextHop) -> NeighborState? {
    find(hop).map { state(at: $0, hop) }
  }

  /// The neighbour's state, added as unresolved if it was not there; nil when the table has no room near its place, or has
  /// too many there that have not answered.
  package func resolve(_ hop: IPv6NextHop, now: UInt32) -> NeighborState? { resolve(hop, speaks: false, now: now) }

  /// Notes that a neighbour has spoken to the gateway from an Ethernet address: it is added if it was not there.
  package func hear(_ hop: IPv6NextHop, address: MACAddress, now: UInt32) {
    _ = resolve(hop, speaks: true, now: now)
    learn(hop, address: address, now: now)
  }

  private func hasRoomForUnresolved(near hop: IPv6NextHop) -> Bool {
    var unresolved = 0
    for probe in 0..<Self.probeLimit {
      let slot = slot(hop, probe)
      guard controls[slot].load(ordering: .relaxed) & Self.occupied != 0 else { continue }
      if !NeighborState(rawValue: states[slot].load(ordering: .relaxed)).isResolved { unresolved += 1 }
    }
    return unresolved < Self.maximumUnresolved
  }

  private func resolve(_ hop: IPv6NextHop, speaks: Bool, now: UInt32) -> NeighborState? {
    if let place = find(hop) {
      used[place.slot].store(now, ordering: .relaxed)
      return state(at: place, hop)
    }
    guard speaks || hasRoomForUnresolved(near: hop) else { return nil }
    for probe in 0..<Self.probeLimit {
      let slot = slot(hop, probe)
      let control = controls[slot].load(ordering: .acquiring)
      guard control & (Self.occupied | Self.claimed) == 0 else { continue }
      let version = (control &+ 1) & Self.version
      guard
        controls[slot].compareExchange(
          expected: control, desired: Self.claimed | version, ordering: .acquiringAndReleasing
        ).exchanged
      else { continue }
      let state = NeighborState(interface: hop.interface, address: nil)
      highs[slot].store(hop.neighbor.high, ordering: .relaxed)
      lows[slot].store(hop.neighbor.low, ordering: .relaxed)
      states[slot].store(state.rawValue | Self.mark(version), ordering: .relaxed)
      confirmed[slot].store(now, ordering: .relaxed)
      used[slot].store(now, ordering: .relaxed)
      requests[slot].store(0, ordering: .relaxed)
      controls[slot].store(
        Self.occupied | UInt64(hop.interface.rawValue) << 48 | version, ordering: .releasing)
      return state
    }
    return nil
  }

  /// Notes that a neighbour has an Ethernet address; unknown ones are ignored. Two workers that added the same neighbour at
  /// one moment may have taken two slots, and both learn it.
  ///
  /// - Parameter overrides: whether an address that is known already gives way ("O" of RFC 4861 section 7.2.5).
  package func learn(_ hop: IPv6NextHop, address: MACAddress, overrides: Bool = true, now: UInt32) {
    let state = NeighborState(interface: hop.interface, address: address)
    for probe in 0..<Self.probeLimit {
      guard let place = place(slot(hop, probe), hop) else { continue }
      let old = self.state(at: place, hop)
      guard overrides || !old.isResolved || old == state else { continue }
      states[place.slot].store(state.rawValue | Self.mark(place.control), ordering: .releasing)
      confirmed[place.slot].store(now, ordering: .relaxed)
      requests[place.slot].store(0, ordering: .relaxed)
    }
  }

  /// Whether the caller should ask for the neighbour now; true at most once a second over all workers.
  package func shouldRequest(_ hop: IPv6NextHop, now: UInt32) -> Bool {
    find(hop).map { shouldRequest($0.slot, now: now) } ?? false
  }

  private func shouldRequest(_ slot: Int, now: UInt32) -> Bool {
    let old = requests[slot].load(ordering: .relaxed)
    let stamp = now & 0xFF_FFFF
    let count = old >> 24
    if count > 0, old & 0xFF_FFFF == stamp { return false }
    return requests[slot].compareExchange(
      expected: old, desired: min(count + 1, 255) << 24 | stamp, ordering: .relaxed
    ).exchanged
  }

  // MARK: Ageing and listing

  /// A neighbour with what is known of it.
  package struct Entry: Sendable {
    package var hop: IPv6NextHop
    package var state: NeighborState
    /// Seconds since it last answered.
    package var age: UInt32
  }

  /// The neighbour in a slot, 0 to `capacity` - 1, or nil when the slot is free.
  package func entry(_ slot: Int, now: UInt32) -> Entry? {
    let control = controls[slot].load(ordering: .acquiring)
    guard control & Self.occupied != 0 else { return nil }
    let hop = IPv6NextHop(
      interface: InterfaceID(rawValue: UInt8(truncatingIfNeeded: control >> 48)),
      neighbor: IPv6Address(highs[slot].load(ordering: .relaxed), lows[slot].load(ordering: .relaxed)))
    let state = state(at: Place(slot: slot, control: control), hop)
    let age = now &- confirmed[slot].load(ordering: .relaxed)
    atomicMemoryFence(ordering: .acquiring)
    guard controls[slot].load(ordering: .relaxed) == control else { return nil }
    return Entry(hop: hop, state: state, age: age)
  }

  /// Inspects the slice after `cursor`: frees neighbours that do not answer or are not in use, and answers whom to ask
  /// again. Called by one worker.
  package func age(from cursor: inout Int, now: UInt32) -> [IPv6NextHop] {
    var due: [IPv6NextHop] = []
    for _ in 0..<Self.slice {
      let slot = cursor
      cursor = (cursor + 1) & (Self.capacity - 1)
      guard let entry = entry(slot, now: now) else { continue }
      if now &- used[slot].load(ordering: .relaxed) >= Self.unusedAge {
        free(slot)
        continue
      }
      guard !entry.state.isResolved || entry.age >= Self.refreshAge, shouldRequest(slot, now: now) else { continue }
      if requests[slot].load(ordering: .relaxed) >> 24 > Self.maximumUnanswered {
        free(slot)
      } else {
        due.append(entry.hop)
      }
    }
    return due
  }

  private func free(_ slot: Int) {
    let control = controls[slot].load(ordering: .relaxed)
    states[slot].store(0, ordering: .relaxed)
    controls[slot].store((control &+ 1) & Self.version, ordering: .releasing)
  }
}
