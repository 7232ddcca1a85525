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
  private var turn = 0
  private var nextSize = 0
  /// What was sent before this time belongs to an earlier trial.
  private var trialStart: UInt64 = 0

  init(_ surroundings: Surroundings, flows: FlowTable, sizes: DatagramSizes, direction: FlowDirection) {
    self.surroundings = surroundings
    table = flows
    self.sizes = sizes.all
    self.direction = direction
  }

  var outstanding: Int { Int(tally.lost) }
  var isExhausted: Bool { phase != .loading && cursor >= table.flows.count }

  /// Flows of this lane that have been seen outside.
  var opened: Int { table.opened }

  /// Goes on with another phase, from the first flow.
  func enter(_ phase: Phase) {
    self.phase = phase
    cursor = 0
  }

  func begin(_ count: Int, at now: UInt64) -> Int {
    if trialStart == 0 { trialStart = now }
    var begun = 0
    while begun < count {
      if cursor >= table.flows.count {
        guard phase == .loading else { break }
        cursor = 0
        turn += 1
      }
      let place = cursor
      cursor += 1
      if phase == .opening, table.flows[place].translated != 0 { continue }
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
      _ = try crew.load(rate: rate, seconds: min(Limits.seconds, Double(flows - opened) / rate * 2 + 1), label: label)
      opened = loads.reduce(0) { $0 + $1.opened }
      if opened == flows || opened == 0 || Stop.isAsked { break }
    }
    loads.forEach { $0.enter(.loading) }
    return opened
  }
}
