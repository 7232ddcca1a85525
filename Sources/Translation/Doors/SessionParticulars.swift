package import Forwarding
package import WireFormats

/// What gateways have to do with a session, in the octets of its record that acknowledgements leave.
///
///     bits 0-1 which acknowledgements are known, 2 inspected, 3 shifted, 4 came through a door, 8-15 the gateway
extension SessionRecord {
  static var inspectedBit: UInt16 { 0x4 }
  static var shiftedBit: UInt16 { 0x8 }
  static var doorBit: UInt16 { 0x10 }
  /// Set in a session whose packets need more than translation.
  @inline(__always) static var particularBits: UInt16 { inspectedBit | shiftedBit }

  /// Whether more follows from its end than from that of most sessions.
  @inline(__always) var hasParticulars: Bool { acknowledged & 0xFFFC != 0 }

  /// The gateway that looks into the session, or has stepped aside.
  package var gateway: GatewayID {
    get { GatewayID(rawValue: UInt8(truncatingIfNeeded: acknowledged >> 8)) }
    set { acknowledged = acknowledged & 0xFF | UInt16(newValue.rawValue) << 8 }
  }

  /// Whether its packets go to the slow path.
  package var isInspected: Bool {
    get { acknowledged & Self.inspectedBit != 0 }
    set { acknowledged = newValue ? acknowledged | Self.inspectedBit : acknowledged & ~Self.inspectedBit }
  }

  /// Whether its sequence numbers are moved on the fast path.
  package var isShifted: Bool {
    get { acknowledged & Self.shiftedBit != 0 }
    set { acknowledged = newValue ? acknowledged | Self.shiftedBit : acknowledged & ~Self.shiftedBit }
  }

  /// Whether a door admitted it, so that its mapping admits nobody else on its account.
  var cameThroughDoor: Bool {
    get { acknowledged & Self.doorBit != 0 }
    set { acknowledged = newValue ? acknowledged | Self.doorBit : acknowledged & ~Self.doorBit }
  }
}

extension SessionRecord {
  /// A session as a gateway sees it, without a table: of an inside endpoint that is called `global` outside, with an
  /// outside one that has one name everywhere.
  package init(
    insideLocal: (address: IPv4Address, port: UInt16), insideGlobal: (address: IPv4Address, port: UInt16),
    outside: (address: IPv4Address, port: UInt16), protocol number: IPProtocol, in instance: RoutingInstance = .global
  ) {
    self.init(
      insideLocal: insideLocal.address, outsideLocal: outside.address, insideGlobal: insideGlobal.address,
      outsideGlobal: outside.address, insideLocalPort: insideLocal.port, outsideLocalPort: outside.port,
      insideGlobalPort: insideGlobal.port, outsideGlobalPort: outside.port, insideInstance: instance,
      outsideInstance: instance, protocolNumber: number, progress: [], flags: .live, addressDifference: 0,
      portDifference: 0, lastUsed: 0, created: 0, mapping: SessionRecord.noMapping, outboundNeighbor: .none,
      inboundNeighbor: .none, outboundGeneration: 0, inboundGeneration: 0, rule: 0, acknowledgedByInside: 0,
      acknowledgedByOutside: 0, acknowledged: 0)
  }
}
