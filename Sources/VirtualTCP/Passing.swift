package import Translation
package import WireFormats

// Segments that pass in their own packets. Where a stream's octets go on as they are and the proxy holds nothing of it, a
// segment that is in order needs nothing but other numbers: nothing of it is kept. What is lost of it behind the proxy its
// sender has, and hears of, since what the receiver says of such octets goes to their sender; what that sends again is
// passed on once more. So a connection behaves as if it had been given back to the packet path, and still is the proxy's:
// with the first segment that is not so simple it goes on as before, and what the proxy then keeps follows in its queue
// what it has lent.

/// A segment that can pass in its own packet.
package struct PassingSegment: BitwiseCopyable {
  fileprivate let direction: Direction
  /// Octets of its header.
  package let headerLength: Int
  /// Octets of its payload.
  package let count: Int
  /// The place of the other stream that it acknowledges.
  fileprivate let acknowledged: Int
  fileprivate let timestamp: (value: UInt32, echo: UInt32)
}

extension VirtualConnection {
  /// The first word of a header's options that are timestamps and nothing else (RFC 7323 appendix A).
  private static let timestampsOnly: UInt32 = 0x0101_080A

  /// Reads a segment, from its header on, and says whether it can pass in its own packet. Nil where it has to be received:
  /// it is out of order or not only data and acknowledgement, or something of its connection is held.
  ///
  /// - Parameter segmentSize: payload octets of each segment of a super-frame; 0 for one segment.
  package func passing(
    _ octets: PacketOctets, _ direction: Direction, segmentSize: Int, now: UInt64
  ) -> PassingSegment? {
    let other = direction.opposite
    guard isEstablished, !isReset, self[direction].isBare, self[other].isBare,
      octets.count >= TCPField.minimumLength
    else { return nil }
    let word = octets.load16(at: TCPField.dataOffset)
    // "ACK", and perhaps "PSH"; reserved bits are zero.
    guard word & 0x0FF7 == 0x0010 else { return nil }
    let length = Int(word >> 12) * 4
    guard length == TCPField.minimumLength + optionsOctets, length <= octets.count else { return nil }
    var timestamp: (value: UInt32, echo: UInt32) = (0, 0)
    if length > TCPField.minimumLength {
      guard octets.load32(at: TCPField.minimumLength) == Self.timestampsOnly else { return nil }
      timestamp = (
        octets.load32(at: TCPField.minimumLength + 4), octets.load32(at: TCPField.minimumLength + 8)
      )
      guard let known = self[direction].timestamp, Int32(bitPattern: timestamp.value &- known) >= 0 else { return nil }
    }
    let count = octets.count - length
    let place = self[direction].place(ofInput: octets.load32(at: TCPField.sequence))
    let acknowledged = self[other].place(ofOutput: octets.load32(at: TCPField.acknowledgment))
    guard place == self[direction].received, acknowledged >= self[other].outAcknowledged,
      acknowledged <= self[other].outSent, count == 0 || fits(count, direction, segmentSize, timestamp.value, now)
    else { return nil }
    return PassingSegment(
      direction: direction, headerLength: length, count: count, acknowledged: acknowledged, timestamp: timestamp)
  }

  /// Whether octets in order lie in the window, and their receiver and the way take them as they come.
  private func fits(
    _ count: Int, _ direction: Direction, _ segmentSize: Int, _ timestamp: UInt32, _ now: UInt64
  ) -> Bool {
    if let recent = self[direction].recent, now &- recent.at < Self.timestampAge,
      Int32(bitPattern: timestamp &- recent.timestamp) < 0
    {
      return false
    }
    let isSuper = segmentSize > 0
    return (isSuper ? segmentSize : count) <= payloadLimit(direction) && (!isSuper || self[direction].path.superFrames)
      && count <= limits.octets && self[direction].received + count <= self[direction].announcedEnd
      && self[direction].outNext + count <= self[direction].windowEnd
  }

  /// Lets a segment pass: moves its numbers where they lie.
  package func pass(
    _ segment: PassingSegment, _ octets: PacketOctets, hasPartialChecksum: Bool, now: UInt64
  ) {
    let direction = segment.direction
    let other = direction.opposite
    let place = self[direction].outNext
    let window = octets.load16(at: 14)
    // What it says of the other stream, as in `receiveAcknowledgment`.
    self[other].probes = 0
    if optionsOctets > 0, segment.acknowledged > self[other].outAcknowledged || self[other].echo == nil {
      self[other].echo = segment.timestamp.echo
    }
    noteWindow(window, from: self[direction].received, segment.acknowledged, direction)
    if segment.acknowledged > self[other].outAcknowledged { advance(other, to: segment.acknowledged, now: now) }
    self[direction].lend(segment, optionsOctets > 0, now: now)
    let said = sayHowFar(other)

    let old = octets.load64(at: TCPField.sequence)
    let new = UInt64(self[direction].sequence(of: place)) << 32 | UInt64(said.acknowledgment)
    octets.store64(new, at: TCPField.sequence)
    octets.store16(said.window, at: 14)
    guard !hasPartialChecksum else { return }
    let change = InternetChecksum.fold(
      (~old >> 32) &+ (~old & 0xFFFF_FFFF) &+ (new >> 32) &+ (new & 0xFFFF_FFFF) &+ UInt64(~window)
        &+ UInt64(said.window))
    let checksum = octets.load16(at: TCPField.checksum)
    octets.store16(InternetChecksum.update(checksum, by: change), at: TCPField.checksum)
  }

  /// Sends octets again that their sender sends again because only it has them; whether there were any.
  func repeatPassed(_ payload: ArraySlice<UInt8>, at place: Int, _ direction: Direction) -> Bool {
    // They all lie before the first edit that is not acknowledged.
    let shift = self[direction].map.settledShift
    var start = max(place, self[direction].outAcknowledged - shift)
    let end = min(place + payload.count, self[direction].queueStart - shift)
    guard start < end else { return false }
    self[direction].timed = nil
    while start < end {
      var segment = header(direction, place: start + shift)
      segment.flags.insert(.psh)
      let limit = max(1, payloadLimit(direction) + optionsOctets - segment.options.length)
      let most = self[direction].path.superFrames ? max(limit, Self.largestPayload / limit * limit) : limit
      let next = min(end, start + most)
      let first = payload.startIndex + start - place
      outgoing.append(
        OutgoingSegment(
          direction: direction, header: segment, pieces: [payload[first..<first + next - start]],
          segmentSize: next - start > limit ? UInt16(limit) : 0))
      start = next
    }
    return true
  }
}

extension Pipe {
  /// Whether nothing of the stream is held, edited, at its end or due, so that the next segment in order can pass as it is.
  @inline(__always)
  fileprivate var isBare: Bool {
    unread.isEmpty && early.isEmpty && queue.isEmpty && map.isSettled && outNext == queueStart && outSent == outNext
      && finPlace == nil && urgentEnd == nil && recovery == nil && probeAt == nil && initialSequence != nil
      && !owesAnswer && !answersKeepAlive
  }

  /// Takes note of octets that passed and were not kept.
  @inline(__always)
  fileprivate mutating func lend(_ segment: PassingSegment, _ hasTimestamp: Bool, now: UInt64) {
    if hasTimestamp { timestamp = segment.timestamp.value }
    guard segment.count > 0 else { return }
    if hasTimestamp { recent = (segment.timestamp.value, now) }
    received += segment.count
    outNext += segment.count
    outSent = outNext
    queueStart = outNext
    if timed == nil { timed = (outNext, now) }
  }

  /// What lies beyond the first octets that the sender of the stream awaits an acknowledgement of: what came out of order,
  /// and, where only the sender has those first octets, what their receiver says that it has (RFC 2018 section 3) and what
  /// is kept for it. The last that came is first.
  var runsBeyond: [Range<Int>] {
    let ofEarly = early.runs(newest: newestEarly)
    guard isFrontLent, !selective.isEmpty else { return ofEarly }
    let shift = map.settledShift
    var runs: [Range<Int>] = []
    let kept = queueStart - shift..<received - (hasFIN ? 1 : 0)
    if !kept.isEmpty { runs.append(kept) }
    for run in selective.reversed() where run.lowerBound < queueStart {
      runs.append(run.lowerBound - shift..<min(run.upperBound, queueStart) - shift)
    }
    return ofEarly + runs
  }
}
