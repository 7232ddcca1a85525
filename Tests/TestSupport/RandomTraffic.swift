import Forwarding
import Translation
import WireFormats

/// Random packets through a gateway, with the memory of who opened what that judges them.
package struct RandomTraffic {
  package private(set) var gateway: TestGateway
  /// Packets that left to the outside, and that came in.
  package private(set) var left = 0
  package private(set) var entered = 0
  /// Packets between inside hosts that turned round in the gateway.
  package private(set) var turned = 0

  private var random: SeededRandom
  /// For each inside endpoint and protocol the outside endpoints that it has sent to, by what it is called outside.
  private var opened: [Opening: Opener] = [:]
  private var sent: [SentPacket] = []
  /// What outside hosts may reach without having been sent to: global addresses of static entries, virtual hosts.
  private let open: Set<IPv4Address>
  /// The rules that take each other's place, the first of them from the start.
  private let setups: [TestSetup]
  private var setup: TestSetup

  private struct Opening: Hashable {
    var global: SocketAddress
    /// Nil for whomever it was.
    var outside: SocketAddress?
    var protocolNumber: UInt8
    /// Where packets leave and come in.
    var interface: InterfaceID
  }

  /// An inside host, and where it stands.
  private struct Opener: Hashable {
    var address: IPv4Address
    var interface: InterfaceID
  }

  private static let insiders: [Host] = [.alice, .bob, .inside(0), .inside(1), .inside(2)]
  private static let outsiders: [Host] = [.carol, .dave, .mallory]
  private static let ports: [UInt16] = [1, 53, 80, 81, 600, 5000, 5001, 40_000]

  /// Traffic through a gateway that has the rules of `setup` and now and then those of one of `others` instead; they
  /// differ in their rules alone.
  package init(_ setup: TestSetup, or others: [TestSetup] = [], seed: UInt64) {
    self.setup = setup
    setups = [setup] + others
    gateway = TestGateway(setup)
    random = SeededRandom(seed: seed)
    open = Set(
      setups.map(\.policy).flatMap { policy in
        policy.statics.map(\.global) + policy.destinationRules.flatMap(\.virtualHosts).map(\.lowerBound)
      })
  }

  /// One random event; returns what is wrong about it.
  package mutating func step() -> [String] {
    switch random.number(in: 0...99) {
    case 0...39: return goOut(packet(from: random.pick(Self.insiders), to: outsideAddress()))
    case 40...64: return comeIn(answer())
    case 65...74: return comeIn(packet(from: random.pick(Self.outsiders), to: global()))
    case 75...81: return comeIn(error(random.pick(Self.outsiders).address, to: global()))
    case 82...85: return goOut(error(random.pick(Self.insiders).address, to: random.pick(Self.outsiders).address))
    case 86...92: gateway.advance(seconds: UInt32(random.number(in: 0...9)))
    case 93: return random.oneIn(2) ? changeRules() : restart()
    case 94: gateway.clear()
    case 95: clearOne()
    default: return garbage()
    }
    return []
  }

  // MARK: What is sent

  private mutating func packet(from host: Host, to address: IPv4Address) -> Datagram {
    let flags: [TCPFlags] = [.syn, [.syn, .ack], .ack, [.fin, .ack], .rst]
    let source = host.at(random.pick(Self.ports))
    let destination = SocketAddress(address, random.pick(Self.ports))
    var packet =
      switch random.number(in: 0...9) {
      case 0...3: Datagram.udp(from: source, to: destination)
      case 4...6: Datagram.tcp(from: source, to: destination, random.pick(flags))
      case 7: Datagram.echoRequest(from: host, to: address, identifier: random.pick(Self.ports))
      case 8: Datagram.echoReply(from: host, to: address, identifier: random.pick(Self.ports))
      default: Datagram(from: host.at(0), to: SocketAddress(address, 0), .other(47))
      }
    packet.payload = random.octets(random.number(in: 0...12))
    packet.timeToLive = random.oneIn(30) ? 1 : 64
    packet.partialChecksum = random.oneIn(5) && packet.protocolNumber != 1
    if random.oneIn(40) { packet.fragment = 0x2000 }
    return packet
  }

  /// Whom inside hosts send to: hosts outside by either of their names, and each other by what they are called
  /// outside.
  private mutating func outsideAddress() -> IPv4Address {
    switch random.number(in: 0...19) {
    case 0: return global()
    case 1: return sent.isEmpty ? Host.carol.address : random.pick(sent).sourceAddress
    case 2...6:
      let policy = gateway.policy
      let locals = policy.outsideStatics.map(\.local) + policy.outsideRules.flatMap(\.addresses)
      return locals.isEmpty ? Host.carol.address : random.pick(locals)
    default: return random.pick(Self.outsiders).address
    }
  }

  private mutating func global() -> IPv4Address {
    switch random.number(in: 0...8) {
    case 0: Place.outsideAddress
    case 1: Host.alice.address
    case 2...4 where !open.isEmpty: random.pick(open.sorted { $0.rawValue < $1.rawValue })
    default: IPv4Address(Place.pool.lowerBound.rawValue + UInt32(random.number(in: 0...3)))
    }
  }

  /// The answer to something that left, or to nothing.
  private mutating func answer() -> Datagram {
    guard !sent.isEmpty else { return packet(from: .mallory, to: Place.pool.lowerBound) }
    let packet = random.pick(sent)
    switch packet.protocolNumber {
    case 6: return .tcp(from: packet.destination, to: packet.source, random.oneIn(4) ? [.syn, .ack] : .ack)
    case 17: return .udp(from: packet.destination, to: packet.source)
    case 1:
      let host = Self.outsiders.first { $0.address == packet.destinationAddress } ?? .mallory
      return .echoReply(from: host, to: packet.sourceAddress, identifier: packet.identifier)
    default:
      return Datagram(
        from: SocketAddress(packet.destinationAddress, 0), to: SocketAddress(packet.sourceAddress, 0), .other(47))
    }
  }

  private mutating func error(_ source: IPv4Address, to destination: IPv4Address) -> Datagram {
    var quoted = sent.isEmpty ? [] : random.pick(sent).packet
    if random.oneIn(5), !quoted.isEmpty { quoted[random.number(in: 0...quoted.count - 1)] ^= 4 }
    return .icmpError(
      type: random.pick([3, 11, 12, 4]), from: source, to: destination, about: quoted,
      quoting: random.number(in: 20...60))
  }

  /// A frame with a header that looks right and nonsense behind it, or nonsense altogether.
  private mutating func garbage() -> [String] {
    var frame = packet(from: random.pick(Self.insiders), to: Host.carol.address).frame()
    for _ in 0..<random.number(in: 1...6) {
      frame.octets[random.number(in: 14...frame.octets.count - 1)] = UInt8(truncatingIfNeeded: random.next())
    }
    if random.oneIn(3) { frame.octets = Array(frame.octets.prefix(random.number(in: 0...frame.octets.count))) }
    frame.networkOffset = random.oneIn(4) ? 18 : 14
    let outcome = gateway.send([frame], by: random.oneIn(2) ? Place.inside : Place.outside)[0]
    if case .undecided = outcome { return ["a frame has no verdict"] }
    return []
  }

  /// Another policy takes the place of the one in force.
  private mutating func changeRules() -> [String] {
    setup = random.pick(setups)
    _ = gateway.reload(setup.policy(after: gateway))
    return gateway.problems().map { "after other rules: \($0)" }
  }

  /// Another run takes up what this one leaves.
  private mutating func restart() -> [String] {
    let before = gateway
    let after = TestGateway(setup, policy: before.policy)
    after.book = before.book
    after.tick(seconds: before.now - after.now)
    let taken = after.takeUp(before.regions)
    gateway = after
    var problems = after.problems().map { "after a restart: \($0)" }
    if taken.sessions != after.sessions.count { problems.append("\(taken) were taken up, which are not there") }
    if setup.hasRoomForAll, taken.sessions != before.sessions.count {
      problems.append("of \(before.sessions.count) sessions \(taken) were taken up")
    }
    return problems
  }

  private mutating func clearOne() {
    var request = ClearRequest()
    request.insideLocal = random.pick(Self.insiders).address.rawValue
    gateway.clear(request)
  }

  // MARK: What is judged

  /// Sends from the inside; nothing may leave with an inside address.
  private mutating func goOut(_ datagram: Datagram) -> [String] {
    let interface = setup.hasRed && random.oneIn(3) ? Place.red : Place.inside
    let outcome = gateway.send(datagram, by: interface, at: random.number(in: 0...gateway.workers - 1))
    guard case .sent(let packet, let exit) = outcome else {
      if case .undecided = outcome { return ["a packet from inside has no verdict: \(datagram)"] }
      return []
    }
    switch exit {
    case Place.outside, Place.redOutside:
      left += 1
      remember(packet, from: datagram, interface, by: exit)
      if packet.sourceAddress.rawValue >> 8 == 0x0A0A0A { return ["an inside address left: \(datagram)"] }
      let instance = exit == Place.outside ? RoutingInstance.global : Place.redInstance
      if !gateway.policy.globalAddresses.contains(packet.sourceAddress, in: instance) {
        return ["\(packet.sourceAddress) left, which is no global address"]
      }
      return packet.checksumProblems
    case Place.inside, Place.red:
      // Among neighbours nothing is translated; a packet that turned round shows what its host is called outside.
      guard datagram.destination.address.rawValue >> 8 != 0x0A0A0A else { return packet.checksumProblems }
      turned += 1
      for outside in [Place.outside, Place.redOutside] { note(packet, from: datagram, interface, by: outside) }
      return packet.checksumProblems
    default: return ["a packet left by \(exit)"]
    }
  }

  private mutating func remember(
    _ packet: SentPacket, from datagram: Datagram, _ interface: InterfaceID, by exit: InterfaceID
  ) {
    if packet.isICMP, packet.icmpType != 8, packet.icmpType != 0 { return }
    sent.append(packet)
    if sent.count > 200 { sent.removeFirst(100) }
    note(packet, from: datagram, interface, by: exit)
  }

  /// Notes whom the inside host of a packet lets in.
  private mutating func note(
    _ packet: SentPacket, from datagram: Datagram, _ interface: InterfaceID, by exit: InterfaceID
  ) {
    let isError = packet.isICMP && packet.icmpType != 8 && packet.icmpType != 0
    guard !isError else { return }
    let host = Opener(address: datagram.source.address, interface: interface)
    var way = opening(packet, outbound: true, exit)
    opened[way] = host
    way.outside = nil
    opened[way] = host
  }

  private func opening(_ packet: SentPacket, outbound: Bool, _ interface: InterfaceID) -> Opening {
    var (global, outside) = outbound ? (packet.source, packet.destination) : (packet.destination, packet.source)
    if packet.isICMP { (global.port, outside.port) = (packet.identifier, 0) }
    if ![1, 6, 17].contains(packet.protocolNumber) { (global.port, outside.port) = (0, 0) }
    return Opening(global: global, outside: outside, protocolNumber: packet.protocolNumber, interface: interface)
  }

  /// Sends from the outside; it may come in only where a static entry, an address of a host's own, or a packet of
  /// that very host lets it.
  private mutating func comeIn(_ datagram: Datagram) -> [String] {
    let before = SentPacket(frame: datagram.packet(), networkOffset: 0)
    let entry = setup.redHasOutside && random.oneIn(3) ? Place.redOutside : Place.outside
    let exclusive = gateway.addressMappings.contains { $0.insideGlobal == datagram.destination.address }
    let outcome = gateway.send(datagram, by: entry, at: random.number(in: 0...gateway.workers - 1))
    guard case .sent(let packet, let interface) = outcome else {
      if case .undecided = outcome { return ["a packet from outside has no verdict: \(datagram)"] }
      return []
    }
    guard interface == Place.inside || interface == Place.red else {
      return ["a packet from outside left by \(interface)"]
    }
    entered += 1
    let problems = packet.checksumProblems
    let isError = packet.isICMP && packet.icmpType != 8 && packet.icmpType != 0
    if isError || exclusive || open.contains(datagram.destination.address) { return problems }
    var way = opening(before, outbound: false, entry)
    // Rules that let anybody in may have been in force when the session began.
    if setups.contains(where: { $0.filtersLoosely }), !before.isICMP { way.outside = nil }
    guard let host = opened[way] else {
      return problems + ["nobody had opened the way for \(datagram)"]
    }
    let isRight = host.address == packet.destinationAddress && host.interface == interface
    return isRight ? problems : problems + ["\(datagram) came to the wrong host"]
  }
}

extension TestSetup {
  /// Whether some rule lets others in than the endpoints that a host has sent to.
  fileprivate var filtersLoosely: Bool {
    translation.dynamicRules.contains { $0.filtering != .addressAndPortDependent }
  }

  /// Whether every session of a run must find its place in the next.
  fileprivate var hasRoomForAll: Bool {
    sessionsPerWorker >= 1000 && translation.limits == EntryLimits() && translation.settings.hostsPerAddress == nil
  }
}
