import Translation
import WireFormats

extension VirtualConnection {
  /// What a segment that travels in `direction` says of the other direction's stream: how far it arrived, and how much
  /// more may be sent.
  func receiveAcknowledgment(_ segment: TCPSegment, _ count: Int, _ direction: Direction, now: UInt64) {
    let other = direction.opposite
    let place = self[other].place(ofOutput: segment.acknowledgment)
    if self[other].answersKeepAlive {
      self[other].answersKeepAlive = false
      self[other].owesAnswer = true
    }
    self[other].probes = 0
    if place > self[other].outAcknowledged || self[other].echo == nil {
      self[other].echo = segment.options.timestamp?.echo
    }
    let isNews = noteSelective(segment, other)
    let oldEnd = self[other].windowEnd
    noteWindow(segment.window, from: self[direction].place(ofInput: segment.sequence), place, direction)
    if place > self[other].outAcknowledged {
      advance(other, to: place, now: now)
    } else if place == self[other].outAcknowledged, count == 0, !segment.flags.contains(.fin),
      self[other].outNext > place, usesSelective ? isNews : self[other].windowEnd == oldEnd
    {
      // Who has what is missing is to hear of it.
      if self[other].isFrontLent { self[other].owesAnswer = true } else { countDuplicate(other, now: now) }
    }
    if self[other].windowEnd > self[other].outNext {
      self[other].probeAt = nil
      self[other].probeWait = 0
    }
  }

  /// Takes the window of a segment that is not older than the one that the window was taken from last (RFC 9293 section
  /// 3.10.7.4).
  @inline(__always)
  func noteWindow(_ field: UInt16, from: Int, _ place: Int, _ direction: Direction) {
    let other = direction.opposite
    let window = Int(field) << Int(self[other].windowScale)
    self[other].largestWindow = max(self[other].largestWindow, window)
    guard place >= self[other].outAcknowledged else { return }
    if from >= self[other].windowFrom {
      self[other].windowFrom = from
      self[other].windowEnd = place + window
    } else {
      self[other].windowEnd = max(self[other].windowEnd, place + window)
    }
  }

  /// The receiver has everything before `place`.
  func advance(_ direction: Direction, to place: Int, now: UInt64) {
    let flight = self[direction].outSent - self[direction].outAcknowledged
    let segment = payloadLimit(direction)
    if let timed = self[direction].timed, place >= timed.place {
      self[direction].roundTrip.sample(now - timed.sentAt)
      self[direction].timed = nil
    }
    if flight * 2 >= room(direction), self[direction].growth < limits.growth {
      self[direction].isCramped = true
      wantsRoom = true
    }
    let octets = place - self[direction].outAcknowledged
    self[direction].acknowledge(place)
    self[direction].duplicateAcknowledgments = 0
    self[direction].attempts = 0
    self[direction].roundTrip.recover()
    if self[direction].recovery?.isAfterTimeout != false {
      self[direction].congestion.acknowledge(octets, flight: flight, segment: segment)
    }
    if let recovery = self[direction].recovery {
      if place >= recovery.until {
        self[direction].recovery = nil
      } else {
        // A partial acknowledgement (RFC 6582 section 3.2): the next hole begins here.
        self[direction].recovery?.next = max(recovery.next, place)
        resendHoles(direction, now: now)
      }
    }
    let patience = self[direction].roundTrip.timeout
    // What only its sender has has its sender's timer.
    let isKept = self[direction].outSent > max(place, self[direction].queueStart)
    self[direction].retransmitAt = isKept ? now + patience : nil
    self[direction].owesAcknowledgment = true
  }

  private func countDuplicate(_ direction: Direction, now: UInt64) {
    self[direction].duplicateAcknowledgments += 1
    if self[direction].recovery != nil {
      resendHoles(direction, now: now)
    } else if self[direction].duplicateAcknowledgments == 3 || saysLost(direction) {
      // Fast retransmit (RFC 5681 section 3.2).
      let (start, end) = (self[direction].outAcknowledged, self[direction].outSent)
      self[direction].recovery = Pipe.Recovery(until: end, next: start, isAfterTimeout: false)
      self[direction].congestion.lose(flight: end - start, segment: payloadLimit(direction))
      resendHoles(direction, now: now)
    }
  }

  /// Whether the receiver has so much of what follows that the first octets must be lost (RFC 6675 section 4).
  private func saysLost(_ direction: Direction) -> Bool {
    self[direction].selectiveOctets(below: .max) > 2 * payloadLimit(direction)
  }

  /// Remembers what the receiver has beyond its acknowledgement (RFC 2018 section 3); whether any of it was news.
  private func noteSelective(_ segment: TCPSegment, _ direction: Direction) -> Bool {
    var isNews = false
    for block in segment.options.sackBlocks {
      let start = self[direction].place(ofOutput: block.start)
      let end = self[direction].place(ofOutput: block.end)
      guard start < end, start > self[direction].outAcknowledged, end <= self[direction].outSent else { continue }
      if self[direction].noteSelective(start..<end) { isNews = true }
    }
    return isNews
  }

  // MARK: Sending again

  /// Sends what is missing again: one segment for each acknowledgement that says so, or, after the timer, as many as the
  /// congestion window has room for.
  private func resendHoles(_ direction: Direction, now: UInt64) {
    while let recovery = self[direction].recovery {
      var start = max(recovery.next, self[direction].outAcknowledged, self[direction].queueStart)
      for range in self[direction].selective where range.contains(start) { start = range.upperBound }
      let next = self[direction].selective.first { $0.lowerBound > start }?.lowerBound
      // Without a block beyond it nobody has said that this is missing, but for the very first.
      guard start < recovery.until, recovery.isAfterTimeout || start == self[direction].outAcknowledged || next != nil
      else { return }
      if recovery.isAfterTimeout {
        let flight = start - self[direction].outAcknowledged - self[direction].selectiveOctets(below: start)
        let isRoom = flight < self[direction].congestion.allowance(payloadLimit(direction))
        guard start == self[direction].outAcknowledged || isRoom else { return }
      }
      let count = resend(direction, from: start, upTo: min(next ?? recovery.until, recovery.until), now: now)
      self[direction].recovery?.next = start + max(count, 1)
      guard recovery.isAfterTimeout, count > 0 else { return }
    }
  }

  /// Sends the first octets that are not acknowledged again.
  func resendFirst(_ direction: Direction, now: UInt64) {
    guard self[direction].outSent > self[direction].outAcknowledged, !self[direction].isFrontLent else { return }
    _ = resend(direction, from: self[direction].outAcknowledged, upTo: self[direction].outSent, now: now)
  }

  /// The sender sends again what it had sent before. Where the proxy has given up, that is a reason to try once more.
  func retryForSender(_ direction: Direction, now: UInt64) {
    self[direction].probes = 0
    guard self[direction].retransmitAt == nil, self[direction].probeAt == nil,
      self[direction].outSent > self[direction].outAcknowledged
    else { return }
    resendFirst(direction, now: now)
  }

  /// The timer ran out (RFC 6298 section 5.4 to 5.6): what the receiver said of later octets may not hold any more (RFC
  /// 2018 section 8). A receiver that never answers is given up after a while; its sender will do so too.
  func timeOut(_ direction: Direction, now: UInt64) {
    let (first, end) = (self[direction].outAcknowledged, self[direction].outSent)
    self[direction].congestion.timeOut(
      flight: end - first, segment: payloadLimit(direction), isFirst: self[direction].attempts == 0)
    self[direction].attempts += 1
    self[direction].roundTrip.backOff()
    self[direction].timed = nil
    if self[direction].isFrontLent {
      // The octets before those of the proxy are lost or late, and their sender's timer is as old as this one.
      let isPatient = self[direction].attempts <= Self.mostAttempts
      self[direction].retransmitAt = isPatient ? now + self[direction].roundTrip.timeout : nil
      return
    }
    self[direction].selective = []
    self[direction].duplicateAcknowledgments = 0
    guard self[direction].attempts <= Self.mostAttempts else {
      self[direction].retransmitAt = nil
      return
    }
    self[direction].recovery = Pipe.Recovery(until: end, next: first, isAfterTimeout: true)
    resendHoles(direction, now: now)
    self[direction].retransmitAt = now + self[direction].roundTrip.timeout
  }
}

extension Pipe {
  /// Forgets what the receiver has.
  mutating func acknowledge(_ place: Int) {
    if place > queueStart {
      queue.removeFirst(min(place - queueStart, queue.count))
      queueStart = place
    }
    outAcknowledged = place
    outNext = max(outNext, place)
    map.settle(upTo: place)
    if !selective.isEmpty { selective.removeAll { $0.upperBound <= place } }
  }

  /// Octets that the receiver has beyond its acknowledgement, below a place.
  func selectiveOctets(below place: Int) -> Int {
    selective.reduce(0) { $0 + max(0, min($1.upperBound, place) - max($1.lowerBound, outAcknowledged)) }
  }

  /// Adds a run that the receiver has; whether it was news.
  mutating func noteSelective(_ run: Range<Int>) -> Bool {
    guard !selective.contains(where: { $0.lowerBound <= run.lowerBound && $0.upperBound >= run.upperBound }) else {
      return false
    }
    var range = run
    selective.removeAll { other in
      guard other.overlaps(range) || other.upperBound == range.lowerBound || other.lowerBound == range.upperBound else {
        return false
      }
      range = min(range.lowerBound, other.lowerBound)..<max(range.upperBound, other.upperBound)
      return true
    }
    guard selective.count < 256 else { return false }
    let place = selective.firstIndex { $0.lowerBound > range.lowerBound } ?? selective.count
    selective.insert(range, at: place)
    return true
  }
}
