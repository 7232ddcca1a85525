import Forwarding
package import WireFormats

/// One session (RFC 2663 section 2.3): 64 octets, one cache line, everything that a packet of it needs.
///
/// The record holds no pointer: neighbours, mappings and rules are numbers, so that the region it lies in can be
/// mapped anywhere.
package struct SessionRecord: Sendable, BitwiseCopyable {
  /// The local addresses, then the global ones, the inside host's in the lower half and the outside host's in the upper:
  /// packets of a direction arrive with one of the pairs and leave with the other.
  var addresses: InlineArray<2, UInt64>
  /// The ports, likewise.
  var ports: InlineArray<2, UInt32>
  /// The inside instance, then the outside one: where packets of each direction arrive.
  var instances: InlineArray<2, RoutingInstance>
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
  /// The neighbours that packets of each direction go to, valid while the generation is the neighbour table's.
  var neighbors: InlineArray<2, NeighborID>
  var generations: InlineArray<2, UInt16>
  /// The number of the dynamic rule that admitted it (`CompiledRule.id`); 0 for a static entry.
  package var rule: UInt16
  /// What each side has acknowledged of the other's octets, the upper half of the sequence number: a reset must lie
  /// near it (RFC 7857 section 2.2). Kept coarse, so that a transfer seldom writes here.
  var acknowledgedByInside: UInt16
  var acknowledgedByOutside: UInt16
  /// Which of the two are known, bit 0 and bit 1; then what the slow path has to do with it (`SessionParticulars`).
  var acknowledged: UInt16

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
  @inline(__always)
  mutating func updateDifferences() {
    // Both changes are summed before the sum is folded, which says the same as RFC 1624's "~m + m'" of each.
    addressDifference = Self.difference(
      from: insideLocal.rawValue, to: insideGlobal.rawValue, and: outsideLocal.rawValue, to: outsideGlobal.rawValue)
    portDifference = Self.difference(
      from: UInt32(insideLocalPort), to: UInt32(insideGlobalPort), and: UInt32(outsideLocalPort),
      to: UInt32(outsideGlobalPort))
  }
}

extension SessionRecord {
  @inline(__always)
  private static func difference(
    from first: UInt32, to newFirst: UInt32, and second: UInt32, to newSecond: UInt32
  ) -> UInt16 {
    InternetChecksum.fold(UInt64(~first) &+ UInt64(newFirst) &+ UInt64(~second) &+ UInt64(newSecond))
  }
}

/// How far a session has come.
package struct SessionProgress: OptionSet, Sendable, BitwiseCopyable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static var outboundSeen: Self { Self(rawValue: 0x01) }
  package static var inboundSeen: Self { Self(rawValue: 0x02) }
  /// Whether packets of a side were seen: the first bit is the outbound one's, the second the inbound one's.
  @inline(__always) func hasSeen(_ side: Int) -> Bool { UInt32(rawValue) &>> UInt32(truncatingIfNeeded: side) & 1 != 0 }
  package static var outboundFIN: Self { Self(rawValue: 0x04) }
  package static var inboundFIN: Self { Self(rawValue: 0x08) }
  /// A reset from inside.
  package static var outboundReset: Self { Self(rawValue: 0x10) }
  /// An acknowledgment without SYN after both sides were seen: the handshake is complete.
  package static var established: Self { Self(rawValue: 0x20) }
  /// A reset from outside.
  package static var inboundReset: Self { Self(rawValue: 0x40) }
  /// A reset of either side.
  package static var reset: Self { [.outboundReset, .inboundReset] }
  /// Whether one side has ended its half in good order, and the other has not.
  package var isHalfClosed: Bool {
    isDisjoint(with: .reset) && contains(.established) && contains(.outboundFIN) != contains(.inboundFIN)
  }
  /// FIN or RST of either side.
  package static var closing: Self { [.outboundFIN, .inboundFIN, .outboundReset, .inboundReset] }
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
  /// A virtual host's connection that was given to one of the real hosts.
  package static var rotary: Self { Self(rawValue: 0x20) }
  /// Its outside host is bound to an outside local address by a rule.
  package static var outsideBound: Self { Self(rawValue: 0x40) }
  /// It has an inside global port of its own: its rule maps by address and port (`MappingBehavior`).
  package static var ownsPort: Self { Self(rawValue: 0x80) }
  /// Gateways leave addresses in its payload alone (`no-payload`).
  package static var noPayload: Self { Self(rawValue: 0x100) }
  /// The outside host is reached at an inside global address: packets turn round in the gateway.
  package static var hairpin: Self { Self(rawValue: 0x200) }
  /// Its rule admits packets from outside by address: there is a permission record.
  package static var permitted: Self { Self(rawValue: 0x400) }

  /// Its inside host's record counts it.
  package static var hostCounted: Self { Self(rawValue: 0x800) }

  /// The place of the limited access list that counts it, plus one; 0 for none (4 bits).
  var limitedList: Int {
    get { Int(rawValue >> 12) }
    set { rawValue = rawValue & 0x0FFF | UInt16(newValue & 15) << 12 }
  }
}
