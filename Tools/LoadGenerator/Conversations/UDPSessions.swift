import WireFormats

/// New UDP flows, each with one request and one reply.
final class UDPSessions: LoadProfile {
  static let unit = "connections"
  /// The servers' port: no gateway reads what goes to it.
  private static let serverPort: UInt16 = 9_000

  private struct Session {
    var host: Endpoint
    var server: Endpoint
  }

  var tally = Tally()
  private let surroundings: Surroundings
  private let size: Int
  private let timeout: UInt64
  private let concurrency: Int
  private var ports: ClientPorts
  private var nextServer = 0
  private var units = Units<Session>()

  init(_ surroundings: Surroundings, size: Int, patience: Patience) {
    self.surroundings = surroundings
    self.size = size
    timeout = patience.nanoseconds
    concurrency = patience.concurrency(of: surroundings.lane, among: surroundings.lanes)
    ports = ClientPorts(surroundings)
  }

  var outstanding: Int { units.count }

  func begin(_ count: Int, at now: UInt64) -> Int {
    let count = min(count, concurrency - units.count)
    for _ in 0..<max(0, count) {
      let server = Endpoint(surroundings.servers[nextServer], Self.serverPort)
      nextServer = nextServer + 1 == surroundings.servers.count ? 0 : nextServer + 1
      let host = ports.take()
      let (place, number) = units.add(Session(host: host, server: server), at: now)
      send(
        from: surroundings.inside, EndpointPair(local: host, remote: server),
        Probe(run: surroundings.run, flow: UInt32(place), sequence: number, time: now))
      tally.attempted += 1
    }
    return max(0, count)
  }

  private func send(from side: Side, _ pair: EndpointPair, _ probe: Probe) {
    let frame = side.room(FrameWriter.udpPayload + size)
    probe.write(to: frame, at: FrameWriter.udpPayload)
    FrameWriter.finishUDP(frame, side.link, pair, zerosFrom: FrameWriter.udpPayload + Probe.size)
  }

  func arrived(_ packet: Arrival, at side: Side, now: UInt64) {
    guard packet.proto == .udp, let probe = Probe(packet.frame, in: packet.payload, run: surroundings.run) else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    tally.octets += UInt64(packet.payload.count)
    guard side.realm == .inside else {
      send(from: side, packet.pair, probe)
      return
    }
    let place = Int(probe.flow)
    guard units.number(of: place) == probe.sequence, let session = units[place] else {
      tally.duplicated += 1
      return
    }
    if packet.destination != session.host || packet.source != session.server { tally.wrongTranslations += 1 }
    units.remove(place)
    tally.completed += 1
    tally.latency.note(now &- min(now, probe.time))
  }

  func tick(_ now: UInt64) {
    while let place = units.oldest(before: now &- min(now, timeout)) { units.remove(place) }
    units.tidy()
  }

  func abandon() {
    while let place = units.oldest(before: .max) { units.remove(place) }
  }
}
