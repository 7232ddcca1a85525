package import Forwarding
package import WireFormats

/// The number of an application-level gateway in the catalogue; 0 for none.
@usableFromInline package struct GatewayID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  @usableFromInline package var rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// No gateway.
  @inlinable package static var none: Self { Self(rawValue: 0) }
}

/// Which session something is about. Numbers are used again, so the tick of creation goes along.
package struct SessionID: Hashable, Sendable, BitwiseCopyable {
  /// The worker whose shard has it.
  package var worker: UInt8
  /// Its number in the shard.
  package var number: UInt32
  /// The tick of its creation.
  package var created: UInt32

  package init(worker: UInt8, number: UInt32, created: UInt32) {
    self.worker = worker
    self.number = number
    self.created = created
  }
}

/// Which door something is about: a place in the worker's table, and how often the place has been used.
package struct DoorID: Hashable, Sendable, BitwiseCopyable {
  package var worker: UInt8
  package var place: UInt32
  package var generation: UInt32

  package init(worker: UInt8, place: UInt32, generation: UInt32) {
    self.worker = worker
    self.place = place
    self.generation = generation
  }
}

/// What the first of the ports of a door has to be: RTP has an even port and RTCP the next one (RFC 3550 section 11).
package enum PortParity: UInt8, Hashable, Sendable, BitwiseCopyable {
  case any
  case even
  case odd
}

/// What a gateway asks to be opened for a session of its own (IOS calls it a door): who may begin to talk to which inside
/// endpoint, under which global name, and for how long.
///
/// An inbound door admits packets from `remote` to the inside global endpoints that stand for `insideLocal`. An outbound
/// one lets the inside host reach `remote` under the inside global address of the parent session, which no rule might
/// give it otherwise. A door that is not active admits nobody yet, but its ports are the host's already.
package struct DoorRequest: Hashable, Sendable, BitwiseCopyable {
  /// The control session that it belongs to, and ends with.
  package var parent: SessionID
  package var gateway: GatewayID
  package var direction: Direction
  package var protocolNumber: IPProtocol
  package var insideLocal: IPv4Address
  /// The first inside local port; 0 for any, on an outbound door.
  package var insideLocalPort: UInt16
  /// The only outside address that may use it, as it is outside (outside global); nil for any.
  package var remote: IPv4Address?
  /// The only outside port that may use it; 0 for any.
  package var remotePort: UInt16
  /// Consecutive ports, 1 to 16.
  package var count: UInt8
  package var parity: PortParity
  /// Seconds that it waits for a use; 0 for as long as the parent lives.
  package var lifetime: UInt32
  /// Whether one use closes it.
  package var isSingleUse: Bool
  /// Whether it admits anybody yet (rule R5: the matching answer activates it).
  package var isActive: Bool
  /// Whether it stays when the parent ends: it belongs to a call or to a registration, and ends by an order or when its
  /// time is up.
  package var outlivesParent: Bool
  /// The gateway that inspects the sessions that come through it, or none.
  package var childGateway: GatewayID
  /// What the gateway calls its doors for one thing, such as the hash of a call's name, so that it can close those that an
  /// earlier run has left; 0 for nothing.
  package var name: UInt64
  /// Whose rules give it its global endpoint where it leads to another host than its session's; nil otherwise.
  package var thirdParty: ThirdParty?

  package init(
    parent: SessionID, gateway: GatewayID, direction: Direction, protocol number: IPProtocol,
    insideLocal: IPv4Address, insideLocalPort: UInt16, remote: IPv4Address? = nil, remotePort: UInt16 = 0,
    count: UInt8 = 1, parity: PortParity = .any, lifetime: UInt32 = 60, isSingleUse: Bool = true, isActive: Bool = true,
    outlivesParent: Bool = false, childGateway: GatewayID = .none, name: UInt64 = 0, thirdParty: ThirdParty? = nil
  ) {
    self.parent = parent
    self.gateway = gateway
    self.direction = direction
    protocolNumber = number
    self.insideLocal = insideLocal
    self.insideLocalPort = insideLocalPort
    self.remote = remote
    self.remotePort = remotePort
    self.count = count
    self.parity = parity
    self.lifetime = lifetime
    self.isSingleUse = isSingleUse
    self.isActive = isActive
    self.outlivesParent = outlivesParent
    self.childGateway = childGateway
    self.name = name
    self.thirdParty = thirdParty
  }
}

/// What the worker of another inside host than a session's has to know of the session to open a door for that host.
package struct ThirdParty: Hashable, Sendable, BitwiseCopyable {
  package var insideInstance: RoutingInstance
  package var outsideInstance: RoutingInstance
  /// Whom the session is with, as inside hosts address it: that is who the host is about to talk to.
  package var outsideLocal: IPv4Address

  package init(insideInstance: RoutingInstance, outsideInstance: RoutingInstance, outsideLocal: IPv4Address) {
    self.insideInstance = insideInstance
    self.outsideInstance = outsideInstance
    self.outsideLocal = outsideLocal
  }
}

/// The doors of a host that a gateway has given one name.
package struct NamedDoors: Hashable, Sendable, BitwiseCopyable {
  package var host: IPv4Address
  package var instance: RoutingInstance
  package var gateway: GatewayID
  package var name: UInt64

  package init(host: IPv4Address, instance: RoutingInstance, gateway: GatewayID, name: UInt64) {
    self.host = host
    self.instance = instance
    self.gateway = gateway
    self.name = name
  }
}

/// Why a door was not opened.
package enum DoorRefusal: UInt8, Error, Hashable, Sendable, BitwiseCopyable {
  /// The control session is gone, or is no session of a gateway.
  case parentEnded
  /// The inside endpoint is one that doors may not lead to (rule R6).
  case deniedPort
  /// The host or the session has as many doors as it may (rule R8).
  case tooMany
  /// The table of doors is full.
  case tableFull
  /// No port was free on the host's inside global address, or none in the sequence or of the parity asked for.
  case noPort
  /// No rule or static entry translates the inside host.
  case notTranslated
  /// The worker did not answer, or the ring to it was full.
  case noAnswer
  /// It would lead to another inside host than the session's, and no access list says that it may (rule R4).
  case thirdParty

  /// The word of counters and listings.
  package var name: String {
    switch self {
    case .parentEnded: "parent-ended"
    case .deniedPort: "denied-port"
    case .tooMany: "too-many"
    case .tableFull: "table-full"
    case .noPort: "no-port"
    case .notTranslated: "not-translated"
    case .noAnswer: "no-answer"
    case .thirdParty: "third-party"
    }
  }
}

/// The answer to a request: what the inside endpoint is called outside.
package struct DoorGrant: Hashable, Sendable, BitwiseCopyable {
  package var door: DoorID
  package var insideGlobal: IPv4Address
  /// The first inside global port; the others follow it. For an outbound door 0.
  package var insideGlobalPort: UInt16

  package init(door: DoorID, insideGlobal: IPv4Address, insideGlobalPort: UInt16) {
    self.door = door
    self.insideGlobal = insideGlobal
    self.insideGlobalPort = insideGlobalPort
  }
}

/// What the slow path asks of the worker that owns a session.
package enum SessionOrder: Hashable, Sendable, BitwiseCopyable {
  case open(DoorRequest)
  case activate(DoorID)
  case close(DoorID)
  /// Lets a door stay for so many seconds from now on.
  case extend(DoorID, seconds: UInt32)
  /// Closes what an earlier run has left open under a name.
  case closeEarlier(NamedDoors)
  /// How far the octet streams of a session have been moved: what the gateway has added to each direction, all in all.
  /// The session's packets still come to the slow path; the numbers are for a restart (`SequenceShift`).
  case note(SessionID, SequenceShift)
  /// Has the session's packets go the fast path from now on, moved so far. The answer is the last that the slow path
  /// hears of the session.
  case release(SessionID, SequenceShift)
  /// Ends the session and its doors: a gateway's bound says so.
  case end(SessionID)
}

/// What the worker answers to an order.
package enum OrderAnswer: Hashable, Sendable, BitwiseCopyable {
  case granted(DoorGrant)
  case refused(DoorRefusal)
  /// Done, and nothing to say about it.
  case done
}

/// By how much the sequence numbers of a TCP connection differ behind the gateway from those before it, in octets.
package struct SequenceShift: Hashable, Sendable, BitwiseCopyable {
  /// Octets that the inside host's stream is longer by outside.
  package var outbound: Int32
  /// Octets that the outside host's stream is longer by inside.
  package var inbound: Int32

  package init(outbound: Int32 = 0, inbound: Int32 = 0) {
    self.outbound = outbound
    self.inbound = inbound
  }

  /// Whether nothing is moved.
  package var isZero: Bool { outbound == 0 && inbound == 0 }
}

/// What the slow path knows of a session whose packet it gets: the session as it is, and which it is.
package struct InspectedSession: Sendable, BitwiseCopyable {
  package var id: SessionID
  package var record: SessionRecord

  package init(id: SessionID, record: SessionRecord) {
    self.id = id
    self.record = record
  }
}

/// A port or list of ports whose sessions are a gateway's business (`ip nat service …`).
package struct GatewayService: Hashable, Sendable {
  package var gateway: GatewayID
  /// TCP or UDP.
  package var transport: IPProtocol
  /// The server's port.
  package var port: UInt16
  /// The access list that permits the server's inside local address; nil for any server, inside or outside.
  package var accessList: String?
  /// Whether the gateway has nothing to do where no entry translates single addresses (`AddressBook`): its sessions stay
  /// on the fast path then.
  package var needsEntries: Bool
  /// Whether each datagram of the protocol says by itself what it is, so that a UDP session may be looked into from any
  /// of them on: when a reload has switched the gateway on, or the daemon has been started again.
  package var joinsDatagrams: Bool

  package init(
    gateway: GatewayID, transport: IPProtocol, port: UInt16, accessList: String? = nil, needsEntries: Bool = false,
    joinsDatagrams: Bool = false
  ) {
    self.needsEntries = needsEntries
    self.joinsDatagrams = joinsDatagrams
    self.gateway = gateway
    self.transport = transport
    self.port = port
    self.accessList = accessList
  }
}

/// What doors may lead to, and how many there may be (docs/gateways/README.md, rules R6 and R8).
package struct DoorLimits: Hashable, Sendable {
  /// Doors of one control session at one time.
  package var perSession = 32
  /// Doors of one inside host at one time.
  package var perHost = 256
  /// Doors of one inside host that outlive their sessions: those of the calls of a whole exchange.
  package var heldPerHost = 65_536
  /// Doors of one worker at one time.
  package var perWorker = 262_144
  /// Inside local ports that no inbound door leads to, beside those below 1024.
  package var deniedPorts: Set<UInt16> = [
    2049, 3306, 3389, 5432, 5900, 6379, 8080, 8443, 9100, 11211, 27017,
  ]

  package init() {}
}
