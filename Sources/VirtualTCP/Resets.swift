import Translation
import WireFormats

extension VirtualConnection {
  /// A reset that travels in `direction` (RFC 5961 section 3.2): believed when its sequence number is the one expected,
  /// challenged when it lies in the window, ignored otherwise.
  mutating func receiveReset(_ segment: TCPSegment, _ direction: Direction) {
    guard isEstablished, self[direction].initialSequence != nil else {
      // The answer to a SYN: its acknowledgement is what makes it right, and its receiver judges that.
      isReset = true
      relay(segment, direction)
      return
    }
    let place = self[direction].place(ofInput: segment.sequence)
    if place == self[direction].received || place == self[direction].acknowledged {
      var reset = header(direction, place: self[direction].outNext)
      reset.flags = segment.flags
      isReset = true
      outgoing.append(OutgoingSegment(direction: direction, segment: reset, segmentSize: 0))
    } else if place > self[direction].received - 1,
      place < max(self[direction].announcedEnd, self[direction].received + 1)
    {
      tally.challenges += 1
      challenge(direction)
    }
  }

  /// Tells the sender of a direction what is expected of it (a challenge ACK, RFC 5961).
  mutating func challenge(_ direction: Direction) {
    let other = direction.opposite
    let segment = header(other, place: self[other].outNext)
    outgoing.append(OutgoingSegment(direction: other, segment: segment, segmentSize: 0))
  }

  /// Resets both ends.
  package mutating func reset() {
    guard isEstablished, !isReset else {
      isReset = true
      return
    }
    for direction in [Direction.outbound, .inbound] {
      var reset = header(direction, place: self[direction].outNext)
      reset.flags = [.rst, .ack]
      reset.options = TCPOptions()
      outgoing.append(OutgoingSegment(direction: direction, segment: reset, segmentSize: 0))
    }
    isReset = true
  }
}
