import WireFormats

extension Translator {
  /// Notes the packet in its session: the tick of use, and how far a TCP connection has come.
  @inline(__always)
  mutating func track(_ packet: inout Packet, _ session: UInt32) {
    noteUse(&packet, session)
    if packet.protocolNumber == .tcp { trackSegment(&packet, session) } else { noteDirection(&packet, session) }
  }

  /// Notes the tick of use: once in a second at most.
  @inline(__always)
  mutating func noteUse(_ packet: inout Packet, _ session: UInt32) {
    if shard.sessions[session].lastUsed != now, keepsAlive(packet) { shard.sessions[session].lastUsed = now }
  }

  /// Notes which side has been heard.
  @inline(__always)
  mutating func noteDirection(_ packet: inout Packet, _ session: UInt32) {
    if !shard.sessions[session].progress.hasSeen(packet.key.side) {
      shard.sessions[session].progress.insert(packet.direction == .outbound ? .outboundSeen : .inboundSeen)
    }
  }

  /// How far a segment brings its connection.
  @inline(__always)
  private mutating func trackSegment(_ packet: inout Packet, _ session: UInt32) {
    if packet.tcpFlags.contains(.rst),
      !isPlausibleReset(
        packet.octets.load16(at: Int(packet.transportOffset) + TCPField.sequence), packet.direction, session)
    {
      return
    }
    if packet.tcpFlags.contains(.ack) { noteAcknowledgment(&packet, session) }
    noteProgress(of: session, by: packet.tcpFlags, packet.direction)
  }

  @inline(__always)
  mutating func noteProgress(of session: UInt32, by flags: TCPFlags, _ direction: Direction) {
    let progress = shard.sessions[session].progress
    let next = Self.advance(progress, flags, direction)
    if next != progress {
      shard.sessions[session].progress = next
      // A state's time runs from its beginning, whatever segment brought it about.
      shard.sessions[session].lastUsed = now
    }
  }

  /// Whether a packet counts as use of its session: one from outside only as the settings say (RFC 4787 REQ-6a), and a
  /// reset never, since a host sends it to whoever addresses it (RFC 7857 section 7.1). Asked once in a second at most,
  /// of a session in use.
  @inline(__always)
  private mutating func keepsAlive(_ packet: Packet) -> Bool {
    !packet.tcpFlags.contains(.rst) && (packet.direction == .outbound || policy.settings.inboundRefresh)
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
    if flags.contains(.rst) {
      next.insert(direction == .outbound ? .outboundReset : .inboundReset)
    } else {
      // A host that goes on sending did not send the reset (RFC 7857 section 2.2).
      next.remove(direction == .outbound ? .outboundReset : .inboundReset)
    }
    if flags.contains(.fin) { next.insert(direction == .outbound ? .outboundFIN : .inboundFIN) }
    if flags.contains(.ack), !flags.contains(.syn), next.isSuperset(of: [.outboundSeen, .inboundSeen]) {
      next.insert(.established)
    }
    return next
  }

  /// Keeps the upper half of what a side has acknowledged, which changes once in 64 KB.
  @inline(__always)
  private mutating func noteAcknowledgment(_ packet: inout Packet, _ session: UInt32) {
    // Where the numbers are moved, `moveNumbers` keeps it.
    guard !shard.sessions[session].isShifted else { return }
    let acknowledged = packet.octets.load16(at: Int(packet.transportOffset) + TCPField.acknowledgment)
    if packet.direction == .outbound {
      guard
        shard.sessions[session].acknowledgedByInside != acknowledged || shard.sessions[session].acknowledged & 1 == 0
      else { return }
      shard.sessions[session].acknowledgedByInside = acknowledged
      shard.sessions[session].acknowledged |= 1
    } else {
      guard
        shard.sessions[session].acknowledgedByOutside != acknowledged || shard.sessions[session].acknowledged & 2 == 0
      else { return }
      shard.sessions[session].acknowledgedByOutside = acknowledged
      shard.sessions[session].acknowledged |= 2
    }
  }

  /// Sequence numbers, in units of 64 KB, by which a reset may be ahead of what its receiver has acknowledged: a window.
  private static var resetWindow: UInt16 { 16 }

  /// Whether a reset lies near what its receiver has acknowledged (RFC 7857 section 2.2). One that does not is
  /// forwarded, since its receiver knows better, but says nothing about the session. While the receiver has acknowledged
  /// nothing, as in answer to a SYN, any may be right.
  @inline(__always)
  private mutating func isPlausibleReset(_ sequence: UInt16, _ direction: Direction, _ session: UInt32) -> Bool {
    let record = shard.sessions[session]
    let isOutbound = direction == .outbound
    guard record.acknowledged & (isOutbound ? 2 : 1) != 0 else { return true }
    let expected =
      record.isShifted
      ? acknowledgedBesideShift(byReceiverOf: direction, session)
      : isOutbound ? record.acknowledgedByOutside : record.acknowledgedByInside
    return sequence &- expected &+ 1 <= Self.resetWindow &+ 1
  }
}
