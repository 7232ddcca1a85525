import TestSupport
import Translation
import VirtualTCP
import WireFormats

/// A whole conversation of two model ends through a virtual connection whose gateway edits both streams, over links that
/// lose, repeat, reorder and cut what they carry.
package struct Simulation {
  /// How bad the links are, in percent.
  package struct Trouble: Sendable {
    package var loss = 0
    package var repetition = 0
    package var reordering = 0
    package var cutting = 0

    package init(loss: Int = 0, repetition: Int = 0, reordering: Int = 0, cutting: Int = 0) {
      self.loss = loss
      self.repetition = repetition
      self.reordering = reordering
      self.cutting = cutting
    }
  }

  /// A segment on its way: to the proxy from an end, or from the proxy to an end.
  private struct Flight {
    var time: UInt64
    var order: Int
    var segment: TCPSegment
    var direction: Direction
    var isTowardsProxy: Bool
  }

  private(set) var inside: ModelEnd
  private(set) var outside: ModelEnd
  let connection: VirtualConnection
  var random: SeededRandom
  private let trouble: Trouble
  private var flights: [Flight] = []
  private var order = 0
  var now: UInt64 = 1_000_000
  /// Whether segments have come whose outcome waits for those that came at the same time.
  private var isBurst = false
  private let superFrames: Bool
  /// Whether the gateway lets octets between messages pass unread, in their own packets.
  let lends: Bool
  /// Of a hundred times that a stream is cramped, how often it gets more room.
  private let growing: Int
  /// Whether both ends open the connection (RFC 9293 section 3.5).
  private let isSimultaneous: Bool
  /// The streams as the gateway made them: what has to arrive.
  var expectedOutside: [UInt8] = []
  var expectedInside: [UInt8] = []
  var readings: [Direction: Reading] = [:]
  let longestMessage: Int
  /// Of a hundred messages, how many wait for an answer before they are passed on.
  let holding: Int
  /// The message behind which the gateway looks no longer; nil for none.
  let lastMessage: Int?
  var messages = 0
  var hasSteppedAside = false
  /// Whether messages were passed on and nothing has been sent since.
  var owesFlush = false

  package init(seed: UInt64, octets: Int, trouble: Trouble, longestMessage: Int) {
    var random = SeededRandom(seed: seed)
    // Half of the connections have so little room that a window fills it, but no less than a SYN has told of.
    let isCramped = longestMessage < 1_000 && random.oneIn(2)
    func traits() -> ModelEnd.Traits {
      var traits = ModelEnd.Traits(initialSequence: UInt32(truncatingIfNeeded: random.next()))
      // Half of the connections wrap soon.
      if random.oneIn(2) { traits.initialSequence = UInt32.max - UInt32(random.next() % 5000) }
      traits.scale = random.oneIn(3) ? nil : UInt8(random.next() % 9)
      traits.timestamps = random.oneIn(2)
      traits.selective = random.oneIn(2)
      traits.maximumSegment = [200, 536, 1000, 1460][Int(random.next() % 4)]
      traits.window = [4_000, 20_000, 65_535][Int(random.next() % 3)]
      if isCramped { traits.firstWindow = 4_000 }
      if random.oneIn(8) {
        traits.stall = (Int(random.next() % UInt64(octets)), 50_000 + random.next() % 20_000_000)
        traits.window = min(traits.window, 4_000)
      }
      if random.oneIn(16) { traits.abortAfter = Int(random.next() % UInt64(octets)) }
      return traits
    }
    func stream() -> [UInt8] {
      let count = random.oneIn(5) ? 0 : Int(random.next() % UInt64(octets))
      return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
    var ofOutside = traits()
    ofOutside.waitsForEnd = random.oneIn(4)
    inside = ModelEnd(.outbound, traits(), sending: stream())
    outside = ModelEnd(.inbound, ofOutside, sending: stream())
    isSimultaneous = random.oneIn(20)
    superFrames = random.oneIn(2)
    holding = random.oneIn(3) ? 30 : 0
    lastMessage = random.oneIn(4) ? 1 + Int(random.next() % 12) : nil
    lends = random.oneIn(2)
    var limits = StreamLimits()
    if isCramped { limits.octets = random.number(in: 2 * 4_000...30_000) }
    growing = random.pick([0, 50, 100])
    connection = VirtualConnection(limits: limits)
    self.trouble = trouble
    self.longestMessage = longestMessage
    self.random = random
  }

  /// Plays it to its end; answers what is wrong, or nil.
  package mutating func play() -> String? {
    launch([inside.open(now: now)], .outbound)
    if isSimultaneous { launch([outside.open(now: now)], .inbound) }
    var events = 0
    while !(inside.isDone && outside.isDone) {
      events += 1
      if events > 400_000 || now > 3_600_000_000 { return "it did not come to its end: \(progress)" }
      if inside.hasAborted || outside.hasAborted { return playReset() }
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

  /// One end has given up. The other hears of it, at the latest when it sends something, and has received a part of the
  /// stream from its beginning; and nothing goes on for ever.
  private mutating func playReset() -> String? {
    for _ in 0..<20_000 where !flights.isEmpty || deadlines != nil { step() }
    guard flights.isEmpty, deadlines == nil else { return "it goes on after a reset: \(progress)" }
    guard expectedOutside.starts(with: outside.received), expectedInside.starts(with: inside.received) else {
      return "something else was received before a reset: \(progress)"
    }
    return nil
  }

  /// When the first of the ends and the proxy has something to do.
  private var deadlines: UInt64? {
    [inside.deadline, outside.deadline, connection.deadline, answerAt].compactMap { $0 }.min()
  }

  private var progress: String {
    "\(inside.toSend.count) octets out, \(outside.received.count) of \(expectedOutside.count) there; "
      + "\(outside.toSend.count) in, \(inside.received.count) of \(expectedInside.count) there; "
      + "\(connection.bufferedOctets) held, at \(now / 1000) ms"
  }

  // MARK: Time

  private mutating func step() {
    guard let next = [flights.map(\.time).min(), deadlines].compactMap({ $0 }).min() else {
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
      endBurst()
    } else {
      launch(inside.turn(now: now), .outbound)
      launch(outside.turn(now: now), .inbound)
      answer()
      connection.turn(now: now)
      relay()
    }
  }

  private mutating func arrive(_ flight: Flight) {
    if flight.isTowardsProxy {
      connection.setPath(.outbound, mtu: 1500, networkHeader: 20, superFrames: superFrames)
      connection.setPath(.inbound, mtu: 1500, networkHeader: 20, superFrames: superFrames)
      if let passed = pass(flight.segment, flight.direction) {
        grow()
        fly(passed, flight.direction, towardsProxy: false)
        return
      }
      // As the engine does: what nobody reads waits for the burst's end, and leaves with what came behind it.
      isBurst = hasSteppedAside && connection.isEstablished
      connection.receive(
        flight.segment, payload: flight.segment.payload[...], flight.direction, more: isBurst, now: now)
      guard !isBurst else { return }
      edit(.outbound)
      edit(.inbound)
      grow()
      relay()
    } else if flight.direction == .outbound {
      launch(outside.receive(flight.segment, now: now), .inbound)
    } else {
      launch(inside.receive(flight.segment, now: now), .outbound)
    }
  }

  private mutating func grow() {
    guard connection.wantsRoom else { return }
    let isGranted = chance(growing)
    connection.grow { _ in isGranted }
  }

  /// The frames that came at once have all been taken.
  private mutating func endBurst() {
    guard isBurst, !flights.contains(where: { $0.isTowardsProxy && $0.time <= now }) else { return }
    isBurst = false
    connection.flush(now: now)
    grow()
    relay()
  }

  private mutating func relay() {
    while let outgoing = connection.takeOutgoing() {
      fly(outgoing.segment, outgoing.direction, towardsProxy: false)
    }
  }

  private mutating func launch(_ segments: [TCPSegment], _ direction: Direction) {
    for segment in segments {
      for part in Self.cut(segment, percent: trouble.cutting, &random) { fly(part, direction, towardsProxy: true) }
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
  static func cut(_ segment: TCPSegment, percent: Int, _ random: inout SeededRandom) -> [TCPSegment] {
    guard segment.payload.count > 2, !segment.flags.contains(.syn), Int(random.next() % 100) < percent else {
      return [segment]
    }
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

  mutating func chance(_ percent: Int) -> Bool { Int(random.next() % 100) < percent }
}
