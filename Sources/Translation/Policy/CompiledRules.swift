import Forwarding
package import WireFormats

/// What the packet path needs of an interface, in one small record.
struct InterfaceFacts: BitwiseCopyable, Sendable {
  let realm: Realm
  let instance: RoutingInstance
  var mtu: UInt16 = 0
  /// The largest "Maximum Segment Size" that passes here; 0 for any.
  var maximumSegmentSize: UInt16 = 0
  /// The number of the first rule of the instance, whose mappings new sessions are likely to use.
  var likelyRule: UInt16 = 0
  var address = IPv4Address(0)
  var reassembly = ReassemblyLimits()
  /// What the keys of packets that arrive here have in common.
  let side: UInt64

  init(realm: Realm = .none, instance: RoutingInstance = .global) {
    self.realm = realm
    self.instance = instance
    side = FlowKey.side(instance, realm == .outside ? .inbound : .outbound)
  }
}

/// A dynamic rule with its addresses at hand.
package struct CompiledRule: Sendable {
  package let rule: DynamicRule
  /// The number that sessions and mappings remember.
  package let id: UInt16
  /// The rule's access list; nil for one with a route map.
  package let accessList: AccessList?
  /// The addresses that the rule may give out; those that static entries hold are left out.
  package let addresses: [IPv4Address]
  package let pool: AddressPool?
  let deterministic: DeterministicPorts?
}

/// What the packet path asks of a rule, flat: a value with storage of its own would be counted for every new session.
struct RuleFacts: Sendable {
  var instance: RoutingInstance
  var outsideInstance: RoutingInstance
  /// The interface that packets must leave by, or nil for any.
  var egress: InterfaceID?
  var condition: ConditionTable.Condition
  var id: UInt16
  var overload: Bool
  var mapping: MappingBehavior
  var filtering: FilteringBehavior
  /// Whether outside hosts may open sessions to an address that a host has for itself.
  var isReversible: Bool
  /// Whether a host's mappings are tied to one address by a record.
  var isPaired: Bool
  var isDeterministic: Bool
  /// Whether a host's address follows from its own (`type match-host`).
  var matchesHost: Bool
  var addressCount: Int
  var choice: PortChoice
  /// The sets of ports that hosts get, if they do.
  var portBlocks: PortBlocks?
}

/// A static entry whose global address is known.
package struct CompiledStatic: Sendable {
  package let entry: StaticTranslation
  package let global: IPv4Address
  /// The route map, if the entry has one.
  let condition: ConditionTable.Condition?

  /// The inside global address of an inside local address that the entry covers.
  package func global(of local: IPv4Address) -> IPv4Address { Self.move(local, to: global, entry.prefixLength) }

  /// The inside local address of an inside global address that the entry covers.
  package func local(of global: IPv4Address) -> IPv4Address { Self.move(global, to: entry.local, entry.prefixLength) }

  /// The host part of one address in the network of another.
  static func move(_ address: IPv4Address, to network: IPv4Address, _ prefixLength: UInt8) -> IPv4Address {
    let mask = IPv4Prefix.mask(prefixLength)
    return IPv4Address(network.rawValue & mask | address.rawValue & ~mask)
  }

  /// The global addresses that the entry covers.
  var globalRange: ClosedRange<IPv4Address> {
    let mask = IPv4Prefix.mask(entry.prefixLength)
    return IPv4Address(global.rawValue & mask)...IPv4Address(global.rawValue | ~mask)
  }

  var localSide: StaticTable.Side {
    StaticTable.Side(
      address: entry.local, prefixLength: entry.prefixLength, transport: entry.ports?.transport,
      port: entry.ports?.local ?? 0, instance: entry.instance)
  }

  var globalSide: StaticTable.Side {
    StaticTable.Side(
      address: global, prefixLength: entry.prefixLength, transport: entry.ports?.transport,
      port: entry.ports?.global ?? 0, instance: entry.outsideInstance)
  }
}

extension OutsideStatic {
  /// The outside global address of an outside local address that the entry covers.
  package func global(of local: IPv4Address) -> IPv4Address { CompiledStatic.move(local, to: global, prefixLength) }

  /// The outside local address of an outside global address that the entry covers.
  package func local(of global: IPv4Address) -> IPv4Address { CompiledStatic.move(global, to: local, prefixLength) }

  var localSide: StaticTable.Side {
    StaticTable.Side(
      address: local, prefixLength: prefixLength, transport: ports?.transport, port: ports?.local ?? 0,
      instance: instance)
  }

  var globalSide: StaticTable.Side {
    StaticTable.Side(
      address: global, prefixLength: prefixLength, transport: ports?.transport, port: ports?.global ?? 0,
      instance: outsideInstance)
  }
}

/// A rule for outside hosts with its addresses at hand.
package struct CompiledOutsideRule: Sendable {
  package let rule: OutsideRule
  let condition: ConditionTable.Condition
  package let addresses: [IPv4Address]
}

/// A rule for virtual hosts with the real ones at hand.
package struct CompiledDestinationRule: Sendable {
  package let rule: DestinationRule
  /// The access list's number.
  let list: Int
  /// The virtual addresses that the list names host by host; ARP is answered and hairpins are made for these.
  package let virtualHosts: [ClosedRange<IPv4Address>]
  package let members: [IPv4Address]
}
