package import Gateways
package import TestSupport
package import Translation
package import VirtualTCP
package import WireFormats

/// An engine with a worker that the test plays: packets of one session go in, what comes out is kept.
package struct EngineBench: ~Copyable {
  package var engine: GatewayEngine
  package let counters = GatewayCounters()
  package let ledger = Ledger()
  package var now: UInt64 = 1_000_000
  package let session: InspectedSession
  /// What came out since the last look.
  package private(set) var packets: [EnginePacket] = []
  package private(set) var orders: [SessionOrder] = []
  /// Every output in order: `true` for an order.
  package private(set) var sequence: [Bool] = []
  /// What the worker answers; nil for no answer.
  package var answer: (SessionOrder) -> OrderAnswer? = { order in
    guard case .open(let request) = order else { return .done }
    return .granted(
      DoorGrant(
        door: DoorID(worker: 0, place: 7, generation: 1), insideGlobal: Place.pool.lowerBound,
        insideGlobalPort: request.insideLocalPort == 0 ? 0 : 50_000))
  }
  /// Whether packets belong to one burst, whose outputs wait for its end.
  package var isBurst = false
  /// Whether packets pass where they lie if they can, as in the daemon.
  package var letsPass = false
  /// Packets that did.
  package private(set) var passed = 0
  /// Whether the packets are sent over IPv6, between addresses that stand for the hosts' own.
  package let isIPv6: Bool
  private var next: (outbound: UInt32, inbound: UInt32) = (5000, 9000)
  private var reached: (outbound: UInt32, inbound: UInt32) = (5000, 9000)

  package static let clientPort: UInt16 = 40_000

  /// A session of alice with carol's server of a gateway, over the first of its services or over another transport.
  package init(
    _ gateway: any ApplicationGateway.Type, transport: IPProtocol? = nil,
    addresses: any AddressBook = EmptyAddressBook(), overIPv6: Bool = false,
    settings change: (inout EngineSettings) -> Void = { _ in }
  ) {
    isIPv6 = overIPv6
    var settings = EngineSettings()
    settings.enabled = Set(GatewayCatalog.all.map { $0.id })
    change(&settings)
    let service = (gateway.services + gateway.ipv6Services)[0]
    var record = SessionRecord(
      insideLocal: (Host.alice.address, Self.clientPort), insideGlobal: (Place.pool.lowerBound, 41_000),
      outside: (Host.carol.address, service.port), protocol: transport ?? service.transport)
    record.gateway = gateway.id
    session = InspectedSession(id: SessionID(worker: 0, number: 3, created: 9), record: record)
    engine = GatewayEngine(settings, addresses: addresses, counters: counters, ledger: ledger)
    ledger.follow()
  }

  private var record: SessionRecord { session.record }

  private func ends(_ direction: Direction) -> (SocketAddress, SocketAddress) {
    let client = SocketAddress(record.insideLocal, record.insideLocalPort)
    let global = isIPv6 ? client : SocketAddress(record.insideGlobal, record.insideGlobalPort)
    let server = SocketAddress(record.outsideGlobal, record.outsideGlobalPort)
    return direction == .outbound ? (client, server) : (server, global)
  }

  /// Gives the engine a packet.
  package mutating func receive(_ datagram: Datagram, _ direction: Direction) {
    receive(isIPv6 ? overIPv6(datagram.packet()) : datagram.packet(), direction)
  }

  package mutating func receive(_ octets: [UInt8], _ direction: Direction) {
    if letsPass, pass(octets, direction) { return }
    if isIPv6 {
      engine.receive(
        IPv6Packet(
          octets: octets, gateway: record.gateway, direction: direction,
          arrival: Arrival(ingress: direction == .outbound ? Place.inside : Place.outside)), more: isBurst, now: now)
      if !isBurst { drain() }
      return
    }
    engine.receive(
      InspectedPacket(
        octets: octets, session: session, direction: direction,
        arrival: Arrival(ingress: direction == .outbound ? Place.inside : Place.outside)), more: isBurst, now: now)
    if !isBurst { drain() }
  }

  /// Lets a packet pass where it lies, if it can.
  private mutating func pass(_ octets: [UInt8], _ direction: Direction) -> Bool {
    let arrival = Arrival(ingress: direction == .outbound ? Place.inside : Place.outside)
    var octets = octets
    let passes = unsafe octets.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return false }
      let packet = unsafe PacketOctets(base: base, count: buffer.count)
      guard let id = isIPv6 ? engine.session(ofIPv6: packet, direction) : session.id else { return false }
      return engine.pass(
        packet, of: id, direction, arrival, segmentSize: 0, hasPartialChecksum: false, now: now)
    }
    guard passes else { return false }
    let packet = EnginePacket(octets: octets, session: session.id, direction: direction, arrival: arrival)
    note(packet)
    packets.append(packet)
    sequence.append(false)
    passed += 1
    return true
  }

  /// Ends the burst that `isBurst` has begun.
  package mutating func endBurst() {
    isBurst = false
    engine.flush(now: now)
    drain()
  }

  /// A segment as its sender would send it now.
  package mutating func send(
    _ direction: Direction, _ flags: TCPFlags = .ack, _ text: String = "", acknowledging: UInt32? = nil
  ) {
    let (source, destination) = ends(direction)
    var datagram = Datagram.tcp(from: source, to: destination, flags)
    datagram.payload = Array(text.utf8)
    datagram.sequence = direction == .outbound ? next.outbound : next.inbound
    datagram.acknowledgment = acknowledging ?? (direction == .outbound ? next.inbound : next.outbound)
    let length = UInt32(text.utf8.count) + (flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1)
    if direction == .outbound { next.outbound &+= length } else { next.inbound &+= length }
    receive(datagram, direction)
  }

  /// A segment that begins some octets off from where its sender's stream is; what it carries counts as sent if it begins
  /// there. It acknowledges all that its sender has sent, unless said otherwise.
  package mutating func segment(
    _ direction: Direction, at offset: Int, _ octets: [UInt8], flags: TCPFlags, acknowledging: UInt32? = nil
  ) {
    let (source, destination) = ends(direction)
    var datagram = Datagram.tcp(from: source, to: destination, flags)
    datagram.payload = octets
    let expected = direction == .outbound ? next.outbound : next.inbound
    datagram.sequence = expected &+ UInt32(truncatingIfNeeded: offset)
    datagram.acknowledgment = acknowledging ?? (direction == .outbound ? next.inbound : next.outbound)
    if offset == 0 {
      let end = expected &+ UInt32(octets.count) &+ (flags.contains(.fin) ? 1 : 0)
      if direction == .outbound { next.outbound = end } else { next.inbound = end }
    }
    receive(datagram, direction)
  }

  /// One behind the last octet that has left in a direction: what an honest receiver acknowledges.
  package func delivered(_ direction: Direction) -> UInt32 {
    direction == .outbound ? reached.outbound : reached.inbound
  }

  private mutating func note(_ packet: EnginePacket) {
    let octets = packet.octets
    let header = isIPv6 ? 40 : 20
    guard octets.count > 40, octets[isIPv6 ? 6 : 9] == IPProtocol.tcp.rawValue else { return }
    guard let segment = TCPSegment(octets.span.extracting(header..<octets.count)) else { return }
    let end = segment.sequence &+ UInt32(segment.payload.count) &+ (segment.flags.contains(.fin) ? 1 : 0)
    let known = delivered(packet.direction)
    guard Int32(bitPattern: end &- known) > 0 else { return }
    if packet.direction == .outbound { reached.outbound = end } else { reached.inbound = end }
  }

  /// The three segments that open a connection.
  package mutating func connect() {
    send(.outbound, .syn)
    send(.inbound, [.syn, .ack])
    send(.outbound)
    _ = take()
  }

  package mutating func datagram(_ octets: [UInt8], _ direction: Direction = .outbound) {
    let (source, destination) = ends(direction)
    receive(Datagram.udp(from: source, to: destination).with { $0.payload = octets }, direction)
  }

  /// Lets time go by.
  package mutating func wait(_ microseconds: UInt64) {
    now += microseconds
    engine.turn(now: now)
    drain()
  }

  package mutating func drain() {
    while let output = engine.takeOutput() {
      switch output {
      case .packet(let packet):
        note(packet)
        packets.append(packet)
        sequence.append(false)
      case .order(let number, _, let order):
        orders.append(order)
        sequence.append(true)
        if let answer = answer(order) { engine.answered(number, answer, now: now) }
      }
    }
  }

  /// Takes what came out.
  package mutating func take() -> (segments: [(Direction, TCPSegment)], orders: [SessionOrder]) {
    let header = isIPv6 ? 40 : 20
    let segments = packets.filter { $0.octets.count >= header }.compactMap { packet in
      let body = packet.octets.span.extracting(header..<packet.octets.count)
      return TCPSegment(body).map { (packet.direction, $0) }
    }
    defer { (packets, orders, sequence) = ([], [], []) }
    return (segments, orders)
  }

  /// The payloads that came out in a direction, in order.
  package mutating func texts(_ direction: Direction) -> [String] {
    take().segments.filter { $0.0 == direction && !$0.1.payload.isEmpty }.map {
      String(decoding: $0.1.payload, as: UTF8.self)
    }
  }
}
