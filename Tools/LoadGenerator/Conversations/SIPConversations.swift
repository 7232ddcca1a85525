import WireFormats

/// Calls of inside user agents to outside ones (RFC 3261 section 4): INVITE with 100, 180 and 200, ACK, media both ways between
/// the endpoints that the descriptions name, BYE with 200. Each call has ports of its own, and over TCP a connection.
final class SIPConversations: LoadProfile {
  static let unit = "calls"
  /// Ports from one call of a host to its next: media, its RTCP, signalling.
  private static let spacing = 4
  private static let signalling: UInt16 = 2

  private struct Call {
    var host: Endpoint
    var server: Endpoint
    var number: UInt32
    /// Where the call's own media are, and where the other side says that its are.
    var media: Endpoint
    var remote: Endpoint?
    var heard = 0
    var isEnding = false
    /// The client's connection, over TCP, and what has come on it.
    var connection: Int?
    var stream = SIPStream()
  }

  var tally = Tally()
  private let surroundings: Surroundings
  private let transport: SessionTransport
  private let mediaPackets: Int
  private let timeout: UInt64
  private let concurrency: Int
  private let server: SIPServer
  private let clients: TCPStack
  private var ports: ClientPorts
  private var nextServer = 0
  private var units = Units<Call>()
  /// Calls by the endpoints of their media, whose neighbours those of their signalling are.
  private var calls: [Endpoint: Int] = [:]

  init(_ surroundings: Surroundings, transport: SessionTransport, mediaPackets: Int, patience: Patience) {
    self.surroundings = surroundings
    self.transport = transport
    self.mediaPackets = mediaPackets
    timeout = patience.nanoseconds
    concurrency = patience.concurrency(of: surroundings.lane, among: surroundings.lanes)
    server = SIPServer(surroundings, mediaPackets: mediaPackets)
    clients = TCPStack(surroundings.inside) { _ in nil }
    ports = ClientPorts(surroundings, spacing: Self.spacing)
  }

  /// The ends of connections are awaited, too.
  var outstanding: Int { max(units.count, clients.count) }

  func begin(_ count: Int, at now: UInt64) -> Int {
    var begun = 0
    while begun < count, units.count < concurrency {
      let media = ports.take()
      // The host's ports are in use yet: so many calls are under way that their turn has come again.
      guard calls[media] == nil else { break }
      let server = Endpoint(surroundings.servers[nextServer], SIPMessage.port)
      nextServer = nextServer + 1 == surroundings.servers.count ? 0 : nextServer + 1
      let host = Endpoint(media.address, media.port + Self.signalling)
      let (place, number) = units.add(Call(host: host, server: server, number: 0, media: media), at: now)
      _ = units.modify(place) { $0.number = number }
      if transport == .tcp {
        guard let connection = clients.connect(EndpointPair(local: host, remote: server), tag: place) else {
          units.remove(place)
          break
        }
        _ = units.modify(place) { $0.connection = connection }
      }
      calls[media] = place
      if transport == .udp { invite(place) }
      tally.attempted += 1
      begun += 1
    }
    return begun
  }

  func arrived(_ packet: Arrival, at side: Side, now: UInt64) {
    guard packet.proto == .udp || transport == .tcp else { return }
    if side.realm == .outside {
      server.arrived(packet, &tally, now: now)
      // What the server has heard may be the last of a call.
      if packet.proto == .udp, let probe = RTPPacket.probe(packet, run: surroundings.run) {
        hangUp(Int(probe.flow), number: probe.sequence)
      }
    } else if packet.proto == .tcp {
      arrived(segment: packet, now)
    } else if let probe = RTPPacket.probe(packet, run: surroundings.run) {
      hear(packet, probe)
    } else {
      follow(packet.payload.map { packet.frame.load8(at: $0) }, packet, now)
    }
  }

  private func arrived(segment packet: Arrival, _ now: UInt64) {
    guard var event = clients.arrived(packet) else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    // A connection may outlive its call, whose place another one has then.
    let place = event.tag
    let isOfCall = units[place]?.connection == event.connection
    if event.reset {
      if isOfCall {
        tally.refused += 1
        end(place)
      }
      return
    }
    if event.opened, isOfCall { invite(place) }
    if !event.payload.isEmpty, isOfCall {
      let fresh = event.payload.map { packet.frame.load8(at: $0) }
      for message in units.modify(place, { $0.stream.take(fresh) }) ?? [] { follow(message, packet, now) }
    }
    if event.finished { clients.close(event.connection) }
    clients.settle(&event)
  }

  // MARK: Signalling

  private func invite(_ place: Int) { say("INVITE", place, isInDialog: false, media: units[place]?.media) }

  private func say(_ method: String, _ place: Int, isInDialog: Bool, media: Endpoint? = nil) {
    guard let call = units[place] else { return }
    let message = SIPText.request(
      method, SIPText.Identity(place: place, number: call.number), run: surroundings.run, from: call.host,
      to: call.server, isInDialog: isInDialog, over: transport, media: media)
    if let connection = call.connection { return clients.send(connection, message) }
    Self.write(message, on: surroundings.inside, EndpointPair(local: call.host, remote: call.server))
  }

  /// Sends a message in a datagram of its own.
  static func write(_ message: [UInt8], on side: Side, _ pair: EndpointPair) {
    let frame = side.room(FrameWriter.udpPayload + message.count)
    for (index, octet) in message.enumerated() { frame.store8(octet, at: FrameWriter.udpPayload + index) }
    FrameWriter.finishUDP(frame, side.link, pair)
  }

  /// The caller's next step after an answer.
  private func follow(_ octets: [UInt8], _ packet: Arrival, _ now: UInt64) {
    guard let message = SIPMessage(octets), message.method == nil,
      let identity = SIPText.Identity(callID: message.callID, run: surroundings.run), let call = units[identity.place],
      call.number == identity.number
    else {
      // A late answer to a call that was given up is nobody's, as any packet without payload.
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    if packet.source != call.server || packet.destination != call.host { tally.wrongTranslations += 1 }
    guard message.status < 300 else {
      say("ACK", identity.place, isInDialog: true)
      return end(identity.place)
    }
    guard isRight(message, call) else {
      tally.wrongPayloads += 1
      return end(identity.place)
    }
    switch (message.status, message.sequenceMethod) {
    case (200, "INVITE"): speak(identity.place, to: message, now)
    case (200, "BYE"): complete(identity.place, now)
    default: break
    }
  }

  /// Whether an answer names the caller by its own endpoint again, and the server as itself.
  private func isRight(_ message: SIPMessage, _ call: Call) -> Bool {
    guard message.sentBy == call.host, message.from == call.host, message.contact == call.server,
      message.received.map({ $0 == call.host.address }) ?? true,
      message.receivedPort.map({ $0 == call.host.port }) ?? true
    else { return false }
    guard message.status == 200, message.sequenceMethod == "INVITE" else { return true }
    return message.mediaAddress == call.server.address && message.mediaPort != nil
  }

  // MARK: Media

  /// The called side has taken the call: an acknowledgment, and the caller's media.
  private func speak(_ place: Int, to message: SIPMessage, _ now: UInt64) {
    guard let call = units[place], call.remote == nil, let remote = message.media else { return }
    _ = units.modify(place) { $0.remote = remote }
    say("ACK", place, isInDialog: true)
    let probe = Probe(run: surroundings.run, flow: UInt32(place), sequence: call.number, time: now)
    for number in 0..<mediaPackets {
      RTPPacket.send(
        probe, number: number, on: surroundings.inside, EndpointPair(local: call.media, remote: remote))
    }
  }

  private func hear(_ packet: Arrival, _ probe: Probe) {
    let place = Int(probe.flow)
    guard let call = units[place], call.number == probe.sequence else {
      tally.unexpected += 1
      return
    }
    if packet.source != call.remote || packet.destination != call.media { tally.wrongTranslations += 1 }
    _ = units.modify(place) { $0.heard += 1 }
    tally.octets += UInt64(packet.payload.count)
    tally.media += 1
    hangUp(place, number: probe.sequence)
  }

  /// Says goodbye when both sides have heard all of the other.
  private func hangUp(_ place: Int, number: UInt32) {
    guard let call = units[place], call.number == number, !call.isEnding, call.heard >= mediaPackets,
      server.heard(number) >= mediaPackets
    else { return }
    _ = units.modify(place) { $0.isEnding = true }
    say("BYE", place, isInDialog: true)
  }

  // MARK: Ends

  private func complete(_ place: Int, _ now: UInt64) {
    guard let call = units[place], call.isEnding else { return }
    tally.completed += 1
    if let started = units.started(place) { tally.latency.note(now &- min(started, now)) }
    if let connection = call.connection {
      clients.close(connection)
      _ = units.modify(place) { $0.connection = nil }
    }
    end(place)
  }

  private func end(_ place: Int) {
    guard let call = units.remove(place) else { return }
    calls[call.media] = nil
    server.forget(call.number)
    if let connection = call.connection { clients.abort(connection) }
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
