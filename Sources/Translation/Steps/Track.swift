import WireFormats

extension Translator {
  /// Notes the packet in its session: the tick of use, and how far a TCP connection has come.
  @inline(__always)
  func track(_ packet: Packet, _ session: UInt32) {
    if shard.sessions[session].lastUsed != now { shard.sessions[session].lastUsed = now }
    let progress = shard.sessions[session].progress
    if packet.protocolNumber == .tcp {
      let next = Self.advance(progress, packet.tcpFlags, packet.direction)
      if next != progress { shard.sessions[session].progress = next }
    } else {
      let seen: SessionProgress = packet.direction == .outbound ? .outboundSeen : .inboundSeen
      if !progress.contains(seen) { shard.sessions[session].progress = progress.union(seen) }
    }
  }

  /// The progress of a TCP connection after one more segment.
  ///
  /// A connection is partially open until a segment that acknowledges and does not synchronize has passed after both
  /// sides were heard (RFC 7857 section 2.1); a SYN after FIN or RST opens it anew, as RFC 9293 section 3.6.1 lets it.
  @inline(__always)
  static func advance(_ progress: SessionProgress, _ flags: TCPFlags, _ direction: Direction) -> SessionProgress {
    let seen: SessionProgress = direction == .outbound ? .outboundSeen : .inboundSeen
    var next = progress
    if flags.contains(.syn), !progress.isDisjoint(with: .closing) { next = [] }
    next.insert(seen)
    if flags.contains(.rst) { next.insert(.reset) }
    if flags.contains(.fin) { next.insert(direction == .outbound ? .outboundFIN : .inboundFIN) }
    if flags.contains(.ack), !flags.contains(.syn), next.isSuperset(of: [.outboundSeen, .inboundSeen]) {
      next.insert(.established)
    }
    return next
  }
}
