package import Forwarding
package import Gateways
package import Translation
package import WireFormats

/// The gateway without threads, devices and passing time: one worker's translator and one slow path's engine, coupled as
/// the daemon couples them (`Dataplane/Worker`, `Dataplane/SlowPath`), over memory of its own. Packets go in, and what
/// becomes of them is there when they have gone in; the clock stands where it was put.
///
/// Chance is seeded, so what happens once happens again.
package final class VirtualGateway {
  package let policy: Policy
  package let interfaces: [NetworkInterface]
  /// What the slow path counts.
  package let counters = GatewayCounters()
  /// What gateways did, which is followed from the beginning.
  package let ledger = Ledger()
  /// What the translator counts.
  package let translationCounters = TranslationCounters()
  /// What single addresses are called.
  package let addresses: PolicyBook
  var translator: Translator
  var engine: GatewayEngine
  let neighbors = NeighborTable()
  let clock: VirtualClock
  private let memory: TableMemory
  private let room = FrameRoom()
  var events: [GatewayEvent] = []
  private var lastSweep: UInt64
  /// Turns of the search for idle sessions that see every record.
  private let wholeRounds: Int

  /// A fragment that waits for the first one of its datagram.
  struct HeldFragment {
    var octets: [UInt8]
    var ingress: InterfaceID
    var passage: Packet.Passage
  }

  var held: [UInt64: HeldFragment] = [:]
  var holds: UInt64 = 0

  /// A door that the worker did not open.
  package struct RefusedDoor: Sendable {
    package var request: DoorRequest
    package var refusal: DoorRefusal
  }

  private var refusedDoors: [RefusedDoor] = []

  /// - Parameters:
  ///   - sessions: sessions that the tables have room for.
  ///   - now: microseconds since 1970, or since whatever the caller likes.
  package init(_ plan: ReplayPlan, sessions: Int = 4096, now: UInt64, seed: UInt64 = 1) {
    var interfaces = plan.interfaces
    for index in interfaces.indices where interfaces[index].hardwareAddress == .zero {
      interfaces[index].hardwareAddress = Self.hardwareAddress(of: interfaces[index].id)
    }
    self.interfaces = interfaces
    policy = Policy(interfaces: interfaces, routes: RoutingTable(plan.routes), translation: plan.translation)
    memory = TableMemory(sessions: sessions, addresses: policy.globalAddresses.count)
    let clock = VirtualClock(now)
    self.clock = clock
    lastSweep = now
    wholeRounds = 2 + sessions / 8192
    let bindings = OutsideBindings(capacity: 65_536, key: (seed, ~seed))
    addresses = PolicyBook(policy: policy, bindings: bindings) { clock.tick }
    policy.reserveStaticPorts(in: memory.ports)
    translator = Translator(
      policy: policy, shard: memory.makeShard(seed: (seed &* 0x9E37_79B9_7F4A_7C15, ~seed)), ports: memory.ports,
      neighbors: neighbors, counters: translationCounters,
      limit: SessionLimit(maximum: plan.translation.maximumEntries), bindings: bindings,
      random: KeyedRandom(key: (seed, 7)))
    var settings = plan.engine
    settings.superFrames = false
    engine = GatewayEngine(settings, addresses: addresses, counters: counters, ledger: ledger)
    ledger.follow()
  }

  /// An interface's Ethernet address where the configuration leaves it to the device.
  static func hardwareAddress(of interface: InterfaceID) -> MACAddress {
    MACAddress(0x02_01_00_00_00_00 | UInt64(interface.rawValue))
  }

  /// The Ethernet address of a host.
  package static func hardwareAddress(of host: IPv4Address) -> MACAddress {
    MACAddress(0x02_00_00_00_00_00 | UInt64(host.rawValue))
  }

  /// The interface with a number.
  package func interface(_ id: InterfaceID) -> NetworkInterface? {
    let place = Int(id.rawValue)
    if place < interfaces.count, interfaces[place].id == id { return interfaces[place] }
    return interfaces.first { $0.id == id }
  }

  // MARK: Time

  /// Microseconds.
  package var now: UInt64 { clock.now }

  /// When something is due that does not wait for a packet; nil when nothing is.
  package var deadline: UInt64? { engine.deadline }

  /// Moves the clock, never back, and does what is due by then.
  package func advance(to moment: UInt64) {
    let time = max(moment, clock.now)
    clock.now = time
    if let deadline = engine.deadline, deadline <= time { engine.turn(now: time) }
    drain()
    guard time - lastSweep >= 1_000_000 else { return }
    sweep(elapsed: time - lastSweep)
    lastSweep = time
  }

  /// Ends what has been idle for too long. After a long silence the whole tables are looked at.
  private func sweep(elapsed: UInt64) {
    let rounds = elapsed < Sweep.round ? 1 : wholeRounds
    for _ in 0..<rounds { translator.expire(now: clock.tick, elapsed: min(elapsed, Sweep.round)) }
    translator.expireFragments(now: clock.tick)
    releaseFragments()
    tellEnded()
    drain()
  }

  // MARK: Packets

  /// A packet arrives at an interface from a neighbour; it begins with its IPv4 header, which has been checked to lie
  /// within it. Returns what became of it and of others because of it, in order.
  package func receive(_ octets: [UInt8], by ingress: InterfaceID, from neighbor: MACAddress) -> [GatewayEvent] {
    process(octets, by: ingress, from: neighbor)
    drain()
    return takeEvents()
  }

  /// What has become of packets since this was last asked: time lets gateways send too.
  package func takeEvents() -> [GatewayEvent] {
    defer { events = [] }
    return events
  }

  /// Doors that were refused since this was last asked.
  package func takeRefusedDoors() -> [RefusedDoor] {
    defer { refusedDoors = [] }
    return refusedDoors
  }

  /// Gives a packet to the translator, and does what the verdict says.
  func process(
    _ octets: [UInt8], by ingress: InterfaceID, from neighbor: MACAddress = .zero, passage: Packet.Passage = []
  ) {
    let network = Ethernet.headerLength
    guard octets.count <= FrameRoom.capacity - network else { return }
    let frame = room.octets(network + octets.count)
    frame.store(interface(ingress)?.hardwareAddress ?? .zero, at: Ethernet.destination)
    frame.store(neighbor, at: Ethernet.source)
    frame.store16(Ethernet.typeIPv4, at: Ethernet.type)
    frame.suffix(from: network).store(octets)
    var burst = [Packet(octets: frame, networkOffset: network, ingress: ingress, passage: passage)]
    var span = burst.mutableSpan
    translator.process(&span, now: clock.tick)
    execute(burst[0], octets)
    tellEnded()
  }

  // MARK: The slow path

  /// Lets the engine have a packet of a gateway's session, as it arrived.
  func inspect(_ packet: Packet, _ before: [UInt8], of session: UInt32) {
    let session = translator.inspected(session)
    let interface = interface(packet.ingress)
    events.append(.inspected(session.record.gateway))
    engine.receive(
      InspectedPacket(
        octets: Array(before.prefix(packet.end - Int(packet.networkOffset))), session: session,
        direction: interface?.realm == .outside ? .inbound : .outbound,
        arrival: Arrival(
          ingress: packet.ingress, passage: packet.passage.intersection(.hairpin).rawValue,
          mtu: interface?.mtu ?? 1500)), now: clock.now)
  }

  /// Lets what the engine has made arrive, and does what it orders, until it has nothing more to say.
  private func drain() {
    while let output = engine.takeOutput() {
      switch output {
      case .packet(let packet):
        process(
          packet.octets, by: packet.arrival.ingress,
          passage: Packet.Passage(rawValue: packet.arrival.passage).union(.inspected))
      case .order(let number, _, let order):
        let answer = translator.perform(order, now: clock.tick)
        if case .open(let request) = order, case .refused(let refusal) = answer {
          refusedDoors.append(RefusedDoor(request: request, refusal: refusal))
        }
        engine.answered(number, answer, now: clock.now)
      }
      tellEnded()
    }
  }

  private func tellEnded() {
    while let session = translator.takeEndedInspected() { engine.ended(session) }
  }
}
