import WireFormats

/// Files read by TFTP (RFC 1350): a request to the server's well-known port, data from a port that it chooses.
final class TFTPConversations: LoadProfile {
  static let unit = "conversations"

  private struct Transfer {
    var client: Endpoint
    var server: IPv4Address
    /// The server's port for this transfer, once its first block has come.
    var identifier: UInt16?
    var block = 1
  }

  var tally = Tally()
  private let surroundings: Surroundings
  private let file: TFTPFile
  private let server: TFTPServer
  private let timeout: UInt64
  private let concurrency: Int
  private var ports: ClientPorts
  private var nextServer = 0
  private var units = Units<Transfer>()
  private var waiting: [Endpoint: Int] = [:]

  init(_ surroundings: Surroundings, size: Int, patience: Patience) {
    self.surroundings = surroundings
    file = TFTPFile(size: size)
    server = TFTPServer(surroundings.outside, file)
    timeout = patience.nanoseconds
    concurrency = patience.concurrency(of: surroundings.lane, among: surroundings.lanes)
    ports = ClientPorts(surroundings)
  }

  var outstanding: Int { units.count }

  func begin(_ count: Int, at now: UInt64) -> Int {
    var begun = 0
    while begun < count, units.count < concurrency {
      let client = ports.take()
      // The client's port is in use yet: so many transfers are under way that its turn has come again.
      guard waiting[client] == nil else { break }
      let address = surroundings.servers[nextServer]
      nextServer = nextServer + 1 == surroundings.servers.count ? 0 : nextServer + 1
      let (place, _) = units.add(Transfer(client: client, server: address), at: now)
      waiting[client] = place
      let frame = surroundings.inside.room(FrameWriter.udpPayload + 2 + TFTPMessage.request.count)
      frame.store16(TFTPMessage.readRequest, at: FrameWriter.udpPayload)
      frame.suffix(from: FrameWriter.udpPayload + 2).store(TFTPMessage.request)
      FrameWriter.finishUDP(
        frame, surroundings.inside.link, EndpointPair(local: client, remote: Endpoint(address, TFTPServer.port)))
      tally.attempted += 1
      begun += 1
    }
    return begun
  }

  func arrived(_ packet: Arrival, at side: Side, now: UInt64) {
    guard packet.proto == .udp else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    if side.realm == .outside { server.arrived(packet, &tally) } else { receive(packet, now) }
  }

  /// A block has come to a client, which acknowledges it.
  private func receive(_ packet: Arrival, _ now: UInt64) {
    guard packet.payload.count >= TFTPMessage.headerLength, let place = waiting[packet.destination],
      var transfer = units[place], packet.frame.load16(at: packet.payload.lowerBound) == TFTPMessage.data
    else {
      tally.unexpected += 1
      return
    }
    let block = Int(packet.frame.load16(at: packet.payload.lowerBound + 2))
    guard block == transfer.block else {
      tally.duplicated += 1
      return
    }
    if packet.source.address != transfer.server || packet.source.port != transfer.identifier ?? packet.source.port {
      tally.wrongTranslations += 1
    }
    transfer.identifier = packet.source.port
    let start = packet.payload.lowerBound + TFTPMessage.headerLength
    guard packet.payload.count == TFTPMessage.headerLength + file.length(of: block),
      file.holds(block, packet.frame, at: start)
    else {
      tally.wrongPayloads += 1
      end(place)
      return
    }
    tally.octets += UInt64(file.length(of: block))
    acknowledge(block, packet.pair)
    transfer.block += 1
    units[place] = transfer
    guard block == file.blocks else { return }
    tally.completed += 1
    tally.latency.note(now &- min(units.started(place) ?? now, now))
    end(place)
  }

  private func acknowledge(_ block: Int, _ pair: EndpointPair) {
    let frame = surroundings.inside.room(FrameWriter.udpPayload + TFTPMessage.headerLength)
    frame.store16(TFTPMessage.acknowledgment, at: FrameWriter.udpPayload)
    frame.store16(UInt16(block), at: FrameWriter.udpPayload + 2)
    FrameWriter.finishUDP(frame, surroundings.inside.link, pair)
  }

  func tick(_ now: UInt64) {
    while let place = units.oldest(before: now &- min(now, timeout)) { end(place) }
    units.tidy()
  }

  func abandon() {
    while let place = units.oldest(before: .max) { end(place) }
    server.forgetAll()
  }

  private func end(_ place: Int) {
    if let transfer = units.remove(place) { waiting[transfer.client] = nil }
  }
}
