package import Forwarding
package import WireFormats

/// One mapping (RFC 4787 section 4.1) in 32 octets: what an inside endpoint is called outside. Records of other kinds
/// keep what is known of a host or a remote address beside the mappings.
package struct MappingRecord: Sendable, BitwiseCopyable {
  package var insideLocal: IPv4Address
  package var insideGlobal: IPv4Address
  package var insideLocalPort: UInt16
  package var insideGlobalPort: UInt16
  package var instance: RoutingInstance
  /// TCP, UDP or ICMP for a port mapping, 0 otherwise.
  package var protocolNumber: IPProtocol
  package var kind: Kind
  /// Sessions that use it; for a pairing the port mappings. It ends with the last of them.
  package var users: UInt32
  /// The number of the dynamic rule that made it.
  package var rule: UInt16
  /// The instance of the inside global address.
  package var outsideInstance: RoutingInstance
  /// Tick of creation; of an address-dependent mapping the remote address, of a host the tick of its `credit`.
  var word: UInt32
  /// The pairing that a port mapping holds on to; in a free record the next free one.
  package var link: UInt32

  /// The `link` of a port mapping that no pairing ties to its address.
  static var noPairing: UInt32 { .max }

  /// The `rule` of a mapping that a door beside a static port entry has: no rule gave it its port.
  static var noRule: UInt16 { .max }

  /// What a record maps.
  package enum Kind: UInt8, Sendable, BitwiseCopyable {
    case free = 0
    /// An inside endpoint to an inside global one (NAPT), whomever it talks to.
    case port
    /// An inside address to an inside global one of its own (basic NAT).
    case address
    /// A host to the pool address that all its port mappings use (RFC 4787 REQ-2, "paired").
    case pairing
    /// An inside endpoint to an inside global one, towards one remote address (address-dependent mapping).
    case portByAddress
    /// A remote address that an inside endpoint has sent to, and that may answer from any port (address-dependent
    /// filtering).
    case permission
    /// A host with its sessions, where something limits them.
    case host
    /// A set of ports that a host has been given.
    case portSet
    /// A port that rests after its mapping has ended (RFC 6888 REQ-8); in no index.
    case held
    /// By how much a session's sequence numbers are moved (`SequenceShift`); in no index.
    case shift
    /// A door of a call or a registration (`KeptDoors.swift`), and its name; in no index.
    case door
    case doorName
  }

  /// Tick of creation; for kinds that have none, 0.
  package var created: UInt32 {
    switch kind {
    case .portByAddress, .free: 0
    default: word
    }
  }

  /// Whether it is a port mapping of either kind.
  @inline(__always)
  package var isPort: Bool { kind == .port || kind == .portByAddress }

  /// Whether inbound packets look it up by its inside global side.
  var hasGlobalKey: Bool { isPort || kind == .address }

  /// Whether the index has it at all.
  var isIndexed: Bool {
    switch kind {
    case .free, .held, .shift, .door, .doorName: false
    default: true
    }
  }

  /// The key under which it is looked up by its inside local side, or by what it is about.
  @inline(__always)
  var localKey: FlowKey {
    switch kind {
    case .port: Self.portKey(insideLocal, insideLocalPort, protocolNumber, instance, rule)
    case .portByAddress:
      FlowKey(
        insideLocal, insideLocalPort, remote, rule, protocol: protocolNumber, instance: instance, tag: kind.localTag)
    case .permission:
      FlowKey(
        insideGlobal, insideGlobalPort, remote, 0, protocol: protocolNumber, instance: outsideInstance,
        tag: kind.localTag)
    case .portSet:
      FlowKey(
        insideLocal, insideLocalPort, IPv4Address(0), rule, protocol: protocolNumber, instance: instance,
        tag: kind.localTag)
    case .host:
      FlowKey(
        insideLocal, 0, IPv4Address(0), 0, protocol: protocolNumber, instance: instance, tag: kind.localTag)
    case .address, .pairing, .free, .held, .shift, .door, .doorName:
      FlowKey(
        insideLocal, 0, IPv4Address(0), rule, protocol: protocolNumber, instance: instance, tag: kind.localTag)
    }
  }

  /// The local key of an endpoint-independent port mapping.
  @inline(__always)
  static func portKey(
    _ local: IPv4Address, _ port: UInt16, _ number: IPProtocol, _ instance: RoutingInstance, _ rule: UInt16
  ) -> FlowKey {
    FlowKey(local, port, IPv4Address(0), rule, protocol: number, instance: instance, tag: Kind.port.localTag)
  }

  /// The local key of a host's pairing.
  @inline(__always)
  static func pairingKey(_ host: IPv4Address, _ instance: RoutingInstance, _ rule: UInt16) -> FlowKey {
    FlowKey(
      host, 0, IPv4Address(0), rule, protocol: IPProtocol(rawValue: 0), instance: instance, tag: Kind.pairing.localTag)
  }

  /// The key under which an inbound packet finds it.
  @inline(__always)
  var globalKey: FlowKey {
    kind == .address
      ? FlowKey(
        insideGlobal, 0, IPv4Address(0), 0, protocol: IPProtocol(rawValue: 0), instance: outsideInstance,
        tag: kind.localTag | 1)
      : Self.globalPortKey(insideGlobal, insideGlobalPort, protocolNumber, outsideInstance)
  }

  /// The global key of a port mapping of either kind.
  @inline(__always)
  static func globalPortKey(
    _ global: IPv4Address, _ port: UInt16, _ number: IPProtocol, _ outside: RoutingInstance
  ) -> FlowKey {
    FlowKey(global, port, IPv4Address(0), 0, protocol: number, instance: outside, tag: Kind.port.localTag | 1)
  }
}

extension MappingRecord.Kind {
  /// What keeps keys of this kind apart from others; the lowest bit says "global side".
  @inline(__always)
  fileprivate var localTag: UInt8 { rawValue << 1 }
}

extension MappingRecord {
  /// An empty record of a kind, to be filled in or to look another one up with.
  init(kind: Kind) {
    self.init(
      insideLocal: IPv4Address(0), insideGlobal: IPv4Address(0), insideLocalPort: 0, insideGlobalPort: 0,
      instance: .global, protocolNumber: IPProtocol(rawValue: 0), kind: kind, users: 0, rule: 0,
      outsideInstance: .global, word: 0, link: .max)
  }

  /// The outside address that an address-dependent mapping or a permission is about.
  var remote: IPv4Address {
    get { kind == .permission ? insideLocal : IPv4Address(word) }
    set {
      if kind == .permission { insideLocal = newValue } else { word = newValue.rawValue }
    }
  }

  /// For an address mapping without sessions: the tick at which the last one ended.
  var idleSince: UInt32 {
    get { link }
    set { link = newValue }
  }

  /// For a pairing: the sets of ports that its host has, numbered from 0 in their `insideLocalPort`.
  var portSets: UInt16 {
    get { insideGlobalPort }
    set { insideGlobalPort = newValue }
  }

  /// For a set of ports: its index (`PortSet`).
  var setIndex: Int {
    get { Int(insideGlobalPort) }
    set { insideGlobalPort = UInt16(newValue) }
  }

  /// For a host: sessions that were refused it since it is known.
  package internal(set) var refusals: UInt32 {
    get { insideGlobal.rawValue }
    set { insideGlobal = IPv4Address(newValue) }
  }

  /// For a host: sessions that it may open at once, in hundredths, as of `word`.
  var credit: UInt32 {
    get { link }
    set { link = newValue }
  }
}
