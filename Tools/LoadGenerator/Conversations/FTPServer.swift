import WireFormats

/// The outside servers of a lane's FTP conversations.
final class FTPServer {
  private static let controlPort: UInt16 = 21
  private static let dataPort: UInt16 = 20
  /// The ports that passive data connections go to: one for each session that may be under way.
  private static let passivePorts = 10_000..<60_000

  private struct Session {
    var control: Int
    /// The client as the server sees it.
    var client: Endpoint
    var server: IPv4Address
    var lines = LineBuffer()
    /// Where to connect for data.
    var target: Endpoint?
    /// Where the client is to connect for data.
    var passive: Endpoint?
    var data: Int?
    /// Whether the data connection stands.
    var isOpen = false
    /// Whether the client has asked for the file.
    var isAsked = false
  }

  /// Servers that listen for data: shared with the stack that asks whether to accept.
  private final class Listeners {
    var sessions: [Endpoint: Int] = [:]
  }

  private let surroundings: Surroundings
  private let size: Int
  private let stack: TCPStack
  private let listeners = Listeners()
  private var sessions: [Int: Session] = [:]
  private var nextSession = 0

  // A connection's tag: the session's number, twice, and one more for the data connection; -1 before it has a session.

  init(_ surroundings: Surroundings, size: Int) {
    self.surroundings = surroundings
    self.size = size
    stack = TCPStack(surroundings.outside) { [listeners] pair in
      pair.local.port == Self.controlPort ? -1 : listeners.sessions[pair.local].map { $0 * 2 + 1 }
    }
  }

  func forgetAll() {
    stack.forgetAll()
    sessions.removeAll(keepingCapacity: true)
    listeners.sessions.removeAll(keepingCapacity: true)
  }

  func arrived(_ packet: Arrival, _ tally: inout Tally) {
    guard var event = stack.arrived(packet) else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    if event.tag < 0 {
      guard event.opened else { return stack.settle(&event) }
      begin(packet, &event)
    }
    let (number, kind) = event.tag.quotientAndRemainder(dividingBy: 2)
    if event.reset {
      if kind == 0 { forget(number) }
      return
    }
    if kind == 1 { data(event, number) } else { control(event, packet, number, &tally) }
    stack.settle(&event)
    if event.closed, kind == 0 { forget(number) }
  }

  private func begin(_ packet: Arrival, _ event: inout TCPEvent) {
    let number = nextSession
    nextSession += 1
    sessions[number] = Session(
      control: event.connection, client: packet.source, server: packet.destination.address)
    stack.retag(event.connection, number * 2)
    event.tag = number * 2
    say("220 load", number)
  }

  private func control(_ event: TCPEvent, _ packet: Arrival, _ number: Int, _ tally: inout Tally) {
    if !event.payload.isEmpty {
      let fresh = event.payload.map { packet.frame.load8(at: $0) }
      for line in sessions[number]?.lines.take(fresh) ?? [] { read(line, number, &tally) }
    }
    if event.finished { stack.close(event.connection) }
  }

  private func read(_ line: String, _ number: Int, _ tally: inout Tally) {
    switch line.prefix(5) {
    case "USER ": say("230 in", number)
    case "PORT ": agree(FTPEndpoint.readCommas(line.dropFirst(5)), number, &tally)
    case "EPRT ": agree(FTPEndpoint.readBars(line.dropFirst(5)), number, &tally)
    case "PASV": listen(number)
    case "RETR ":
      sessions[number]?.isAsked = true
      say("150 here it comes", number)
      if let session = sessions[number], let target = session.target {
        let pair = EndpointPair(local: Endpoint(session.server, Self.dataPort), remote: target)
        sessions[number]?.data = stack.connect(pair, tag: number * 2 + 1)
      }
      transfer(number)
    default: say("500 what?", number)
    }
  }

  /// Takes the endpoint that a client named, if it is the client as the gateway shows it.
  private func agree(_ endpoint: Endpoint?, _ number: Int, _ tally: inout Tally) {
    guard let session = sessions[number], let endpoint, endpoint.address == session.client.address else {
      tally.wrongPayloads += 1
      if let endpoint, surroundings.network.isInside(endpoint.address) { tally.leaks += 1 }
      return say("500 not yours", number)
    }
    sessions[number]?.target = endpoint
    say("200 fine", number)
  }

  private func listen(_ number: Int) {
    guard let session = sessions[number] else { return }
    let port = Self.passivePorts.lowerBound + number % Self.passivePorts.count
    let endpoint = Endpoint(session.server, UInt16(port))
    listeners.sessions[endpoint] = number
    sessions[number]?.passive = endpoint
    say("227 Entering Passive Mode (\(FTPEndpoint.commas(endpoint)))", number)
  }

  private func data(_ event: TCPEvent, _ number: Int) {
    if event.opened {
      sessions[number]?.data = event.connection
      sessions[number]?.isOpen = true
      transfer(number)
    }
    if event.finished { say("226 done", number) }
  }

  /// Sends the file once it has been asked for and the data connection stands.
  private func transfer(_ number: Int) {
    guard let session = sessions[number], session.isAsked, session.isOpen, let data = session.data else { return }
    stack.send(data, Array(repeating: UInt8(ascii: "x"), count: size))
    stack.close(data)
  }

  private func say(_ line: String, _ number: Int) {
    guard let session = sessions[number] else { return }
    stack.send(session.control, Array((line + "\r\n").utf8))
  }

  private func forget(_ number: Int) {
    guard let session = sessions.removeValue(forKey: number) else { return }
    if let passive = session.passive { listeners.sessions[passive] = nil }
    if let data = session.data, stack[data]?.tag == number * 2 + 1 { stack.abort(data) }
  }
}
