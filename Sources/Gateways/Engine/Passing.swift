package import Translation
import VirtualTCP
package import WireFormats

extension GatewayEngine {
  /// Lets a TCP packet pass where it lies, from its IP header to the end that its length names, if nothing about it
  /// needs the engine but its numbers: nobody reads the octets, and nothing of the connection is held (`VirtualConnection`).
  /// It is then ready to leave as what the engine makes does. False where it has to be received.
  package mutating func pass(
    _ packet: PacketOctets, of session: SessionID, _ direction: Direction, _ arrival: Arrival, segmentSize: UInt16,
    hasPartialChecksum: Bool, now: UInt64
  ) -> Bool {
    // What was made before it leaves before it.
    guard !hasOutput, let stream = known(session), !stream.isWaitingForBurst,
      stream[direction].arrival == arrival, let header = Self.plainHeader(packet),
      segmentSize == 0 || hasPartialChecksum,
      // One that nobody reads has to ask its worker to have it back; over IPv6 it has nowhere to go back to.
      stream.isRead || stream.isReleasing || header == IPv6Field.length
    else { return false }
    let segment = packet.suffix(from: header)
    guard let passing = stream.connection.passing(segment, direction, segmentSize: Int(segmentSize), now: now),
      passing.count == 0 || !stream.isRead || isUnread(segment.suffix(from: passing.headerLength), stream, direction)
    else { return false }
    latest = max(latest, now)
    counters.add(to: .packets, of: stream.session.gateway)
    stream.connection.pass(passing, segment, hasPartialChecksum: hasPartialChecksum, now: now)
    if stream.connection.wantsRoom { makeRoom(stream) }
    if header == IPv6Field.length, let flow = stream.session.ipv6Flow { ipv6.touch(flow, .established, now: now) }
    return true
  }

  @inline(__always)
  private mutating func known(_ session: SessionID) -> StreamSession? {
    if let latestStream, latestStream.session.id == session { return latestStream }
    guard let stream = streams[session] else { return nil }
    latestStream = stream
    return stream
  }

  /// Octets of the packet's IP header if that has no options and the packet is a whole TCP segment or a super-frame of
  /// them; nil otherwise.
  @inline(__always)
  private static func plainHeader(_ packet: PacketOctets) -> Int? {
    guard packet.count >= IPv4Field.minimumLength + TCPField.minimumLength else { return nil }
    guard packet.load8(at: 0) == 0x45 else { return plainIPv6Header(packet) }
    let isPlain =
      packet.load16(at: IPv4Field.totalLength) == packet.count
      && packet.load16(at: IPv4Field.fragment) & IPv4Field.fragmentMask == 0
      && packet.load8(at: IPv4Field.protocolNumber) == IPProtocol.tcp.rawValue
    return isPlain ? IPv4Field.minimumLength : nil
  }

  private static func plainIPv6Header(_ packet: PacketOctets) -> Int? {
    let isPlain =
      packet.count >= IPv6Field.length + TCPField.minimumLength && packet.load8(at: 0) >> 4 == 6
      && IPv6Field.length + Int(packet.load16(at: IPv6Field.payloadLength)) == packet.count
      && packet.load8(at: IPv6Field.nextHeader) == IPProtocol.tcp.rawValue
    return isPlain ? IPv6Field.length : nil
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
