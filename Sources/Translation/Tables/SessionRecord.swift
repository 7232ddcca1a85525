package import Forwarding
package import WireFormats

/// One session (RFC 2663 section 2.3): 64 octets, one cache line, everything that a packet of it needs.
///
/// The record holds no pointer: neighbours, mappings and rules are numbers, so that the region it lies in can be
/// mapped anywhere.
package struct SessionRecord: Sendable, BitwiseCopyable {
  package var insideLocal: IPv4Address
  package var outsideLocal: IPv4Address
  package var insideGlobal: IPv4Address
  package var outsideGlobal: IPv4Address
  /// For ICMP queries the identifier stands in the querier's ports, and the other side's are 0.
  package var insideLocalPort: UInt16
  package var outsideLocalPort: UInt16
  package var insideGlobalPort: UInt16
  package var outsideGlobalPort: UInt16
  package var insideInstance: RoutingInstance
  package var outsideInstance: RoutingInstance
  package var protocolNumber: IPProtocol
  /// What TCP segments have been seen; for other protocols only the two directions count.
  package var progress: SessionProgress
  package var flags: SessionFlags
  /// What the outbound change of addresses adds to a checksum; the inbound one is its complement.
  var addressDifference: UInt16
  /// What the outbound change of ports or query identifier adds to a checksum.
  var portDifference: UInt16
  /// Tick (second) of the last packet that counts as use.
  package var lastUsed: UInt32
  /// Tick of creation.
  package var created: UInt32
  /// The mapping it belongs to, or `SessionRecord.noMapping` for a static entry; in a free record the next free one.
  package var mapping: UInt32
  /// The neighbours it goes to, valid while `generation` is the neighbour table's.
  var outboundNeighbor: NeighborID
  var inboundNeighbor: NeighborID
  var outboundGeneration: UInt16
  var inboundGeneration: UInt16
  /// The number of the rule or static entry that admitted it.
  package var rule: UInt16
  /// Fills the record to 64 octets, so that no record lies across two cache lines.
  var reserved: (UInt16, UInt16, UInt16)

  /// The value of `mapping` for a session of a static entry.
  package static let noMapping = UInt32.max

  /// The key of its outbound packets.
  @inline(__always) package var outboundKey: FlowKey {
    FlowKey(
      source: insideLocal, sourcePort: insideLocalPort, destination: outsideLocal, destinationPort: outsideLocalPort,
      protocol: protocolNumber, instance: insideInstance, direction: .outbound)
  }

  /// The key of its inbound packets.
  @inline(__always) package var inboundKey: FlowKey {
    FlowKey(
      source: outsideGlobal, sourcePort: outsideGlobalPort, destination: insideGlobal,
      destinationPort: insideGlobalPort, protocol: protocolNumber, instance: outsideInstance, direction: .inbound)
  }

  /// Derives the checksum differences from the addresses and ports.
  mutating func updateDifferences() {
    let source = InternetChecksum.difference(from: insideLocal.rawValue, to: insideGlobal.rawValue)
    let destination = InternetChecksum.difference(from: outsideLocal.rawValue, to: outsideGlobal.rawValue)
    addressDifference = InternetChecksum.add(source, destination)
    let sourcePort = InternetChecksum.difference(from: UInt32(insideLocalPort), to: UInt32(insideGlobalPort))
    let destinationPort = InternetChecksum.difference(from: UInt32(outsideLocalPort), to: UInt32(outsideGlobalPort))
    portDifference = InternetChecksum.add(sourcePort, destinationPort)
  }
}

/// How far a session has come.
package struct SessionProgress: OptionSet, Sendable, BitwiseCopyable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static var outboundSeen: Self { Self(rawValue: 0x01) }
  package static var inboundSeen: Self { Self(rawValue: 0x02) }
  package static var outboundFIN: Self { Self(rawValue: 0x04) }
  package static var inboundFIN: Self { Self(rawValue: 0x08) }
  package static var reset: Self { Self(rawValue: 0x10) }
  /// An acknowledgment without SYN after both sides were seen: the handshake is complete.
  package static var established: Self { Self(rawValue: 0x20) }
  /// FIN or RST of either side.
  package static var closing: Self { [.outboundFIN, .inboundFIN, .reset] }
}

/// What kind of session a record holds.
package struct SessionFlags: OptionSet, Sendable, BitwiseCopyable {
  package var rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }
  /// The record is in use.
  package static var live: Self { Self(rawValue: 0x01) }
  /// A static entry admitted it.
  package static var isStatic: Self { Self(rawValue: 0x02) }
  /// It was opened from outside.
  package static var openedInbound: Self { Self(rawValue: 0x04) }
  /// UDP to port 53, which has a timer of its own.
  package static var dns: Self { Self(rawValue: 0x08) }
  /// It belongs to an address mapping: its mapping has no ports.
  package static var addressOnly: Self { Self(rawValue: 0x10) }
}
