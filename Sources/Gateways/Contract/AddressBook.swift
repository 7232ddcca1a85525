package import Forwarding
package import Translation
package import WireFormats

/// What translations say of single addresses: for gateways whose messages speak of hosts that the session itself does not
/// belong to, as answers to DNS questions do. Only entries without `no-payload` count.
package protocol AddressBook: Sendable {
  /// The inside global address of an inside local one that a static entry translates as a whole host.
  func insideGlobal(of local: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance) -> IPv4Address?
  /// The inside local address behind an inside global one of a static entry for a whole host.
  func insideLocal(of global: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance) -> IPv4Address?
  /// The outside local address of an outside global one: of a static entry, or bound from a pool by this very question.
  func outsideLocal(of global: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance) -> IPv4Address?
  /// Whether an address is that of an inside host that translations know.
  func isInside(_ address: IPv4Address, in inside: RoutingInstance) -> Bool
  /// Whether a gateway's messages may speak for an inside host that is not their session's own (rule R4).
  func permits(thirdParty host: IPv4Address, of gateway: GatewayID) -> Bool
  /// The outside global address behind an outside local one, of a static entry or a binding.
  func outsideGlobal(of local: IPv4Address, in inside: RoutingInstance, _ outside: RoutingInstance) -> IPv4Address?
}

extension AddressBook {
  package func isInside(_ address: IPv4Address, in inside: RoutingInstance) -> Bool { false }
  package func permits(thirdParty host: IPv4Address, of gateway: GatewayID) -> Bool { false }
}

/// A book without entries.
package struct EmptyAddressBook: AddressBook {
  package init() {}
  package func insideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
  package func insideLocal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
  package func outsideLocal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
  package func outsideGlobal(of: IPv4Address, in: RoutingInstance, _: RoutingInstance) -> IPv4Address? { nil }
}
