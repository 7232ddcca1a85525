public import Synchronization
public import WireFormats

/// A neighbour's place in the table.
@usableFromInline package struct NeighborID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  @usableFromInline package var rawValue: UInt16
  @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// No neighbour.
  @inlinable package static var none: Self { Self(rawValue: .max) }
}

/// What the packet path needs of a neighbour, in one word that is read with one load.
@usableFromInline package struct NeighborState: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// Bits 0 to 47 the Ethernet address, bit 48 whether it is known, bits 56 to 63 the interface.
  @usableFromInline package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  @inlinable package init(interface: InterfaceID, address: MACAddress?) {
    rawValue = UInt64(interface.rawValue) << 56 | (address.map { $0.rawValue | 1 << 48 } ?? 0)
  }

  /// Whether frames can be sent to the neighbour.
  @inlinable package var isResolved: Bool { rawValue & 1 << 48 != 0 }
  @inlinable package var address: MACAddress { MACAddress(rawValue) }
  @inlinable package var interface: InterfaceID {
    InterfaceID(rawValue: UInt8(truncatingIfNeeded: rawValue >> 56))
  }
}

/// The ARP cache that all workers share without a lock.
///
/// Any worker may add a neighbour (it claims a free slot with one compare-and-swap) or note an answer (one store).
/// Only the worker that ages the table frees slots. A slot that has been freed is not used again before `quarantine`
/// seconds have passed and `generation` has moved, so that a session which remembers a slot number sees the new
/// generation before the number can mean another neighbour.
@usableFromInline package final class NeighborTable: Sendable {
  /// Neighbours that the table holds.
  @inlinable package static var capacity: Int { 4096 }
  /// Slots that a look-up inspects before it gives up.
  static let probeLimit = 64
  /// Seconds between the freeing of a slot and its next use.
  static let quarantine: UInt32 = 2

  private static let occupied: UInt64 = 1 << 63
  private static let freed: UInt64 = 1 << 62
  /// A slot that a worker is just filling in; nobody else takes it, nobody finds it.
  private static let claimed: UInt64 = 1 << 61

  /// `occupied`, interface and address; or `freed` and the tick of freeing; or 0 for a slot that was never used.
  private let keys: InlineArray<4096, Atomic<UInt64>>
  @usableFromInline let states: InlineArray<4096, Atomic<UInt64>>
  private let confirmed: InlineArray<4096, Atomic<UInt32>>
  /// Requests since the last answer in the top byte, the low 24 bits of the tick of the last request below.
  private let requests: InlineArray<4096, Atomic<UInt32>>
  /// The tick at which a route was last resolved to the neighbour.
  private let used: InlineArray<4096, Atomic<UInt32>>
  private let generationWord = Atomic<UInt32>(1)
  private let occupancy = Atomic<Int>(0)

  package init() {
    keys = InlineArray { _ in Atomic(0) }
    states = InlineArray { _ in Atomic(0) }
    confirmed = InlineArray { _ in Atomic(0) }
    requests = InlineArray { _ in Atomic(0) }
    used = InlineArray { _ in Atomic(0) }
  }

  /// Moves whenever slot numbers that were handed out before may be stale. Never 0.
  package var generation: UInt16 {
    UInt16(truncatingIfNeeded: generationWord.load(ordering: .acquiring)) | 1
  }

  /// Makes every remembered slot number stale: after routes changed.
  package func invalidate() { generationWord.add(2, ordering: .releasing) }

  /// The number of neighbours in the table.
  package var count: Int { occupancy.load(ordering: .relaxed) }

  /// The state of a neighbour.
  @inlinable @inline(__always) package func state(of neighbor: NeighborID) -> NeighborState {
    NeighborState(rawValue: states[Int(neighbor.rawValue) & (Self.capacity - 1)].load(ordering: .relaxed))
  }

  private static func key(_ hop: NextHop) -> UInt64 {
    occupied | UInt64(hop.interface.rawValue) << 32 | UInt64(hop.neighbor.rawValue)
  }

  private static func start(_ key: UInt64) -> Int {
    Int((key &* 0x9E37_79B9_7F4A_7C15) >> 52)
  }

  /// The neighbour, if the table has it.
  package func find(_ hop: NextHop) -> NeighborID? {
    let key = Self.key(hop)
    let start = Self.start(key)
    for probe in 0..<Self.probeLimit {
      let slot = (start + probe) & (Self.capacity - 1)
      let found = keys[slot].load(ordering: .acquiring)
      if found == key { return NeighborID(rawValue: UInt16(slot)) }
      if found == 0 { return nil }
    }
    return nil
  }

  /// The neighbour, added as unresolved if it was not there; nil when the table has no room near its place.
  ///
  /// Two workers that add the same neighbour at the same moment may take two slots; both are asked for and both
  /// learn the answer, because `learn` writes to every slot of the key.
  package func findOrAdd(_ hop: NextHop, now: UInt32) -> NeighborID? {
    if let neighbor = find(hop) {
      used[Int(neighbor.rawValue)].store(now, ordering: .relaxed)
      return neighbor
    }
    let key = Self.key(hop)
    let start = Self.start(key)
    for probe in 0..<Self.probeLimit {
      let slot = (start + probe) & (Self.capacity - 1)
      let found = keys[slot].load(ordering: .acquiring)
      if found == key { return NeighborID(rawValue: UInt16(slot)) }
      guard found & (Self.occupied | Self.claimed) == 0 else { continue }
      if found & Self.freed != 0, now &- UInt32(truncatingIfNeeded: found) < Self.quarantine { continue }
      guard
        keys[slot].compareExchange(expected: found, desired: Self.claimed, ordering: .acquiringAndReleasing).exchanged
      else { continue }
      states[slot].store(NeighborState(interface: hop.interface, address: nil).rawValue, ordering: .relaxed)
      confirmed[slot].store(now, ordering: .relaxed)
      requests[slot].store(0, ordering: .relaxed)
      used[slot].store(now, ordering: .relaxed)
      keys[slot].store(key, ordering: .releasing)
      occupancy.add(1, ordering: .relaxed)
      return NeighborID(rawValue: UInt16(slot))
    }
    return nil
  }

  /// Notes that `hop` answered from `address`. Unknown neighbours are ignored: RFC 826 adds a sender only when the
  /// message was meant for us, which the caller decides with `findOrAdd`.
  package func learn(_ hop: NextHop, address: MACAddress, now: UInt32) {
    let key = Self.key(hop)
    let start = Self.start(key)
    for probe in 0..<Self.probeLimit {
      let slot = (start + probe) & (Self.capacity - 1)
      let found = keys[slot].load(ordering: .acquiring)
      if found == 0 { return }
      guard found == key else { continue }
      states[slot].store(NeighborState(interface: hop.interface, address: address).rawValue, ordering: .releasing)
      confirmed[slot].store(now, ordering: .relaxed)
      requests[slot].store(0, ordering: .relaxed)
    }
  }

  /// Whether the caller should send a request for the neighbour now; true at most once a second over all workers.
  package func shouldRequest(_ neighbor: NeighborID, now: UInt32) -> Bool {
    let slot = Int(neighbor.rawValue) & (Self.capacity - 1)
    let old = requests[slot].load(ordering: .relaxed)
    let stamp = now & 0xFF_FFFF
    let count = old >> 24
    if count > 0, old & 0xFF_FFFF == stamp { return false }
    let new = min(count + 1, 255) << 24 | stamp
    return requests[slot].compareExchange(expected: old, desired: new, ordering: .relaxed).exchanged
  }

  /// The neighbour in a slot, or nil when the slot is free.
  package func hop(of neighbor: NeighborID) -> NextHop? {
    let key = keys[Int(neighbor.rawValue) & (Self.capacity - 1)].load(ordering: .acquiring)
    guard key & Self.occupied != 0 else { return nil }
    return NextHop(
      interface: InterfaceID(rawValue: UInt8(truncatingIfNeeded: key >> 32)),
      neighbor: IPv4Address(UInt32(truncatingIfNeeded: key)))
  }

  /// Seconds since the neighbour last answered.
  package func age(of neighbor: NeighborID, now: UInt32) -> UInt32 {
    now &- confirmed[Int(neighbor.rawValue) & (Self.capacity - 1)].load(ordering: .relaxed)
  }

  /// Seconds since a route was last resolved to the neighbour.
  func idle(_ slot: Int, now: UInt32) -> UInt32 { now &- used[slot].load(ordering: .relaxed) }

  /// Requests since the neighbour last answered.
  func unanswered(_ slot: Int) -> UInt32 { requests[slot].load(ordering: .relaxed) >> 24 }

  /// Frees a slot. Called by the one worker that ages the table.
  func free(_ slot: Int, now: UInt32) {
    states[slot].store(0, ordering: .releasing)
    keys[slot].store(Self.freed | UInt64(now), ordering: .releasing)
    occupancy.subtract(1, ordering: .relaxed)
    invalidate()
  }
}
