import Translation
import VirtualTCP
import WireFormats

extension GatewayEngine {
  /// A TCP segment, or a super-frame of them.
  mutating func receiveSegment(_ packet: InspectedPacket, _ layout: PacketLayout, now: UInt64) {
    guard
      let segment = TCPSegment(packet.octets.span.extracting(layout.headerLength..<layout.totalLength))
    else {
      counters.add(to: .discarded)
      return
    }
    guard let stream = stream(of: packet, segment, now: now) else { return }
    stream[packet.direction].arrival = packet.arrival
    stream[packet.direction].pattern = HeaderPattern(layout)
    stream.connection.setPath(
      packet.direction == .outbound ? .inbound : .outbound, mtu: Int(packet.arrival.mtu),
      superFrames: settings.superFrames)
    stream.connection.receive(segment, packet.direction, now: now)
    advance(stream, now: now)
  }

  /// The stream of a packet, which its first SYN begins. A stream whose beginning was not seen is a stranger's: its
  /// packets go on as they are, and the session back to the fast path (rule R1).
  private mutating func stream(
    of packet: InspectedPacket, _ segment: TCPSegment, now: UInt64
  ) -> StreamSession? {
    let id = packet.session.id
    if let stream = streams[id] { return stream }
    let session = ControlSession(packet.session, gateway: packet.session.record.gateway, options: settings.options)
    guard segment.flags.contains(.syn), !segment.flags.contains(.ack), packet.direction == session.opened else {
      forward(packet)
      send(.release(id, SequenceShift()), about: id, for: .release, now: now)
      return nil
    }
    var limits = StreamLimits()
    limits.octets = settings.octetsPerConnection
    let stream = StreamSession(session, limits: limits, inspector: nil)
    streams[id] = stream
    counters.add(to: .connections)
    counters.add(to: .connectionsOpened)
    if settings.enabled.contains(session.gateway), let gateway = GatewayCatalog.gateway(session.gateway) {
      stream.inspector = gateway.open(session)
      counters.add(to: .sessions, of: session.gateway)
      counters.add(to: .openSessions, of: session.gateway)
    } else {
      stream.connection.passEverything(now: now)
    }
    return stream
  }

  /// Reads what can be read, sends what can be sent, and sees what has become of the connection.
  mutating func advance(_ stream: StreamSession, now: UInt64) {
    // What one direction does may let the other go on; each round consumes something, so this ends.
    while read(stream, .outbound, now: now) || read(stream, .inbound, now: now) {}
    bound(stream, now: now)
    transmit(stream)
    tally(stream)
    settle(stream, now: now)
    setTimer(stream, now: now)
  }

  /// Reads one message; whether there was one.
  private mutating func read(_ stream: StreamSession, _ direction: Direction, now: UInt64) -> Bool {
    guard var inspector = stream.inspector, !stream[direction].isParked,
      stream.connection.unreadCount(direction) > 0
    else { return false }
    let unread = stream.connection.unreadCount(direction)
    let hasEnded = stream.connection.hasEnded(direction)
    let framing = stream.connection.withUnread(direction) { inspector.frame($0, direction, hasEnded: hasEnded) }
    stream.inspector = inspector
    switch framing {
    case .incomplete:
      guard hasEnded else { return false }
      stream.connection.pass(unread, edits: [], direction, now: now)
    case .skip(let count): stream.connection.pass(max(1, min(count, unread)), edits: [], direction, now: now)
    case .stranger: stepAside(stream, .stranger, now: now)
    case .stepAside(let reason): stepAside(stream, reason, now: now)
    case .message(let count):
      guard (1...unread).contains(count) else {
        stepAside(stream, .malformed, now: now)
        return false
      }
      return inspect(stream, count, direction, now: now)
    }
    return true
  }

  /// Has the gateway inspect the first `count` unread octets, and does what it says; false while it waits for a door.
  private mutating func inspect(
    _ stream: StreamSession, _ count: Int, _ direction: Direction, now: UInt64
  ) -> Bool {
    guard let inspector = stream.inspector else { return false }
    let message = stream.connection.withUnread(direction) { $0.extracting(first: count).copied }
    var reading = Reading(
      session: stream.session, inspector: inspector, answers: stream[direction].answers,
      isDryRun: settings.dryRun.contains(stream.session.gateway), addresses: addresses,
      memory: memories[stream.session.gateway], now: now)
    let outcome = reading.read(message, direction)
    if case .waiting(let request) = outcome {
      stream[direction].isParked = true
      send(.open(request), about: stream.session.id, for: .door(direction, request), now: now)
      return false
    }
    stream[direction].answers = []
    stream.inspector = reading.inspector
    let result = account(reading, outcome, message, stream.session, direction, now: now)
    if result.isDropped {
      stream.connection.discard(count, direction, now: now)
    } else {
      stream.connection.pass(
        count, edits: result.edits.map { StreamEdit(range: $0.range, octets: $0.octets) }, direction, now: now)
    }
    if let reason = result.steppedAside { stepAside(stream, reason, now: now) }
    return true
  }

  // MARK: The end of looking

  /// Looks into the stream no longer; what is unread goes on as it is.
  mutating func stepAside(_ stream: StreamSession, _ reason: StepAsideReason, now: UInt64) {
    guard stream.inspector != nil else { return }
    stream.inspector = nil
    stream.steppedAside = reason
    for direction in [Direction.outbound, .inbound] { stream[direction].isParked = false }
    counters.count(reason, of: stream.session.gateway)
    counters.add(-1, to: .openSessions, of: stream.session.gateway)
    stream.connection.passEverything(now: now)
    tell(steppedAside: reason, stream.session, now: now)
  }

  /// Holds the connection and all of them together within their bounds.
  private mutating func bound(_ stream: StreamSession, now: UInt64) {
    let held = stream.connection.bufferedOctets
    bufferedOctets += held - stream.countedOctets
    stream.countedOctets = held
    guard stream.connection.overflowed || bufferedOctets > settings.maximumOctets, !stream.connection.isPassingThrough
    else { return }
    counters.add(to: .overflows)
    switch settings.overflow {
    case .pass: stepAside(stream, .noMemory, now: now)
    case .reset:
      counters.add(to: .resets)
      stepAside(stream, .noMemory, now: now)
      stream.connection.reset()
      send(.end(stream.session.id), about: stream.session.id, for: .notice, now: now)
    }
  }

  /// Gives a connection without gateway back to the fast path once a constant shift describes it, and has the worker
  /// note the shift of one that goes on, for a restart.
  private mutating func settle(_ stream: StreamSession, now: UInt64) {
    let connection = stream.connection
    guard connection.isQuiet, !stream.isReleasing else { return }
    if stream.inspector == nil, connection.isEstablished || connection.isClosed {
      stream.isReleasing = true
      counters.add(to: .released)
      send(.release(stream.session.id, connection.shift), about: stream.session.id, for: .release, now: now)
    } else if connection.shift != stream.notedShift {
      stream.notedShift = connection.shift
      send(.note(stream.session.id, connection.shift), about: stream.session.id, for: .notice, now: now)
    }
  }

  /// Forgets a stream that has ended.
  mutating func forget(_ stream: StreamSession) {
    bufferedOctets -= stream.countedOctets
    counters.add(-1, to: .connections)
    if stream.inspector != nil { counters.add(-1, to: .openSessions, of: stream.session.gateway) }
    counters.set(.bufferedOctets, to: bufferedOctets)
  }

  private mutating func setTimer(_ stream: StreamSession, now: UInt64) {
    guard var deadline = stream.connection.deadline else { return }
    deadline = max(deadline, now + 1)
    guard deadline < stream.timerAt else { return }
    stream.timerAt = deadline
    timers.insert(stream.session.id, at: deadline)
  }

  // MARK: Sending

  /// Makes packets of what the connection wants sent.
  private mutating func transmit(_ stream: StreamSession) {
    while let outgoing = stream.connection.takeOutgoing() {
      guard let arrival = stream[outgoing.direction].arrival else { continue }
      let session = stream.session
      let isOutbound = outgoing.direction == .outbound
      let source = isOutbound ? session.insideLocal : session.outsideGlobal
      let destination = isOutbound ? session.outsideLocal : session.insideGlobal
      var segment: [UInt8] = []
      outgoing.segment.write(to: &segment)
      segment.store16(source.port, at: TCPField.sourcePort)
      segment.store16(destination.port, at: TCPField.destinationPort)
      var octets = stream[outgoing.direction].pattern.header(
        source: source.address, destination: destination.address, protocol: .tcp, payload: segment.count,
        identification: nextIdentification())
      octets += segment
      guard let layout = PacketLayout(octets.span) else { continue }
      layout.setTransportChecksum(
        of: &octets, at: layout.headerLength + TCPField.checksum, isPartial: outgoing.segmentSize > 0)
      put(
        .packet(
          EnginePacket(
            octets: octets, session: session.id, direction: outgoing.direction, arrival: arrival,
            segmentSize: outgoing.segmentSize)))
    }
  }

  /// Counts what the connection has done since the last time.
  private mutating func tally(_ stream: StreamSession) {
    let tally = stream.connection.takeTally()
    if tally.retransmissions > 0 { counters.add(tally.retransmissions, to: .retransmissions) }
    if tally.outOfOrder > 0 { counters.add(tally.outOfOrder, to: .outOfOrder) }
    if tally.duplicates > 0 { counters.add(tally.duplicates, to: .duplicates) }
    if tally.challenges > 0 { counters.add(tally.challenges, to: .challenges) }
    counters.set(.bufferedOctets, to: bufferedOctets)
  }
}
