import WireFormats

/// The "Identification" fields that one worker gives to packets which may be cut, or have been.
///
/// Hosts that share an address would use the same values at the same time, and a receiver would put one's fragments into
/// the other's datagram (RFC 6864 section 5.3.1, RFC 7857 section 10). Each worker counts through a part of the values that
/// is its own, so that none is given twice before all of the part have been.
package struct IdentificationCounter: BitwiseCopyable, Sendable {
  private let base: UInt32
  private let size: UInt32
  private var next: UInt32

  /// The counter of worker `worker` of `workers`, which starts at a place that nobody can know.
  package init(worker: Int, workers: Int, start: UInt64) {
    size = UInt32(65_536 / workers)
    base = size * UInt32(worker)
    next = UInt32(start % UInt64(size))
  }

  /// The first of `count` values that follow one another, which are the caller's now.
  @inline(__always)
  package mutating func take(_ count: Int = 1) -> UInt16 {
    let wanted = min(UInt32(truncatingIfNeeded: count), size)
    if next + wanted > size { next = 0 }
    defer { next += wanted }
    return UInt16(base + next)
  }
}

extension Translator {
  /// Gives a packet that may be cut an identification of the gateway's, if hosts share the address that it leaves with:
  /// they know nothing of one another's values. Returns what that adds to the header's sum.
  ///
  /// The packet is `inout` so that the caller need not copy it.
  @inline(never)
  mutating func renumber(_ packet: inout Packet, _ session: UInt32) -> UInt16 {
    let flags = shard.sessions[session].flags
    guard packet.direction == .outbound, flags.isDisjoint(with: [.isStatic, .addressOnly]) else {
      return 0
    }
    let identification = packet.isFragment ? packet.identification : identifications.take(packet.segments)
    let octets = packet.octets
    let network = Int(packet.networkOffset)
    let old = octets.load16(at: network + IPv4Field.identification)
    octets.store16(identification, at: network + IPv4Field.identification)
    return InternetChecksum.add(~old, identification)
  }
}

extension Packet {
  /// Whether somebody on the way outside may cut the packet: only then its identification means something, as in
  /// fragments (RFC 6864 section 4). No link of the Internet may cut one of 68 octets.
  @inline(__always)
  var mayBeCut: Bool {
    totalLength > IPv4Field.leastLinkMTU && !dontFragment && direction == .outbound
  }

  /// The packets that this frame is on a link: a super-frame's segments have identifications that follow one another.
  @inline(__always)
  fileprivate var segments: Int {
    offload.segmentSize == 0 ? 1 : Int(totalLength) / Int(offload.segmentSize) + 1
  }
}
