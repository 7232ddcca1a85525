import WireFormats

/// Finds the gateway, and lets it find the servers, before anything is measured.
struct Resolution {
  /// How long the gateway may take to answer, in seconds.
  static let seconds = 2
  /// Hosts and servers that introduce themselves, at most; the gateway asks for the others when it meets them.
  private static let introduced = 2_048
  /// The port that servers are greeted at: discard (RFC 863).
  private static let discardPort: UInt16 = 9

  private let lanes: [Lane]

  /// Of all lanes: whichever the gateway's questions come to has to answer them.
  init(_ lanes: [Lane]) { self.lanes = lanes }

  /// Asks for the gateway until it answers; throws when it does not.
  func findGateway(end: String) throws(EndError) {
    let inside = lanes[0].surroundings.inside
    let network = lanes[0].surroundings.network
    let asker = network.hostRouter ?? network.hosts[0]
    let deadline = monotonicNanoseconds() + UInt64(Self.seconds) * 1_000_000_000
    var gateway: MACAddress? {
      lanes.lazy.map(\.surroundings.inside.link.destination).first { $0 != .broadcast }
    }
    while gateway == nil, !Stop.isAsked {
      guard monotonicNanoseconds() < deadline else {
        throw .unresolved(end: end, address: network.gateway.description)
      }
      inside.ask(for: network.gateway, as: asker)
      listen(milliseconds: 50)
    }
    if let gateway { for lane in lanes { lane.surroundings.inside.learn(gateway) } }
  }

  /// Has the hosts ask for the gateway, the servers announce themselves, and each greeted, so that the gateway has met
  /// them all. It may know the same addresses at other ends from an earlier run, and would go on sending there.
  func introduce() {
    let (inside, outside) = (lanes[0].surroundings.inside, lanes[0].surroundings.outside)
    let network = lanes[0].surroundings.network
    for index in 0..<min(network.hosts.count, Self.introduced) where network.hostRouter == nil {
      inside.ask(for: network.gateway, as: network.hosts[index])
      if index % 64 == 63 { listen(milliseconds: 1) }
    }
    // An announcement asks for one's own address (RFC 5227 section 2.3).
    if let router = network.serverRouter { outside.ask(for: router, as: router) }
    for index in 0..<min(network.servers.count, Self.introduced) where network.serverRouter == nil {
      outside.ask(for: network.servers[index], as: network.servers[index])
      if index % 64 == 63 { listen(milliseconds: 1) }
    }
    listen(milliseconds: 10)
    for index in 0..<min(network.servers.count, Self.introduced) {
      let pair = EndpointPair(
        local: Endpoint(network.hosts[index % network.hosts.count], Self.discardPort),
        remote: Endpoint(network.servers[index], Self.discardPort))
      FrameWriter.finishUDP(inside.room(FrameWriter.udpPayload), inside.link, pair)
      if index % 16 == 15 { listen(milliseconds: 2) }
    }
    listen(milliseconds: 100)
  }

  /// Answers for a while what the gateway asks.
  private func listen(milliseconds: UInt64) {
    let end = monotonicNanoseconds() + milliseconds * 1_000_000
    while true {
      let now = monotonicNanoseconds()
      if now >= end { return }
      let moved = lanes.reduce(0) { $0 + $1.turn(now) }
      if moved == 0 { lanes[0].rest(for: min(end - now, 1_000_000)) }
    }
  }
}
