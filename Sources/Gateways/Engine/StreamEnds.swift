import Translation
import VirtualTCP
import WireFormats

// What a stream's reading leads to: segments that leave, bounds that hold, and the end of looking.
extension GatewayEngine {
  /// Looks into the stream no longer; what is unread goes on as it is.
  mutating func stepAside(_ stream: StreamSession, _ reason: StepAsideReason, now: UInt64) {
    guard stream.isRead else { return }
    stream.inspector = nil
    stream.steppedAside = reason
    for direction in [Direction.outbound, .inbound] { stream[direction].isParked = false }
    counters.count(reason, of: stream.session.gateway)
    counters.add(-1, to: .openSessions, of: stream.session.gateway)
    stream.connection.passEverything(now: now)
    tell(steppedAside: reason, stream.session, now: now)
  }

  /// Holds the connection, those of its inside host and all of them within their bounds. Near a bound whoever grows falls
  /// back, as the configuration says; at the bound it is reset, since octets that the proxy has acknowledged on its own
  /// account are held even without a gateway.
  mutating func bound(_ stream: StreamSession, now: UInt64) {
    let grows = count(stream)
    let isOverflowing = stream.connection.overflowed
    guard grows || isOverflowing else { return }
    let host = Fullness(stream.share.octets, of: min(settings.octetsPerHost, settings.maximumOctets / 2))
    let all = Fullness(held.total, of: settings.maximumOctets)
    let fullness = max(host, all)
    if !stream.connection.isPassingThrough {
      guard isOverflowing || fullness > .below else { return }
      counters.add(to: .overflows)
      if host > .below { counters.add(to: .hostOverflows) }
      stepAside(stream, .noMemory, now: now)
      guard settings.overflow == .reset || fullness == .reached else { return }
    } else if fullness < .reached {
      return
    }
    counters.add(to: .resets)
    stream.connection.reset()
    _ = count(stream)
    guard stream.session.ipv6 == nil else { return }
    send(.end(stream.session.id), about: stream.session.id, for: .notice, now: now)
  }

  /// Gives a connection more room that fills what it has. It keeps that until it is closed, since its ends have been told of
  /// it.
  mutating func makeRoom(_ stream: StreamSession) {
    guard !stream.connection.isClosed else { return }
    stream.connection.grow { octets in
      guard held.grant(octets, to: stream.share, settings) else { return false }
      stream.grantedOctets += octets
      return true
    }
  }

  /// Counts what a connection holds now; whether that is more than before.
  private mutating func count(_ stream: StreamSession) -> Bool {
    let octets = stream.connection.bufferedOctets
    let growth = octets - stream.countedOctets
    guard growth != 0 else { return false }
    held.change(stream.share, by: growth)
    stream.countedOctets = octets
    counters.set(.bufferedOctets, to: held.total)
    return growth > 0
  }

  /// Gives a connection without gateway back to the fast path once a constant shift describes all that is under way, and
  /// has the worker note the shift of one that goes on, for a restart. Over IPv6 no worker knows of the connection, so it
  /// goes on here.
  mutating func settle(_ stream: StreamSession, now: UInt64) {
    guard !stream.isReleasing, stream.session.ipv6 == nil else { return }
    if !stream.isRead, stream.connection.isEstablished || stream.connection.isClosed,
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

  /// Takes the room back from a connection that both ends have closed: its session stays for a while.
  mutating func takeRoom(_ stream: StreamSession) {
    guard stream.grantedOctets > 0, stream.connection.isClosed else { return }
    held.giveBack(stream.grantedOctets, of: stream.share)
    stream.grantedOctets = 0
  }

  /// Forgets a stream that has ended.
  mutating func forget(_ stream: StreamSession) {
    held.leave(stream.share, with: stream.countedOctets, granted: stream.grantedOctets)
    counters.add(-1, to: .connections)
    if stream.isRead { counters.add(-1, to: .openSessions, of: stream.session.gateway) }
    counters.set(.bufferedOctets, to: held.total)
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
      let headers = stream[outgoing.direction].pattern.headers(
        of: session, outgoing, identification: nextIdentification())
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
