import Forwarding
import Gateways
import TestSupport
import Translation
import VirtualTCP
import WireFormats

/// A conversation of a resolver and a name server over TCP and IPv6 through the very engine of the slow path: IPv6 packets in
/// and out, their checksums and lengths judged, over links that lose, repeat, reorder and cut what they carry, and that may
/// take only smaller packets than the ends believe.
struct IPv6Simulation {
  private struct Flight {
    var time: UInt64
    var order: Int
    var packet: [UInt8]
    var direction: Direction
    var isTowardsEngine: Bool
  }

  private static let inside = IPv6Address(0x2001_0DB8_000A_0000, 0x10)
  private static let outside = IPv6Address(0x2001_0DB8_000B_0000, 0x20)
  private static let router = IPv6Address(0x2001_0DB8_000C_0000, 1)

  private let isInside: Bool
  private let script: DNSScript
  private var client: ModelEnd
  private var server: ModelEnd
  private let trouble: Simulation.Trouble
  private var random: SeededRandom
  private var flights: [Flight] = []
  private var order = 0
  private var now: UInt64 = 1_000_000
  /// Octets of the largest packet that a link behind the engine takes, in both directions.
  private let linkMTU: Int
  private let letsPass: Bool
  private var wrong: String?

  init(seed: UInt64, trouble: Simulation.Trouble) {
    var random = SeededRandom(seed: seed)
    isInside = random.oneIn(2)
    let direction: Direction = isInside ? .outbound : .inbound
    script = DNSScript(isInside: isInside, random: &random)
    func traits() -> ModelEnd.Traits {
      var traits = ModelEnd.Traits(initialSequence: UInt32(truncatingIfNeeded: random.next()))
      if random.oneIn(2) { traits.initialSequence = UInt32.max - UInt32(random.next() % 3000) }
      traits.scale = random.oneIn(3) ? nil : UInt8(random.next() % 9)
      traits.timestamps = random.oneIn(2)
      traits.selective = random.oneIn(2)
      traits.maximumSegment = random.pick([100, 536, 1220, 1440])
      traits.window = random.pick([4_000, 20_000, 65_535])
      return traits
    }
    client = ModelEnd(direction, traits(), sending: script.questions.sent)
    var ofServer = traits()
    ofServer.waitsForEnd = true
    server = ModelEnd(direction.opposite, ofServer, sending: script.answers.sent)
    linkMTU = random.oneIn(4) ? 1300 : 1500
    letsPass = linkMTU == 1500 && random.oneIn(2)
    self.trouble = trouble
    self.random = random
  }

  /// Plays it to its end; answers what is wrong, or nil.
  mutating func play() -> String? {
    var settings = EngineSettings()
    settings.enabled = [DNSv6Gateway.id]
    settings.superFramesIPv6 = random.oneIn(2)
    let counters = GatewayCounters()
    var engine = GatewayEngine(settings, addresses: NetworkBook(), counters: counters, ledger: Ledger())
    launch([client.open(now: now)], client.direction)
    var events = 0
    while !(client.isDone && server.isDone) {
      events += 1
      if events > 200_000 || now > 3_600_000_000 { return "it did not come to its end: \(progress)" }
      if client.wasReset || server.wasReset { return "it was reset: \(progress)" }
      step(&engine)
      if let wrong { return "\(wrong): \(progress)" }
    }
    if server.received != script.questions.expected { return "the server received something else: \(progress)" }
    if client.received != script.answers.expected { return "the client received something else: \(progress)" }
    // When it has been idle for as long as a closed connection may be, nothing is left of it.
    for _ in 0..<200 where counters.value(of: .connections) > 0 {
      now += 1_000_000
      engine.turn(now: now)
      take(&engine)
    }
    guard counters.value(of: .connections) == 0, counters.value(of: .bufferedOctets) == 0 else {
      return "the engine has not forgotten it: \(progress)"
    }
    return wrong
  }

  private var progress: String {
    "\(server.received.count) of \(script.questions.expected.count) octets are there, "
      + "\(client.received.count) of \(script.answers.expected.count) back, at \(now / 1000) ms"
  }

  private mutating func step(_ engine: inout GatewayEngine) {
    let due = [flights.map(\.time).min(), client.deadline, server.deadline, engine.deadline].compactMap { $0 }.min()
    now = max(now, due ?? now + 1_000_000)
    if let place = flights.indices.min(by: {
      (flights[$0].time, flights[$0].order) < (flights[$1].time, flights[$1].order)
    }),
      flights[place].time <= now
    {
      arrive(flights.remove(at: place), &engine)
    } else {
      launch(client.turn(now: now), client.direction)
      launch(server.turn(now: now), server.direction)
      engine.turn(now: now)
    }
    take(&engine)
  }

  private mutating func arrive(_ flight: Flight, _ engine: inout GatewayEngine) {
    guard flight.isTowardsEngine else {
      guard let segment = TCPSegment(flight.packet.span.extracting(40..<flight.packet.count)) else { return }
      if flight.direction == client.direction {
        launch(server.receive(segment, now: now), server.direction)
      } else {
        launch(client.receive(segment, now: now), client.direction)
      }
      return
    }
    give(flight.packet, flight.direction, &engine)
  }

  /// As the slow path does: where it lies if it can pass there, and as a copy otherwise.
  private mutating func give(_ packet: [UInt8], _ direction: Direction, _ engine: inout GatewayEngine) {
    let arrival = Arrival(ingress: InterfaceID(rawValue: direction == .outbound ? 0 : 1))
    var changed = packet
    let passes = unsafe changed.withUnsafeMutableBytes { buffer in
      guard letsPass, let base = buffer.baseAddress else { return false }
      let octets = unsafe PacketOctets(base: base, count: buffer.count)
      guard let id = engine.session(ofIPv6: octets, direction) else { return false }
      return engine.pass(
        octets, of: id, direction, arrival, segmentSize: 0, hasPartialChecksum: false, now: now)
    }
    if passes {
      leave(changed, 0, direction, &engine)
    } else {
      engine.receive(
        IPv6Packet(octets: packet, gateway: DNSv6Gateway.id, direction: direction, arrival: arrival), now: now)
    }
  }

  private mutating func take(_ engine: inout GatewayEngine) {
    while let output = engine.takeOutput() {
      guard case .packet(let packet) = output else {
        wrong = "the engine has ordered something"
        continue
      }
      leave(packet.octets, packet.segmentSize, packet.direction, &engine)
    }
  }

  /// Judges what leaves the engine, and lets it go its way; what is too large for that comes back as an error.
  private mutating func leave(
    _ packet: [UInt8], _ segmentSize: UInt16, _ direction: Direction, _ engine: inout GatewayEngine
  ) {
    let isError = packet.count > 40 && packet[6] == 58
    let length = packet.count > 40 ? Int(packet[4]) << 8 | Int(packet[5]) : 0
    guard packet.count > 40, packet[0] >> 4 == 6, length == packet.count - 40, isError || packet[6] == 6 else {
      wrong = "what left is no packet"
      return
    }
    let sum = Self.sum(packet, ofPseudoHeader: segmentSize > 0)
    let expected = segmentSize > 0 ? UInt16(packet[56]) << 8 | UInt16(packet[57]) : 0xFFFF
    guard sum == expected else {
      wrong = "the checksum of what left is wrong"
      return
    }
    guard !isError else {
      checkError(packet, direction)
      return
    }
    let ends = direction == .outbound ? (Self.inside, Self.outside) : (Self.outside, Self.inside)
    guard packet.span.address6(at: 8) == ends.0, packet.span.address6(at: 24) == ends.1, packet[7] == 64 else {
      wrong = "what left has other ends"
      return
    }
    let header = 40 + Int(packet[52] >> 4) * 4
    let size = segmentSize > 0 ? header + Int(segmentSize) : packet.count
    guard size <= 1500 else {
      wrong = "what left is larger than its link"
      return
    }
    guard size <= linkMTU else {
      give(tooBig(packet), direction.opposite, &engine)
      return
    }
    fly(packet, direction, towardsEngine: false)
  }

  /// An error of a router behind the engine about a packet that it could not send on.
  private func tooBig(_ packet: [UInt8]) -> [UInt8] {
    let quoted = Array(packet.prefix(1232))
    var message: [UInt8] = [2, 0, 0, 0, 0, 0, UInt8(linkMTU >> 8), UInt8(linkMTU & 255)] + quoted
    var error =
      [0x60, 0, 0, 0, UInt8(message.count >> 8), UInt8(message.count & 255), 58, 64] + Self.octets(Self.router)
      + packet[8..<24]
    let checksum = ~Self.sum(error + message, ofPseudoHeader: false)
    (message[2], message[3]) = (UInt8(checksum >> 8), UInt8(checksum & 255))
    error += message
    return error
  }

  /// What an error quotes has a number that its receiver has used.
  private mutating func checkError(_ packet: [UInt8], _ direction: Direction) {
    let end = direction == client.direction ? server : client
    let first = end.traits.initialSequence
    let number = packet[92..<96].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    if number &- first > UInt32(end.toSend.count + 2) { wrong = "an error quotes a number that nobody knows" }
  }

  // MARK: Links

  private mutating func launch(_ segments: [TCPSegment], _ direction: Direction) {
    for segment in segments {
      for part in Simulation.cut(segment, percent: trouble.cutting, &random) {
        fly(packet(part, direction), direction, towardsEngine: true)
      }
    }
  }

  private mutating func fly(_ packet: [UInt8], _ direction: Direction, towardsEngine: Bool) {
    if chance(trouble.loss) { return }
    for _ in 0..<(chance(trouble.repetition) ? 2 : 1) {
      order += 1
      let delay = chance(trouble.reordering) ? 5_000 + random.next() % 30_000 : 2_000
      flights.append(
        Flight(time: now + delay, order: order, packet: packet, direction: direction, isTowardsEngine: towardsEngine))
    }
  }

  private mutating func chance(_ percent: Int) -> Bool { Int(random.next() % 100) < percent }

  // MARK: Packets

  private func packet(_ segment: TCPSegment, _ direction: Direction) -> [UInt8] {
    let ends = direction == .outbound ? (Self.inside, Self.outside) : (Self.outside, Self.inside)
    let isQuestion = direction == client.direction
    var body: [UInt8] = []
    segment.write(to: &body, from: isQuestion ? 40_000 : 53, to: isQuestion ? 53 : 40_000)
    let header =
      [0x60, 0, 0x12, 0x34, UInt8(body.count >> 8), UInt8(body.count & 255), 6, 64] + Self.octets(ends.0)
      + Self.octets(ends.1)
    let checksum = ~Self.sum(header + body, ofPseudoHeader: false)
    (body[16], body[17]) = (UInt8(checksum >> 8), UInt8(checksum & 255))
    return header + body
  }

  private static func octets(_ address: IPv6Address) -> [UInt8] {
    [address.high, address.low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  /// The sum under a packet's transport checksum, or of its pseudo-header alone, taken octet by octet.
  private static func sum(_ packet: [UInt8], ofPseudoHeader: Bool) -> UInt16 {
    var sum = UInt64(packet.count - 40) + UInt64(packet[6])
    for place in 8..<(ofPseudoHeader ? 40 : packet.count) {
      sum += UInt64(packet[place]) << (place % 2 == 0 ? 8 : 0)
    }
    while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
    return UInt16(sum)
  }
}
