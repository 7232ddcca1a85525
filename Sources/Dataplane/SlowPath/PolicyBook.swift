import Forwarding
import Gateways
import Translation
import WireFormats

/// What the rules in force say of single addresses.
struct PolicyBook: AddressBook {
  let policy: Policy
  let bindings: OutsideBindings
  /// The tick, for bindings that a question brings about.
  let tick: @Sendable () -> UInt32

  func insideGlobal(
    of local: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    policy.insideGlobal(ofHost: local, in: inside, outside)
  }

  func insideLocal(
    of global: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    policy.insideLocal(ofHost: global, in: inside, outside)
  }

  func outsideLocal(
    of global: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    policy.outsideLocal(ofHost: global, in: inside, outside)
      ?? policy.bindOutsideLocal(of: global, in: inside, outside, bindings, now: tick())
  }

  func outsideGlobal(
    of local: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    policy.outsideGlobal(ofHost: local, in: inside) ?? bindings.global(ofLocal: local, for: inside)?.address
  }
}
