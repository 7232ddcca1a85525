import Translation
import VirtualTCP
import WireFormats

extension GatewayEngine {
  /// A TCP segment, or a super-frame of them.
  mutating func receiveSegment(_ packet: InspectedPacket, _ layout: PacketLayout, more: Bool, now: UInt64) {
    guard
      let (segment, length) = TCPSegment.header(
        of: packet.octets.span.extracting(layout.headerLength..<layout.totalLength))
    else {
      counters.add(to: .discarded)
      return
    }
    guard let stream = stream(of: packet, segment, now: now) else { return }
    stream[packet.direction].note(packet.arrival, HeaderPattern(layout))
    stream.connection.setPath(
      packet.direction.isOutbound ? .inbound : .outbound, mtu: Int(packet.arrival.mtu),
      networkHeader: stream.session.networkHeader,
      superFrames: layout.isIPv6 ? settings.superFramesIPv6 : settings.superFrames)
    let waits = more && stream.connection.isEstablished
    stream.connection.receive(
      segment, payload: packet.octets[layout.headerLength + length..<layout.totalLength], packet.direction,
      more: waits, now: now)
    guard waits else {
      advance(stream, now: now)
      return
    }
    guard !stream.isWaitingForBurst else { return }
    stream.isWaitingForBurst = true
    burst.append(stream)
  }

  /// Reads what the packets of a burst have brought, and sends what that brings about: what came in many segments leaves in
  /// few.
  package mutating func flush(now: UInt64) {
    guard !burst.isEmpty else { return }
    for stream in burst {
      stream.isWaitingForBurst = false
      guard streams[stream.session.id] === stream else { continue }
      stream.connection.flush(now: now)
      advance(stream, now: now)
    }
    burst.removeAll(keepingCapacity: true)
  }

  /// The stream of a packet, which its first SYN begins. A stream whose beginning was not seen is a stranger's: its
  /// packets go on as they are, and the session back to the fast path (rule R1).
  private mutating func stream(
    of packet: InspectedPacket, _ segment: TCPSegment, now: UInt64
  ) -> StreamSession? {
    let id = packet.session.id
    let isOpening = segment.flags.contains(.syn) && segment.flags.isDisjoint(with: [.ack, .rst])
    if let stream = streams[id] {
      // The same ports again, after the end: another connection (RFC 9293 section 3.6.1), unless it is the old SYN that came
      // late: who has not heard of the end yet still needs the old one.
      guard isOpening, stream.connection.isClosed, packet.direction == stream.session.opened,
        !stream.connection.began(with: segment.sequence, packet.direction)
      else { return stream }
      if !stream.notedShift.isZero { send(.note(id, SequenceShift()), about: id, for: .notice, now: now) }
      ended(id)
    }
    let session = packet.session.controlSession(settings.options)
    guard isOpening, packet.direction == session.opened else {
      forward(packet)
      release(packet.session, now: now)
      return nil
    }
    var limits = StreamLimits()
    limits.octets = settings.octetsPerConnection
    let stream = StreamSession(session, limits: limits, share: held.join(session))
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

  /// Gives a session that nobody looks into back to the fast path. One over IPv6 goes on coming, and is passed on as it is.
  private mutating func release(_ session: PacketSession, now: UInt64) {
    guard case .translated(let session) = session else { return }
    send(.release(session.id, SequenceShift()), about: session.id, for: .release, now: now)
  }

  /// Reads what can be read, sends what can be sent, and sees what has become of the connection.
  mutating func advance(_ stream: StreamSession, now: UInt64) {
    // What one direction does may let the other go on; each round consumes something, so this ends.
    while read(stream, .outbound, now: now) || read(stream, .inbound, now: now) {}
    bound(stream, now: now)
    if stream.connection.wantsRoom { makeRoom(stream) }
    takeRoom(stream)
    transmit(stream)
    tally(stream)
    settle(stream, now: now)
    setTimer(stream, now: now)
  }

  /// Reads what can be read of a direction; whether there was anything. Messages that go on as they are go on together.
  private mutating func read(_ stream: StreamSession, _ direction: Direction, now: UInt64) -> Bool {
    let connection = stream.connection
    var hasRead = false
    // From the front on, and to go on as they are.
    var clean = 0
    var owesFlush = false
    var reading: Reading?
    while stream.isRead, !stream[direction].isParked {
      let unread = connection.frontCount(direction) - clean
      let isAll = connection.unreadCount(direction) == connection.frontCount(direction)
      guard unread > 0 || !isAll else { break }
      let hasEnded = isAll && connection.hasEnded(direction)
      // In its place: a copy of an inspector costs an allocation.
      let framing =
        unread == 0
        ? .incomplete
        : stream[direction].takeFraming()
          ?? connection.withUnread(direction) {
            stream.inspector?.frame($0.extracting(droppingFirst: clean), direction, hasEnded: hasEnded) ?? .incomplete
          }
      if case .incomplete = framing, !hasEnded {
        // What is read goes first, so that the message at the front can be put together with few octets.
        if clean > 0 { connection.pass(clean, edits: [], direction, more: true, now: now) }
        owesFlush = owesFlush || clean > 0
        clean = 0
        guard connection.frontCount(direction) > unread || connection.gather(direction) else { break }
        continue
      }
      hasRead = true
      switch framing {
      case .incomplete: clean += unread
      case .skip(let count): clean += max(1, min(count, unread))
      case .stranger: stepAside(stream, .stranger, now: now)
      case .stepAside(let reason): stepAside(stream, reason, now: now)
      case .message(let count) where (1...unread).contains(count):
        clean = inspect(stream, count, behind: clean, direction, &reading, now: now)
      case .message: stepAside(stream, .malformed, now: now)
      }
    }
    // Who steps aside has passed everything on.
    if stream.isRead, clean > 0 {
      connection.pass(clean, edits: [], direction, now: now)
    } else if owesFlush {
      connection.flush(now: now)
    }
    return hasRead
  }

  /// Whether a gateway says what it would do, and does nothing.
  func isDryRun(_ gateway: GatewayID) -> Bool { !settings.dryRun.isEmpty && settings.dryRun.contains(gateway) }

  /// Has the gateway inspect a message of `count` unread octets behind the first `clean`, and does what it says. Answers how
  /// many of the first unread octets are to go on as they are then.
  private mutating func inspect(
    _ stream: StreamSession, _ count: Int, behind clean: Int, _ direction: Direction, _ reading: inout Reading?,
    now: UInt64
  ) -> Int {
    let connection = stream.connection
    let inspection = connection.withUnread(direction) { unread in
      inspect(unread.extracting(clean..<clean + count), of: stream, direction, &reading, now: now)
    }
    let result: ReadingResult
    switch inspection {
    case .waiting(let request):
      if clean > 0 { connection.pass(clean, edits: [], direction, now: now) }
      stream[direction].isParked = true
      connection.wait(true, direction, now: now)
      send(.open(request), about: stream.session.id, for: .door(direction, request), now: now)
      return 0
    case .done(let outcome): result = outcome
    }
    var rest = clean + count
    if result.isDropped {
      if clean > 0 { connection.pass(clean, edits: [], direction, now: now) }
      connection.discard(count, direction, now: now)
      rest = 0
    } else if !result.edits.isEmpty {
      let edits = result.edits.map {
        StreamEdit(range: clean + $0.range.lowerBound..<clean + $0.range.upperBound, octets: $0.octets)
      }
      connection.pass(rest, edits: edits, direction, now: now)
      rest = 0
    }
    if let reason = result.steppedAside {
      stepAside(stream, reason, now: now)
      return 0
    }
    return rest
  }

  /// What came of a message.
  private enum Inspection {
    /// A door has to be asked for first.
    case waiting(DoorRequest)
    case done(ReadingResult)
  }

  /// Has a gateway read a message where it lies, and gives the orders that follow. A reading that brought nothing about
  /// serves the next message too.
  private mutating func inspect(
    _ message: Span<UInt8>, of stream: StreamSession, _ direction: Direction, _ latest: inout Reading?, now: UInt64
  ) -> Inspection {
    guard var inspector = stream.inspector else { return .done(ReadingResult()) }
    latest?.begin()
    if latest == nil {
      latest = Reading(
        session: stream.session, answers: stream[direction].answers, isDryRun: isDryRun(stream.session.gateway),
        addresses: addresses, memory: memories[stream.session.gateway], now: now)
    }
    let outcome = latest?.read(message, direction, by: &inspector) ?? .read
    if case .waiting(let request) = outcome {
      latest = nil
      return .waiting(request)
    }
    if !stream[direction].answers.isEmpty { stream[direction].answers = [] }
    stream.inspector = inspector
    if case .read = outcome, let conclusion = latest?.conclude(), conclusion.isOfNoConsequence {
      count(conclusion.kind, of: stream.session.gateway)
      return .done(ReadingResult())
    }
    guard let reading = latest.take() else { return .done(ReadingResult()) }
    return .done(account(reading, outcome, message, stream.session, direction, now: now))
  }
}
