import TestSupport
import Translation
import VirtualTCP
import WireFormats

/// What the gateway has seen of one direction.
struct Reading {
  /// The length of the message at its head; the gateway waits until it is whole.
  var wanted: Int?
  /// Octets that were passed on or held to be.
  var taken = 0
  /// The message at the head that waits for an answer, and when that comes.
  var held: (length: Int, until: UInt64)?
}

extension Simulation {
  /// Lets a segment between two messages pass in its own packet, if it can: what becomes of it there.
  mutating func pass(_ segment: TCPSegment, _ direction: Direction) -> TCPSegment? {
    guard lends, !hasSteppedAside, readings[direction]?.wanted == nil, readings[direction]?.held == nil, chance(70)
    else { return nil }
    var octets: [UInt8] = []
    segment.write(to: &octets)
    let passes = unsafe octets.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return false }
      let packet = unsafe PacketOctets(base: base, count: buffer.count)
      packet.store16(InternetChecksum.finish(packet.sum(0..<packet.count)), at: TCPField.checksum)
      guard let passing = connection.passing(packet, direction, segmentSize: 0, now: now) else { return false }
      connection.pass(passing, packet, hasPartialChecksum: false, now: now)
      precondition(InternetChecksum.finish(packet.sum(0..<packet.count)) == 0, "the checksum of what passed is wrong")
      return true
    }
    guard passes else { return nil }
    if direction == .outbound { expectedOutside += segment.payload } else { expectedInside += segment.payload }
    readings[direction, default: Reading()].taken += segment.payload.count
    return TCPSegment(octets.span)
  }

  /// Passes whole messages on, some with edits, some only after an answer that has yet to come, and what remains when the
  /// stream has ended.
  mutating func edit(_ direction: Direction) {
    defer {
      if owesFlush { connection.flush(now: now) }
      owesFlush = false
    }
    while connection.unreadCount(direction) > 0, !hasSteppedAside, readings[direction]?.held == nil {
      var reading = readings[direction] ?? Reading()
      let length = reading.wanted ?? 1 + Int(random.next() % UInt64(longestMessage))
      reading.wanted = length
      readings[direction] = reading
      let unread = connection.unreadCount(direction)
      guard unread >= length || connection.hasEnded(direction) else { return }
      let count = min(length, unread)
      guard !chance(holding) else {
        // As the engine does while a door is asked for; the other direction goes on meanwhile.
        readings[direction]?.held = (count, now + random.next() % 1_500_000)
        connection.wait(true, direction, now: now)
        return
      }
      passMessage(count, direction)
    }
  }

  /// Passes the message at the head on with edits.
  private mutating func passMessage(_ count: Int, _ direction: Direction) {
    readings[direction]?.wanted = nil
    readings[direction]?.taken += count
    while connection.frontCount(direction) < count, connection.gather(direction) {}
    let message = connection.withUnread(direction) { span in (0..<count).map { span[$0] } }
    let edits = someEdits(of: count)
    // As the engine does, which sends nothing before it has looked for another message.
    owesFlush = chance(30)
    connection.pass(count, edits: edits, direction, more: owesFlush, now: now)
    var result: [UInt8] = []
    var from = 0
    for edit in edits {
      result += message[from..<edit.range.lowerBound] + edit.octets
      from = edit.range.upperBound
    }
    expect(result + message[from...], direction)
    messages += 1
    if messages == lastMessage { stepAside() }
  }

  /// The gateway looks no longer: whatever it has not passed on passes as it is, also what waits for an answer.
  private mutating func stepAside() {
    hasSteppedAside = true
    for direction in [Direction.outbound, .inbound] {
      readings[direction]?.held = nil
      let sent = direction == .outbound ? inside.toSend : outside.toSend
      expect(sent[(readings[direction]?.taken ?? 0)...], direction)
    }
    connection.passEverything(now: now)
  }

  private mutating func expect(_ octets: some Sequence<UInt8>, _ direction: Direction) {
    if direction == .outbound { expectedOutside += octets } else { expectedInside += octets }
  }

  /// When the first answer comes that a message waits for.
  var answerAt: UInt64? { readings.values.compactMap(\.held?.until).min() }

  /// Passes on what waited for an answer that has come.
  mutating func answer() {
    for direction in [Direction.outbound, .inbound] {
      guard let held = readings[direction]?.held, held.until <= now else { continue }
      readings[direction]?.held = nil
      // After a reset there is nothing left to pass on.
      guard connection.unreadCount(direction) >= held.length else { continue }
      connection.wait(false, direction, now: now)
      passMessage(held.length, direction)
      edit(direction)
    }
  }

  private mutating func someEdits(of count: Int) -> [StreamEdit] {
    var edits: [StreamEdit] = []
    var from = 0
    while from < count, chance(40), edits.count < 5 {
      let start = from + Int(random.next() % UInt64(count - from))
      let length = Int(random.next() % UInt64(min(20, count - start) + 1))
      let octets = (0..<Int(random.next() % 25)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      edits.append(StreamEdit(range: start..<start + length, octets: octets))
      from = start + max(length, 1)
    }
    return edits
  }
}
