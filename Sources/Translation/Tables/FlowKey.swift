package import Forwarding
package import WireFormats

/// What identifies a flow in a table: addresses, ports, protocol, routing instance, and the side it is seen from.
package struct FlowKey: Hashable, Sendable, BitwiseCopyable {
  /// Source address in the upper half, destination address in the lower.
  var addresses: UInt64
  /// From the top: source port, destination port (16 bits each), instance (16), protocol (8), direction (8).
  var rest: UInt64

  /// The key of a packet on its way in `direction`. An ICMP query's identifier is the querier's port; the other is 0.
  @inline(__always)
  package init(
    source: IPv4Address, sourcePort: UInt16, destination: IPv4Address, destinationPort: UInt16,
    protocol number: IPProtocol, instance: RoutingInstance, direction: Direction
  ) {
    addresses = UInt64(source.rawValue) << 32 | UInt64(destination.rawValue)
    rest =
      UInt64(sourcePort) << 48 | UInt64(destinationPort) << 32 | UInt64(instance.rawValue) << 16
      | UInt64(number.rawValue) << 8 | UInt64(direction.rawValue)
  }

  /// The key of a packet, `side` as `init(_:_:)` makes it, which the interface it arrives at knows already.
  @inline(__always)
  init(addresses: UInt64, ports: UInt32, protocol number: IPProtocol, side: UInt64) {
    self.addresses = addresses
    rest = UInt64(ports) << 32 | UInt64(number.rawValue) << 8 | side
  }

  /// What a key has of its routing instance and direction.
  @inline(__always)
  static func side(_ instance: RoutingInstance, _ direction: Direction) -> UInt64 {
    UInt64(instance.rawValue) << 16 | UInt64(direction.rawValue)
  }

  /// A key made of the fields of a mapping record; `tag` keeps kinds of keys apart.
  @inline(__always)
  init(
    _ first: IPv4Address, _ firstPort: UInt16, _ second: IPv4Address, _ secondPort: UInt16, protocol number: IPProtocol,
    instance: RoutingInstance, tag: UInt8
  ) {
    addresses = UInt64(first.rawValue) << 32 | UInt64(second.rawValue)
    rest =
      UInt64(firstPort) << 48 | UInt64(secondPort) << 32 | UInt64(instance.rawValue) << 16
      | UInt64(number.rawValue) << 8 | UInt64(tag)
  }

  @inline(__always) var source: IPv4Address { IPv4Address(UInt32(truncatingIfNeeded: addresses >> 32)) }
  @inline(__always) var destination: IPv4Address { IPv4Address(UInt32(truncatingIfNeeded: addresses)) }
  @inline(__always) var sourcePort: UInt16 {
    get { UInt16(truncatingIfNeeded: rest >> 48) }
    set { rest = rest & ~(0xFFFF << 48) | UInt64(newValue) << 48 }
  }
  @inline(__always) var destinationPort: UInt16 {
    get { UInt16(truncatingIfNeeded: rest >> 32) }
    set { rest = rest & ~(0xFFFF << 32) | UInt64(newValue) << 32 }
  }
  @inline(__always) var protocolNumber: IPProtocol { IPProtocol(rawValue: UInt8(truncatingIfNeeded: rest >> 8)) }
  @inline(__always) var instance: RoutingInstance { RoutingInstance(rawValue: UInt16(truncatingIfNeeded: rest >> 16)) }
  @inline(__always) var direction: Direction { rest & 1 == 0 ? .outbound : .inbound }
  /// The direction as a number, for what stands once for each.
  @inline(__always) var side: Int { Int(truncatingIfNeeded: rest & 1) }

  /// The key's hash under a secret seed, so that nobody outside can aim at one bucket: two 64-bit halves of a
  /// product, twice. Never 0, which stands for "no key" in a burst.
  @inline(__always)
  package func hash(seed: (UInt64, UInt64)) -> UInt64 {
    let first = (addresses ^ seed.0).multipliedFullWidth(by: rest ^ seed.1)
    let mixed = (first.high ^ first.low).multipliedFullWidth(by: seed.0 | 1)
    return mixed.high ^ mixed.low | 1 << 30
  }
}
