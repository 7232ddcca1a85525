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
  /// Whether another worker has handed the packet over; it is not handed over twice.
  @usableFromInline package var wasHandedOver: Bool

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
    /// ICMP that is neither query nor error.
    case otherICMP
  }
  var kind = Kind.flow
  var direction = Direction.outbound
  var realm = Realm.none
  var tcpFlags = TCPFlags(rawValue: 0)
  var icmpType: UInt8 = 0
  var timeToLive: UInt8 = 0
  var protocolNumber = IPProtocol(rawValue: 0)
  var dontFragment = false
  var source = IPv4Address(0)
  var destination = IPv4Address(0)
  var sourcePort: UInt16 = 0
  var destinationPort: UInt16 = 0
  /// Where the transport header begins, and the octets of the IPv4 packet.
  var transportOffset: UInt16 = 0
  @usableFromInline var totalLength: UInt16 = 0
  /// Octets of the transport header.
  var transportHeaderLength: UInt8 = 0
  var hash: UInt64 = 0
  var key = FlowKey(
    source: IPv4Address(0), sourcePort: 0, destination: IPv4Address(0), destinationPort: 0,
    protocol: IPProtocol(rawValue: 0), instance: .global, direction: .outbound)
  /// What the index said: a record number and a direction bit, or `noCandidate`.
  var candidate = Packet.noCandidate

  package var verdict = Verdict.pending

  static let noCandidate = UInt32.max

  /// A packet whose IPv4 header begins at `networkOffset` of `octets`.
  package init(
    octets: PacketOctets, networkOffset: Int, ingress: InterfaceID, offload: FrameOffload = .none,
    wasHandedOver: Bool = false
  ) {
    self.octets = octets
    self.networkOffset = UInt16(networkOffset)
    self.ingress = ingress
    self.offload = offload
    self.wasHandedOver = wasHandedOver
  }

  /// Where the IPv4 packet ends in the frame, once it has been parsed; what follows is padding.
  @inlinable package var end: Int { Int(networkOffset) + Int(totalLength) }

  /// Makes this the place of another packet; the first walk resets what the steps have found out. A burst's packets
  /// are made once and re-used, since to fill in all of a packet costs more than to translate it.
  @inlinable @inline(__always)
  package mutating func arrive(
    _ octets: PacketOctets, networkOffset: Int, ingress: InterfaceID, offload: FrameOffload, wasHandedOver: Bool
  ) {
    self.octets = octets
    self.networkOffset = UInt16(truncatingIfNeeded: networkOffset)
    self.ingress = ingress
    self.offload = offload
    self.wasHandedOver = wasHandedOver
  }

  /// Octets of the largest IPv4 packet that this frame puts on a link: a super-frame is cut into segments first.
  var linkLength: Int {
    guard offload.segmentSize != 0 else { return Int(totalLength) }
    return Int(transportOffset) - Int(networkOffset) + Int(transportHeaderLength) + Int(offload.segmentSize)
  }
}
