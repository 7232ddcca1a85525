package import Forwarding
package import Translation

/// How packets of one direction of a session arrive, which is how those that the engine makes arrive too.
package struct Arrival: Hashable, Sendable, BitwiseCopyable {
  /// The interface that they come in by.
  package var ingress: InterfaceID
  /// `Packet.Passage` of them, as far as it holds for every packet of the direction: whether they turned round.
  package var passage: UInt8
  /// The MTU of that interface, which bounds what goes out by it in the other direction.
  package var mtu: UInt16

  package init(ingress: InterfaceID, passage: UInt8 = 0, mtu: UInt16 = 1500) {
    self.ingress = ingress
    self.passage = passage
    self.mtu = mtu
  }
}

/// A packet on its way to the engine: as it arrived, before translation.
package struct InspectedPacket: Sendable {
  /// From the IPv4 header on, to the end that "Total Length" names. For an ICMP error its own header is first.
  package var octets: [UInt8]
  package var session: InspectedSession
  package var direction: Direction
  package var arrival: Arrival
  /// Payload octets of each segment of a super-frame; 0 for an ordinary packet.
  package var segmentSize: UInt16
  /// Whether the transport checksum field holds the pseudo-header's sum only.
  package var hasPartialChecksum: Bool

  package init(
    octets: [UInt8], session: InspectedSession, direction: Direction, arrival: Arrival, segmentSize: UInt16 = 0,
    hasPartialChecksum: Bool = false
  ) {
    self.octets = octets
    self.session = session
    self.direction = direction
    self.arrival = arrival
    self.segmentSize = segmentSize
    self.hasPartialChecksum = hasPartialChecksum
  }
}

/// A packet from the engine, which goes through translation like one that has just arrived, but past the gateways.
package struct EnginePacket: Sendable {
  /// From the IPv4 header on, as far as it lies in one piece.
  package var beginning: [UInt8]
  /// What follows, where it lay when it came in.
  package var pieces: [ArraySlice<UInt8>] = []
  /// The session, whose worker translates it.
  package var session: SessionID
  package var direction: Direction
  package var arrival: Arrival
  /// Payload octets of each segment of a super-frame, whose transport checksum is then partial; 0 for an ordinary packet.
  package var segmentSize: UInt16

  package init(
    octets: [UInt8], session: SessionID, direction: Direction, arrival: Arrival, segmentSize: UInt16 = 0
  ) {
    beginning = octets
    self.session = session
    self.direction = direction
    self.arrival = arrival
    self.segmentSize = segmentSize
  }

  /// Octets of the packet.
  package var count: Int { pieces.reduce(beginning.count) { $0 + $1.count } }

  /// The packet in one piece.
  package var octets: [UInt8] { pieces.isEmpty ? beginning : beginning + pieces.joined() }
}

/// What the engine wants done, in this order.
package enum EngineOutput: Sendable {
  case packet(EnginePacket)
  /// An order for the worker that owns the session, to be answered under its number.
  case order(number: UInt32, worker: UInt8, SessionOrder)
}
