import WireFormats

/// Datagrams of a lane's flows: opens the flows, verifies that they still stand, or loads them.
final class FlowLoad: LoadProfile {
  static let unit = "packets"

  /// What is begun.
  enum Phase {
    /// One datagram outward for each flow that has not been seen outside.
    case opening
    /// One datagram outward for each flow.
    case verifying
    /// One datagram outward for each flow whose last one did not arrive.
    case verifyingMissing
    /// Datagrams of all flows in turn.
    case loading
  }

  var tally = Tally()
  private let surroundings: Surroundings
  private let table: FlowTable
  private let sizes: [Int]
  private let direction: FlowDirection
  private var phase = Phase.loading
  private var cursor = 0
  /// How many of the lane's flows are used.
  private var limit: Int
  private var turn = 0
  private var nextSize = 0
  /// What was sent before this time belongs to an earlier trial.
  private var trialStart: UInt64 = 0

  init(_ surroundings: Surroundings, flows: FlowTable, sizes: DatagramSizes, direction: FlowDirection) {
    self.surroundings = surroundings
    table = flows
    limit = flows.flows.count
    self.sizes = sizes.all
    self.direction = direction
  }

  var outstanding: Int { Int(tally.lost) }
  var isExhausted: Bool { phase != .loading && cursor >= limit }

  /// Flows of this lane that are used and have been seen outside.
  var opened: Int { table.opened(limit) }

  /// Uses this lane's share of the first `count` flows only.
  func limit(to count: Int, among lanes: Int) {
    let lane = surroundings.lane
    limit = min(table.flows.count, count / lanes + (lane < count % lanes ? 1 : 0))
  }

  /// Goes on with another phase, from the first flow.
  func enter(_ phase: Phase) {
    self.phase = phase
    cursor = 0
  }

  func begin(_ count: Int, at now: UInt64) -> Int {
    if trialStart == 0 { trialStart = now }
    var begun = 0
    while begun < count {
      if cursor >= limit {
        guard phase == .loading else { break }
        cursor = 0
        turn += 1
      }
      let place = cursor
      cursor += 1
      let flow = table.flows[place]
      if phase == .opening, flow.translated != 0 { continue }
      if phase == .verifyingMissing, flow.outward.expected == flow.nextOut { continue }
      send(place, now)
      begun += 1
    }
    return begun
  }

  private func send(_ place: Int, _ now: UInt64) {
    let size = sizes[nextSize]
    nextSize = nextSize + 1 == sizes.count ? 0 : nextSize + 1
    let goesIn =
      switch direction {
      case _ where phase != .loading: false
      case .out: false
      case .in: true
      // Every flow has both directions, though there be an even number of flows.
      case .both: (place + turn) % 2 == 1
      }
    let side = goesIn ? surroundings.outside : surroundings.inside
    let frame = side.room(FrameWriter.udpPayload + size)
    let number = table.number(of: place)
    let pair: EndpointPair
    let sequence: UInt32
    // A flow that was never seen outside cannot be answered: what goes in is then lost, and counted so.
    if goesIn {
      sequence = table.flows[place].nextIn
      table.flows[place].nextIn &+= 1
      pair = EndpointPair(local: table.server(of: place), remote: Endpoint(packed: table.flows[place].translated))
    } else {
      sequence = table.flows[place].nextOut
      table.flows[place].nextOut &+= 1
      pair = EndpointPair(local: table.host(of: place), remote: table.server(of: place))
    }
    Probe(run: surroundings.run, flow: number, sequence: sequence, time: now).write(
      to: frame, at: FrameWriter.udpPayload)
    // Nothing writes behind the probe, and batches begin as zeros.
    FrameWriter.finishUDP(frame, side.link, pair, zerosFrom: FrameWriter.udpPayload + Probe.size)
    tally.attempted += 1
  }

  func arrived(_ packet: Arrival, at side: Side, now: UInt64) {
    guard packet.proto == .udp, let probe = Probe(packet.frame, in: packet.payload, run: surroundings.run),
      let place = table.place(of: probe.flow)
    else {
      if packet.payload.count > 0 { tally.unexpected += 1 }
      return
    }
    let position: SequenceWindow.Place
    switch side.realm {
    case .outside:
      if table.flows[place].translated == 0 {
        table.flows[place].translated = packet.source.packed
      } else if table.flows[place].translated != packet.source.packed {
        tally.wrongTranslations += 1
        table.flows[place].translated = packet.source.packed
      }
      if packet.destination != table.server(of: place) { tally.wrongTranslations += 1 }
      position = table.flows[place].outward.note(probe.sequence)
    case .inside:
      if packet.source != table.server(of: place) || packet.destination != table.host(of: place) {
        tally.wrongTranslations += 1
      }
      position = table.flows[place].inward.note(probe.sequence)
    }
    guard probe.time >= trialStart else { return }
    switch position {
    case .duplicate:
      tally.duplicated += 1
      return
    case .reordered: tally.reordered += 1
    case .next: break
    }
    tally.completed += 1
    tally.octets += UInt64(packet.payload.count)
    tally.latency.note(now &- min(now, probe.time))
  }

  func tick(_ now: UInt64) {}

  func abandon() { trialStart = 0 }

  // MARK: All lanes

  /// Opens `flows` flows at `rate` a second, with new tries for those whose datagram did not arrive; answers how many
  /// are open.
  static func open(_ crew: Crew, flows: Int, rate: Double, label: String) throws -> Int {
    let loads = crew.lanes.compactMap { $0.profile as? FlowLoad }
    var opened = 0
    for _ in 0..<3 {
      loads.forEach { $0.enter(.opening) }
      _ = try pass(crew, rate: rate, flows: flows - opened, label: label)
      opened = loads.reduce(0) { $0 + $1.opened }
      if opened == flows || opened == 0 || Stop.isAsked { break }
    }
    loads.forEach { $0.enter(.loading) }
    return opened
  }

  /// One datagram on each of so many flows, as the phase entered before has it, in at most twice the time that takes.
  static func pass(_ crew: Crew, rate: Double, flows: Int, label: String) throws -> Outcome {
    try crew.load(rate: rate, seconds: min(Limits.seconds, Double(flows) / rate * 2 + 1), label: label)
  }

  /// One datagram on each of `flows` flows, and one more where it did not arrive, which may have been lost; answers the
  /// first pass, with what arrived in the second one too.
  static func verify(_ crew: Crew, flows: Int, rate: Double, label: String) throws -> Outcome {
    let loads = crew.lanes.compactMap { $0.profile as? FlowLoad }
    loads.forEach { $0.enter(.verifying) }
    defer { loads.forEach { $0.enter(.loading) } }
    var outcome = try pass(crew, rate: rate, flows: flows, label: label)
    let missing = max(0, flows - Int(outcome.tally.completed))
    if missing > 0, !Stop.isAsked {
      loads.forEach { $0.enter(.verifyingMissing) }
      var again = try pass(crew, rate: rate, flows: missing, label: label).tally
      // They were begun before.
      again.attempted = 0
      outcome.tally.add(again)
    }
    return outcome
  }
}
