package import Forwarding
package import WireFormats

/// What decides whether a rule is for a packet.
package enum RuleCondition: Hashable, Sendable {
  /// An access list, by its name.
  case accessList(String)
  /// A route map, by its name.
  case routeMap(String)
}

/// Where a rule takes inside global addresses from.
package enum GlobalSource: Hashable, Sendable {
  /// A pool, by its name.
  case pool(String)
  /// The address of an interface.
  case interface(InterfaceID)
}

/// `ip nat inside source {list ACL | route-map RM} {pool P | interface IF} [OPTION…]`.
package struct DynamicRule: Hashable, Sendable {
  package var condition: RuleCondition
  package var source: GlobalSource
  /// Whether hosts share an address by ports (RFC 2663's NAPT; RFC 3022); without it each host gets an address of
  /// its own.
  package var overload: Bool
  /// The instance of the inside hosts (`vrf V`).
  package var instance: RoutingInstance
  /// Whether the inside global addresses belong to `instance` too (`match-in-vrf`); otherwise they are global.
  package var matchInVRF = false
  /// Only for packets that leave here (`egress-interface`).
  package var egressInterface: InterfaceID?
  /// Outside hosts may open sessions to a host that has a mapping of its own address (`reversible`). Rules without
  /// `overload` always let them; with a route map only if this says so.
  package var reversible = false
  package var mapping = MappingBehavior.endpointIndependent
  package var filtering = FilteringBehavior.addressAndPortDependent
  package var pooling = PoolingBehavior.paired
  package var ports = PortAssignment.preserve

  package init(
    condition: RuleCondition, source: GlobalSource, overload: Bool, instance: RoutingInstance = .global
  ) {
    self.condition = condition
    self.source = source
    self.overload = overload
    self.instance = instance
  }

  package init(
    accessList: String, source: GlobalSource, overload: Bool, instance: RoutingInstance = .global
  ) {
    self.init(condition: .accessList(accessList), source: source, overload: overload, instance: instance)
  }

  /// The instance that the inside global addresses belong to.
  package var outsideInstance: RoutingInstance { matchInVRF ? instance : .global }

  /// The name of the access list, or nil for a rule with a route map.
  package var accessList: String? {
    if case .accessList(let name) = condition { name } else { nil }
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
    /// TCP or UDP; ESP with both ports 0.
    package var transport: IPProtocol
    package var local: UInt16
    package var global: UInt16

    package init(transport: IPProtocol, local: UInt16, global: UInt16) {
      self.transport = transport
      self.local = local
      self.global = global
    }
  }

  /// The address, or the first of a network.
  package var local: IPv4Address
  package var global: StaticGlobal
  /// 32 for one address; otherwise the networks' prefix length (`static network`): host parts stay.
  package var prefixLength: UInt8 = 32
  /// Nil for an entry that carries every protocol and port.
  package var ports: Ports?
  /// Several globals for one local are allowed.
  package var extendable: Bool
  /// Do not answer ARP requests for the global address (`no-alias`).
  package var noAlias: Bool
  /// Leave addresses in payloads alone (`no-payload`).
  package var noPayload: Bool
  package var instance: RoutingInstance
  /// Whether the global address belongs to `instance` too (`match-in-vrf`).
  package var matchInVRF = false
  /// Only for packets that the route map permits (`route-map`).
  package var routeMap: String?
  /// With a route map: sessions from outside are admitted too (`reversible`).
  package var reversible = false
  /// Only for packets that leave here (`egress-interface`).
  package var egressInterface: InterfaceID?

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

  /// The instance that the global address belongs to.
  package var outsideInstance: RoutingInstance { matchInVRF ? instance : .global }
}

/// `ip nat outside source static …`: an outside host as inside hosts know it.
package struct OutsideStatic: Hashable, Sendable {
  package var global: IPv4Address
  package var local: IPv4Address
  /// 32 for one address; otherwise the networks' prefix length.
  package var prefixLength: UInt8 = 32
  /// Nil for an entry that carries every protocol and port.
  package var ports: StaticTranslation.Ports?
  /// The instance of the inside hosts that know the local address.
  package var instance = RoutingInstance.global
  /// Whether the global address belongs to `instance` too.
  package var matchInVRF = false
  package var extendable = false
  package var noAlias = false
  package var noPayload = false
  /// The local address needs no route: packets to it go where the global address is (`add-route`).
  package var addRoute = false

  package init(global: IPv4Address, local: IPv4Address, ports: StaticTranslation.Ports? = nil) {
    self.global = global
    self.local = local
    self.ports = ports
  }

  /// The instance that the global address belongs to.
  package var outsideInstance: RoutingInstance { matchInVRF ? instance : .global }
}

/// `ip nat outside source {list ACL | route-map RM} pool P [OPTION…]`: outside hosts that get an outside local address
/// each.
package struct OutsideRule: Hashable, Sendable {
  package var condition: RuleCondition
  /// The pool of outside local addresses, by its name.
  package var pool: String
  package var instance = RoutingInstance.global
  package var matchInVRF = false
  package var addRoute = false

  package init(condition: RuleCondition, pool: String) {
    self.condition = condition
    self.pool = pool
  }

  /// The instance that the outside hosts are in.
  package var outsideInstance: RoutingInstance { matchInVRF ? instance : .global }
}

/// `ip nat inside destination list ACL pool P`: TCP connections from outside to a virtual host that the list permits as
/// destination go to the real hosts of the pool in turn (RFC 2391).
package struct DestinationRule: Hashable, Sendable {
  /// The access list, whose lines (or, of an extended list, whose destinations) name the virtual hosts.
  package var accessList: String
  /// The pool of real hosts, of type rotary.
  package var pool: String

  package init(accessList: String, pool: String) {
    self.accessList = accessList
    self.pool = pool
  }
}
