import Forwarding
import Synchronization
import WireFormats

/// How far a record of `OutsideBindings` has come, in one word that is changed with one compare-and-swap.
struct OutsideBindingState: Hashable, BitwiseCopyable {
  /// What the record is.
  enum Phase: UInt64 {
    /// On the free list, and in no chain.
    case free
    /// In the chain of its local address, which nobody has.
    case idle
    /// Somebody is giving its local address to a host. The host has it as soon as the record is in the chain of the
    /// global address.
    case claimed
    /// A host has the local address.
    case bound
    /// As `bound`, but removed: no new session finds it, and the address is free when the last session is gone.
    case leaving
    /// Being taken out of its chains.
    case ending
  }

  /// Bits 0 to 27 the sessions, 28 to 31 the phase, 32 to 63 the generation, which moves whenever the record gets or
  /// loses a host.
  var rawValue: UInt64

  static let maximumUsers = UInt32(1) << 28 - 1

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(_ phase: Phase, generation: UInt32, users: UInt32 = 0) {
    rawValue = UInt64(generation) << 32 | phase.rawValue << 28 | UInt64(users)
  }

  var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
  /// The bits hold nothing but what `init` wrote.
  var phase: Phase { Phase(rawValue: rawValue >> 28 & 15)! }
  var users: UInt32 { UInt32(truncatingIfNeeded: rawValue) & Self.maximumUsers }

  /// Whether a host has the record's local address: `bound` or `leaving`.
  var hasHost: Bool { phase == .bound || phase == .leaving }

  /// The same host and sessions in another phase.
  func with(_ phase: Phase) -> Self { Self(phase, generation: generation, users: users) }
}

/// One binding, or room for one.
struct OutsideBindingRecord: ~Copyable, Sendable {
  private let state: Atomic<UInt64>
  /// The key of the local address; constant while the record is in a chain.
  let local = Atomic<UInt64>(0)
  /// The key of the host; constant from `claimed` until the record leaves its chains.
  let global = Atomic<UInt64>(0)
  /// The rule's number above the tick of creation.
  let origin = Atomic<UInt64>(0)
  let lastUsed = Atomic<UInt32>(0)

  init() { state = Atomic(OutsideBindingState(.free, generation: 0).rawValue) }

  func load() -> OutsideBindingState { OutsideBindingState(rawValue: state.load(ordering: .acquiring)) }

  func store(_ new: OutsideBindingState) { state.store(new.rawValue, ordering: .releasing) }

  /// Changes the state; false when it was not `old`.
  func exchange(_ old: OutsideBindingState, _ new: OutsideBindingState) -> Bool {
    state.compareExchange(expected: old.rawValue, desired: new.rawValue, ordering: .acquiringAndReleasing).exchanged
  }
}

/// The keys of the two chains of a record, one word each.
enum OutsideBindingKey {
  /// A local address as the hosts of `inside` know it.
  static func local(_ address: IPv4Address, for inside: RoutingInstance) -> UInt64 {
    UInt64(inside.rawValue) << 32 | UInt64(address.rawValue)
  }

  /// A host of `outside` as it is for the hosts of `inside`.
  static func global(_ address: IPv4Address, in outside: RoutingInstance, for inside: RoutingInstance) -> UInt64 {
    UInt64(inside.rawValue) << 48 | UInt64(outside.rawValue) << 32 | UInt64(address.rawValue)
  }

  /// The address in either key.
  static func address(_ key: UInt64) -> IPv4Address { IPv4Address(UInt32(truncatingIfNeeded: key)) }

  /// The instance of the inside hosts in a local key, or of the outside host in a global one.
  static func instance(_ key: UInt64) -> RoutingInstance {
    RoutingInstance(rawValue: UInt16(truncatingIfNeeded: key >> 32))
  }
}
