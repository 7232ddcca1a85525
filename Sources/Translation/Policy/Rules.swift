package import Forwarding
package import WireFormats

/// Where a rule takes inside global addresses from.
package enum GlobalSource: Hashable, Sendable {
  /// A pool, by its name.
  case pool(String)
  /// The address of an interface.
  case interface(InterfaceID)
}

/// `ip nat inside source list ACL {pool P | interface IF} [overload]`.
package struct DynamicRule: Hashable, Sendable {
  /// The name of the access list that says whose packets the rule translates.
  package var accessList: String
  package var source: GlobalSource
  /// Whether hosts share an address by ports (RFC 2663's NAPT; RFC 3022); without it each host gets an address of
  /// its own.
  package var overload: Bool
  package var instance: RoutingInstance

  package init(
    accessList: String, source: GlobalSource, overload: Bool, instance: RoutingInstance = .global
  ) {
    self.accessList = accessList
    self.source = source
    self.overload = overload
    self.instance = instance
  }
}

/// The inside global address of a static translation.
package enum StaticGlobal: Hashable, Sendable {
  case address(IPv4Address)
  /// Whatever address the interface has.
  case interface(InterfaceID)
}

/// `ip nat inside source static …`.
package struct StaticTranslation: Hashable, Sendable {
  /// A protocol and the two ports that a port entry joins.
  package struct Ports: Hashable, Sendable {
    /// TCP or UDP.
    package var transport: IPProtocol
    package var local: UInt16
    package var global: UInt16

    package init(transport: IPProtocol, local: UInt16, global: UInt16) {
      self.transport = transport
      self.local = local
      self.global = global
    }
  }

  package var local: IPv4Address
  package var global: StaticGlobal
  /// Nil for a one-to-one entry, which carries every protocol and port.
  package var ports: Ports?
  /// Several globals for one local are allowed.
  package var extendable: Bool
  /// Do not answer ARP requests for the global address (`no-alias`).
  package var noAlias: Bool
  /// Leave addresses in payloads alone (`no-payload`).
  package var noPayload: Bool
  package var instance: RoutingInstance

  package init(
    local: IPv4Address, global: StaticGlobal, ports: Ports? = nil, extendable: Bool = false, noAlias: Bool = false,
    noPayload: Bool = false, instance: RoutingInstance = .global
  ) {
    self.local = local
    self.global = global
    self.ports = ports
    self.extendable = extendable
    self.noAlias = noAlias
    self.noPayload = noPayload
    self.instance = instance
  }
}
