import WireFormats

/// New TCP connections, each with a request and a reply of the same size, closed by the client first.
final class TCPSessions: LoadProfile {
  static let unit = "connections"
  /// The servers' port: no gateway reads what goes to it.
  private static let serverPort: UInt16 = 7_000

  private struct Session {
    var client: Int
    var hasReply = false
  }

  var tally = Tally()
  private let surroundings: Surroundings
  private let size: Int
  private let timeout: UInt64
  private let concurrency: Int
  private let clients: TCPStack
  private let servers: TCPStack
  private var ports: ClientPorts
  private var nextServer = 0
  private var units = Units<Session>()

  init(_ surroundings: Surroundings, size: Int, patience: Patience) {
    self.surroundings = surroundings
    self.size = size
    timeout = patience.nanoseconds
    concurrency = patience.concurrency(of: surroundings.lane, among: surroundings.lanes)
    ports = ClientPorts(surroundings)
    clients = TCPStack(surroundings.inside) { _ in nil }
    servers = TCPStack(surroundings.outside) { $0.local.port == Self.serverPort ? 0 : nil }
  }

  var outstanding: Int { units.count }

  func begin(_ count: Int, at now: UInt64) -> Int {
    var begun = 0
    while begun < count, units.count < concurrency {
      let server = surroundings.servers[nextServer]
      nextServer = nextServer + 1 == surroundings.servers.count ? 0 : nextServer + 1
      let pair = EndpointPair(local: ports.take(), remote: Endpoint(server, Self.serverPort))
      let (place, _) = units.add(Session(client: -1), at: now)
      guard let client = clients.connect(pair, tag: place) else {
        units.remove(place)
        break
      }
      units[place] = Session(client: client)
      tally.attempted += 1
      begun += 1
    }
    return begun
  }

  func arrived(_ packet: Arrival, at side: Side, now: UInt64) {
    guard packet.proto == .tcp else { return }
    let stack = side.realm == .inside ? clients : servers
    guard var event = stack.arrived(packet) else {
      stray(packet, at: side)
      return
    }
    if side.realm == .inside {
      follow(event, packet, now)
    } else {
      serve(event, packet)
    }
    stack.settle(&event)
    if side.realm == .inside, event.closed { complete(event.tag) }
  }

  /// A request of ours on a connection that nobody opened was translated otherwise than its handshake.
  private func stray(_ packet: Arrival, at side: Side) {
    if side.realm == .outside, Probe(packet.frame, in: packet.payload, run: surroundings.run) != nil {
      tally.wrongTranslations += 1
    } else if !packet.flags.contains(.rst), packet.payload.count > 0 {
      tally.unexpected += 1
    }
  }

  private func follow(_ event: TCPEvent, _ packet: Arrival, _ now: UInt64) {
    if event.reset {
      tally.refused += 1
      units.remove(event.tag)
      return
    }
    if event.opened {
      if let started = units.started(event.tag) { tally.latency.note(now &- min(started, now)) }
      write(on: clients, event.connection, number: units.number(of: event.tag) ?? 0, now)
    }
    if !event.payload.isEmpty, let probe = Probe(packet.frame, in: event.payload, run: surroundings.run),
      probe.flow == units.number(of: event.tag)
    {
      _ = units.modify(event.tag) { $0.hasReply = true }
      tally.octets += UInt64(event.payload.count)
      clients.close(event.connection)
    }
  }

  private func serve(_ event: TCPEvent, _ packet: Arrival) {
    if let probe = Probe(packet.frame, in: event.payload, run: surroundings.run) {
      tally.octets += UInt64(event.payload.count)
      write(on: servers, event.connection, number: probe.flow, probe.time)
    }
    if event.finished { servers.close(event.connection) }
  }

  private func write(on stack: TCPStack, _ connection: Int, number: UInt32, _ time: UInt64) {
    let probe = Probe(run: surroundings.run, flow: number, sequence: 0, time: time)
    stack.send(connection, probe, length: size)
  }

  private func complete(_ place: Int) {
    guard let session = units.remove(place), session.hasReply else { return }
    tally.completed += 1
  }

  func tick(_ now: UInt64) {
    while let place = units.oldest(before: now &- min(now, timeout)) { giveUp(place) }
    units.tidy()
  }

  func abandon() {
    while let place = units.oldest(before: .max) { giveUp(place) }
    clients.abortAll()
    servers.forgetAll()
  }

  private func giveUp(_ place: Int) {
    if let session = units.remove(place), session.client >= 0, clients[session.client]?.tag == place {
      clients.abort(session.client)
    }
  }
}
