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

  /// Seconds of idleness after which a session ends.
  func timeout(of record: SessionRecord) -> UInt32 {
    let timeouts = policy.timeouts
    switch record.protocolNumber {
    case .tcp:
      if !record.progress.isDisjoint(with: .closing) { return timeouts.finRst }
      return record.progress.contains(.established) ? timeouts.tcp : timeouts.syn
    case .udp: return record.flags.contains(.dns) ? timeouts.dns : timeouts.udp
    case .icmp: return timeouts.icmp
    default: return timeouts.simple
    }
  }
}
