import Translation
import VirtualTCP
import WireFormats

// What a stream's reading leads to: segments that leave, bounds that hold, and the end of looking.
extension GatewayEngine {
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
  mutating func bound(_ stream: StreamSession, now: UInt64) {
    let held = stream.connection.bufferedOctets
    if held != stream.countedOctets {
      bufferedOctets += held - stream.countedOctets
      stream.countedOctets = held
      counters.set(.bufferedOctets, to: bufferedOctets)
    }
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

  /// Gives a connection without gateway back to the fast path once a constant shift describes all that is under way, and
  /// has the worker note the shift of one that goes on, for a restart.
  mutating func settle(_ stream: StreamSession, now: UInt64) {
    guard !stream.isReleasing else { return }
    if stream.inspector == nil, stream.connection.isEstablished || stream.connection.isClosed,
      stream.connection.isTransparent
    {
      stream.isReleasing = true
      counters.add(to: .released)
      send(
        .release(stream.session.id, stream.connection.shift), about: stream.session.id, for: .release, now: now)
    } else if stream.connection.hasConstantShift, stream.connection.shift != stream.notedShift {
      stream.notedShift = stream.connection.shift
      send(.note(stream.session.id, stream.notedShift), about: stream.session.id, for: .notice, now: now)
    }
  }

  /// Forgets a stream that has ended.
  mutating func forget(_ stream: StreamSession) {
    bufferedOctets -= stream.countedOctets
    counters.add(-1, to: .connections)
    if stream.inspector != nil { counters.add(-1, to: .openSessions, of: stream.session.gateway) }
    counters.set(.bufferedOctets, to: bufferedOctets)
  }

  mutating func setTimer(_ stream: StreamSession, now: UInt64) {
    guard var deadline = stream.connection.deadline else { return }
    deadline = max(deadline, now + 1)
    guard deadline < stream.timerAt else { return }
    stream.timerAt = deadline
    timers.insert(stream.session.id, at: deadline)
  }

  // MARK: Sending

  /// Makes packets of what the connection wants sent.
  mutating func transmit(_ stream: StreamSession) {
    let session = stream.session
    stream.connection.drain { outgoing in
      guard let arrival = stream[outgoing.direction].arrival else { return }
      let isOutbound = outgoing.direction.isOutbound
      let headers = stream[outgoing.direction].pattern.headers(
        from: isOutbound ? session.insideLocal : session.outsideGlobal,
        to: isOutbound ? session.outsideLocal : session.insideGlobal, outgoing, identification: nextIdentification())
      var packet = EnginePacket(
        octets: headers, session: session.id, direction: outgoing.direction, arrival: arrival,
        segmentSize: outgoing.segmentSize)
      packet.pieces = outgoing.pieces
      put(.packet(packet))
    }
  }

  /// Counts what the connection has done since the last time.
  mutating func tally(_ stream: StreamSession) {
    let tally = stream.connection.takeTally()
    if tally.retransmissions > 0 { counters.add(tally.retransmissions, to: .retransmissions) }
    if tally.outOfOrder > 0 { counters.add(tally.outOfOrder, to: .outOfOrder) }
    if tally.duplicates > 0 { counters.add(tally.duplicates, to: .duplicates) }
    if tally.challenges > 0 { counters.add(tally.challenges, to: .challenges) }
  }
}
