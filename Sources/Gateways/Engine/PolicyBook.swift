package import Forwarding
package import Translation
package import WireFormats

/// What the rules in force say of single addresses.
package struct PolicyBook: AddressBook {
  private let policy: Policy
  private let bindings: OutsideBindings
  /// The tick, for bindings that a question brings about.
  private let tick: @Sendable () -> UInt32

  package init(policy: Policy, bindings: OutsideBindings, tick: @escaping @Sendable () -> UInt32) {
    self.policy = policy
    self.bindings = bindings
    self.tick = tick
  }

  package func insideGlobal(
    of local: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    policy.insideGlobal(ofHost: local, in: inside, outside)
  }

  package func insideLocal(
    of global: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    policy.insideLocal(ofHost: global, in: inside, outside)
  }

  package func isInside(_ address: IPv4Address, in inside: RoutingInstance) -> Bool {
    policy.translatesHost(address, in: inside)
  }

  package func permits(thirdParty host: IPv4Address, of gateway: GatewayID) -> Bool {
    policy.permits(thirdParty: host, of: gateway)
  }

  package func outsideLocal(
    of global: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    policy.outsideLocal(ofHost: global, in: inside, outside)
      ?? policy.bindOutsideLocal(of: global, in: inside, outside, bindings, now: tick())
  }

  package func outsideGlobal(
    of local: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance
  ) -> IPv4Address? {
    policy.outsideGlobal(ofHost: local, in: inside) ?? bindings.global(ofLocal: local, for: inside)?.address
  }
}
