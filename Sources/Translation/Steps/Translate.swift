import Forwarding
import WireFormats

extension Translator {
  /// A packet of a session that exists: next hop, limits of the way, tracking, rewriting. What most packets do not need
  /// is kept apart, since it would take registers and cache lines from all of them.
  @inline(__always)
  mutating func translate(_ packet: inout Packet, _ session: UInt32) {
    guard packet.timeToLive > 1, let neighbor = rememberedNeighbor(packet, session) else {
      translateCarefully(&packet, session)
      return
    }
    let state = neighbors.state(of: neighbor)
    let hasParticulars = shard.sessions[session].acknowledged & SessionRecord.particularBits != 0
    guard state.isResolved, packet.totalLength <= facts[state.interface].mtu, !packet.mayBeCut,
      !hasParticulars || !shard.sessions[session].isInspected || packet.passage.contains(.inspected)
    else {
      translateCarefully(&packet, session)
      return
    }
    guard packet.protocolNumber == .udp, !hasParticulars else {
      translateOther(&packet, session, to: state)
      return
    }
    noteUse(&packet, session)
    noteDirection(&packet, session)
    rewriteHeader(&packet, session)
    rewriteDatagram(&packet, session)
    packet.verdict = .forward(state)
  }

  /// What is left to do with a packet that is no plain datagram, but that the way takes. In a function of its own, so that
  /// no datagram waits for registers which a call would need.
  @inline(never)
  private mutating func translateOther(_ packet: inout Packet, _ session: UInt32, to state: NeighborState) {
    if packet.tcpFlags.contains(.syn) {
      translateCarefully(&packet, session)
    } else if shard.sessions[session].acknowledged & SessionRecord.particularBits != 0 {
      translateMoved(&packet, session, to: state)
    } else {
      track(&packet, session)
      rewrite(&packet, session)
      packet.verdict = .forward(state)
    }
  }

  /// The same for any packet: one whose way has to be looked up or its next hop resolved, that may be too large for its
  /// link or be cut behind it, that opens a connection, that is a fragment.
  @inline(never)
  mutating func translateCarefully(_ packet: inout Packet, _ session: UInt32) {
    guard packet.timeToLive > 1 else {
      packet.verdict = .refuse(.timeExceeded, .timeToLiveExceeded)
      return
    }
    let isInspected = shard.sessions[session].isInspected
    guard !isInspected || packet.passage.contains(.inspected) else {
      packet.verdict = .inspect(session: session)
      return
    }
    guard let neighbor = rememberedNeighbor(packet, session) ?? lookUpNextHop(&packet, session) else { return }
    let state = neighbors.state(of: neighbor)
    guard fits(&packet, state.interface) else { return }
    track(&packet, session)
    if shard.sessions[session].isShifted { moveNumbers(&packet, session) }
    if packet.tcpFlags.contains(.syn) { clampSegmentSize(&packet, leavingBy: state.interface) }
    let identificationChange = packet.mayBeCut || packet.isFragment ? renumber(&packet, session) : 0
    rewrite(&packet, session, identificationChange: identificationChange)
    packet.verdict = onward(packet, state, neighbor)
  }

  /// The neighbour that the session remembers; nil when routes or neighbours have changed, and it has to be looked up.
  @inline(__always)
  private func rememberedNeighbor(_ packet: Packet, _ session: UInt32) -> NeighborID? {
    let side = packet.key.side
    return shard.sessions[session].generations[side] == generation ? shard.sessions[session].neighbors[side] : nil
  }

  /// Looks the neighbour up, and has the session remember it; sets the verdict when there is none.
  @inline(never)
  private mutating func lookUpNextHop(
    _ packet: inout Packet, _ session: UInt32
  ) -> NeighborID? {
    let record = shard.sessions[session]
    let outbound = packet.direction == .outbound
    if outbound, record.flags.contains(.hairpin) {
      turnRound(&packet, session)
      return nil
    }
    let hop =
      outbound ? wayOut(of: record) : policy.routes.nextHop(to: record.insideLocal, in: record.insideInstance)
    guard let neighbor = findNeighbor(&packet, by: hop) else { return nil }
    shard.sessions[session].neighbors[packet.key.side] = neighbor
    shard.sessions[session].generations[packet.key.side] = generation
    return neighbor
  }

  /// Has a session remember where its outbound packets go, as `lookUpNextHop` would: that again finds no room for the
  /// neighbour where there is none now.
  @inline(__always)
  mutating func remember(_ hop: NextHop, in session: UInt32) {
    guard let neighbor = neighbors.findOrAdd(hop, now: now) else { return }
    shard.sessions[session].neighbors[Int(Direction.outbound.rawValue)] = neighbor
    shard.sessions[session].generations[Int(Direction.outbound.rawValue)] = generation
  }

  /// Sends a packet for an inside global address back in: it leaves this translation by the outside interface and
  /// arrives there anew, with its translated source (RFC 4787 REQ-9a), to be translated once more.
  private mutating func turnRound(_ packet: inout Packet, _ session: UInt32) {
    let record = shard.sessions[session]
    guard let interface = outsideInterface(towards: record.outsideGlobal, in: record.outsideInstance) else {
      packet.verdict = .refuse(.networkUnreachable, .noRoute)
      return
    }
    track(&packet, session)
    if record.isShifted { moveNumbers(&packet, session) }
    if packet.tcpFlags.contains(.syn) { clampSegmentSize(&packet, leavingBy: interface) }
    rewrite(&packet, session)
    restoreTimeToLive(packet)
    packet.verdict = .hairpin(interface)
  }

  /// The outside interface that an inside global address is reached by.
  mutating func outsideInterface(towards global: IPv4Address, in outside: RoutingInstance) -> InterfaceID? {
    if let hop = policy.routes.nextHop(to: global, in: outside), facts[hop.interface].realm == .outside {
      return hop.interface
    }
    return policy.interfaces.first { $0.realm == .outside && $0.instance == outside }?.id
  }

  /// Undoes the hop count of a packet that turns round: one gateway is one hop.
  private mutating func restoreTimeToLive(_ packet: Packet) {
    let network = Int(packet.networkOffset)
    packet.octets.store8(packet.timeToLive, at: network + IPv4Field.timeToLive)
    let checksum = packet.octets.load16(at: network + IPv4Field.checksum)
    packet.octets.store16(
      InternetChecksum.update(checksum, by: ~Self.timeToLiveDifference), at: network + IPv4Field.checksum)
  }

  /// Where a session's outbound packets go: the way of the inside host's own instance, whose table may say otherwise
  /// than the outside's. Where inside knows the outside host by another address, the way to its real one comes first.
  private mutating func wayOut(of record: SessionRecord) -> NextHop? {
    let own = policy.routes.nextHop(to: record.outsideLocal, in: record.insideInstance)
    if record.outsideLocal == record.outsideGlobal, let own, facts[own.interface].realm == .outside,
      facts[own.interface].instance == record.outsideInstance
    {
      return own
    }
    return policy.routes.nextHop(to: record.outsideGlobal, in: record.outsideInstance) ?? own
  }

  /// The neighbour on the way to `destination`; sets the verdict when there is no route or no room.
  mutating func findNeighbor(
    _ packet: inout Packet, _ destination: IPv4Address, _ instance: RoutingInstance
  ) -> NeighborID? {
    findNeighbor(&packet, by: policy.routes.nextHop(to: destination, in: instance))
  }

  /// The neighbour that a next hop names; sets the verdict when there is no next hop or no room.
  private mutating func findNeighbor(_ packet: inout Packet, by hop: NextHop?) -> NeighborID? {
    guard let hop else {
      packet.verdict = .refuse(.networkUnreachable, .noRoute)
      return nil
    }
    guard let neighbor = neighbors.findOrAdd(hop, now: now) else {
      packet.verdict = .drop(.neighborTableFull)
      return nil
    }
    return neighbor
  }

  /// Whether the packet can go by the link, whole or in fragments; sets the verdict when it cannot (RFC 4787 REQ-13,
  /// RFC 1191).
  @inline(__always)
  func fits(_ packet: inout Packet, _ interface: InterfaceID) -> Bool {
    let mtu = facts[interface].mtu
    packet.exceedsLink = packet.linkLength > Int(mtu)
    guard packet.exceedsLink, packet.dontFragment else { return true }
    packet.verdict = .refuse(.fragmentationNeeded(mtu: mtu), .packetTooBig)
    return false
  }

  /// The verdict of a packet that goes to `neighbor`, of which `state` was read.
  @inline(__always)
  func onward(_ packet: Packet, _ state: NeighborState, _ neighbor: NeighborID) -> Verdict {
    guard state.isResolved else { return .resolve(neighbor) }
    return packet.exceedsLink ? .cut(state) : .forward(state)
  }

  /// A packet that crosses the gateway without translation.
  mutating func route(_ packet: inout Packet) {
    let instance = facts[packet.ingress].instance
    if policy.isOwn(packet.destination, in: instance) {
      packet.verdict = .deliver
      return
    }
    guard packet.timeToLive > 1 else {
      packet.verdict = .refuse(.timeExceeded, .timeToLiveExceeded)
      return
    }
    guard let neighbor = findNeighbor(&packet, packet.destination, instance) else { return }
    let state = neighbors.state(of: neighbor)
    guard let hop = neighbors.hop(of: neighbor), fits(&packet, hop.interface) else { return }
    if packet.tcpFlags.contains(.syn) { clampSegmentSize(&packet, leavingBy: hop.interface) }
    decrementTimeToLive(packet)
    counters.add(to: .untranslated)
    packet.verdict = onward(packet, state, neighbor)
  }

  private mutating func decrementTimeToLive(_ packet: Packet) {
    let network = Int(packet.networkOffset)
    packet.octets.store8(packet.timeToLive - 1, at: network + IPv4Field.timeToLive)
    let checksum = packet.octets.load16(at: network + IPv4Field.checksum)
    packet.octets.store16(
      InternetChecksum.update(checksum, by: Self.timeToLiveDifference), at: network + IPv4Field.checksum)
  }

  /// What a time to live that is one less adds to the header's sum: ~0x0100 + 0, in ones' complement minus 0x0100.
  @inline(__always)
  static var timeToLiveDifference: UInt16 { 0xFEFF }
}
