import Translation
import WireFormats

/// One UDP session of a gateway.
final class DatagramSession {
  /// Datagrams that may wait for a door at one time; more are dropped, and the sender sends again. Between two exchanges
  /// one session carries thousands of calls a second, and some tens of messages come while one waits.
  static let maximumWaiting = 256

  let session: ControlSession
  /// Nil once the gateway has stepped aside.
  var inspector: (any PayloadInspector)?
  /// Datagrams in the order of arrival; the first waits for a door while `isParked`.
  var waiting: [InspectedPacket] = []
  var isParked = false
  /// The answers that the first waiting datagram has had so far.
  var answers: [DoorAnswer] = []
  var isReleasing = false

  init(_ session: ControlSession, inspector: (any PayloadInspector)?) {
    self.session = session
    self.inspector = inspector
  }
}

extension GatewayEngine {
  /// A whole UDP datagram.
  mutating func receiveDatagram(_ packet: InspectedPacket, _ layout: PacketLayout, now: UInt64) {
    let datagram = datagramSession(of: packet)
    guard datagram.waiting.count < DatagramSession.maximumWaiting else {
      counters.add(to: .discarded)
      return
    }
    datagram.waiting.append(packet)
    advance(datagram, now: now)
  }

  private mutating func datagramSession(of packet: InspectedPacket) -> DatagramSession {
    let id = packet.session.id
    if let known = datagrams[id] { return known }
    let session = packet.session.controlSession(settings.options)
    let datagram = DatagramSession(session, inspector: nil)
    if settings.enabled.contains(session.gateway), let gateway = GatewayCatalog.gateway(session.gateway) {
      datagram.inspector = gateway.open(session)
      counters.add(to: .sessions, of: session.gateway)
      counters.add(to: .openSessions, of: session.gateway)
    }
    datagrams[id] = datagram
    return datagram
  }

  /// Inspects what waits, in order, until a datagram has to wait for a door.
  mutating func advance(_ datagram: DatagramSession, now: UInt64) {
    var taken = 0
    while taken < datagram.waiting.count, !datagram.isParked {
      let packet = datagram.waiting[taken]
      guard inspect(packet, datagram, now: now) else { break }
      taken += 1
    }
    datagram.waiting.removeFirst(taken)
    guard datagram.inspector == nil, datagram.waiting.isEmpty, !datagram.isReleasing, datagram.session.ipv6 == nil
    else { return }
    datagram.isReleasing = true
    send(.release(datagram.session.id, SequenceShift()), about: datagram.session.id, for: .release, now: now)
  }

  /// Inspects one datagram and sends it on; false while it waits for a door.
  private mutating func inspect(
    _ packet: InspectedPacket, _ datagram: DatagramSession, now: UInt64
  ) -> Bool {
    guard var inspector = datagram.inspector, let payload = UDPPayload(packet.octets.span) else {
      forward(packet)
      return true
    }
    let message = Array(packet.octets[payload.range])
    var reading = Reading(
      session: datagram.session, answers: datagram.answers, isDryRun: isDryRun(datagram.session.gateway),
      addresses: addresses, memory: memories[datagram.session.gateway], now: now)
    let outcome = reading.read(message.span, packet.direction, by: &inspector)
    if case .waiting(let request) = outcome {
      datagram.isParked = true
      send(.open(request), about: datagram.session.id, for: .door(packet.direction, request), now: now)
      return false
    }
    datagram.answers = []
    datagram.inspector = inspector
    let result = account(reading, outcome, message.span, datagram.session, packet.direction, now: now)
    if !result.isDropped { send(packet, payload, message, result.edits) }
    if let reason = result.steppedAside { stepAside(datagram.session.id, reason, now: now) }
    return true
  }

  /// Sends a datagram with its edits. One that would become longer than it may be goes on as it is, and is counted.
  private mutating func send(
    _ packet: InspectedPacket, _ payload: UDPPayload, _ message: [UInt8], _ edits: [Edit]
  ) {
    guard !edits.isEmpty else {
      forward(packet)
      return
    }
    var changed: [UInt8] = []
    var from = 0
    for edit in edits {
      changed += message[from..<edit.range.lowerBound]
      changed += edit.octets
      from = edit.range.upperBound
    }
    changed += message[from...]
    let total = payload.range.lowerBound + changed.count
    guard total <= packet.longest else {
      counters.add(to: .discarded)
      forward(packet)
      return
    }
    var octets = Array(packet.octets[..<payload.range.lowerBound]) + changed
    let udp = payload.range.lowerBound - UDPField.headerLength
    octets.store16(UInt16(UDPField.headerLength + changed.count), at: udp + UDPField.length)
    payload.layout.setLength(of: &octets, to: total)
    // A sender that computed no checksum gets none (RFC 768), but a device's half-finished one is finished here.
    if payload.hasChecksum, let layout = PacketLayout(octets.span) {
      layout.setTransportChecksum(of: &octets, at: udp + UDPField.checksum)
    }
    put(
      .packet(
        EnginePacket(
          octets: octets, session: packet.session.id, direction: packet.direction, arrival: packet.arrival)))
  }

  /// Looks into a UDP session no longer.
  mutating func stepAside(_ id: SessionID, _ reason: StepAsideReason, now: UInt64) {
    guard let datagram = datagrams[id], datagram.inspector != nil else { return }
    datagram.inspector = nil
    datagram.isParked = false
    counters.count(reason, of: datagram.session.gateway)
    counters.add(-1, to: .openSessions, of: datagram.session.gateway)
    tell(steppedAside: reason, datagram.session, now: now)
  }
}

/// Where a UDP datagram's payload lies in its packet.
struct UDPPayload {
  let layout: PacketLayout
  let range: Range<Int>
  let hasChecksum: Bool

  /// Nil when the lengths do not agree.
  init?(_ octets: Span<UInt8>) {
    guard let layout = PacketLayout(octets), layout.protocolNumber == .udp else { return nil }
    let start = layout.headerLength + UDPField.headerLength
    guard start <= layout.totalLength else { return nil }
    let length = Int(octets.number16(at: layout.headerLength + UDPField.length))
    guard length >= UDPField.headerLength, layout.headerLength + length <= layout.totalLength else { return nil }
    self.layout = layout
    range = start..<layout.headerLength + length
    hasChecksum = octets.number16(at: layout.headerLength + UDPField.checksum) != 0
  }
}
