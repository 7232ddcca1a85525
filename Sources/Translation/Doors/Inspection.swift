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
    if record.gateway == .none {
      let isInbound = record.flags.contains(.openedInbound)
      let server = isInbound ? record.insideLocal : record.outsideLocal
      let known = isInbound ? record.insideLocalPort : record.outsideLocalPort
      let called = isInbound ? record.insideGlobalPort : record.outsideGlobalPort
      record.gateway =
        policy.gateway(packet.protocolNumber, port: known, of: server)
        ?? (called == known ? nil : policy.gateway(packet.protocolNumber, port: called, of: server)) ?? .none
    }
    record.isInspected = record.gateway != .none
  }

  /// A session as the slow path is to know it.
  package mutating func inspected(_ session: UInt32) -> InspectedSession {
    let record = shard.sessions[session]
    return InspectedSession(id: id(of: session, record), record: record)
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
