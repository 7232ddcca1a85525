package import Forwarding
import Synchronization
package import WireFormats

/// One outside host and its local address.
package struct OutsideBinding: Hashable, Sendable, BitwiseCopyable {
  package var local: IPv4Address
  package var global: IPv4Address
  /// The instance of the inside hosts that know the local address.
  package var inside: RoutingInstance
  /// The instance that the host is in.
  package var outside: RoutingInstance
  /// The rule that made the binding.
  package var rule: UInt16
  /// Sessions.
  package var users: UInt32
  /// Ticks in seconds.
  package var created: UInt32
  package var lastUsed: UInt32
  /// Whether the binding was removed and only waits for its last session to end.
  package var isLeaving: Bool
}

extension OutsideBindings {
  /// The local address of a host; nil when it has none.
  package func local(
    ofGlobal global: IPv4Address, in outside: RoutingInstance, for inside: RoutingInstance
  ) -> IPv4Address? {
    let key = OutsideBindingKey.global(global, in: outside, for: inside)
    return find(host: key, hash(key))?.local
  }

  /// The host that has a local address, and the rule that gave it; nil when nobody has it.
  package func global(
    ofLocal local: IPv4Address, for inside: RoutingInstance
  ) -> (address: IPv4Address, instance: RoutingInstance, rule: UInt16)? {
    let key = OutsideBindingKey.local(local, for: inside)
    let hash = hash(key)
    while let (number, state) = find(local: key, hash) {
      guard state.phase == .bound else { return nil }
      if let binding = read(number, state) { return (binding.global, binding.outside, binding.rule) }
    }
    return nil
  }

  /// Counts one more session of the host `global` of `outside` at its local address. False when the address is not (or
  /// no longer) that host's: the caller binds anew.
  package func retain(
    local: IPv4Address, for inside: RoutingInstance, of global: IPv4Address, in outside: RoutingInstance
  ) -> Bool {
    let key = OutsideBindingKey.local(local, for: inside)
    let host = OutsideBindingKey.global(global, in: outside, for: inside)
    let hash = hash(key)
    while let (number, state) = find(local: key, hash) {
      guard state.phase == .bound, state.users < OutsideBindingState.maximumUsers else { return false }
      // Another host's key may be read here only if the record has changed hands, and then the exchange fails.
      let found = self[number].global.load(ordering: .acquiring)
      if found != host, self[number].load() == state { return false }
      let new = OutsideBindingState(.bound, generation: state.generation, users: state.users + 1)
      if found == host, self[number].exchange(state, new) { return true }
    }
    return false
  }

  /// Counts one session less that had been retained; `now` counts as the binding's last use.
  package func release(local: IPv4Address, for inside: RoutingInstance, now: UInt32) {
    let key = OutsideBindingKey.local(local, for: inside)
    let hash = hash(key)
    while let (number, state) = find(local: key, hash) {
      guard state.hasHost, state.users > 0 else { return }
      // Before the count, so that who sees no session sees when the last one ended.
      self[number].lastUsed.store(now, ordering: .releasing)
      let new = OutsideBindingState(state.phase, generation: state.generation, users: state.users - 1)
      if self[number].exchange(state, new) { return }
    }
  }

  /// What a record with a host says; nil when it has another or no host since `state` was seen.
  func read(_ number: UInt32, _ state: OutsideBindingState) -> OutsideBinding? {
    let (local, global) = (
      self[number].local.load(ordering: .acquiring), self[number].global.load(ordering: .acquiring)
    )
    let (origin, lastUsed) = (
      self[number].origin.load(ordering: .acquiring), self[number].lastUsed.load(ordering: .acquiring)
    )
    let after = self[number].load()
    guard after.generation == state.generation, after.hasHost else { return nil }
    return OutsideBinding(
      local: OutsideBindingKey.address(local), global: OutsideBindingKey.address(global),
      inside: OutsideBindingKey.instance(local), outside: OutsideBindingKey.instance(global),
      rule: UInt16(truncatingIfNeeded: origin >> 32), users: after.users,
      created: UInt32(truncatingIfNeeded: origin), lastUsed: lastUsed, isLeaving: after.phase == .leaving)
  }
}
