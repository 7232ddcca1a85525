import WireFormats

/// Questions for A records and their answers (RFC 1035 section 4), each on a port of its own.
final class DNSConversations: LoadProfile {
  static let unit = "conversations"
  private static let port: UInt16 = 53
  private static let questionLength = 12 + DNSConversations.name.count + 4
  private static let answerLength = questionLength + 16
  /// The name asked for: load.example.
  private static let name: [UInt8] = [4] + Array("load".utf8) + [7] + Array("example".utf8) + [0]

  private struct Question {
    var host: Endpoint
    var server: Endpoint
    var identifier: UInt16
  }

  var tally = Tally()
  private let surroundings: Surroundings
  private let answer: IPv4Address?
  private let expected: IPv4Address?
  private let timeout: UInt64
  private let concurrency: Int
  private var ports: ClientPorts
  private var nextServer = 0
  private var nextIdentifier: UInt16 = 0
  private var units = Units<Question>()
  private var waiting: [Endpoint: Int] = [:]

  init(_ surroundings: Surroundings, answer: IPv4Address?, expected: IPv4Address?, patience: Patience) {
    self.surroundings = surroundings
    self.answer = answer
    self.expected = expected
    timeout = patience.nanoseconds
    concurrency = patience.concurrency(of: surroundings.lane, among: surroundings.lanes)
    ports = ClientPorts(surroundings)
  }

  var outstanding: Int { units.count }

  func begin(_ count: Int, at now: UInt64) -> Int {
    var begun = 0
    while begun < count, units.count < concurrency {
      let server = Endpoint(surroundings.servers[nextServer], Self.port)
      nextServer = nextServer + 1 == surroundings.servers.count ? 0 : nextServer + 1
      let host = ports.take()
      // The host's port is in use yet: so many questions are under way that its turn has come again.
      guard waiting[host] == nil else { break }
      nextIdentifier &+= 1
      let (place, _) = units.add(Question(host: host, server: server, identifier: nextIdentifier), at: now)
      waiting[host] = place
      let frame = surroundings.inside.room(FrameWriter.udpPayload + Self.questionLength)
      writeQuestion(frame, nextIdentifier, flags: 0x0100)
      FrameWriter.finishUDP(frame, surroundings.inside.link, EndpointPair(local: host, remote: server))
      tally.attempted += 1
      begun += 1
    }
    return begun
  }

  func arrived(_ packet: Arrival, at side: Side, now: UInt64) {
    guard packet.proto == .udp, packet.payload.count >= Self.questionLength else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    if side.realm == .outside { reply(packet, side) } else { check(packet, now) }
  }

  private func reply(_ packet: Arrival, _ side: Side) {
    guard packet.destination.port == Self.port else {
      tally.unexpected += 1
      return
    }
    let frame = side.room(FrameWriter.udpPayload + Self.answerLength)
    writeQuestion(frame, packet.frame.load16(at: packet.payload.lowerBound), flags: 0x8180)
    let record = FrameWriter.udpPayload + Self.questionLength
    frame.store16(1, at: FrameWriter.udpPayload + 6)  // "ANCOUNT"
    frame.store16(0xC00C, at: record)  // The question's name.
    frame.store32(0x0001_0001, at: record + 2)  // "TYPE" A, "CLASS" IN
    frame.store32(300, at: record + 6)
    frame.store16(4, at: record + 10)
    frame.store32((answer ?? packet.destination.address).rawValue, at: record + 12)
    FrameWriter.finishUDP(frame, side.link, packet.pair)
  }

  private func check(_ packet: Arrival, _ now: UInt64) {
    guard let place = waiting[packet.destination], let question = units[place],
      packet.frame.load16(at: packet.payload.lowerBound) == question.identifier
    else {
      tally.duplicated += 1
      return
    }
    if packet.source != question.server { tally.wrongTranslations += 1 }
    waiting[packet.destination] = nil
    let started = units.started(place) ?? now
    units.remove(place)
    guard packet.payload.count == Self.answerLength,
      packet.frame.address(at: packet.payload.lowerBound + Self.questionLength + 12)
        == expected ?? question.server.address
    else {
      tally.wrongPayloads += 1
      return
    }
    tally.completed += 1
    tally.octets += UInt64(packet.payload.count)
    tally.latency.note(now &- min(started, now))
  }

  private func writeQuestion(_ frame: PacketOctets, _ identifier: UInt16, flags: UInt16) {
    let start = FrameWriter.udpPayload
    frame.store16(identifier, at: start)
    frame.store16(flags, at: start + 2)
    frame.store16(1, at: start + 4)  // "QDCOUNT"
    frame.store16(0, at: start + 6)
    frame.store32(0, at: start + 8)
    for (index, octet) in Self.name.enumerated() { frame.store8(octet, at: start + 12 + index) }
    frame.store32(0x0001_0001, at: start + 12 + Self.name.count)
  }

  func tick(_ now: UInt64) {
    while let place = units.oldest(before: now &- min(now, timeout)) { end(place) }
    units.tidy()
  }

  func abandon() {
    while let place = units.oldest(before: .max) { end(place) }
  }

  private func end(_ place: Int) {
    if let question = units.remove(place) { waiting[question.host] = nil }
  }
}
