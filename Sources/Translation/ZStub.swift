package import Forwarding
package import WireFormats
package final class OutsideBindings: Sendable {
  package init(capacity: Int) {}
  package func global(ofLocal: IPv4Address, for: RoutingInstance) -> (address: IPv4Address, instance: RoutingInstance, rule: UInt16)? { nil }
  package func bind(global: IPv4Address, in outside: RoutingInstance, from candidates: [IPv4Address], for inside: RoutingInstance, rule: UInt16, now: UInt32) -> IPv4Address? { nil }
  package func retain(local: IPv4Address, for: RoutingInstance) -> Bool { true }
  package func release(local: IPv4Address, for: RoutingInstance, now: UInt32) {}
  package func expire(now: UInt32, idle: UInt32) {}
}
