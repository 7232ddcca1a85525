import WireFormats

/// Closes TCP connections that were opened before: FIN both ways, each acknowledged.
final class TCPClosings: LoadProfile {
  static let unit = "connections"
  /// The servers' port: no gateway reads what goes to it.
  private static let serverPort: UInt16 = 7_000
  /// How often connections that did not open are tried again.
  private static let tries = 3

  /// What is begun.
  enum Phase {
    case opening
    case closing
  }

  var tally = Tally()
  private let surroundings: Surroundings
  /// Connections of this lane.
  private let share: Int
  private let clients: TCPStack
  private let servers: TCPStack
  private var ports: ClientPorts
  private var nextServer = 0
  private var phase = Phase.opening
  /// The clients' places of connections that stand.
  private var open: [Int] = []
  /// The clients' places of connections whose handshake is under way.
  private var pending: Set<Int> = []
  private var cursor = 0
  /// When each client's connection began to close, by its tag, which is where `open` has it.
  private var closing: [UInt64] = []

  init(_ surroundings: Surroundings, connections: Int) {
    self.surroundings = surroundings
    share = connections / surroundings.lanes + (surroundings.lane < connections % surroundings.lanes ? 1 : 0)
    ports = ClientPorts(surroundings)
    clients = TCPStack(surroundings.inside) { _ in nil }
    servers = TCPStack(surroundings.outside) { $0.local.port == Self.serverPort ? 0 : nil }
  }

  var outstanding: Int { Int(tally.lost) }
  var isExhausted: Bool {
    phase == .opening ? open.count + pending.count >= share : cursor >= open.count
  }

  /// Goes on with another phase.
  func enter(_ phase: Phase) {
    self.phase = phase
    cursor = 0
    closing = []
    if phase == .closing {
      for (index, place) in open.enumerated() { clients.retag(place, index) }
    }
  }

  func begin(_ count: Int, at now: UInt64) -> Int {
    var begun = 0
    while begun < count, !isExhausted {
      if phase == .opening {
        let server = surroundings.servers[nextServer]
        nextServer = nextServer + 1 == surroundings.servers.count ? 0 : nextServer + 1
        let pair = EndpointPair(local: ports.take(), remote: Endpoint(server, Self.serverPort))
        guard let place = clients.connect(pair, tag: 0) else { continue }
        pending.insert(place)
      } else {
        closing.append(now)
        clients.close(open[cursor])
        cursor += 1
      }
      tally.attempted += 1
      begun += 1
    }
    return begun
  }

  func arrived(_ packet: Arrival, at side: Side, now: UInt64) {
    guard packet.proto == .tcp else { return }
    let stack = side.realm == .inside ? clients : servers
    guard var event = stack.arrived(packet) else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    if event.reset {
      tally.refused += 1
      return
    }
    if side.realm == .inside {
      if event.opened, pending.remove(event.connection) != nil {
        open.append(event.connection)
        tally.completed += 1
      }
    } else if event.finished {
      servers.close(event.connection)
    }
    stack.settle(&event)
    guard event.closed, phase == .closing else { return }
    if side.realm == .outside {
      // The last acknowledgment has been carried through: the gateway has seen all of the end.
      tally.completed += 1
    } else if closing.indices.contains(event.tag) {
      tally.latency.note(now &- min(now, closing[event.tag]))
    }
  }

  func tick(_ now: UInt64) {}

  func abandon() {
    guard phase == .closing else {
      for place in pending { clients.abort(place) }
      pending = []
      return
    }
    clients.abortAll()
    servers.forgetAll()
    open = []
  }

  // MARK: All lanes

  /// Opens `connections` connections at `rate` a second, with new tries for those that did not open; answers how many
  /// stand.
  @discardableResult
  static func open(_ crew: Crew, connections: Int, rate: Double) throws -> Int {
    let profiles = crew.lanes.compactMap { $0.profile as? TCPClosings }
    var opened = 0
    profiles.forEach { $0.enter(.opening) }
    for _ in 0..<tries {
      let seconds = Double(connections - opened) / rate * 2 + 1
      _ = try crew.load(rate: rate, seconds: min(Limits.seconds, seconds), label: "teardown, opening")
      opened = profiles.reduce(0) { $0 + $1.open.count }
      if opened == connections || opened == 0 || Stop.isAsked { break }
    }
    profiles.forEach { $0.enter(.closing) }
    return opened
  }
}
