import Translation
import WireFormats

extension VirtualConnection {
  /// Challenges in a second; more would make the proxy a reflector (RFC 5961 section 7).
  private static let challengesEachSecond = 10

  /// A reset that travels in `direction` (RFC 5961 section 3.2): believed when its sequence number is the one expected,
  /// challenged when it lies in the window, ignored otherwise.
  func receiveReset(_ segment: TCPSegment, _ direction: Direction, now: UInt64) {
    guard isEstablished, self[direction].initialSequence != nil else {
      receiveRefusal(segment, direction)
      return
    }
    let place = self[direction].place(ofInput: segment.sequence)
    if place == self[direction].received || place == self[direction].acknowledged {
      var reset = header(direction, place: self[direction].outNext)
      reset.flags = segment.flags.intersection([.rst, .ack])
      endByReset()
      put(reset, [], direction)
    } else if place >= self[direction].acknowledged, place < self[direction].announcedEnd {
      tally.challenges += 1
      challenge(direction, now: now)
    }
  }

  /// The answer to a SYN: its acknowledgement is what makes it right (RFC 9293 section 3.10.7.3).
  private func receiveRefusal(_ segment: TCPSegment, _ direction: Direction) {
    let asked = self[direction.opposite].initialSequence
    let isRight: Bool
    if let initial = self[direction].initialSequence {
      isRight = segment.sequence == initial &+ 1
    } else {
      isRight = segment.flags.contains(.ack) && asked.map { segment.acknowledgment == $0 &+ 1 } == true
    }
    guard isRight else {
      tally.challenges += 1
      return
    }
    endByReset()
    relay(segment, [], direction)
  }

  /// From a reset on nothing is held any more: nobody waits for it.
  private func endByReset() {
    isReset = true
    for direction in [Direction.outbound, .inbound] { self[direction].forgetOctets() }
  }

  /// After a reset there is no connection any more: who has not heard of it is told again, with the number that it expects
  /// (RFC 9293 section 3.10.7.1).
  func refuse(_ segment: TCPSegment, _ direction: Direction) {
    guard segment.flags.contains(.ack), !segment.flags.contains(.rst) else { return }
    let reset = TCPSegment(sequence: segment.acknowledgment, acknowledgment: 0, flags: .rst, window: 0)
    put(reset, [], direction.opposite)
  }

  /// Tells the sender of a direction what is expected of it (a challenge ACK, RFC 5961).
  func challenge(_ direction: Direction, now: UInt64) {
    if now &- challengesSince >= 1_000_000 { (challengesSince, challenges) = (now, 0) }
    guard challenges < Self.challengesEachSecond else { return }
    challenges += 1
    let other = direction.opposite
    put(header(other, place: self[other].outNext), [], other)
  }

  /// Resets both ends.
  package func reset() {
    guard isEstablished, !isReset else {
      endByReset()
      return
    }
    for direction in [Direction.outbound, .inbound] {
      var reset = header(direction, place: self[direction].outNext)
      reset.flags = [.rst, .ack]
      reset.options = TCPOptions()
      put(reset, [], direction)
    }
    endByReset()
  }
}

extension Pipe {
  /// Lets go of all octets.
  mutating func forgetOctets() {
    unread = OctetQueue()
    early = Reassembly()
    queue = ChunkQueue()
  }
}
