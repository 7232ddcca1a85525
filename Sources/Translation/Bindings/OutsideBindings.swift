package import Forwarding
import Synchronization
package import WireFormats

/// Which outside local address each outside host has under `ip nat outside source {list | route-map} … pool …`, for
/// all workers at once.
///
/// A binding belongs to an inside routing instance: in it, no host has two local addresses and no local address has two
/// hosts. Any thread may look up, bind, retain and release at any time, and nobody waits: a record is claimed by putting
/// it into the chain of its local address (or by finding it there idle), and is the host's when it is in the chain of
/// the host. Whoever finds that another thread bound the host first lets its claim go and takes the other's answer.
///
/// A binding can end between `bind` and `retain`, since sessions alone hold it. Then `retain` says so, and the caller
/// binds anew.
@safe package final class OutsideBindings: Sendable {
  /// Bindings that one gateway may have: a pool's worth.
  package static let maximumCapacity = 65_536
  /// Addresses of a pool that are tried for a host before it is refused.
  package static let tries = 64
  /// How often `bind` looks again while others are about to bind what it wants.
  private static let rounds = 32
  /// Records beyond the capacity, for claims that are let go.
  private static let spare = 64

  private nonisolated(unsafe) let records: UnsafeMutablePointer<OutsideBindingRecord>
  /// Records, in use or not.
  let recordCount: Int
  let locals: SharedChains
  let globals: SharedChains
  let freeList: SharedFreeList
  private let key: (UInt64, UInt64)
  /// Records that have a host.
  let bindings = Atomic<Int>(0)
  /// Whether some thread is removing.
  let isRemoving = Atomic<Bool>(false)
  /// The record at which `expire` goes on.
  let hand = Atomic<Int>(0)

  /// Room for `capacity` bindings, at most `maximumCapacity`. Outside hosts choose their addresses, so the places in
  /// the tables are kept from them by a secret `key`.
  package init(capacity: Int, key: (UInt64, UInt64)) {
    precondition(capacity >= 0 && capacity <= Self.maximumCapacity)
    recordCount = capacity + Self.spare
    self.key = key
    unsafe records = .allocate(capacity: recordCount)
    for number in 0..<recordCount { unsafe (records + number).initialize(to: OutsideBindingRecord()) }
    locals = SharedChains(nodes: recordCount)
    globals = SharedChains(nodes: recordCount)
    freeList = SharedFreeList(count: recordCount)
  }

  deinit { unsafe records.deallocate() }

  /// Hosts that have a local address.
  package var count: Int { bindings.load(ordering: .relaxed) }

  /// A record, by its number.
  subscript(number: UInt32) -> OutsideBindingRecord {
    unsafeAddress {
      precondition(number < recordCount)
      return unsafe UnsafePointer(records + Int(number))
    }
  }

  func hash(_ word: UInt64) -> UInt64 { KeyedRandom.sipHash13(word, key: key) }

  // MARK: Binding

  /// The local address by which hosts of `inside` know the host `global` of `outside`: the one that it has, or else a
  /// free one of `candidates`, looked for from a place that depends on the host. `rule` and the tick `now` are noted
  /// with a new binding; `now` counts as its last use in any case. Nil when none of the addresses tried is free, or the
  /// table is full.
  package func bind(
    global: IPv4Address, in outside: RoutingInstance, from candidates: [IPv4Address], for inside: RoutingInstance,
    rule: UInt16, now: UInt32
  ) -> IPv4Address? {
    let host = OutsideBindingKey.global(global, in: outside, for: inside)
    let hash = hash(host)
    for _ in 0..<Self.rounds {
      if let found = find(host: host, hash) {
        self[found.number].lastUsed.store(now, ordering: .relaxed)
        return found.local
      }
      switch claim(candidates, for: inside, start: hash) {
      case .taken: return nil
      case .unsettled: continue
      case .claimed(let number, let state):
        self[number].global.store(host, ordering: .releasing)
        self[number].origin.store(UInt64(rule) << 32 | UInt64(now), ordering: .releasing)
        self[number].lastUsed.store(now, ordering: .releasing)
        let local = OutsideBindingKey.address(self[number].local.load(ordering: .relaxed))
        if globals.insert(number, hash, unless: { isHost(host, $0) }) == nil {
          settle(number, state)
          return local
        }
        self[number].store(state.with(.idle))
      }
    }
    return nil
  }

  /// Whether a record of the chain of `host` is its binding, be it so recent that the binder has not said so yet.
  private func isHost(_ host: UInt64, _ number: UInt32) -> Bool {
    let phase = self[number].load().phase
    return (phase == .bound || phase == .claimed) && self[number].global.load(ordering: .acquiring) == host
  }

  /// The binding of a host.
  func find(host: UInt64, _ hash: UInt64) -> (number: UInt32, local: IPv4Address)? {
    var state = OutsideBindingState(.free, generation: 0)
    var local: UInt64 = 0
    let number = globals.find(hash) { number in
      state = self[number].load()
      local = self[number].local.load(ordering: .acquiring)
      return isHost(host, number)
    }
    guard let number else { return nil }
    settle(number, state)
    return (number, OutsideBindingKey.address(local))
  }

  /// Says of a claimed record in its host's chain that it is bound, unless somebody has.
  private func settle(_ number: UInt32, _ state: OutsideBindingState) {
    if state.phase == .claimed, self[number].exchange(state, state.with(.bound)) {
      bindings.add(1, ordering: .relaxed)
    }
  }

  private enum Claim {
    case claimed(UInt32, OutsideBindingState)
    /// Nothing is free, but somebody is about to take or to let go one of the addresses.
    case unsettled
    case taken
  }

  /// Claims a record for one of the addresses.
  private func claim(_ candidates: [IPv4Address], for inside: RoutingInstance, start: UInt64) -> Claim {
    guard !candidates.isEmpty else { return .taken }
    let first = Int(truncatingIfNeeded: (start >> 32) % UInt64(candidates.count))
    var isUnsettled = false
    for step in 0..<min(candidates.count, Self.tries) {
      let address = candidates[(first + step) % candidates.count]
      switch claim(OutsideBindingKey.local(address, for: inside)) {
      case .claimed(let number, let state): return .claimed(number, state)
      case .unsettled: isUnsettled = true
      case .taken: break
      }
    }
    return isUnsettled ? .unsettled : .taken
  }

  private func claim(_ local: UInt64) -> Claim {
    let hash = hash(local)
    if let (number, state) = find(local: local, hash) {
      switch state.phase {
      case .idle:
        let claimed = OutsideBindingState(.claimed, generation: state.generation &+ 1)
        return self[number].exchange(state, claimed) ? .claimed(number, claimed) : .unsettled
      case .bound, .leaving: return .taken
      case .claimed, .ending, .free: return .unsettled
      }
    }
    guard let number = freeList.take() else { return .taken }
    let free = self[number].load()
    let claimed = OutsideBindingState(.claimed, generation: free.generation &+ 1)
    self[number].local.store(local, ordering: .releasing)
    self[number].store(claimed)
    guard locals.insert(number, hash, unless: { self[$0].local.load(ordering: .acquiring) == local }) != nil else {
      return .claimed(number, claimed)
    }
    self[number].store(claimed.with(.free))
    freeList.giveBack(number)
    return .unsettled
  }

  /// The record of a local address, and the state in which it was seen.
  func find(local: UInt64, _ hash: UInt64) -> (number: UInt32, state: OutsideBindingState)? {
    var state = OutsideBindingState(.free, generation: 0)
    let number = locals.find(hash) { number in
      state = self[number].load()
      return self[number].local.load(ordering: .acquiring) == local
    }
    return number.map { ($0, state) }
  }
}
