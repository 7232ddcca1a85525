import WireFormats

/// FTP conversations of inside clients with outside servers (RFC 959): a greeting, a user, a data connection agreed upon, a
/// file over it, the end.
final class FTPConversations: LoadProfile {
  static let unit = "conversations"
  private static let controlPort: UInt16 = 21

  struct Conversation {
    var host: Endpoint
    /// The client's control connection.
    var control: Int
    /// Where the client listens for the data connection.
    var listening: Endpoint?
    var data: Int?
    var lines = LineBuffer()
    var octets = 0
    var isSaid = false
  }

  /// Where clients listen: shared with the stack that asks whether to accept.
  final class Listeners {
    var conversations: [Endpoint: Int] = [:]
  }

  var tally = Tally()
  private let surroundings: Surroundings
  private let command: FTPDataCommand
  private let size: Int
  private let timeout: UInt64
  private let concurrency: Int
  private let listeners = Listeners()
  private let clients: TCPStack
  private let server: FTPServer
  private var ports: ClientPorts
  private var nextServer = 0
  private var units = Units<Conversation>()

  // A connection's tag: the conversation's place, twice, and one more for the data connection.

  init(_ surroundings: Surroundings, command: FTPDataCommand, size: Int, patience: Patience) {
    self.surroundings = surroundings
    self.command = command
    self.size = size
    timeout = patience.nanoseconds
    concurrency = patience.concurrency(of: surroundings.lane, among: surroundings.lanes)
    ports = ClientPorts(surroundings)
    clients = TCPStack(surroundings.inside) { [listeners] pair in
      listeners.conversations[pair.local].map { $0 * 2 + 1 }
    }
    server = FTPServer(surroundings, size: size)
  }

  /// The ends of connections are awaited, too: a gateway that keeps them half closed would refuse their endpoints.
  var outstanding: Int { max(units.count, clients.count) }

  func begin(_ count: Int, at now: UInt64) -> Int {
    var begun = 0
    while begun < count, units.count < concurrency {
      let address = surroundings.servers[nextServer]
      nextServer = nextServer + 1 == surroundings.servers.count ? 0 : nextServer + 1
      let host = ports.take()
      let (place, _) = units.add(Conversation(host: host, control: -1), at: now)
      let pair = EndpointPair(local: host, remote: Endpoint(address, Self.controlPort))
      guard let control = clients.connect(pair, tag: place * 2) else {
        units.remove(place)
        break
      }
      _ = units.modify(place) { $0.control = control }
      tally.attempted += 1
      begun += 1
    }
    return begun
  }

  func arrived(_ packet: Arrival, at side: Side, now: UInt64) {
    guard packet.proto == .tcp else { return }
    guard side.realm == .inside else {
      server.arrived(packet, &tally)
      return
    }
    guard var event = clients.arrived(packet) else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    let (place, kind) = event.tag.quotientAndRemainder(dividingBy: 2)
    if event.reset {
      tally.refused += 1
      end(place)
      return
    }
    if kind == 1 { data(event, place) } else { control(event, packet, place, now) }
    clients.settle(&event)
    finish(place, now)
  }

  private func data(_ event: TCPEvent, _ place: Int) {
    _ = units.modify(place) {
      $0.data = event.connection
      $0.octets += event.payload.count
    }
    if event.finished { clients.close(event.connection) }
  }

  private func control(_ event: TCPEvent, _ packet: Arrival, _ place: Int, _ now: UInt64) {
    if !event.payload.isEmpty {
      let fresh = event.payload.map { packet.frame.load8(at: $0) }
      for line in units.modify(place, { $0.lines.take(fresh) }) ?? [] { read(line, place) }
    }
    if event.finished { clients.close(event.connection) }
  }

  /// The client's answer to a reply.
  private func read(_ line: String, _ place: Int) {
    guard let conversation = units[place] else { return }
    switch line.prefix(3) {
    case "220": say("USER load", conversation)
    case "230": agree(place, conversation)
    case "200": say("RETR file", conversation)
    case "227":
      guard let target = FTPEndpoint.readPassive(line),
        let data = clients.connect(
          EndpointPair(local: Endpoint(conversation.host.address, conversation.host.port ^ 1), remote: target),
          tag: place * 2 + 1)
      else {
        tally.wrongPayloads += 1
        end(place)
        return
      }
      _ = units.modify(place) { $0.data = data }
      say("RETR file", conversation)
    case "226": _ = units.modify(place) { $0.isSaid = true }
    case "150", "221": break
    default: end(place)
    }
  }

  private func agree(_ place: Int, _ conversation: Conversation) {
    guard command != .pasv else { return say("PASV", conversation) }
    // The neighbouring port: no other conversation of this host has it while this one lasts.
    let endpoint = Endpoint(conversation.host.address, conversation.host.port ^ 1)
    listeners.conversations[endpoint] = place
    _ = units.modify(place) { $0.listening = endpoint }
    say(
      command == .port ? "PORT \(FTPEndpoint.commas(endpoint))" : "EPRT \(FTPEndpoint.bars(endpoint))", conversation)
  }

  private func say(_ line: String, _ conversation: Conversation) {
    clients.send(conversation.control, Array((line + "\r\n").utf8))
  }

  /// Ends a conversation that has all it came for.
  private func finish(_ place: Int, _ now: UInt64) {
    guard let conversation = units[place], conversation.isSaid, conversation.octets >= size else { return }
    if conversation.octets == size {
      tally.completed += 1
      tally.octets += UInt64(size)
      if let started = units.started(place) { tally.latency.note(now &- min(started, now)) }
    } else {
      tally.wrongPayloads += 1
    }
    clients.close(conversation.control)
    if let listening = conversation.listening { listeners.conversations[listening] = nil }
    units.remove(place)
  }

  /// Ends a conversation that has failed.
  private func end(_ place: Int) {
    guard let conversation = units.remove(place) else { return }
    if let listening = conversation.listening { listeners.conversations[listening] = nil }
    if clients[conversation.control]?.tag == place * 2 { clients.abort(conversation.control) }
    if let data = conversation.data, clients[data]?.tag == place * 2 + 1 { clients.abort(data) }
  }

  func tick(_ now: UInt64) {
    while let place = units.oldest(before: now &- min(now, timeout)) { end(place) }
    units.tidy()
  }

  func abandon() {
    while let place = units.oldest(before: .max) { end(place) }
    clients.abortAll()
    server.forgetAll()
  }
}
