import Configuration
package import Dataplane
import Forwarding
package import Translation
package import WireFormats

/// The part of the dataplane that an exporter needs.
package protocol JournalSource: Sendable {
  /// The identifiers of the rules for inside sources in force, in the configuration's order.
  var ruleIDs: [UInt16] { get }
  /// The journals of all workers.
  var journals: [TranslationJournal] { get }
  /// Datagrams that would be taken now.
  var datagramRoom: Int { get }
  /// Whether the next hop towards an address has said its Ethernet address.
  func isReady(for address: IPv4Address) -> Bool
  /// Whether every datagram taken has been sent.
  var isIdle: Bool { get }
  /// Sends a datagram of the gateway's own; its tally says what became of it.
  func send(_ datagram: OwnDatagram)
}

/// Takes events from the journals to the collectors and the system log. Everything but the clock and the waiting.
struct Exporter {
  /// Events taken from one journal at a time, so that no worker's wait for another's.
  static let slice = 1024
  /// The port that export packets come from.
  static let sourcePort: UInt16 = 2055
  /// The smallest limit of an export packet, for links that carry no more than a host must accept (RFC 791).
  static let smallestLimit = 548

  /// Packets that wait for one collector at most: a few thousand records.
  static let maximumQueue = 256
  /// Nanoseconds between two packets for a collector whose next hop has not answered yet. Each asks for it anew.
  static let probeInterval: UInt64 = 1_000_000_000

  /// A collector and the packets for it.
  private struct Destination {
    let collector: TranslationLogging.Collector
    var encoder: NetFlowEncoder
    var records: UInt64 = 0
    /// Finished packets, oldest first.
    var queue: [[UInt8]] = []
    var nextProbe: UInt64 = 0
    let tally = DatagramTally()
  }

  private let source: any JournalSource
  private let journals: [TranslationJournal]
  private let writeLine: (String) -> Void
  private let start: UInt64
  private var destinations: [Destination] = []
  private var syslog: TranslationLogging.Scope?
  /// The number of each dynamic rule's pool by the rule's identifier, from 1 in the order of the pools' names. Rules with
  /// an interface's address are not in it.
  private var pools: [UInt16: UInt32] = [:]
  private var interfaceNames: [InterfaceID: String] = [:]
  private var lines: UInt64 = 0
  private var events: UInt64 = 0

  init(_ source: any JournalSource, start: UInt64, writeLine: @escaping (String) -> Void) {
    self.source = source
    journals = source.journals
    self.start = start
    self.writeLine = writeLine
  }

  /// Follows a configuration from now on. A collector that stays keeps its sequence numbers.
  mutating func adopt(_ configuration: GatewayConfiguration) {
    let logging = configuration.translation.logging
    let smallest = configuration.interfaces.map { Int($0.mtu) }.min() ?? 1500
    let limit = max(Self.smallestLimit, min(NetFlowEncoder.maximumOctets, smallest - 28))
    let old = destinations
    destinations = logging.collectors.enumerated().map { index, collector in
      old.first { $0.collector == collector }
        ?? Destination(
          collector: collector, encoder: NetFlowEncoder(sourceID: UInt32(index + 1), limit: limit, start: start))
    }
    syslog = logging.syslog
    let names = configuration.translation.pools.keys.sorted()
    pools = [:]
    for (id, rule) in zip(source.ruleIDs, configuration.translation.dynamicRules) {
      guard case .pool(let name) = rule.source, let place = names.firstIndex(of: name) else { continue }
      pools[id] = UInt32(place + 1)
    }
    interfaceNames = Dictionary(configuration.interfaces.map { ($0.id, $0.name) }) { first, _ in first }
    for journal in journals { journal.scope = logging.widestScope }
  }

  /// Takes what the journals hold, as far as the packets find room, and sends what is due. Returns the number of
  /// events.
  mutating func turn(at moment: Moment) -> Int {
    var taken = 0
    for journal in journals {
      var batch: [TranslationEvent] = []
      taken += journal.drain(limit: room) { batch.append($0) }
      for event in batch { export(event, at: moment) }
    }
    events &+= UInt64(taken)
    for index in destinations.indices {
      if let packet = destinations[index].encoder.due(at: moment) { enqueue(packet, for: index) }
      send(to: index, at: moment)
    }
    return taken
  }

  /// Takes what there is and finds room, and sends all of it. Workers that go on are not waited for: the number of turns
  /// is what a full journal takes.
  mutating func finish(at moment: Moment) {
    for _ in 0...TranslationJournal.standardCapacity / Self.slice where turn(at: moment) == 0 { break }
    for index in destinations.indices {
      if let packet = destinations[index].encoder.flush(at: moment) { enqueue(packet, for: index) }
      send(to: index, at: moment)
    }
  }

  /// Events whose packets surely find a place: what waits in a journal is not lost yet. A collector that cannot be
  /// reached holds up nobody; it loses what its queue does not hold.
  private var room: Int {
    destinations.reduce(Self.slice) { room, destination in
      guard source.isReady(for: destination.collector.address) else { return room }
      // The first of the events may fill the packet at hand.
      let packets = Self.maximumQueue - destination.queue.count - 1
      return min(room, max(0, packets) * destination.encoder.guaranteedRecords)
    }
  }

  private mutating func export(_ event: TranslationEvent, at moment: Moment) {
    if let syslog, event.isIn(syslog), let line = event.logLine {
      writeLine(line)
      lines &+= 1
    }
    let pool = event.isStatic ? 0 : pools[event.rule] ?? 0
    for index in destinations.indices where event.isIn(destinations[index].collector.scope) {
      destinations[index].records &+= 1
      if let packet = destinations[index].encoder.add(event, pool: pool, at: moment) { enqueue(packet, for: index) }
    }
  }

  private mutating func enqueue(_ packet: [UInt8], for index: Int) {
    if destinations[index].queue.count < Self.maximumQueue {
      destinations[index].queue.append(packet)
    } else {
      destinations[index].tally.countUnsent()
    }
  }

  /// Sends what waits for a collector, or one packet of it now and then while its next hop is not known: the worker
  /// keeps few packets that wait for an answer.
  private mutating func send(to index: Int, at moment: Moment) {
    guard !destinations[index].queue.isEmpty else { return }
    if source.isReady(for: destinations[index].collector.address) {
      let count = min(source.datagramRoom, destinations[index].queue.count)
      for packet in destinations[index].queue.prefix(count) { send(packet, to: index) }
      destinations[index].queue.removeFirst(count)
    } else if moment.monotonic >= destinations[index].nextProbe {
      destinations[index].nextProbe = moment.monotonic + Self.probeInterval
      send(destinations[index].queue.removeFirst(), to: index)
    }
  }

  private func send(_ packet: [UInt8], to index: Int) {
    let collector = destinations[index].collector
    source.send(
      OwnDatagram(
        source: collector.source, sourcePort: Self.sourcePort, destination: collector.address,
        destinationPort: collector.port, payload: packet, tally: destinations[index].tally))
  }

  /// What has been written so far.
  var status: ExportStatus {
    var status = ExportStatus()
    status.syslog = syslog
    status.lines = lines
    status.events = events
    status.lost = journals.reduce(0) { $0 &+ $1.lost }
    status.suppressed = journals.reduce(0) { $0 &+ $1.suppressed }
    status.collectors = destinations.map { destination in
      ExportStatus.Collector(
        address: destination.collector.address, port: destination.collector.port,
        scope: destination.collector.scope, source: interfaceNames[destination.collector.source] ?? "?",
        records: destination.records, sent: destination.tally.sent, lost: destination.tally.unsent,
        templateRefreshes: destination.encoder.templateRefreshes)
    }
    return status
  }
}
