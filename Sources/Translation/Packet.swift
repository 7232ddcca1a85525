public import Forwarding
public import WireFormats

/// One packet of a burst: where it lies, what a step has found out for the next, and the verdict.
///
/// The worker fills in the first group; the translator the rest.
@usableFromInline package struct Packet: BitwiseCopyable {
  /// The frame from its Ethernet header on.
  @usableFromInline package var octets: PacketOctets
  /// Where the IPv4 header begins: 14, or 18 behind an 802.1Q tag.
  @usableFromInline package var networkOffset: UInt16
  @usableFromInline package var ingress: InterfaceID
  @usableFromInline package var offload: FrameOffload
  /// How the packet came here.
  @usableFromInline package var passage: Passage

  /// What has happened to a packet before this worker got it.
  @usableFromInline package struct Passage: OptionSet, BitwiseCopyable, Sendable {
    @usableFromInline package var rawValue: UInt8
    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Another worker has handed it over; it is not handed over for the same reason twice.
    @inlinable package static var handedOver: Self { Self(rawValue: 1) }
    /// An inside host sent it to an inside global address: its source is translated already, its time to live is
    /// counted down, and it arrives anew at the outside interface that `ingress` names (RFC 4787 REQ-9).
    @inlinable package static var hairpin: Self { Self(rawValue: 2) }
    /// It is a fragment whose datagram's ports are known: `portsOfDatagram` holds them.
    @inlinable package static var portsKnown: Self { Self(rawValue: 4) }
    /// It comes from the slow path, with the numbers that its receiver knows: it is translated, and nothing else.
    @inlinable package static var inspected: Self { Self(rawValue: 8) }
  }

  /// The source port (upper half) and destination port of a fragment's datagram, under `Passage.portsKnown`.
  @usableFromInline package var portsOfDatagram: UInt32 = 0

  /// Whether another worker has handed the packet over.
  var wasHandedOver: Bool { passage.contains(.handedOver) }

  /// What the packet is to the translator.
  enum Kind: UInt8, BitwiseCopyable {
    /// TCP, UDP or an ICMP query with ports or identifier.
    case flow
    /// Another protocol, known by its addresses.
    case addressOnly
    /// An ICMP error, known by what it quotes.
    case icmpError
    /// A fragment, whose ports are not known.
    case fragment
    /// A fragment without transport header, whose datagram's ports are known.
    case laterFragment
    /// ICMP that is neither query nor error.
    case otherICMP
  }
  /// What the transport header says, in one word: kind, control bits, ICMP type, octets of the header.
  struct Transport: BitwiseCopyable {
    private var word: UInt32

    @inline(__always)
    init(kind: Kind = .flow, tcpFlags: UInt8 = 0, headerLength: UInt8 = 0) {
      word = UInt32(kind.rawValue) | UInt32(tcpFlags) << 8 | UInt32(headerLength) << 24
    }

    var kind: Kind {
      @inline(__always) get { Kind(rawValue: UInt8(truncatingIfNeeded: word)) ?? .flow }
      set { word = word & ~0xFF | UInt32(newValue.rawValue) }
    }
    var tcpFlags: UInt8 {
      @inline(__always) get { UInt8(truncatingIfNeeded: word >> 8) }
      set { word = word & ~0xFF00 | UInt32(newValue) << 8 }
    }
    var icmpType: UInt8 {
      @inline(__always) get { UInt8(truncatingIfNeeded: word >> 16) }
      set { word = word & ~0xFF_0000 | UInt32(newValue) << 16 }
    }
    var headerLength: UInt8 {
      @inline(__always) get { UInt8(truncatingIfNeeded: word >> 24) }
      set { word = word & ~0xFF00_0000 | UInt32(newValue) << 24 }
    }
    /// Whether it is a flow of packets with ports, or identifier.
    @inline(__always) var isFlow: Bool { word & 0xFF == 0 }
  }
  var transport = Transport()
  /// "Flags" and "Fragment Offset".
  var fragmentField: UInt16 = 0
  /// What a fragment's datagram leaves with where it leaves with a shared address.
  var identification: UInt16 = 0
  /// Where the transport header begins, and the octets of the IPv4 packet.
  var transportOffset: UInt16 = 0
  @usableFromInline var totalLength: UInt16 = 0
  var timeToLive: UInt8 = 0
  /// Whether the packet is larger than the link that it goes to, and may be cut; set where the link has been compared.
  @usableFromInline package var exceedsLink = false
  /// Addresses, ports, protocol, instance and direction: of any packet whose header is whole, ports only where they are
  /// known.
  var key = FlowKey(addresses: 0, ports: 0, protocol: IPProtocol(rawValue: 0), side: 0)
  /// The key's hash; 0 for a packet that is not looked up.
  var hash: UInt64 = 0
  /// What the index said: a record number and a direction bit, or `noCandidate`.
  var candidate = Packet.noCandidate

  package var verdict = Verdict.pending

  static let noCandidate = UInt32.max

  /// A packet whose IPv4 header begins at `networkOffset` of `octets`.
  package init(
    octets: PacketOctets, networkOffset: Int, ingress: InterfaceID, offload: FrameOffload = .none,
    passage: Passage = []
  ) {
    self.octets = octets
    self.networkOffset = UInt16(networkOffset)
    self.ingress = ingress
    self.offload = offload
    self.passage = passage
  }

  /// Whether the packet is of a flow that the index does not have.
  @inline(__always) var isUnknown: Bool { hash != 0 && candidate == Self.noCandidate }

  /// Where the IPv4 packet ends in the frame, once it has been parsed; what follows is padding.
  @inlinable package var end: Int { Int(networkOffset) + Int(totalLength) }

  @inline(__always) var source: IPv4Address { key.source }
  @inline(__always) var destination: IPv4Address { key.destination }
  @inline(__always) var sourcePort: UInt16 {
    get { key.sourcePort }
    set { key.sourcePort = newValue }
  }
  @inline(__always) var destinationPort: UInt16 {
    get { key.destinationPort }
    set { key.destinationPort = newValue }
  }
  @inline(__always) var protocolNumber: IPProtocol { key.protocolNumber }
  @inline(__always) var direction: Direction { key.direction }
  @inline(__always) var kind: Kind {
    get { transport.kind }
    set { transport.kind = newValue }
  }
  @inline(__always) var tcpFlags: TCPFlags {
    get { TCPFlags(rawValue: transport.tcpFlags) }
    set { transport.tcpFlags = newValue.rawValue }
  }
  @inline(__always) var icmpType: UInt8 {
    get { transport.icmpType }
    set { transport.icmpType = newValue }
  }
  @inline(__always) var transportHeaderLength: UInt8 {
    get { transport.headerLength }
    set { transport.headerLength = newValue }
  }

  /// Whether DF is set.
  @inline(__always) var dontFragment: Bool { fragmentField & IPv4Field.dontFragment != 0 }

  /// Whether MF or "Fragment Offset" is not zero.
  @inline(__always) var isFragment: Bool { fragmentField & IPv4Field.fragmentMask != 0 }

  /// Makes this the place of another packet; the first walk resets what the steps have found out. A burst's packets
  /// are made once and re-used, since to fill in all of a packet costs more than to translate it.
  @inlinable @inline(__always)
  package mutating func arrive(
    _ octets: PacketOctets, networkOffset: Int, ingress: InterfaceID, offload: FrameOffload, passage: Passage
  ) {
    self.octets = octets
    self.networkOffset = UInt16(truncatingIfNeeded: networkOffset)
    self.ingress = ingress
    self.offload = offload
    self.passage = passage
  }

  /// Octets of the largest IPv4 packet that this frame puts on a link: a super-frame is cut into segments first.
  var linkLength: Int {
    guard offload.segmentSize != 0 else { return Int(totalLength) }
    return Int(transportOffset) - Int(networkOffset) + Int(transportHeaderLength) + Int(offload.segmentSize)
  }
}
