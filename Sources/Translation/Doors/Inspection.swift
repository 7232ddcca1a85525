import Forwarding
import WireFormats

// Which sessions a gateway looks into, and what their beginning and their end bring about.
extension Translator {
  /// Gives a new session its gateway. A TCP session has one only if its opening segment is the packet at hand: the stream
  /// is seen from its first octet or never (rule R1).
  @inline(never)
  mutating func chooseGateway(for record: inout SessionRecord, _ packet: Packet) {
    guard packet.kind == .flow, !record.flags.contains(.noPayload) else { return }
    switch packet.protocolNumber {
    case .tcp: guard packet.tcpFlags.contains(.syn), packet.tcpFlags.isDisjoint(with: [.ack, .rst]) else { return }
    case .udp: break
    default: return
    }
    if record.gateway == .none { record.gateway = gateway(for: record) }
    record.isInspected = record.gateway != .none
  }

  /// The gateway that sessions like a record are the business of, by the server's port.
  private func gateway(for record: SessionRecord) -> GatewayID {
    let isInbound = record.flags.contains(.openedInbound)
    let server = isInbound ? record.insideLocal : record.outsideLocal
    let known = isInbound ? record.insideLocalPort : record.outsideLocalPort
    let called = isInbound ? record.insideGlobalPort : record.outsideGlobalPort
    return policy.gateway(record.protocolNumber, port: known, of: server)
      ?? (called == known ? nil : policy.gateway(record.protocolNumber, port: called, of: server)) ?? .none
  }

  /// Gives a running UDP session the gateway that the policy in force has for it, where that may join it; takes it away
  /// where the policy has none any more. A phone keeps its session for as long as it is on, and would never see the change
  /// otherwise. A session that came through a door, as one from outside may have done, goes on with the gateway that opened
  /// the door, while that is on; one that a gateway has stepped aside from stays as it is (rule R1).
  mutating func chooseGatewayAgain(_ session: UInt32) {
    let record = shard.sessions[session]
    guard record.protocolNumber == .udp, !record.flags.contains(.noPayload) else { return }
    guard record.gateway != .none else {
      var joined = record
      join(&joined)
      if joined.isInspected { shard.sessions[session] = joined }
      return
    }
    if gateway(for: record) != .none { return }
    if record.flags.contains(.openedInbound), policy.isOn(record.gateway, .udp) { return }
    for place in doors.children(of: id(of: session, record)) { close(place) }
    if record.isInspected { endedInspected.append(id(of: session, record)) }
    shard.sessions[session].isInspected = false
    shard.sessions[session].gateway = .none
  }

  /// Gives a UDP session without a gateway the one that it is the business of, if that need not have seen its beginning.
  func join(_ record: inout SessionRecord) {
    let chosen = gateway(for: record)
    guard policy.mayJoin(chosen) else { return }
    record.gateway = chosen
    record.isInspected = true
  }

  /// A session as the slow path is to know it.
  package mutating func inspected(_ session: UInt32) -> InspectedSession {
    let record = shard.sessions[session]
    return InspectedSession(id: id(of: session, record), record: record)
  }

  /// Which of several slow paths has a session: that of its inside host.
  package mutating func owner(of session: UInt32, among slowPaths: Int) -> Int {
    let host = shard.sessions[session].insideLocal
    return Ownership.worker(ofInside: host, in: shard.sessions[session].insideInstance, of: slowPaths)
  }

  /// What a session is called in orders.
  func id(of session: UInt32, _ record: SessionRecord) -> SessionID {
    SessionID(worker: UInt8(truncatingIfNeeded: worker), number: session, created: record.created)
  }

  /// The number of a session that is still there.
  mutating func find(_ id: SessionID) -> UInt32? {
    guard Int(id.worker) == worker, id.number < shard.sessions.highWater,
      shard.sessions[id.number].flags.contains(.live), shard.sessions[id.number].created == id.created
    else { return nil }
    return id.number
  }

  /// What follows from the end of a session that a gateway had to do with: its doors close, the slow path is told, its
  /// shift is forgotten. Comes before the session's mapping loses its user.
  @inline(never)
  mutating func endParticulars(of session: UInt32, _ record: SessionRecord) {
    let id = id(of: session, record)
    if record.isShifted, record.shiftRecord < shard.mappings.highWater { shard.removeMapping(record.shiftRecord) }
    if record.cameThroughDoor, record.mapping != SessionRecord.noMapping { doors.removeHold(record.mapping) }
    if record.gateway != .none { for place in doors.children(of: id) { close(place) } }
    if record.isInspected { endedInspected.append(id) }
  }

  /// Whether sessions have ended while the slow path had them.
  @inline(__always) package var hasEndedInspected: Bool { !endedInspected.isEmpty }

  /// The next session that has ended while the slow path had it.
  package mutating func takeEndedInspected() -> SessionID? { endedInspected.popLast() }
}
