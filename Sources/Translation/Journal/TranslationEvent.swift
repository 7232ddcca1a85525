package import Forwarding
package import WireFormats

/// Something that became of a translation: 64 octets, one cache line, so that noting it costs one.
package struct TranslationEvent: Sendable, BitwiseCopyable {
  /// What happened.
  package enum Kind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case sessionCreated
    case sessionDeleted
    /// A mapping of an inside endpoint (RFC 8158's "Binding Information Base" entry).
    case bindingCreated
    case bindingDeleted
    /// A mapping of an inside address to one of its own.
    case addressBindingCreated
    case addressBindingDeleted
    case portBlockAllocated
    case portBlockReleased
    /// No inside global address was left for a host.
    case addressesExhausted
    /// No port was left on the address at hand.
    case portsExhausted
    /// A configured limit or the size of a table refused a session; `quota` says which.
    case quotaExceeded
  }

  /// Nanoseconds of the monotonic clock.
  package var time: UInt64 = 0
  package var insideLocal = IPv4Address(0)
  package var insideGlobal = IPv4Address(0)
  package var outsideLocal = IPv4Address(0)
  package var outsideGlobal = IPv4Address(0)
  package var insideLocalPort: UInt16 = 0
  package var insideGlobalPort: UInt16 = 0
  package var outsideLocalPort: UInt16 = 0
  package var outsideGlobalPort: UInt16 = 0
  package var insideInstance = RoutingInstance.global
  package var outsideInstance = RoutingInstance.global
  /// The number of the dynamic rule, or of the static entry where `isStatic`.
  package var rule: UInt16 = 0
  package var kind: Kind
  package var protocolNumber = IPProtocol(rawValue: 0)
  /// Whether a static entry admitted the session.
  package var isStatic = false
  package var quota = TranslationQuota.none
  /// Of a port block: its first and last port, the distance between two of its ports, and how many they are.
  package var firstPort: UInt16 = 0
  package var lastPort: UInt16 = 0
  package var portStep: UInt16 = 0
  package var portCount: UInt16 = 0
  /// The limit that refused a session.
  package var limit: UInt32 = 0
  /// Fills the event to 64 octets.
  var reserved: UInt32 = 0

  package init(_ kind: Kind) { self.kind = kind }

  /// What became of a session.
  package init(_ kind: Kind, of record: SessionRecord) {
    self.kind = kind
    insideLocal = record.insideLocal
    insideGlobal = record.insideGlobal
    outsideLocal = record.outsideLocal
    outsideGlobal = record.outsideGlobal
    insideLocalPort = record.insideLocalPort
    insideGlobalPort = record.insideGlobalPort
    outsideLocalPort = record.outsideLocalPort
    outsideGlobalPort = record.outsideGlobalPort
    insideInstance = record.insideInstance
    outsideInstance = record.outsideInstance
    rule = record.rule
    isStatic = record.flags.contains(.isStatic)
    protocolNumber = record.protocolNumber
  }

  /// What became of a mapping.
  package init(_ kind: Kind, of record: MappingRecord) {
    self.kind = kind
    insideLocal = record.insideLocal
    insideGlobal = record.insideGlobal
    insideLocalPort = record.insideLocalPort
    insideGlobalPort = record.insideGlobalPort
    insideInstance = record.instance
    rule = record.rule
    protocolNumber = record.protocolNumber
  }
}

/// Which limit refused a session.
package enum TranslationQuota: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case none
  /// `max-entries N`: sessions of the whole gateway.
  case sessions
  /// The table of mappings is full.
  case mappings
  /// `max-entries host A N` and `all-host N`: sessions of one inside host.
  case host
  /// `max-entries list ACL N`: sessions of an access list's hosts.
  case list
  /// `max-entries vrf V N` and `all-vrf N`: sessions of a routing instance.
  case instance
  /// New sessions that a host may open in a second.
  case rate
}

/// A set of ports that a host got for itself.
package struct PortBlock: Hashable, Sendable, BitwiseCopyable {
  /// The host.
  package var insideLocal: IPv4Address
  /// The address that the ports are of.
  package var insideGlobal: IPv4Address
  package var instance: RoutingInstance
  package var protocolNumber: IPProtocol
  package var firstPort: UInt16
  /// The distance between two ports.
  package var step: UInt16
  package var count: UInt16
  /// The number of the dynamic rule.
  package var rule: UInt16

  package init(
    insideLocal: IPv4Address, insideGlobal: IPv4Address, instance: RoutingInstance, protocol number: IPProtocol,
    firstPort: UInt16, step: UInt16, count: UInt16, rule: UInt16
  ) {
    self.insideLocal = insideLocal
    self.insideGlobal = insideGlobal
    self.instance = instance
    protocolNumber = number
    self.firstPort = firstPort
    self.step = step
    self.count = count
    self.rule = rule
  }

  /// The last port.
  package var lastPort: UInt16 {
    UInt16(clamping: UInt32(firstPort) + UInt32(step) * UInt32(max(1, count) - 1))
  }
}
