import Translation
import WireFormats

extension VirtualConnection {
  /// Octets of the largest super-frame's payload: 64 KB with room for headers.
  static let largestPayload = 65_000
  /// How often the timer may run out, or a receiver without window be asked, before nothing more is sent (RFC 9293 section
  /// 3.8.3): about three minutes.
  static let mostAttempts = 14

  /// Sends what may be sent, in both directions, and acknowledges what is owed.
  package func flush(now: UInt64) {
    guard isEstablished, !isReset else { return }
    for direction in [Direction.outbound, .inbound] { transmit(direction, now: now) }
    for direction in [Direction.outbound, .inbound] { acknowledge(direction) }
  }

  /// Does what is due.
  package func turn(now: UInt64) {
    guard !isReset else { return }
    for direction in [Direction.outbound, .inbound] {
      if let time = self[direction].retransmitAt, time <= now { timeOut(direction, now: now) }
      if let time = self[direction].probeAt, time <= now { probe(direction, now: now) }
      if let time = self[direction].acknowledgeHeldAt, time <= now { acknowledgeHeld(direction, now: now) }
    }
    flush(now: now)
  }

  /// Acknowledges octets of an incomplete message on the proxy's own account: nobody else can, and without it the rest
  /// might never come.
  private func acknowledgeHeld(_ direction: Direction, now: UInt64) {
    self[direction].acknowledgeHeldAt = nil
    guard !self[direction].unread.isEmpty, !self[direction].isWaiting else { return }
    // To acknowledge them is to acknowledge all before them, of which only the sender may have some.
    guard !self[direction].isFrontLent else {
      self[direction].acknowledgeHeldAt = now + Self.heldDelay
      return
    }
    self[direction].heldAcknowledged = self[direction].received - (self[direction].hasFIN ? 1 : 0)
    // The proxy is who acknowledges, so it echoes what the sender said last.
    self[direction].echo = self[direction].timestamp
    self[direction].owesAcknowledgment = true
  }

  // MARK: Octets

  private func transmit(_ direction: Direction, now: UInt64) {
    let limit = payloadLimit(direction)
    while self[direction].outNext < self[direction].outEnd {
      let start = self[direction].outNext
      let flight = start - self[direction].outAcknowledged
      // While the timer's losses are sent again, nothing new is.
      if let recovery = self[direction].recovery, recovery.isAfterTimeout, recovery.next < recovery.until { break }
      let arrived =
        usesSelective
        ? self[direction].selectiveOctets(below: .max) : self[direction].duplicateAcknowledgments * limit
      let room = self[direction].congestion.allowance(limit) - max(0, flight - arrived)
      guard room > 0 else { break }
      // Whole segments, even if the last one exceeds the congestion window a little.
      let end = min(self[direction].outEnd, start + (room + limit - 1) / limit * limit)
      let sent = send(direction, from: start, upTo: end, window: self[direction].windowEnd)
      guard sent > 0 else { break }
      self[direction].congestion.send(
        flight: flight, segment: limit, timeout: self[direction].roundTrip.timeout, now: now)
      self[direction].outNext += sent
      self[direction].outSent = max(self[direction].outSent, self[direction].outNext)
      if self[direction].timed == nil { self[direction].timed = (self[direction].outNext, now) }
      if self[direction].retransmitAt == nil {
        self[direction].retransmitAt = now + self[direction].roundTrip.timeout
      }
    }
    // Nothing is under way that the receiver would answer with a larger window, so it has to be asked.
    if self[direction].outNext < self[direction].outEnd, self[direction].outSent == self[direction].outAcknowledged,
      self[direction].probeAt == nil, self[direction].probes <= Self.mostAttempts
    {
      self[direction].probeAt = now + self[direction].roundTrip.timeout
    }
  }

  /// Sends octets that were sent before, one segment at most; answers how many. A window that has closed since leaves room
  /// for the first octet, so that its receiver is asked.
  func resend(_ direction: Direction, from start: Int, upTo end: Int, now: UInt64) -> Int {
    tally.retransmissions += 1
    self[direction].timed = nil
    if self[direction].retransmitAt == nil {
      self[direction].retransmitAt = now + self[direction].roundTrip.timeout
    }
    return send(
      direction, from: start, upTo: min(end, start + payloadLimit(direction)),
      window: max(self[direction].windowEnd, self[direction].outAcknowledged + 1))
  }

  /// Sends one segment or super-frame of the places from `start` on, as far as the window allows; answers how many.
  private func send(_ direction: Direction, from start: Int, upTo end: Int, window: Int) -> Int {
    let queued = self[direction].queueEnd
    guard start >= self[direction].queueStart, start < end, start < window || self[direction].outFIN == start else {
      return 0
    }
    var segment = header(direction, place: start)
    let limit = max(1, payloadLimit(direction) + optionsOctets - segment.options.length)
    let most = self[direction].path.superFrames ? max(limit, Self.largestPayload / limit * limit) : limit
    let octets = max(0, min(most, min(end, queued) - start, window - start))
    let hasFIN = self[direction].outFIN.map { $0 == start + octets && $0 < end } ?? false
    var pieces: [ArraySlice<UInt8>] = []
    if octets > 0 {
      let first = start - self[direction].queueStart
      pieces = self[direction].queue.part(first..<first + octets)
      if start + octets == queued { segment.flags.insert(.psh) }
      markUrgent(&segment, start, direction)
    }
    if hasFIN { segment.flags.insert(.fin) }
    outgoing.append(
      OutgoingSegment(
        direction: direction, header: segment, pieces: pieces, segmentSize: octets > limit ? UInt16(limit) : 0))
    return octets + (hasFIN ? 1 : 0)
  }

  /// Points to the end of urgent octets (RFC 9293 section 3.8.5), where it has moved to.
  private func markUrgent(_ segment: inout TCPSegment, _ start: Int, _ direction: Direction) {
    guard let urgentEnd = self[direction].urgentEnd, urgentEnd <= self[direction].unreadStart else { return }
    let end = self[direction].map.output(ofInput: urgentEnd)
    if end > start, end - start <= 65_535 {
      segment.flags.insert(.urg)
      segment.urgent = UInt16(end - start)
    } else if end <= self[direction].outAcknowledged {
      self[direction].urgentEnd = nil
    }
  }

  /// Octets of the options that every segment has.
  var optionsOctets: Int { usesTimestamps ? 12 : 0 }

  /// Payload octets of one segment: what the receiver takes, and what the way takes with its headers.
  @inline(__always)
  func payloadLimit(_ direction: Direction) -> Int {
    let path = self[direction].path
    let ofPath = path.mtu - path.networkHeader - TCPField.minimumLength
    return max(1, min(self[direction].segmentSize, ofPath) - optionsOctets)
  }

  /// Asks a receiver without window whether it has one again (RFC 9293 section 3.8.6.1), with one octet.
  private func probe(_ direction: Direction, now: UInt64) {
    self[direction].probeAt = nil
    guard self[direction].outNext < self[direction].outEnd else { return }
    let next = self[direction].outNext
    let sent = send(direction, from: next, upTo: next + 1, window: next + 1)
    self[direction].outSent = max(self[direction].outSent, next + sent)
    self[direction].probes += 1
    self[direction].probeWait = min(self[direction].probeWait + 1, 6)
    guard self[direction].probes <= Self.mostAttempts else { return }
    let wait = self[direction].roundTrip.timeout << UInt64(self[direction].probeWait)
    self[direction].probeAt = now + min(wait, RoundTrip.maximum)
  }

  // MARK: Headers and acknowledgements

  var usesTimestamps: Bool { outbound.offered.timestamp != nil && inbound.offered.timestamp != nil }
  var usesSelective: Bool { outbound.offered.sackPermitted && inbound.offered.sackPermitted }

  /// A segment in `direction` at a place of its stream behind the gateway, with everything that it says of the other
  /// direction's stream; the flags are the caller's.
  func header(_ direction: Direction, place: Int) -> TCPSegment {
    let other = direction.opposite
    let said = sayHowFar(other)
    var segment = TCPSegment(
      sequence: self[direction].sequence(of: place), acknowledgment: said.acknowledgment, flags: .ack,
      window: said.window)
    if usesTimestamps, let value = self[direction].timestamp {
      segment.options.timestamp = TCPOptions.Timestamp(
        value: value, echo: self[other].echo ?? self[other].timestamp ?? 0)
    }
    if usesSelective, !self[other].early.isEmpty || self[other].isFrontLent {
      segment.options.sackBlocks = self[other].runsBeyond.prefix(3).map {
        TCPOptions.Block(start: self[other].sequence(of: $0.lowerBound), end: self[other].sequence(of: $0.upperBound))
      }
    }
    return segment
  }

  /// What a segment to the sender of a direction says of its stream: the number that it acknowledges, and the window. From
  /// here on that is said.
  @inline(__always)
  func sayHowFar(_ direction: Direction) -> (acknowledgment: UInt32, window: UInt16) {
    let acknowledged = acknowledgeable(direction)
    let edge = windowEdge(direction)
    self[direction].acknowledged = acknowledged
    self[direction].owesAcknowledgment = false
    self[direction].owesAnswer = false
    self[direction].announcedEnd = edge
    return (
      self[direction].sequence(of: acknowledged),
      UInt16(clamping: (edge - acknowledged) >> Int(self[direction].windowScale))
    )
  }

  /// How far the sender of a direction may be told that its octets arrived.
  @inline(__always)
  private func acknowledgeable(_ direction: Direction) -> Int {
    max(self[direction].acknowledged, self[direction].delivered, self[direction].heldAcknowledged)
  }

  /// One behind the last place that the sender of a direction may send: what its receiver takes beyond what is on its way
  /// there already, as far as there is room for it here.
  @inline(__always)
  private func windowEdge(_ direction: Direction) -> Int {
    let unread = self[direction].unread.count
    let queued = self[direction].queue.count
    var room = self[direction].windowEnd - self[direction].queueEnd - unread
    // A message longer than the receiver's window must still come to its end: what the proxy acknowledges on its own
    // account, it also makes room for.
    if unread > 0, self[direction].heldAcknowledged > self[direction].delivered { room = max(room, 16_384) }
    room = min(room, self.room(direction) - unread - queued)
    return max(self[direction].announcedEnd, self[direction].received + room)
  }

  /// Acknowledges the sender of a direction what it is owed, if no segment of the other direction has done so.
  private func acknowledge(_ direction: Direction) {
    let isNews =
      acknowledgeable(direction) > self[direction].acknowledged || windowEdge(direction) > self[direction].announcedEnd
    guard isNews || self[direction].owesAnswer else {
      // It is acknowledged when its receiver acknowledges it.
      self[direction].owesAcknowledgment = false
      return
    }
    let other = direction.opposite
    put(header(other, place: self[other].outNext), [], other)
  }

  /// Lets a segment leave.
  func put(_ header: TCPSegment, _ pieces: [ArraySlice<UInt8>], _ direction: Direction) {
    outgoing.append(OutgoingSegment(direction: direction, header: header, pieces: pieces, segmentSize: 0))
  }
}
