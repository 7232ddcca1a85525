package import Forwarding
package import WireFormats

/// One mapping (RFC 4787 section 4.1) in 32 octets: what an inside endpoint is called outside, whomever it talks to.
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
  package var reserved: UInt16 = 0
  /// Tick of creation.
  package var created: UInt32
  /// The pairing that a port mapping holds on to; in a free record the next free one.
  package var link: UInt32

  /// The `link` of a port mapping under a rule with one address, where there is nothing to pair.
  static var noPairing: UInt32 { .max }

  /// What a record maps.
  package enum Kind: UInt8, Sendable, BitwiseCopyable {
    case free = 0
    /// An inside endpoint to an inside global one (NAPT).
    case port
    /// An inside address to an inside global one of its own (basic NAT).
    case address
    /// A host to the pool address that all its port mappings use (RFC 4787 REQ-2, "paired").
    case pairing
  }

  /// The key under which an outbound packet finds it. A pairing belongs to a rule, whose number is its "port".
  var localKey: FlowKey {
    FlowKey(
      source: insideLocal, sourcePort: kind == .port ? insideLocalPort : rule, destination: IPv4Address(0),
      destinationPort: UInt16(kind.rawValue), protocol: protocolNumber, instance: instance, direction: .outbound)
  }

  /// The local key of a port mapping.
  @inline(__always)
  static func portKey(
    _ local: IPv4Address, _ port: UInt16, _ number: IPProtocol, _ instance: RoutingInstance
  ) -> FlowKey {
    FlowKey(
      source: local, sourcePort: port, destination: IPv4Address(0), destinationPort: UInt16(Kind.port.rawValue),
      protocol: number, instance: instance, direction: .outbound)
  }

  /// The key under which an inbound packet finds it; a pairing has none.
  var globalKey: FlowKey {
    FlowKey(
      source: IPv4Address(0), sourcePort: UInt16(kind.rawValue), destination: insideGlobal,
      destinationPort: insideGlobalPort, protocol: protocolNumber, instance: .global, direction: .inbound)
  }
}
