import Forwarding
import Gateways
import TestSupport
import Testing
import Translation
import VirtualTCP
import WireFormats

/// What the connections of one inside host may hold together, whoever fills it up.
@Suite("The memory of an inside host")
struct HostMemoryTests {
  /// Many FTP sessions of several hosts, of which nobody ever acknowledges anything.
  private struct Crowd: ~Copyable {
    var engine: GatewayEngine
    let counters = GatewayCounters()
    private var sent: [SessionID: UInt32] = [:]
    private(set) var ended: Set<SessionID> = []
    private(set) var released: Set<SessionID> = []
    private(set) var wasReset: Set<SessionID> = []

    init(_ change: (inout EngineSettings) -> Void) {
      var settings = EngineSettings()
      settings.enabled = [FTPGateway.id]
      change(&settings)
      engine = GatewayEngine(settings, addresses: EmptyAddressBook(), counters: counters, ledger: Ledger())
    }

    /// Host `host`'s session of number `number`, opened.
    mutating func connect(_ host: Host, _ number: UInt16, in instance: RoutingInstance = .global) -> InspectedSession {
      var record = SessionRecord(
        insideLocal: (host.address, 30_000 + number), insideGlobal: (Place.pool.lowerBound, 30_000 + number),
        outside: (Host.carol.address, 21), protocol: .tcp)
      record.gateway = FTPGateway.id
      record.insideInstance = instance
      let id = SessionID(worker: 0, number: UInt32(sent.count), created: 9)
      let session = InspectedSession(id: id, record: record)
      sent[id] = 5001
      receive(session, .outbound, .syn, sequence: 5000, acknowledging: 0)
      receive(session, .inbound, [.syn, .ack], sequence: 9000, acknowledging: 5001)
      receive(session, .outbound, .ack, sequence: 5001, acknowledging: 9001)
      return session
    }

    /// Octets of commands of which the last has no end.
    mutating func send(_ session: InspectedSession, _ count: Int) {
      let sequence = sent[session.id] ?? 0
      let beginning = sequence == 5001 ? Array("NOOP\r\nUSER ".utf8) : []
      let payload = beginning + [UInt8](repeating: 65, count: count - beginning.count)
      receive(session, .outbound, .ack, sequence: sequence, acknowledging: 9001, payload)
      sent[session.id] = sequence &+ UInt32(count)
    }

    private mutating func receive(
      _ session: InspectedSession, _ direction: Direction, _ flags: TCPFlags, sequence: UInt32,
      acknowledging: UInt32, _ payload: [UInt8] = []
    ) {
      let record = session.record
      let client = SocketAddress(record.insideLocal, record.insideLocalPort)
      let global = SocketAddress(record.insideGlobal, record.insideGlobalPort)
      let isOutbound = direction == .outbound
      let segment = Datagram.tcp(
        from: isOutbound ? client : Host.carol.at(21), to: isOutbound ? Host.carol.at(21) : global, flags
      )
      .with { ($0.sequence, $0.acknowledgment, $0.payload) = (sequence, acknowledging, payload) }
      let arrival = Arrival(ingress: isOutbound ? Place.inside : Place.outside)
      engine.receive(
        InspectedPacket(octets: segment.packet(), session: session, direction: direction, arrival: arrival), now: 1)
      while let output = engine.takeOutput() {
        switch output {
        case .packet(let packet):
          let octets = packet.octets
          if let segment = TCPSegment(octets.span.extracting(20..<octets.count)), segment.flags.contains(.rst) {
            wasReset.insert(packet.session)
          }
        case .order(_, _, .end(let id)): ended.insert(id)
        case .order(_, _, .release(let id, _)): released.insert(id)
        case .order: break
        }
      }
    }

    func value(_ counter: SlowPathCounter) -> Int { Int(counters.value(of: counter)) }
  }

  private static let hostBound = 40_000

  @Test func `one host cannot take what others need`() {
    var crowd = Crowd { ($0.octetsPerHost, $0.maximumOctets) = (Self.hostBound, 1 << 20) }
    let bob = crowd.connect(.bob, 0)
    crowd.send(bob, 900)
    for number in UInt16(1)...200 {
      let session = crowd.connect(.alice, number)
      crowd.send(session, 900)
      #expect(crowd.value(.bufferedOctets) <= Self.hostBound + 900)
    }
    #expect(crowd.value(.hostOverflows) > 0 && crowd.value(.hostOverflows) == crowd.value(.overflows))
    // Bob's is looked into still, and alice's namesake in another instance has a bound of her own.
    crowd.send(bob, 900)
    let overflows = crowd.value(.overflows)
    let red = crowd.connect(.alice, 300, in: RoutingInstance(rawValue: 1))
    crowd.send(red, 900)
    #expect(crowd.value(.overflows) == overflows)
    #expect(crowd.released.isDisjoint(with: [bob.id, red.id]) && !crowd.wasReset.contains(bob.id))
  }

  @Test(arguments: EngineSettings.Overflow.allCases)
  func `who reaches it passes through or is reset, as configured, and the bound holds`(
    _ overflow: EngineSettings.Overflow
  ) {
    var crowd = Crowd { ($0.octetsPerHost, $0.maximumOctets, $0.overflow) = (Self.hostBound, 1 << 20, overflow) }
    var sessions: [InspectedSession] = []
    for number in UInt16(0)..<40 { sessions.append(crowd.connect(.alice, number)) }
    // The commands grow in turn until no connection has its gateway.
    for _ in 0..<40 {
      for session in sessions where !crowd.ended.contains(session.id) { crowd.send(session, 500) }
      #expect(crowd.value(.bufferedOctets) <= Self.hostBound + 500)
    }
    #expect(crowd.value(.resets) == crowd.ended.count && crowd.wasReset == crowd.ended)
    switch overflow {
    case .pass: #expect(crowd.value(.overflows) > crowd.value(.resets) || !crowd.released.isEmpty)
    case .reset:
      #expect(crowd.value(.overflows) == crowd.value(.resets))
      #expect(crowd.released.isSubset(of: crowd.ended))
    }
  }

  @Test func `it is never more than half of what all have`() {
    var crowd = Crowd { ($0.octetsPerHost, $0.maximumOctets) = (1 << 20, 2 * Self.hostBound) }
    for number in UInt16(0)..<200 { crowd.send(crowd.connect(.alice, number), 900) }
    #expect(crowd.value(.bufferedOctets) <= Self.hostBound + 900 && crowd.value(.hostOverflows) > 0)
  }

  @Test func `the bound of all holds for many hosts together`() {
    var crowd = Crowd { ($0.octetsPerHost, $0.maximumOctets) = (1 << 20, 50_000) }
    for number in 0..<200 { crowd.send(crowd.connect(.inside(number), 0), 900) }
    #expect(crowd.value(.bufferedOctets) <= 50_900)
    #expect(crowd.value(.overflows) > 0 && crowd.value(.hostOverflows) == 0)
  }

  @Test func `what ended sessions held is their host's again`() {
    var crowd = Crowd { ($0.octetsPerHost, $0.maximumOctets) = (Self.hostBound, 1 << 20) }
    for round in 0..<20 {
      var sessions: [InspectedSession] = []
      for number in UInt16(0)..<20 { sessions.append(crowd.connect(.alice, UInt16(round) * 20 + number)) }
      for session in sessions { crowd.send(session, 900) }
      for session in sessions { crowd.engine.ended(session.id) }
      #expect(crowd.value(.bufferedOctets) == 0)
    }
    #expect(crowd.value(.overflows) == 0)
  }
}
