import TestSupport
import Translation
import VirtualTCP
import WireFormats

/// A whole conversation of two model ends through a virtual connection whose gateway edits both streams, over links that
/// lose, repeat, reorder and cut what they carry.
struct Simulation {
  /// How bad the links are, in percent.
  struct Trouble {
    var loss = 0
    var repetition = 0
    var reordering = 0
    var cutting = 0
  }

  /// A segment on its way: to the proxy from an end, or from the proxy to an end.
  private struct Flight {
    var time: UInt64
    var order: Int
    var segment: TCPSegment
    var direction: Direction
    var isTowardsProxy: Bool
  }

  private var inside: ModelEnd
  private var outside: ModelEnd
  private(set) var connection = VirtualConnection()
  private var random: SeededRandom
  private let trouble: Trouble
  private var flights: [Flight] = []
  private var order = 0
  private(set) var now: UInt64 = 1_000_000
  private let superFrames: Bool
  /// The streams as the gateway made them: what has to arrive.
  private var expectedOutside: [UInt8] = []
  private var expectedInside: [UInt8] = []
  /// The length of the message at the head of each direction; the gateway waits until it is whole.
  private var wanted: [Direction: Int] = [:]
  private let longestMessage: Int

  init(seed: UInt64, octets: Int, trouble: Trouble, longestMessage: Int) {
    var random = SeededRandom(seed: seed)
    func traits() -> ModelEnd.Traits {
      var traits = ModelEnd.Traits(initialSequence: UInt32(truncatingIfNeeded: random.next()))
      // Half of the connections wrap soon.
      if random.oneIn(2) { traits.initialSequence = UInt32.max - UInt32(random.next() % 5000) }
      traits.scale = random.oneIn(3) ? nil : UInt8(random.next() % 9)
      traits.timestamps = random.oneIn(2)
      traits.selective = random.oneIn(2)
      traits.maximumSegment = [200, 536, 1000, 1460][Int(random.next() % 4)]
      traits.window = [4_000, 20_000, 65_535][Int(random.next() % 3)]
      return traits
    }
    func stream() -> [UInt8] {
      let count = random.oneIn(5) ? 0 : Int(random.next() % UInt64(octets))
      return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
    inside = ModelEnd(.outbound, traits(), sending: stream())
    outside = ModelEnd(.inbound, traits(), sending: stream())
    superFrames = random.oneIn(2)
    self.trouble = trouble
    self.longestMessage = longestMessage
    self.random = random
  }

  /// Plays it to its end; answers what is wrong, or nil.
  mutating func play() -> String? {
    launch([inside.open(now: now)], .outbound)
    var events = 0
    while !(inside.isDone && outside.isDone) {
      events += 1
      if events > 400_000 || now > 3_600_000_000 { return "it did not come to its end: \(progress)" }
      if inside.wasReset || outside.wasReset { return "it was reset: \(progress)" }
      step()
    }
    if outside.received != expectedOutside { return "outside received something else: \(progress)" }
    if inside.received != expectedInside { return "inside received something else: \(progress)" }
    // What is still under way settles, and then a constant describes the connection.
    for _ in 0..<2_000 where !(flights.isEmpty && connection.isQuiet) { step() }
    let shift = connection.shift
    guard connection.isQuiet, connection.isClosed else { return "it is not quiet: \(progress)" }
    guard Int(shift.outbound) == expectedOutside.count - inside.toSend.count,
      Int(shift.inbound) == expectedInside.count - outside.toSend.count
    else { return "the shift is wrong: \(shift)" }
    return nil
  }

  private var progress: String {
    "\(inside.toSend.count) octets out, \(outside.received.count) of \(expectedOutside.count) there; "
      + "\(outside.toSend.count) in, \(inside.received.count) of \(expectedInside.count) there; "
      + "\(connection.bufferedOctets) held, at \(now / 1000) ms"
  }

  // MARK: Time

  private mutating func step() {
    let times = [flights.map(\.time).min(), inside.deadline, outside.deadline, connection.deadline].compactMap { $0 }
    guard let next = times.min() else {
      now += 1_000_000
      return
    }
    now = max(now, next)
    if let place = flights.indices.min(by: {
      (flights[$0].time, flights[$0].order) < (flights[$1].time, flights[$1].order)
    }),
      flights[place].time <= now
    {
      arrive(flights.remove(at: place))
    } else {
      launch(inside.turn(now: now), .outbound)
      launch(outside.turn(now: now), .inbound)
      connection.turn(now: now)
      relay()
    }
  }

  private mutating func arrive(_ flight: Flight) {
    if flight.isTowardsProxy {
      connection.setPath(.outbound, mtu: 1500, networkHeader: 20, superFrames: superFrames)
      connection.setPath(.inbound, mtu: 1500, networkHeader: 20, superFrames: superFrames)
      connection.receive(flight.segment, flight.direction, now: now)
      edit(.outbound)
      edit(.inbound)
      relay()
    } else if flight.direction == .outbound {
      launch(outside.receive(flight.segment, now: now), .inbound)
    } else {
      launch(inside.receive(flight.segment, now: now), .outbound)
    }
  }

  private mutating func relay() {
    while let outgoing = connection.takeOutgoing() {
      fly(outgoing.segment, outgoing.direction, towardsProxy: false)
    }
  }

  private mutating func launch(_ segments: [TCPSegment], _ direction: Direction) {
    for segment in segments {
      for part in cut(segment) { fly(part, direction, towardsProxy: true) }
    }
  }

  // MARK: Links

  private mutating func fly(_ segment: TCPSegment, _ direction: Direction, towardsProxy: Bool) {
    if chance(trouble.loss) { return }
    for _ in 0..<(chance(trouble.repetition) ? 2 : 1) {
      order += 1
      let delay = chance(trouble.reordering) ? 5_000 + random.next() % 30_000 : 2_000
      flights.append(
        Flight(
          time: now + delay, order: order, segment: segment, direction: direction, isTowardsProxy: towardsProxy))
    }
  }

  /// Cuts a segment in two that overlap.
  private mutating func cut(_ segment: TCPSegment) -> [TCPSegment] {
    guard segment.payload.count > 2, !segment.flags.contains(.syn), chance(trouble.cutting) else { return [segment] }
    let middle = 1 + Int(random.next() % UInt64(segment.payload.count - 1))
    let overlap = Int(random.next() % UInt64(middle + 1))
    var first = segment
    first.payload = Array(segment.payload.prefix(middle))
    first.flags.remove(.fin)
    var second = segment
    second.payload = Array(segment.payload.dropFirst(middle - overlap))
    second.sequence = segment.sequence &+ UInt32(middle - overlap)
    return [first, second]
  }

  private mutating func chance(_ percent: Int) -> Bool { Int(random.next() % 100) < percent }

  // MARK: The gateway

  /// Passes whole messages on, some with edits, and what remains when the stream has ended.
  private mutating func edit(_ direction: Direction) {
    while connection.unreadCount(direction) > 0 {
      let length = wanted[direction] ?? 1 + Int(random.next() % UInt64(longestMessage))
      wanted[direction] = length
      let unread = connection.unreadCount(direction)
      guard unread >= length || connection.hasEnded(direction) else { return }
      let count = min(length, unread)
      wanted[direction] = nil
      let message = connection.withUnread(direction) { span in (0..<count).map { span[$0] } }
      let edits = someEdits(of: count)
      connection.pass(count, edits: edits, direction, now: now)
      var result: [UInt8] = []
      var from = 0
      for edit in edits {
        result += message[from..<edit.range.lowerBound] + edit.octets
        from = edit.range.upperBound
      }
      result += message[from...]
      if direction == .outbound { expectedOutside += result } else { expectedInside += result }
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
