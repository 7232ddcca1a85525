import Forwarding
import Gateways
import Glibc
import Translation
import WireFormats

/// A gateway whose FTP sessions go to an engine, and what sends TCP segments through both.
struct ControlScene: ~Copyable {
  static let controlPort: UInt16 = 21

  var gateway: Gateway
  let counters = GatewayCounters()
  var engine: GatewayEngine
  private let memory: Region

  /// Room for `sessions` sessions. An engine whose gateways are off passes octets on and looks at none.
  init(sessions: Int, looks: Bool) throws {
    var policy = Network.translation(sessions: sessions)
    policy.gatewayServices = [
      GatewayService(gateway: FTPGateway.id, transport: .tcp, port: Self.controlPort)
    ]
    let rules = Network.policy(policy)
    let addresses = rules.globalAddresses.count
    let neighbors = Network.neighbors()
    // The host of the transfers, which something comes back to.
    let host = NextHop(interface: Network.inside, neighbor: Flow(number: 0).source)
    guard neighbors.findOrAdd(host, now: 1) != nil else { throw BenchmarkError.noMemory("a neighbour") }
    neighbors.learn(host, address: MACAddress(0x0200_0000_0002), now: 1)
    guard let ports = Region(size: PortMap.size(addresses: addresses)), let memory = Region(size: 1 << 20),
      let gateway = Gateway(
        sessions: sessions, policy: rules, portMemory: ports,
        ports: unsafe PortMap(memory: ports.base, addresses: addresses), neighbors: neighbors)
    else { throw BenchmarkError.noMemory("control sessions") }
    self.gateway = gateway
    self.memory = memory
    var settings = EngineSettings()
    if looks { settings.enabled = [FTPGateway.id] }
    settings.superFrames = true
    engine = GatewayEngine(settings, addresses: EmptyAddressBook(), counters: counters, ledger: Ledger())
  }

  /// The bytes of a frame; the transport checksum is left out, since nobody looks at it on the way.
  static func frame(
    _ flow: Flow, port: UInt16, flags: TCPFlags, sequence: UInt32, acknowledgment: UInt32 = 0, payload: Int = 0
  ) -> [UInt8] {
    var octets = [UInt8](repeating: 65, count: 54 + payload)
    unsafe octets.withUnsafeMutableBytes {
      let frame = unsafe PacketOctets(base: $0.baseAddress!, count: $0.count)
      for offset in 0..<54 { frame.store8(0, at: offset) }
      frame.store(Network.insideHardware, at: Ethernet.destination)
      frame.store16(Ethernet.typeIPv4, at: Ethernet.type)
      frame.store16(0x4500, at: 14)
      frame.store16(UInt16(40 + payload), at: 14 + IPv4Field.totalLength)
      frame.store16(IPv4Field.dontFragment, at: 14 + IPv4Field.fragment)
      frame.store8(64, at: 14 + IPv4Field.timeToLive)
      frame.store8(IPProtocol.tcp.rawValue, at: 14 + IPv4Field.protocolNumber)
      frame.store32(flow.source.rawValue, at: 14 + IPv4Field.source)
      frame.store32(flow.destination.rawValue, at: 14 + IPv4Field.destination)
      frame.store16(InternetChecksum.finish(frame.sum(14..<34)), at: 14 + IPv4Field.checksum)
      frame.store16(flow.sourcePort, at: 34 + TCPField.sourcePort)
      frame.store16(port, at: 34 + TCPField.destinationPort)
      frame.store32(sequence, at: 34 + TCPField.sequence)
      frame.store32(acknowledgment, at: 34 + TCPField.acknowledgment)
      frame.store8(0x50, at: 34 + TCPField.dataOffset)
      frame.store8(flags.rawValue, at: 34 + TCPField.flags)
      frame.store16(0xFFFF, at: 34 + 14)
    }
    return octets
  }

  /// Admits a session by its SYN; answers the session where a gateway is to look into it.
  mutating func admit(_ flow: Flow, port: UInt16) -> InspectedSession? {
    let frame = Self.frame(flow, port: port, flags: .syn, sequence: 1_000)
    let octets = unsafe PacketOctets(base: memory.base, count: frame.count)
    octets.store(frame)
    var packet = Packet(octets: octets, networkOffset: Ethernet.headerLength, ingress: Network.inside)
    unsafe withUnsafeMutablePointer(to: &packet) {
      var span = unsafe MutableSpan(_unsafeStart: $0, count: 1)
      gateway.translator.process(&span, now: gateway.now)
    }
    guard case .inspect(let session) = packet.verdict else { return nil }
    return gateway.translator.inspected(session)
  }
}

/// One FTP session through an engine: both ends send what they say and acknowledge what has reached them.
struct Dialogue {
  let session: InspectedSession
  private let client: SocketEnds
  private let server: SocketEnds
  private var sent: (client: UInt32, server: UInt32) = (1_000, 5_000)
  private var reached: (client: UInt32, server: UInt32) = (5_000, 1_000)

  private typealias SocketEnds = (source: (IPv4Address, UInt16), destination: (IPv4Address, UInt16))

  init(_ session: InspectedSession) {
    self.session = session
    let record = session.record
    client = ((record.insideLocal, record.insideLocalPort), (record.outsideLocal, record.outsideLocalPort))
    server = ((record.outsideGlobal, record.outsideGlobalPort), (record.insideGlobal, record.insideGlobalPort))
  }

  /// The three segments that open it.
  mutating func open(_ engine: inout GatewayEngine, now: UInt64) {
    // "Maximum Segment Size", 1448 octets.
    let options: [UInt8] = [2, 4, 0x05, 0xA8]
    send(.outbound, .syn, options: options, [], &engine, now: now)
    send(.inbound, [.syn, .ack], options: options, [], &engine, now: now)
    send(.outbound, .ack, [], &engine, now: now)
  }

  /// Sends a segment, and notes what comes out of the engine for it.
  mutating func send(
    _ direction: Direction, _ flags: TCPFlags, options: [UInt8] = [], _ payload: [UInt8],
    _ engine: inout GatewayEngine, now: UInt64
  ) {
    let isOutbound = direction == .outbound
    let ends = isOutbound ? client : server
    var octets: [UInt8] = []
    let count = 40 + options.count + payload.count
    octets.reserveCapacity(count)
    octets += [0x45, 0, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
    octets += [0, 0, 0x40, 0, 64, 6, 0, 0]
    Self.append(ends.source.0.rawValue, to: &octets)
    Self.append(ends.destination.0.rawValue, to: &octets)
    Self.append(UInt32(ends.source.1) << 16 | UInt32(ends.destination.1), to: &octets)
    Self.append(isOutbound ? sent.client : sent.server, to: &octets)
    Self.append(isOutbound ? reached.client : reached.server, to: &octets)
    octets += [UInt8(0x50 + options.count * 4), flags.rawValue, 0xFF, 0xFF, 0, 0, 0, 0]
    octets += options
    octets += payload
    let length = UInt32(payload.count) + (flags.contains(.syn) ? 1 : 0)
    if isOutbound { sent.client &+= length } else { sent.server &+= length }
    let arrival = Arrival(ingress: isOutbound ? Network.inside : Network.outside)
    engine.receive(
      InspectedPacket(octets: octets, session: session, direction: direction, arrival: arrival), now: now)
    while let output = engine.takeOutput() { note(output, &engine, now: now) }
  }

  private static func append(_ value: UInt32, to octets: inout [UInt8]) {
    for shift in [24, 16, 8, 0] { octets.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }

  /// What reached an end; doors are granted.
  private mutating func note(_ output: EngineOutput, _ engine: inout GatewayEngine, now: UInt64) {
    switch output {
    case .packet(let packet):
      let octets = packet.beginning
      let sequence = octets[24..<28].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let isSYN = octets[33] & 2 != 0
      let end = sequence &+ UInt32(packet.count - 20 - Int(octets[32] >> 4) * 4) &+ (isSYN ? 1 : 0)
      if packet.direction == .outbound { reached.server = end } else { reached.client = end }
    case .order(let number, _, .open(let request)):
      let grant = DoorGrant(
        door: DoorID(worker: 0, place: 1, generation: 1), insideGlobal: session.record.insideGlobal,
        insideGlobalPort: request.insideLocalPort)
      engine.answered(number, .granted(grant), now: now)
    case .order(let number, _, .release): engine.answered(number, .refused(.noAnswer), now: now)
    case .order(let number, _, _): engine.answered(number, .done, now: now)
    }
  }
}
