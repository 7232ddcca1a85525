package import Translation
import VirtualTCP
package import WireFormats

// IPv6 packets: the engine finds their sessions itself, and from there on they go the way of all others.
extension GatewayEngine {
  /// A packet over IPv6, or an ICMPv6 error about one. What belongs to no session, and begins none, goes on as it is.
  package mutating func receive(_ packet: IPv6Packet, more: Bool = false, now: UInt64) {
    latest = max(latest, now)
    guard let flow = Self.flow(of: packet.octets.span, packet.direction),
      let session = ipv6.find(flow) ?? begin(flow, packet, now: now)
    else {
      forward(packet)
      return
    }
    counters.add(to: .packets, of: session.gateway)
    // The flow has been read, so the layout is there.
    guard let layout = PacketLayout(packet.octets.span) else {
      counters.add(to: .discarded)
      return
    }
    let inspected = InspectedPacket(packet, of: session)
    switch layout.protocolNumber {
    case .tcp: receiveSegment(inspected, layout, more: more, now: now)
    case .udp: for datagram in inspected.datagrams { receiveDatagram(datagram, layout, now: now) }
    default:
      // An error keeps no session alive (RFC 5508 REQ-6 has the reasons).
      receiveError(inspected, layout, now: now)
      return
    }
    ipv6.touch(flow, stage(of: session), now: now)
  }

  /// The session that a packet passes in where it lies (`pass`), if it can have one.
  package func session(ofIPv6 packet: PacketOctets, _ direction: Direction) -> SessionID? {
    packet.withSpan { Self.flow(of: $0, direction) }.flatMap { ipv6.find($0)?.id }
  }

  /// Whether a packet belongs to no session and begins none: it passes where it lies, and nothing is to be done.
  package func isStrange(_ packet: PacketOctets, _ direction: Direction, _ gateway: GatewayID) -> Bool {
    packet.withSpan { octets in
      guard let flow = Self.flow(of: octets, direction) else { return true }
      return ipv6.find(flow) == nil && !mayBegin(octets, gateway)
    }
  }

  /// Ends the sessions that have been idle for too long.
  mutating func expireIPv6(now: UInt64) {
    while let idle = ipv6.takeIdle(settings.timeouts, now: now) { ended(idle.id) }
    counters.set(.ipv6Sessions, to: ipv6.count)
  }

  /// The flow of a packet, or of the one that an error quotes, as it goes from inside to outside.
  private static func flow(of octets: Span<UInt8>, _ direction: Direction) -> IPv6Flow? {
    guard let layout = PacketLayout(octets), layout.isIPv6 else { return nil }
    if layout.protocolNumber.rawValue == IPv6Field.icmp {
      // What is quoted went the other way.
      let quoted = IPv6Flow.quoted(by: octets, at: layout.headerLength, to: layout.totalLength)?.flow
      return direction == .outbound ? quoted?.reversed : quoted
    }
    guard layout.totalLength >= layout.headerLength + 4 else { return nil }
    let flow = IPv6Flow(octets, layout)
    return direction == .outbound ? flow : flow?.reversed
  }

  /// Whether a packet is one that begins a session: a datagram, or a SYN.
  private func mayBegin(_ octets: Span<UInt8>, _ gateway: GatewayID) -> Bool {
    guard gateway != .none, settings.enabled.contains(gateway), let layout = PacketLayout(octets) else { return false }
    if layout.protocolNumber == .udp { return true }
    guard layout.protocolNumber == .tcp, layout.totalLength > layout.headerLength + TCPField.flags else { return false }
    let flags = TCPFlags(rawValue: octets[layout.headerLength + TCPField.flags])
    return flags.contains(.syn) && flags.isDisjoint(with: [.ack, .rst])
  }

  private mutating func begin(_ flow: IPv6Flow, _ packet: IPv6Packet, now: UInt64) -> IPv6Session? {
    guard mayBegin(packet.octets.span, packet.gateway) else { return nil }
    func begin() -> IPv6Session? {
      ipv6.begin(flow, packet.gateway, opened: packet.direction, worker: packet.worker, now: now)
    }
    var session = begin()
    if session == nil, let idle = ipv6.takeOldestDatagrams(now: now) {
      ended(idle.id)
      session = begin()
    }
    if session == nil { counters.add(to: .ipv6Unread) }
    counters.set(.ipv6Sessions, to: ipv6.count)
    return session
  }

  private func stage(of session: IPv6Session) -> IPv6Sessions.Stage {
    guard session.flow.transport == .tcp else { return .datagrams }
    guard let connection = streams[session.id]?.connection, !connection.isClosed else { return .closed }
    return connection.isEstablished ? .established : .opening
  }

  /// Sends a packet of no session on as it came, by the worker that it came from.
  private mutating func forward(_ packet: IPv6Packet) {
    let nobody = SessionID(worker: packet.worker, number: .max, created: 0)
    forward(
      InspectedPacket(
        packet,
        of: IPv6Session(
          id: nobody, gateway: .none,
          flow: IPv6Flow(.udp, from: .unspecified, 0, to: .unspecified, 0), opened: packet.direction)))
  }
}

extension IPv6Flow {
  /// The flow of a whole packet; nil for other protocols than TCP and UDP.
  fileprivate init?(_ octets: Span<UInt8>, _ layout: PacketLayout) {
    guard layout.protocolNumber == .tcp || layout.protocolNumber == .udp else { return nil }
    self.init(
      layout.protocolNumber, from: octets.address6(at: IPv6Field.source), octets.number16(at: layout.headerLength),
      to: octets.address6(at: IPv6Field.destination), octets.number16(at: layout.headerLength + 2))
  }
}
