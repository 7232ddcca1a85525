import WireFormats

/// TCP connections that carry as much as their window lets them, in one direction.
final class BulkStreams: LoadProfile {
  static let unit = "octets"
  /// The servers' port: no gateway reads what goes to it.
  private static let serverPort: UInt16 = 7_000
  /// The payload of a super-frame, a whole number of segments.
  private static let superFrame = 43 * TCPStack.segmentSize
  /// After how many repeated acknowledgments data is sent again (RFC 5681 section 3.2).
  private static let repetitions = 3
  /// Without any progress for so long, in nanoseconds, everything unacknowledged is sent again.
  private static let stall: UInt64 = 200_000_000

  private struct Stream {
    var sender: Int?
    var receiver: Int?
    var repeated = 0
    var lastProgress: UInt64 = 0
    var sequence: UInt32 = 0
  }

  var tally = Tally()
  private let surroundings: Surroundings
  private let window: UInt32
  private let direction: BulkDirection
  private let chunk: Int
  private let clients: TCPStack
  private let servers: TCPStack
  private var streams: [Stream]
  private var isConnected = false
  /// The stream that the server which is next to accept takes.
  private var nextAccepted = 0
  /// Plain segments received.
  private var segments = 0

  init(
    _ surroundings: Surroundings, streams: Int, window: UInt32, direction: BulkDirection, superFrames: Bool
  ) {
    self.surroundings = surroundings
    self.window = window
    self.direction = direction
    chunk = superFrames ? min(Self.superFrame, Int(window)) : TCPStack.segmentSize
    clients = TCPStack(surroundings.inside) { _ in nil }
    servers = TCPStack(surroundings.outside) { $0.local.port == Self.serverPort ? 0 : nil }
    let share = streams / surroundings.lanes + (surroundings.lane < streams % surroundings.lanes ? 1 : 0)
    self.streams = Array(repeating: Stream(), count: share)
  }

  private var sending: TCPStack { direction == .out ? clients : servers }
  private var receiving: TCPStack { direction == .out ? servers : clients }

  var outstanding: Int { Int(tally.lost) }

  /// Opens the streams at first; then sends what the windows have room for, whatever is due.
  func begin(_ count: Int, at now: UInt64) -> Int {
    if !isConnected { connect(now) }
    var sent = 0
    for index in streams.indices { sent += fill(index, now) }
    return sent
  }

  private func connect(_ now: UInt64) {
    isConnected = true
    var ports = ClientPorts(surroundings)
    for index in streams.indices {
      let server = surroundings.servers[index % surroundings.servers.count]
      let place = clients.connect(
        EndpointPair(local: ports.take(), remote: Endpoint(server, Self.serverPort)), tag: index)
      if direction == .in { streams[index].receiver = place }
    }
  }

  private func fill(_ index: Int, _ now: UInt64) -> Int {
    guard let place = streams[index].sender else { return 0 }
    var sent = 0
    while let connection = sending[place],
      Int(connection.inFlight) + chunk <= Int(min(window, connection.sendWindow))
    {
      let isAgain = connection.sendNext != connection.sendHighest
      streams[index].sequence &+= 1
      let probe = Probe(
        run: surroundings.run, flow: UInt32(index), sequence: streams[index].sequence, time: now)
      if sent == 0, connection.inFlight == 0 { streams[index].lastProgress = now }
      sending.send(place, probe, length: chunk)
      if isAgain { tally.retransmitted += 1 } else { tally.attempted += UInt64(chunk) }
      sent += 1
    }
    return sent
  }

  func arrived(_ packet: Arrival, at side: Side, now: UInt64) {
    guard packet.proto == .tcp else { return }
    let stack = side.realm == .inside ? clients : servers
    guard var event = stack.arrived(packet) else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    if event.reset { tally.refused += 1 }
    if stack === sending { progress(event, now) } else { take(event, packet, now) }
    // One acknowledgment for two segments will do (RFC 9293 section 3.8.6.3), unless something is missing.
    var isHalf = false
    if !event.payload.isEmpty, event.payload.count <= TCPStack.segmentSize {
      segments &+= 1
      isHalf = segments % 2 == 0
    }
    if !isHalf { stack.settle(&event) }
  }

  private func progress(_ event: TCPEvent, _ now: UInt64) {
    if event.opened {
      let index = side(of: event)
      streams[index].sender = event.connection
      streams[index].lastProgress = now
      sending.retag(event.connection, index)
      return
    }
    guard streams.indices.contains(event.tag), streams[event.tag].sender == event.connection else { return }
    if event.acknowledged > 0 {
      streams[event.tag].repeated = 0
      streams[event.tag].lastProgress = now
    } else if event.isDuplicate, let connection = sending[event.connection], connection.inFlight > 0 {
      streams[event.tag].repeated += 1
      if streams[event.tag].repeated == Self.repetitions {
        sending.rewind(event.connection, to: connection.sendUnacknowledged)
      }
    }
  }

  /// A client's stream is its tag; a server takes the next that has none.
  private func side(of event: TCPEvent) -> Int {
    guard direction == .in else { return event.tag }
    defer { nextAccepted += 1 }
    return nextAccepted % streams.count
  }

  private func take(_ event: TCPEvent, _ packet: Arrival, _ now: UInt64) {
    guard !event.payload.isEmpty else { return }
    tally.completed += UInt64(event.payload.count)
    tally.octets += UInt64(event.payload.count)
    if let probe = Probe(packet.frame, in: event.payload, run: surroundings.run) {
      tally.latency.note(now &- min(now, probe.time))
    }
  }

  func tick(_ now: UInt64) {
    for index in streams.indices {
      guard let place = streams[index].sender, let connection = sending[place] else { continue }
      // The progress may be younger than the time that this turn began with.
      if connection.inFlight > 0, now > streams[index].lastProgress + Self.stall {
        sending.rewind(place, to: connection.sendUnacknowledged)
        streams[index].lastProgress = now
        _ = fill(index, now)
      }
    }
    receiving.acknowledgeAll()
  }

  func abandon() {
    clients.abortAll()
    servers.forgetAll()
    streams = streams.map { _ in Stream() }
    isConnected = false
    nextAccepted = 0
  }
}
