import Translation
import WireFormats

extension VirtualConnection {
  /// Octets of the largest super-frame's payload: 64 KB with room for headers.
  private static let largestPayload = 65_000

  /// Sends what may be sent, in both directions, and acknowledges what is owed.
  mutating func flush(now: UInt64) {
    guard isEstablished, !isReset else { return }
    for direction in [Direction.outbound, .inbound] {
      transmit(direction, now: now)
      acknowledge(direction, now: now)
    }
  }

  /// Does what is due.
  package mutating func turn(now: UInt64) {
    guard !isReset else { return }
    for direction in [Direction.outbound, .inbound] {
      if let time = self[direction].retransmitAt, time <= now { timeOut(direction, now: now) }
      if let time = self[direction].probeAt, time <= now { probe(direction, now: now) }
      if let time = self[direction].acknowledgeHeldAt, time <= now {
        self[direction].acknowledgeHeldAt = nil
        self[direction].heldAcknowledged = self[direction].received
        self[direction].owesAcknowledgment = true
      }
    }
    flush(now: now)
  }

  // MARK: Octets

  private mutating func transmit(_ direction: Direction, now: UInt64) {
    while self[direction].outNext < self[direction].outEnd {
      let start = self[direction].outNext
      let sent = send(direction, from: start, upTo: self[direction].outEnd, now: now)
      guard sent > 0 else { break }
      self[direction].outNext += sent
      self[direction].outSent = max(self[direction].outSent, self[direction].outNext)
      if self[direction].timed == nil { self[direction].timed = (self[direction].outNext, now) }
      if self[direction].retransmitAt == nil {
        self[direction].retransmitAt = now + self[direction].roundTrip.timeout
      }
    }
    // Nothing is under way that the receiver would answer with a larger window, so it has to be asked.
    if self[direction].outNext < self[direction].outEnd, self[direction].outSent == self[direction].outAcknowledged,
      self[direction].probeAt == nil
    {
      self[direction].probeAt = now + self[direction].roundTrip.timeout
    }
  }

  /// Sends octets that were sent before, one segment at most; answers how many.
  mutating func resend(_ direction: Direction, from start: Int, upTo end: Int, now: UInt64) -> Int {
    tally.retransmissions += 1
    self[direction].timed = nil
    return send(direction, from: start, upTo: min(end, start + payloadLimit(direction)), now: now)
  }

  /// Sends one segment or super-frame of the places from `start` on, as far as the window allows; answers how many.
  private mutating func send(_ direction: Direction, from start: Int, upTo end: Int, now: UInt64) -> Int {
    let limit = payloadLimit(direction)
    let most = self[direction].superFrames ? max(limit, Self.largestPayload / limit * limit) : limit
    let queued = self[direction].outAcknowledged + self[direction].queue.count
    let octets = min(most, min(end, queued) - start, self[direction].windowEnd - start)
    let hasFIN = self[direction].outFIN.map { $0 == start + max(octets, 0) && $0 < end } ?? false
    guard octets > 0 || hasFIN else { return 0 }
    var segment = header(direction, place: start)
    segment.flags = .ack
    if octets > 0 {
      let first = start - self[direction].outAcknowledged
      segment.payload = Array(self[direction].queue.part(first..<first + octets))
      if start + octets == queued { segment.flags.insert(.psh) }
    }
    if hasFIN { segment.flags.insert(.fin) }
    outgoing.append(
      OutgoingSegment(direction: direction, segment: segment, segmentSize: octets > limit ? UInt16(limit) : 0))
    return max(octets, 0) + (hasFIN ? 1 : 0)
  }

  /// Payload octets of one segment: what the receiver takes, and what the way takes with its headers.
  private func payloadLimit(_ direction: Direction) -> Int {
    let options = usesTimestamps ? 12 : 0
    let ofPath = self[direction].pathMTU - 40
    return max(1, min(self[direction].segmentSize, ofPath) - options)
  }

  /// Asks a receiver without window whether it has one again (RFC 9293 section 3.8.6.1), with one octet.
  private mutating func probe(_ direction: Direction, now: UInt64) {
    guard self[direction].outNext < self[direction].outEnd else {
      self[direction].probeAt = nil
      return
    }
    let end = self[direction].windowEnd
    self[direction].windowEnd = max(end, self[direction].outNext + 1)
    let sent = send(direction, from: self[direction].outNext, upTo: self[direction].outNext + 1, now: now)
    self[direction].windowEnd = end
    self[direction].outSent = max(self[direction].outSent, self[direction].outNext + sent)
    self[direction].probes += 1
    let wait = self[direction].roundTrip.timeout << UInt64(min(self[direction].probes, 6))
    self[direction].probeAt = now + min(wait, RoundTrip.maximum)
  }

  // MARK: Headers and acknowledgements

  private var usesTimestamps: Bool { outbound.offered.timestamp != nil && inbound.offered.timestamp != nil }
  private var usesSelective: Bool { outbound.offered.sackPermitted && inbound.offered.sackPermitted }

  /// A segment in `direction` at a place of its stream behind the gateway, with everything that it says of the other
  /// direction's stream; the flags are the caller's.
  mutating func header(_ direction: Direction, place: Int) -> TCPSegment {
    let other = direction.opposite
    let acknowledged = acknowledgeable(other)
    self[other].acknowledged = acknowledged
    self[other].owesAcknowledgment = false
    let edge = windowEdge(other)
    self[other].announcedEnd = edge
    let scale = Int(self[other].windowScaleOfReceiver(self))
    var segment = TCPSegment(
      sequence: self[direction].sequence(of: place), acknowledgment: self[other].sequence(of: acknowledged),
      flags: .ack, window: UInt16(clamping: (edge - acknowledged) >> scale))
    if usesTimestamps, let value = self[direction].timestamp {
      segment.options.timestamp = TCPOptions.Timestamp(value: value, echo: self[other].timestamp ?? 0)
    }
    if usesSelective, !self[other].early.isEmpty {
      let pipe = self[other]
      segment.options.sackBlocks = pipe.early.runs(newest: pipe.newestEarly).prefix(3).map {
        TCPOptions.Block(start: pipe.sequence(of: $0.lowerBound), end: pipe.sequence(of: $0.upperBound))
      }
    }
    return segment
  }

  /// How far the sender of a direction may be told that its octets arrived.
  private func acknowledgeable(_ direction: Direction) -> Int {
    let pipe = self[direction]
    if pipe.isFinished { return pipe.received }
    let delivered = pipe.map.input(ofOutput: pipe.outAcknowledged)
    return max(pipe.acknowledged, min(delivered, pipe.received), min(pipe.heldAcknowledged, pipe.received))
  }

  /// One behind the last place that the sender of a direction may send: what its receiver takes beyond what is on its way
  /// there already, and never less than it was told before.
  private func windowEdge(_ direction: Direction) -> Int {
    let pipe = self[direction]
    var room = pipe.windowEnd - (pipe.outAcknowledged + pipe.queue.count) - pipe.unread.count
    // A message longer than the receiver's window must still come to its end.
    if !pipe.unread.isEmpty { room = max(room, min(16_384, limits.octets - bufferedOctets)) }
    return pipe.received + max(0, room)
  }

  /// Acknowledges the sender of a direction what it is owed, if no segment of the other direction has done so.
  private mutating func acknowledge(_ direction: Direction, now: UInt64) {
    let isNews =
      acknowledgeable(direction) > self[direction].acknowledged || windowEdge(direction) != self[direction].announcedEnd
    guard self[direction].owesAcknowledgment || isNews else { return }
    guard isNews || !self[direction].early.isEmpty else {
      // It is acknowledged when its receiver acknowledges it.
      self[direction].owesAcknowledgment = false
      return
    }
    let other = direction.opposite
    let segment = header(other, place: self[other].outNext)
    outgoing.append(OutgoingSegment(direction: other, segment: segment, segmentSize: 0))
  }
}

extension Pipe {
  /// The scale of the windows that the sender of this direction is told: that of its receiver.
  func windowScaleOfReceiver(_ connection: VirtualConnection) -> UInt8 { windowScale }
}
