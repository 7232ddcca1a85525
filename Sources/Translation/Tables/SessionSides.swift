import CIntrinsics
package import Forwarding
package import WireFormats

// A session's two sides by name, and by number where a packet's direction says which is meant: then nothing has to be
// decided, and packets of both directions take the same way through the processor.
extension SessionRecord {
  /// A session whose every field is known.
  init(
    insideLocal: IPv4Address, outsideLocal: IPv4Address, insideGlobal: IPv4Address, outsideGlobal: IPv4Address,
    insideLocalPort: UInt16, outsideLocalPort: UInt16, insideGlobalPort: UInt16, outsideGlobalPort: UInt16,
    insideInstance: RoutingInstance, outsideInstance: RoutingInstance, protocolNumber: IPProtocol,
    progress: SessionProgress, flags: SessionFlags, addressDifference: UInt16, portDifference: UInt16,
    lastUsed: UInt32, created: UInt32, mapping: UInt32, outboundNeighbor: NeighborID, inboundNeighbor: NeighborID,
    outboundGeneration: UInt16, inboundGeneration: UInt16, rule: UInt16, acknowledgedByInside: UInt16,
    acknowledgedByOutside: UInt16, acknowledged: UInt16
  ) {
    addresses = [
      UInt64(outsideLocal.rawValue) << 32 | UInt64(insideLocal.rawValue),
      UInt64(outsideGlobal.rawValue) << 32 | UInt64(insideGlobal.rawValue),
    ]
    ports = [
      UInt32(outsideLocalPort) << 16 | UInt32(insideLocalPort),
      UInt32(outsideGlobalPort) << 16 | UInt32(insideGlobalPort),
    ]
    instances = [insideInstance, outsideInstance]
    self.protocolNumber = protocolNumber
    self.progress = progress
    self.flags = flags
    self.addressDifference = addressDifference
    self.portDifference = portDifference
    self.lastUsed = lastUsed
    self.created = created
    self.mapping = mapping
    neighbors = [outboundNeighbor, inboundNeighbor]
    generations = [outboundGeneration, inboundGeneration]
    self.rule = rule
    self.acknowledgedByInside = acknowledgedByInside
    self.acknowledgedByOutside = acknowledgedByOutside
    self.acknowledged = acknowledged
  }

  package var insideLocal: IPv4Address {
    get { IPv4Address(UInt32(truncatingIfNeeded: addresses[0])) }
    set { addresses[0] = addresses[0] & ~0xFFFF_FFFF | UInt64(newValue.rawValue) }
  }
  package var outsideLocal: IPv4Address {
    get { IPv4Address(UInt32(truncatingIfNeeded: addresses[0] >> 32)) }
    set { addresses[0] = addresses[0] & 0xFFFF_FFFF | UInt64(newValue.rawValue) << 32 }
  }
  package var insideGlobal: IPv4Address {
    get { IPv4Address(UInt32(truncatingIfNeeded: addresses[1])) }
    set { addresses[1] = addresses[1] & ~0xFFFF_FFFF | UInt64(newValue.rawValue) }
  }
  package var outsideGlobal: IPv4Address {
    get { IPv4Address(UInt32(truncatingIfNeeded: addresses[1] >> 32)) }
    set { addresses[1] = addresses[1] & 0xFFFF_FFFF | UInt64(newValue.rawValue) << 32 }
  }

  // For ICMP queries the identifier stands in the querier's ports, and the other side's are 0.
  package var insideLocalPort: UInt16 {
    get { UInt16(truncatingIfNeeded: ports[0]) }
    set { ports[0] = ports[0] & ~0xFFFF | UInt32(newValue) }
  }
  package var outsideLocalPort: UInt16 {
    get { UInt16(truncatingIfNeeded: ports[0] >> 16) }
    set { ports[0] = ports[0] & 0xFFFF | UInt32(newValue) << 16 }
  }
  package var insideGlobalPort: UInt16 {
    get { UInt16(truncatingIfNeeded: ports[1]) }
    set { ports[1] = ports[1] & ~0xFFFF | UInt32(newValue) }
  }
  package var outsideGlobalPort: UInt16 {
    get { UInt16(truncatingIfNeeded: ports[1] >> 16) }
    set { ports[1] = ports[1] & 0xFFFF | UInt32(newValue) << 16 }
  }

  package var insideInstance: RoutingInstance {
    get { instances[0] }
    set { instances[0] = newValue }
  }
  package var outsideInstance: RoutingInstance {
    get { instances[1] }
    set { instances[1] = newValue }
  }

  /// Source address (upper half) and destination address of the packets of a key's direction when they leave.
  @inline(__always) func addressesLeaving(_ key: FlowKey) -> UInt64 { key.inOrder(addresses[1 &- key.side]) }
  /// Source port (upper half) and destination port of the packets of a key's direction when they leave.
  @inline(__always) func portsLeaving(_ key: FlowKey) -> UInt32 { key.inOrder(ports[1 &- key.side]) }

  /// What a checksum gets added when addresses change in packets of a key's direction.
  @inline(__always) func addressChange(_ key: FlowKey) -> UInt16 {
    addressDifference ^ (0 &- UInt16(truncatingIfNeeded: key.side))
  }
  /// What a checksum gets added when ports change.
  @inline(__always) func portChange(_ key: FlowKey) -> UInt16 {
    portDifference ^ (0 &- UInt16(truncatingIfNeeded: key.side))
  }
}

extension FlowKey {
  /// A session's pair as packets of the key's direction have it, the source in the upper half: it is turned for outbound
  /// ones, whose source is the inside host. Of a distance only the bit counts that is the direction's.
  @inline(__always) func inOrder(_ pair: UInt64) -> UInt64 { sp_turn64(pair, ~rest &<< 5) }
  @inline(__always) func inOrder(_ pair: UInt32) -> UInt32 {
    sp_turn32(pair, ~UInt32(truncatingIfNeeded: rest) &<< 4)
  }
}
