import Translation
import WireFormats

extension VirtualConnection {
  /// What a segment that travels in `direction` says of the other direction's stream: how far it arrived, and how much
  /// more may be sent.
  mutating func receiveAcknowledgment(_ segment: TCPSegment, _ direction: Direction, now: UInt64) {
    let other = direction.opposite
    let place = self[other].place(ofOutput: segment.acknowledgment)
    // RFC 9293 section 3.10.7.4: what was never sent cannot be acknowledged.
    guard place <= self[other].outSent else { return }
    let end = place + Int(segment.window) << Int(self[other].windowScale)
    if self[other].answersKeepAlive {
      self[other].answersKeepAlive = false
      self[other].owesAcknowledgment = true
      self[other].announcedEnd = 0
    }
    noteSelective(segment, other)
    if place > self[other].outAcknowledged {
      advance(other, to: place, now: now)
      self[other].windowEnd = max(self[other].windowEnd, end)
    } else if place == self[other].outAcknowledged {
      let isDuplicate =
        segment.payload.isEmpty && !segment.flags.contains(.fin) && self[other].outSent > place
        && self[other].windowEnd == end
      self[other].windowEnd = max(end, place)
      if isDuplicate { countDuplicate(other, now: now) }
    }
    if self[other].windowEnd > self[other].outNext {
      self[other].probeAt = nil
      self[other].probes = 0
    }
  }

  /// The receiver has everything before `place`.
  private mutating func advance(_ direction: Direction, to place: Int, now: UInt64) {
    if let timed = self[direction].timed, place >= timed.place {
      self[direction].roundTrip.sample(now - timed.sentAt)
      self[direction].timed = nil
    }
    self[direction].acknowledge(place)
    self[direction].duplicateAcknowledgments = 0
    self[direction].roundTrip.recover()
    if let recovery = self[direction].recovery {
      if place >= recovery.until {
        self[direction].recovery = nil
      } else {
        // A partial acknowledgement (RFC 6582 section 3.2): the next hole begins here.
        self[direction].recovery?.next = max(recovery.next, place)
        resendHole(direction, now: now)
      }
    }
    let patience = self[direction].roundTrip.timeout
    self[direction].retransmitAt = self[direction].outSent > place ? now + patience : nil
    self[direction].owesAcknowledgment = true
  }

  private mutating func countDuplicate(_ direction: Direction, now: UInt64) {
    self[direction].duplicateAcknowledgments += 1
    if self[direction].recovery != nil {
      resendHole(direction, now: now)
    } else if self[direction].duplicateAcknowledgments == 3 {
      // Fast retransmit (RFC 5681 section 3.2).
      let start = self[direction].outAcknowledged
      let end = self[direction].outSent
      self[direction].recovery = (end, start)
      resendHole(direction, now: now)
    }
  }

  /// Remembers what the receiver has beyond its acknowledgement (RFC 2018 section 3).
  private mutating func noteSelective(_ segment: TCPSegment, _ direction: Direction) {
    for block in segment.options.sackBlocks {
      let start = self[direction].place(ofOutput: block.start)
      let end = self[direction].place(ofOutput: block.end)
      guard start < end, start > self[direction].outAcknowledged, end <= self[direction].outSent else { continue }
      self[direction].noteSelective(start..<end)
    }
  }

  // MARK: Sending again

  /// Sends the first hole of a recovery again.
  private mutating func resendHole(_ direction: Direction, now: UInt64) {
    guard let recovery = self[direction].recovery else { return }
    var start = max(recovery.next, self[direction].outAcknowledged)
    for range in self[direction].selective where range.contains(start) { start = range.upperBound }
    // Without a block beyond it nobody has said that this is missing, but for the very first.
    let isKnown =
      start == self[direction].outAcknowledged || self[direction].selective.contains { $0.lowerBound > start }
    guard start < recovery.until, isKnown else { return }
    let next = self[direction].selective.first { $0.lowerBound > start }?.lowerBound ?? recovery.until
    let count = resend(direction, from: start, upTo: next, now: now)
    self[direction].recovery?.next = start + max(count, 1)
  }

  /// Sends the first octets that are not acknowledged again.
  mutating func resendFirst(_ direction: Direction, now: UInt64) {
    guard self[direction].outSent > self[direction].outAcknowledged else { return }
    _ = resend(direction, from: self[direction].outAcknowledged, upTo: self[direction].outSent, now: now)
  }

  /// The timer ran out (RFC 6298 section 5.4 to 5.6): what the receiver said of later octets may not hold any more (RFC
  /// 2018 section 8).
  mutating func timeOut(_ direction: Direction, now: UInt64) {
    self[direction].roundTrip.backOff()
    self[direction].timed = nil
    self[direction].selective = []
    let (first, end) = (self[direction].outAcknowledged, self[direction].outSent)
    self[direction].recovery = (end, first)
    self[direction].duplicateAcknowledgments = 0
    resendFirst(direction, now: now)
    self[direction].recovery?.next = first + 1
    let patience = self[direction].roundTrip.timeout
    self[direction].retransmitAt = now + patience
  }
}

extension Pipe {
  /// Forgets what the receiver has.
  mutating func acknowledge(_ place: Int) {
    let octets = min(place - outAcknowledged, queue.count)
    queue.removeFirst(octets)
    outAcknowledged = place
    outNext = max(outNext, place)
    map.settle(upTo: place)
    if !selective.isEmpty { selective.removeAll { $0.upperBound <= place } }
  }

  /// Adds a run that the receiver has.
  mutating func noteSelective(_ range: Range<Int>) {
    var range = range
    selective.removeAll { other in
      guard other.overlaps(range) || other.upperBound == range.lowerBound || other.lowerBound == range.upperBound else {
        return false
      }
      range = min(range.lowerBound, other.lowerBound)..<max(range.upperBound, other.upperBound)
      return true
    }
    guard selective.count < 64 else { return }
    let place = selective.firstIndex { $0.lowerBound > range.lowerBound } ?? selective.count
    selective.insert(range, at: place)
  }
}
