import Translation
import WireFormats

/// The sessions over IPv6 that gateways look into, by their flows: the engine's own table, since nothing translates them and
/// no worker has a record of them.
///
/// How far a session has come says how long it may be idle. Sessions that have come equally far are in one queue, the one
/// that has been idle longest first, so what is due is found without a search.
struct IPv6Sessions {
  /// Sessions at one time, and TCP connections among them: what begins beyond them passes unread.
  static let maximum = 65_536
  static let maximumConnections = 16_384
  /// Microseconds after which an idle UDP session gives way to another where there is no room: nobody waits for an answer
  /// so long.
  static let patience: UInt64 = 10_000_000

  /// How far a session has come.
  enum Stage: Int, CaseIterable {
    case datagrams
    case opening
    case established
    case closed

    func idleTime(_ timeouts: Timeouts) -> UInt32 {
      switch self {
      case .datagrams: timeouts.dns
      case .opening: timeouts.syn
      case .established: timeouts.tcp
      case .closed: timeouts.finRst
      }
    }
  }

  private struct Entry {
    var session: IPv6Session
    var stage: Stage
    var lastSeen: UInt64
    var previous: Int?
    var next: Int?
  }

  private struct Queue {
    var first: Int?
    var last: Int?
  }

  private var entries: [Entry?] = []
  private var free: [Int] = []
  private var places: [IPv6Flow: Int] = [:]
  private var queues = [Queue](repeating: Queue(), count: Stage.allCases.count)
  /// Sessions that there have been.
  private var begun: UInt64 = 0
  private var connections = 0

  var count: Int { places.count }

  /// The session of a flow from inside to outside.
  func find(_ flow: IPv6Flow) -> IPv6Session? { places[flow].flatMap { entries[$0]?.session } }

  /// Begins the session of a flow from inside to outside whose packets `worker` is to have; nil when there is no room.
  mutating func begin(
    _ flow: IPv6Flow, _ gateway: GatewayID, opened: Direction, worker: UInt8, now: UInt64
  ) -> IPv6Session? {
    let isConnection = flow.transport == .tcp
    guard count < Self.maximum, !isConnection || connections < Self.maximumConnections, places[flow] == nil else {
      return nil
    }
    // Workers' sessions have numbers below these, and `.max` is nobody's.
    let number = UInt32(truncatingIfNeeded: begun % UInt64(UInt32(1) << 31 - 1)) | 1 << 31
    let session = IPv6Session(
      id: SessionID(worker: worker, number: number, created: UInt32(truncatingIfNeeded: begun >> 31)),
      gateway: gateway, flow: flow, opened: opened)
    begun += 1
    let stage: Stage = isConnection ? .opening : .datagrams
    let entry = Entry(session: session, stage: stage, lastSeen: now)
    let place: Int
    if let used = free.popLast() {
      place = used
      entries[place] = entry
    } else {
      place = entries.count
      entries.append(entry)
    }
    places[flow] = place
    if isConnection { connections += 1 }
    append(place)
    return session
  }

  /// A packet of a session has come, which stands like this now.
  mutating func touch(_ flow: IPv6Flow, _ stage: Stage, now: UInt64) {
    guard let place = places[flow] else { return }
    takeOut(place)
    entries[place]?.stage = stage
    entries[place]?.lastSeen = now
    append(place)
  }

  mutating func remove(_ flow: IPv6Flow) {
    guard let place = places.removeValue(forKey: flow) else { return }
    takeOut(place)
    entries[place] = nil
    free.append(place)
    if flow.transport == .tcp { connections -= 1 }
  }

  /// Takes out a session that has been idle for too long.
  mutating func takeIdle(_ timeouts: Timeouts, now: UInt64) -> IPv6Session? {
    for stage in Stage.allCases {
      let time = stage.idleTime(timeouts)
      guard time != Timeouts.never, let session = oldest(stage, idleFor: UInt64(time) * 1_000_000, now: now) else {
        continue
      }
      remove(session.flow)
      return session
    }
    return nil
  }

  /// Takes out the UDP session that has been idle longest, to make room; nil where none has been for long enough.
  mutating func takeOldestDatagrams(now: UInt64) -> IPv6Session? {
    guard let session = oldest(.datagrams, idleFor: Self.patience, now: now) else { return nil }
    remove(session.flow)
    return session
  }

  private func oldest(_ stage: Stage, idleFor time: UInt64, now: UInt64) -> IPv6Session? {
    guard let place = queues[stage.rawValue].first, let entry = entries[place], now >= entry.lastSeen,
      now - entry.lastSeen >= time
    else { return nil }
    return entry.session
  }

  // MARK: Queues

  private mutating func append(_ place: Int) {
    guard let stage = entries[place]?.stage.rawValue else { return }
    entries[place]?.previous = queues[stage].last
    entries[place]?.next = nil
    if let last = queues[stage].last { entries[last]?.next = place } else { queues[stage].first = place }
    queues[stage].last = place
  }

  private mutating func takeOut(_ place: Int) {
    guard let entry = entries[place] else { return }
    let stage = entry.stage.rawValue
    if let previous = entry.previous { entries[previous]?.next = entry.next } else { queues[stage].first = entry.next }
    if let next = entry.next { entries[next]?.previous = entry.previous } else { queues[stage].last = entry.previous }
  }
}
