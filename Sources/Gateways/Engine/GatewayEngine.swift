package import Translation
import VirtualTCP
import WireFormats

/// The slow path without its thread: packets of gateways' sessions in; packets, and orders to the workers that own the
/// sessions, out. It knows no clock, no device and no table: `sallyportd` drives it from rings, `sallyport replay` from a
/// capture, tests from arrays.
///
/// Packets come as they arrived, before translation, and leave so: translation is done by the worker afterwards.
package struct GatewayEngine: ~Copyable {
  var settings: EngineSettings
  var addresses: any AddressBook
  let counters: GatewayCounters
  let ledger: Ledger
  var streams: [SessionID: StreamSession] = [:]
  /// The stream of the last packet that passed: the next one is often of it too.
  var latestStream: StreamSession?
  var datagrams: [SessionID: DatagramSession] = [:]
  /// Which of them are over IPv6.
  var ipv6 = IPv6Sessions()
  /// Streams with something to send when the burst at hand has come to its end.
  var burst: [StreamSession] = []
  /// What gateways remember beyond single sessions.
  var memories: [GatewayID: any GatewayMemory] = [:]
  var assembly = DatagramAssembly()
  var orders = PendingOrders()
  var timers = TimerHeap<SessionID>()
  /// Octets that streams hold.
  var held = HeldOctets()
  /// "Identification" of the packets that the engine makes.
  var identification: UInt16 = 0
  private var outputs: [EngineOutput] = []
  private var nextOutput = 0
  /// Whether something has been made that was not taken.
  var hasOutput: Bool { nextOutput < outputs.count }
  private var nextExpiry: UInt64 = 0
  private var nextMemoryTurn: UInt64 = 0
  /// The latest time that it was told.
  var latest: UInt64 = 0

  /// Microseconds between two turns of the gateways' memories.
  private static var memoryInterval: UInt64 { 1_000_000 }

  /// Microseconds between two looks for datagrams that stay incomplete, and for sessions over IPv6 that are idle.
  private static var expiryInterval: UInt64 { 1_000_000 }

  package init(
    _ settings: EngineSettings, addresses: any AddressBook, counters: GatewayCounters, ledger: Ledger
  ) {
    self.settings = settings
    self.addresses = addresses
    self.counters = counters
    self.ledger = ledger
    remember(now: 0)
  }

  /// Gives each gateway that is on its memory, and takes it from those that are off.
  private mutating func remember(now: UInt64) {
    for gateway in GatewayCatalog.all {
      if let known = memories[gateway.id] {
        if settings.enabled.contains(gateway.id) {
          known.adopt(settings)
        } else {
          for door in known.forgetAll() { perform(.close(door), now: now) }
          memories[gateway.id] = nil
        }
      } else if settings.enabled.contains(gateway.id) {
        memories[gateway.id] = gateway.memory(settings)
      }
    }
  }

  /// What a gateway remembers, for listings.
  package func rows(of gateway: GatewayID, limit: Int) -> [MemoryRow] {
    memories[gateway]?.rows(limit: limit, now: latest) ?? []
  }

  // MARK: In

  /// A packet of a session with a gateway, or an ICMP error about one. `now` is in microseconds. Where `more` of a burst
  /// follow, whoever gives them calls `flush` behind the last.
  package mutating func receive(_ packet: InspectedPacket, more: Bool = false, now: UInt64) {
    latest = max(latest, now)
    counters.add(to: .packets, of: packet.session.gateway)
    guard let layout = PacketLayout(packet.octets.span) else {
      counters.add(to: .discarded)
      return
    }
    guard !layout.isFragment else {
      reassemble(packet, now)
      return
    }
    switch layout.protocolNumber {
    case .tcp: receiveSegment(packet, layout, more: more, now: now)
    case .udp: for datagram in packet.datagrams { receiveDatagram(datagram, layout, now: now) }
    case .icmp: receiveError(packet, layout, now: now)
    default: forward(packet)
    }
  }

  private mutating func reassemble(_ packet: InspectedPacket, _ now: UInt64) {
    guard
      let whole = assembly.add(
        packet.octets, session: packet.session.id, direction: packet.direction, now: now)
    else { return }
    counters.add(to: .reassembled)
    var complete = packet
    complete.octets = whole
    guard let layout = PacketLayout(whole.span), !layout.isFragment else { return }
    switch layout.protocolNumber {
    case .tcp: receiveSegment(complete, layout, more: false, now: now)
    case .udp: receiveDatagram(complete, layout, now: now)
    default: forward(complete)
    }
  }

  /// A session has ended, with all that was known of it.
  package mutating func ended(_ session: SessionID) {
    if let stream = streams.removeValue(forKey: session) { forget(stream) }
    if latestStream?.session.id == session { latestStream = nil }
    if let datagram = datagrams.removeValue(forKey: session) {
      if datagram.inspector != nil { counters.add(-1, to: .openSessions, of: datagram.session.gateway) }
    }
  }

  /// Takes over other settings: sessions of gateways that are off now go back to the fast path.
  package mutating func adopt(_ settings: EngineSettings, addresses: any AddressBook, now: UInt64) {
    self.settings = settings
    self.addresses = addresses
    for stream in Array(streams.values) where !settings.enabled.contains(stream.session.gateway) {
      stepAside(stream, .switchedOff, now: now)
      advance(stream, now: now)
    }
    for (id, datagram) in datagrams where !settings.enabled.contains(datagram.session.gateway) {
      stepAside(id, .switchedOff, now: now)
      // When the gateway is on again, it may join with any datagram.
      if let flow = datagram.session.ipv6Flow {
        ended(id)
        ipv6.remove(flow)
      }
    }
    remember(now: now)
  }

  // MARK: Time

  /// When `turn` is due; nil when nothing waits.
  package var deadline: UInt64? {
    let remembers = memories.values.contains { !$0.isEmpty }
    let expires = !assembly.isEmpty || ipv6.count > 0
    let times = [
      timers.earliest, orders.earliest, expires ? nextExpiry : nil, remembers ? nextMemoryTurn : nil,
    ]
    return times.compactMap { $0 }.min()
  }

  /// Does what is due.
  package mutating func turn(now: UInt64) {
    latest = max(latest, now)
    while let (time, id) = timers.take(due: now) {
      // Another moment may have been set since.
      guard let stream = streams[id], stream.timerAt == time else { continue }
      stream.timerAt = .max
      stream.connection.turn(now: now)
      advance(stream, now: now)
    }
    while let order = orders.takeLate(now: now) {
      counters.add(to: .ordersLost)
      settle(order, .refused(.noAnswer), now: now)
    }
    if now >= nextExpiry {
      nextExpiry = now &+ Self.expiryInterval
      assembly.expire(now: now)
      expireIPv6(now: now)
    }
    if now >= nextMemoryTurn {
      nextMemoryTurn = now &+ Self.memoryInterval
      for memory in memories.values where !memory.isEmpty {
        for duty in memory.turn(now: now) { perform(duty, now: now) }
      }
    }
  }

  // MARK: Out

  mutating func put(_ output: EngineOutput) { outputs.append(output) }

  /// The oldest packet or order that has not been taken.
  package mutating func takeOutput() -> EngineOutput? {
    guard nextOutput < outputs.count else {
      outputs.removeAll(keepingCapacity: outputs.count <= 1024)
      nextOutput = 0
      return nil
    }
    defer { nextOutput += 1 }
    return outputs[nextOutput]
  }

  /// Sends a packet on as it came, its checksum completed.
  mutating func forward(_ packet: InspectedPacket) {
    var octets = packet.octets
    if packet.hasPartialChecksum, let layout = PacketLayout(octets.span), packet.segmentSize == 0 {
      let field = layout.protocolNumber == .tcp ? TCPField.checksum : UDPField.checksum
      layout.setTransportChecksum(of: &octets, at: layout.headerLength + field)
    }
    put(
      .packet(
        EnginePacket(
          octets: octets, session: packet.session.id, direction: packet.direction, arrival: packet.arrival,
          segmentSize: packet.segmentSize)))
  }

  mutating func nextIdentification() -> UInt16 {
    identification &+= 1
    return identification
  }
}
