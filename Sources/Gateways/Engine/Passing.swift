package import Translation
import VirtualTCP
package import WireFormats

extension GatewayEngine {
  /// Lets a TCP packet pass where it lies, from its IPv4 header to the end that "Total Length" names, if nothing about it
  /// needs the engine but its numbers: nobody reads the octets, and nothing of the connection is held (`VirtualConnection`).
  /// It is then ready to leave as what the engine makes does. False where it has to be received.
  package mutating func pass(
    _ packet: PacketOctets, of session: SessionID, _ direction: Direction, _ arrival: Arrival, segmentSize: UInt16,
    hasPartialChecksum: Bool, now: UInt64
  ) -> Bool {
    // What was made before it leaves before it.
    guard !hasOutput, let stream = known(session), !stream.isWaitingForBurst,
      stream[direction].arrival == arrival, Self.isPlainSegment(packet), segmentSize == 0 || hasPartialChecksum,
      // One that nobody reads has to ask its worker to have it back.
      stream.isRead || stream.isReleasing
    else { return false }
    let segment = packet.suffix(from: IPv4Field.minimumLength)
    guard let passing = stream.connection.passing(segment, direction, segmentSize: Int(segmentSize), now: now),
      passing.count == 0 || !stream.isRead || isUnread(segment.suffix(from: passing.headerLength), stream, direction)
    else { return false }
    latest = max(latest, now)
    counters.add(to: .packets, of: stream.session.gateway)
    stream.connection.pass(passing, segment, hasPartialChecksum: hasPartialChecksum, now: now)
    return true
  }

  @inline(__always)
  private mutating func known(_ session: SessionID) -> StreamSession? {
    if let latestStream, latestStream.session.id == session { return latestStream }
    guard let stream = streams[session] else { return nil }
    latestStream = stream
    return stream
  }

  /// Whether the packet has a header without options and is a whole TCP segment or a super-frame of them.
  @inline(__always)
  private static func isPlainSegment(_ packet: PacketOctets) -> Bool {
    packet.count >= IPv4Field.minimumLength + TCPField.minimumLength && packet.load8(at: 0) == 0x45
      && packet.load16(at: IPv4Field.totalLength) == packet.count
      && packet.load16(at: IPv4Field.fragment) & IPv4Field.fragmentMask == 0
      && packet.load8(at: IPv4Field.protocolNumber) == IPProtocol.tcp.rawValue
  }

  /// Whether a gateway lets octets pass that continue a stream of which it has read everything. What the gateway says else is
  /// kept until they are received, which follows at once: it is asked but once.
  private func isUnread(_ octets: PacketOctets, _ stream: StreamSession, _ direction: Direction) -> Bool {
    let framing = octets.withSpan { stream.inspector?.frame($0, direction, hasEnded: false) ?? .incomplete }
    switch framing {
    case .skip(let count) where count >= octets.count: return true
    // It is asked again when there is more.
    case .incomplete: return false
    case .skip, .message, .stranger, .stepAside:
      stream[direction].framing = framing
      return false
    }
  }
}
