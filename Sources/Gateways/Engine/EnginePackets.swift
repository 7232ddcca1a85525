package import Forwarding
package import Translation
package import WireFormats

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

/// A session over IPv6, which no worker has a record of: the engine keeps its own (`IPv6Sessions`).
package struct IPv6Session: Hashable, Sendable, BitwiseCopyable {
  package var id: SessionID
  package var gateway: GatewayID
  /// From inside to outside.
  package var flow: IPv6Flow
  /// The direction of its first packet.
  package var opened: Direction

  package init(id: SessionID, gateway: GatewayID, flow: IPv6Flow, opened: Direction) {
    self.id = id
    self.gateway = gateway
    self.flow = flow
    self.opened = opened
  }
}

/// The session that a packet belongs to.
package enum PacketSession: Sendable, BitwiseCopyable {
  /// One that a worker translates, as its record has it.
  case translated(InspectedSession)
  /// One over IPv6, which is routed as it is.
  case routed(IPv6Session)

  package var id: SessionID {
    switch self {
    case .translated(let session): session.id
    case .routed(let session): session.id
    }
  }

  package var gateway: GatewayID {
    switch self {
    case .translated(let session): session.record.gateway
    case .routed(let session): session.gateway
    }
  }

  func controlSession(_ options: GatewayOptions) -> ControlSession {
    switch self {
    case .translated(let session): ControlSession(session, gateway: session.record.gateway, options: options)
    case .routed(let session): ControlSession(session, options: options)
    }
  }
}

/// A packet on its way to the engine: as it arrived, before translation.
package struct InspectedPacket: Sendable {
  /// From the IP header on, to the end that its length names. For an ICMP error its own header is first.
  package var octets: [UInt8]
  package var session: PacketSession
  package var direction: Direction
  package var arrival: Arrival
  /// Payload octets of each segment of a super-frame; 0 for an ordinary packet.
  package var segmentSize: UInt16
  /// Whether the transport checksum field holds the pseudo-header's sum only.
  package var hasPartialChecksum: Bool
  /// Octets that it may have when it goes on: over IPv6, where no router cuts a packet, as many as its link takes.
  package var longest = Int(UInt16.max)

  package init(
    octets: [UInt8], session: InspectedSession, direction: Direction, arrival: Arrival, segmentSize: UInt16 = 0,
    hasPartialChecksum: Bool = false
  ) {
    self.octets = octets
    self.session = .translated(session)
    self.direction = direction
    self.arrival = arrival
    self.segmentSize = segmentSize
    self.hasPartialChecksum = hasPartialChecksum
  }

  /// A packet over IPv6 that has found its session.
  init(_ packet: IPv6Packet, of session: IPv6Session) {
    octets = packet.octets
    self.session = .routed(session)
    direction = packet.direction
    arrival = packet.arrival
    segmentSize = packet.segmentSize
    hasPartialChecksum = packet.hasPartialChecksum
    longest = packet.longest
  }
}

/// A packet over IPv6 on its way to the engine, which knows its session or begins one.
package struct IPv6Packet: Sendable {
  /// From the IPv6 header on, to the end that "Payload Length" names.
  package var octets: [UInt8]
  /// The gateway whose business a session that begins with it is; none where an access list says so.
  package var gateway: GatewayID
  package var direction: Direction
  package var arrival: Arrival
  /// The worker that it has come from, and that sends it on.
  package var worker: UInt8
  /// Payload octets of each segment of a super-frame; 0 for an ordinary packet.
  package var segmentSize: UInt16
  /// Whether the transport checksum field holds the pseudo-header's sum only.
  package var hasPartialChecksum: Bool
  /// Octets of the longest packet that its link takes.
  package var longest: Int

  package init(
    octets: [UInt8], gateway: GatewayID, direction: Direction, arrival: Arrival, worker: UInt8 = 0,
    segmentSize: UInt16 = 0, hasPartialChecksum: Bool = false, longest: Int = 1500
  ) {
    self.octets = octets
    self.gateway = gateway
    self.direction = direction
    self.arrival = arrival
    self.worker = worker
    self.segmentSize = segmentSize
    self.hasPartialChecksum = hasPartialChecksum
    self.longest = longest
  }
}

/// A packet from the engine, which goes through translation like one that has just arrived, but past the gateways.
package struct EnginePacket: Sendable {
  /// From the IP header on, as far as it lies in one piece.
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
