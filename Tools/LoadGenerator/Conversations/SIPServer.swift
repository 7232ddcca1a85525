import WireFormats

/// The called user agents of a lane: they take every call whose INVITE names the caller as the gateway shows it.
final class SIPServer {
  /// The ports of media: an even one for each call under way.
  private static let mediaPorts = (first: 10_000, count: 25_000)

  private struct Dialog {
    /// The caller's signalling as the server sees it, and where it says that its media are.
    var caller: Endpoint
    var named: Endpoint
    /// Where the server's own media are.
    var media: Endpoint
    var heard = 0
    /// Whether it has been counted that a message or the media are not what they should be.
    var isWrong = false
    /// Whether the ACK has come.
    var isAnswered = false
  }

  private let surroundings: Surroundings
  private let mediaPackets: Int
  private let stack: TCPStack
  /// By the numbers of their calls.
  private var dialogs: [UInt32: Dialog] = [:]
  /// What has come over TCP, by the stack's places.
  private var streams: [Int: SIPStream] = [:]

  init(_ surroundings: Surroundings, mediaPackets: Int) {
    self.surroundings = surroundings
    self.mediaPackets = mediaPackets
    stack = TCPStack(surroundings.outside) { $0.local.port == SIPMessage.port ? 0 : nil }
  }

  /// How many packets of a call's media have come from where the caller's description said.
  func heard(_ number: UInt32) -> Int { dialogs[number]?.heard ?? 0 }

  func forget(_ number: UInt32) { dialogs[number] = nil }

  func forgetAll() {
    stack.forgetAll()
    streams = [:]
    dialogs = [:]
  }

  func arrived(_ packet: Arrival, _ tally: inout Tally, now: UInt64) {
    if packet.proto == .tcp { return arrived(segment: packet, &tally, now: now) }
    guard packet.destination.port == SIPMessage.port else { return hear(packet, &tally) }
    read(packet.payload.map { packet.frame.load8(at: $0) }, packet, &tally, now) {
      SIPConversations.write($0, on: surroundings.outside, packet.pair)
    }
  }

  private func arrived(segment packet: Arrival, _ tally: inout Tally, now: UInt64) {
    guard var event = stack.arrived(packet) else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    let place = event.connection
    if event.reset {
      streams[place] = nil
      return
    }
    if !event.payload.isEmpty {
      let fresh = event.payload.map { packet.frame.load8(at: $0) }
      for message in streams[place, default: SIPStream()].take(fresh) {
        read(message, packet, &tally, now) { stack.send(place, $0) }
      }
    }
    if event.finished { stack.close(place) }
    stack.settle(&event)
    if event.closed { streams[place] = nil }
  }

  private func read(
    _ octets: [UInt8], _ packet: Arrival, _ tally: inout Tally, _ now: UInt64, send: ([UInt8]) -> Void
  ) {
    guard let message = SIPMessage(octets), let method = message.method,
      let identity = SIPText.Identity(callID: message.callID, run: surroundings.run)
    else {
      tally.unexpected += 1
      return
    }
    let leaks = SIPMessage.names(octets) { surroundings.network.isInside($0) }
    if leaks { tally.leaks += 1 }
    let isRight = !leaks && isRight(message, packet, method, identity)
    // Once a call: what comes behind an INVITE that was turned away is of no dialog.
    if !isRight, method == "INVITE" || dialogs[identity.number]?.isWrong == false {
      tally.wrongPayloads += 1
      dialogs[identity.number]?.isWrong = true
    }
    func answer(_ status: String, media: Endpoint? = nil) {
      send(
        SIPText.answer(status, to: message, identity, from: packet.source, at: packet.destination, media: media))
    }
    switch method {
    case "INVITE":
      guard isRight, let named = message.media else { return answer("400 Bad Request") }
      let port = Self.mediaPorts.first + identity.place % Self.mediaPorts.count * 2
      let media = Endpoint(packet.destination.address, UInt16(port))
      dialogs[identity.number] = Dialog(caller: packet.source, named: named, media: media)
      answer("100 Trying")
      answer("180 Ringing")
      answer("200 OK", media: media)
    case "ACK": speak(identity, now)
    case "BYE": answer("200 OK")
    default: answer("405 Method Not Allowed")
    }
  }

  /// Whether a message names the caller as its packets come, and its media at the same address.
  private func isRight(
    _ message: SIPMessage, _ packet: Arrival, _ method: String, _ identity: SIPText.Identity
  ) -> Bool {
    guard message.sentBy == packet.source, message.contact == packet.source, message.from == packet.source
    else { return false }
    guard method == "INVITE" else { return dialogs[identity.number].map { $0.caller == packet.source } ?? true }
    return message.mediaAddress == packet.source.address && message.origin == packet.source.address
      && message.mediaPort != nil
  }

  /// The media of the called side, once the call stands.
  private func speak(_ identity: SIPText.Identity, _ now: UInt64) {
    guard let dialog = dialogs[identity.number], !dialog.isAnswered else { return }
    dialogs[identity.number]?.isAnswered = true
    let probe = Probe(
      run: surroundings.run, flow: UInt32(identity.place), sequence: identity.number, time: now)
    for number in 0..<mediaPackets {
      RTPPacket.send(
        probe, number: number, on: surroundings.outside, EndpointPair(local: dialog.media, remote: dialog.named))
    }
  }

  /// The caller's media: they come from where its description said.
  private func hear(_ packet: Arrival, _ tally: inout Tally) {
    guard let probe = RTPPacket.probe(packet, run: surroundings.run), let dialog = dialogs[probe.sequence] else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    if packet.destination != dialog.media { tally.wrongTranslations += 1 }
    guard packet.source == dialog.named else {
      if !dialog.isWrong { tally.wrongPayloads += 1 }
      dialogs[probe.sequence]?.isWrong = true
      return
    }
    tally.octets += UInt64(packet.payload.count)
    tally.media += 1
    dialogs[probe.sequence]?.heard += 1
  }
}
