import Configuration
import Dataplane
import Forwarding
import Gateways
import Synchronization
import Translation
import WireFormats

@testable import ControlPlane

/// A gateway made of arrays: one worker unless a test says otherwise.
final class StubGateway: GatewayView {
  let interfaces: [InterfaceStatus]
  let workers: [WorkerStatus]
  let neighbors: [NeighborRow]
  let ipv6: IPv6Status
  let limit: LimitStatus
  let doors = DoorCount(application: 2, normal: 1)
  let slowPaths: [SlowPathStatus]
  let doorRows: [DoorRow]
  let connectionRows: [ConnectionRow]
  let callRows: [GatewayID: [MemoryRow]]
  let limitUse: [LimitSubject: LimitUse]
  let poolUses: [String: PoolUse]
  let reassemblies: [InterfaceID: ReassemblyUse]
  let export: ExportStatus
  /// The rows of each worker.
  let rows: [[TranslationRow]]
  /// Rows of one slice.
  let sliceSize: Int
  /// What it answers to a request that spares sessions.
  let sparing: ClearResult
  /// The file that `reload` reads.
  let reloading: ConfigurationReload
  private let state: Mutex<State>

  private struct State {
    var configuration: GatewayConfiguration
    var slicesServed = 0
    var cleared: [ClearRequest] = []
    var isCapturing = false
    var frames: [CapturedFrame] = []
    /// Why the next replacement is refused.
    var refusal: String?
  }

  init(
    configuration: GatewayConfiguration = GatewayConfiguration(), interfaces: [InterfaceStatus] = [],
    workers: [WorkerStatus] = [WorkerStatus(index: 0, core: 0, engine: "io_uring", pageKind: "huge")],
    neighbors: [NeighborRow] = [], ipv6: IPv6Status = IPv6Status(),
    limit: LimitStatus = LimitStatus(maximum: 1000, used: 0, peak: 0, missed: 0),
    limitUse: [LimitSubject: LimitUse] = [:], poolUses: [String: PoolUse] = [:],
    reassemblies: [InterfaceID: ReassemblyUse] = [:], rows: [[TranslationRow]] = [[]], sliceSize: Int = 512,
    sparing: ClearResult = ClearResult(cleared: 1), export: ExportStatus = ExportStatus(),
    path: String = "/nonexistent/gateway.conf", slowPaths: [SlowPathStatus] = [], doorRows: [DoorRow] = [],
    connectionRows: [ConnectionRow] = [], callRows: [GatewayID: [MemoryRow]] = [:]
  ) {
    self.slowPaths = slowPaths
    self.doorRows = doorRows
    self.connectionRows = connectionRows
    self.callRows = callRows
    self.interfaces = interfaces
    self.workers = workers
    self.neighbors = neighbors
    self.ipv6 = ipv6
    self.limit = limit
    self.limitUse = limitUse
    self.poolUses = poolUses
    self.reassemblies = reassemblies
    self.rows = rows
    self.sliceSize = sliceSize
    self.sparing = sparing
    reloading = ConfigurationReload(path: path)
    state = Mutex(State(configuration: configuration))
    self.export = export
  }

  var configuration: GatewayConfiguration { state.withLock { $0.configuration } }
  /// How many slices of its tables have been asked for.
  var slicesServed: Int { state.withLock { $0.slicesServed } }
  var cleared: [ClearRequest] { state.withLock { $0.cleared } }
  var isCapturing: Bool { state.withLock { $0.isCapturing } }

  func translations(of worker: Int, from cursor: ListingCursor?) async -> TranslationSlice {
    state.withLock { $0.slicesServed += 1 }
    var start = 0
    if case .sessions(let place) = cursor { start = Int(place) }
    let end = min(rows[worker].count, start + sliceSize)
    return TranslationSlice(
      rows: Array(rows[worker][start..<end]), next: end < rows[worker].count ? .sessions(UInt32(end)) : nil)
  }

  func limitUse(countingHosts: Bool) async -> [LimitSubject: LimitUse] {
    limitUse.filter { subject, _ in
      if case .host = subject { countingHosts } else { true }
    }
  }

  func use(of pool: AddressPool) async -> PoolUse { poolUses[pool.name] ?? PoolUse(assignedAddresses: 0) }

  func reassembly(on interface: InterfaceID) async -> ReassemblyUse? { reassemblies[interface] }

  func clear(_ request: ClearRequest) async -> ClearResult {
    state.withLock { $0.cleared.append(request) }
    return request.sparesSessions ? sparing : ClearResult(cleared: rows.reduce(0) { $0 + $1.count })
  }

  /// Has the dataplane refuse the next configurations.
  func refuse(because reason: String?) { state.withLock { $0.refusal = reason } }

  func reload() async throws(ReloadRefusal) -> ReloadReport {
    try await reloading.run(insteadOf: configuration) { next throws(ReloadRefusal) in
      if let refusal = state.withLock({ $0.refusal }) { throw ReloadRefusal(refusal) }
      state.withLock { $0.configuration = next }
      return (40, 2)
    }
  }

  /// Frames that the next `drainCapture` hands over.
  func arrive(_ frames: [CapturedFrame]) { state.withLock { $0.frames += frames } }

  func startCapture(on interface: InterfaceID?) -> Bool {
    state.withLock { state in
      defer { state.isCapturing = true }
      return !state.isCapturing
    }
  }

  func drainCapture(_ body: (CapturedFrame) -> Void) {
    let frames = state.withLock { state in
      defer { state.frames = [] }
      return state.frames
    }
    for frame in frames { body(frame) }
  }

  var captureLost: UInt64 { 0 }

  func openDoors() async -> [DoorRow] { doorRows }

  func connections(limit: Int) async -> [ConnectionRow] { Array(connectionRows.prefix(limit)) }
  func calls(of gateway: GatewayID, limit: Int) async -> [MemoryRow] { Array((callRows[gateway] ?? []).prefix(limit)) }

  func endCapture() { state.withLock { $0.isCapturing = false } }
}

extension ListedEndpoint: ExpressibleByStringLiteral {
  /// `10.0.0.1` or `10.0.0.1:80`.
  public init(stringLiteral text: String) {
    let parts = text.split(separator: ":")
    self.init(IPv4Address(String(parts[0]))!, port: parts.count > 1 ? UInt16(parts[1]) : nil)
  }
}

extension TranslationRow {
  /// A row about an inside host.
  init(
    kind: Kind, protocolNumber: IPProtocol?, insideGlobal: ListedEndpoint, insideLocal: ListedEndpoint,
    outside: Names? = nil, instance: RoutingInstance = .global, rule: Int? = nil, marks: [Mark] = [],
    age: Age? = nil, worker: Int? = nil
  ) {
    self.init(
      kind: kind, protocolNumber: protocolNumber, inside: Names(local: insideLocal, global: insideGlobal),
      outside: outside, instance: instance, rule: rule, ruleID: rule.map { UInt16($0 + 10) }, marks: marks, age: age,
      place: worker.map { Place(worker: $0, record: 5, users: kind == .address ? 1 : 0) })
  }
}

/// Collects an answer in memory.
final class CollectingSink: AnswerSink {
  private let frames = Mutex<[AnswerFrame]>([])

  func send(_ frame: AnswerFrame) async throws { frames.withLock { $0.append(frame) } }

  var all: [AnswerFrame] { frames.withLock { $0 } }

  /// The octets of all data parts as text.
  var text: String {
    let octets = all.flatMap { frame -> [UInt8] in
      if case .data(let octets) = frame { octets } else { [] }
    }
    return String(decoding: octets, as: UTF8.self)
  }
}

/// What a gateway answers to a command.
func answer(
  _ command: String, _ format: AnswerFormat = .text, from gateway: StubGateway
) async throws -> CollectingSink {
  let sink = CollectingSink()
  let words = command.split(separator: " ").map(String.init)
  try await Answering(gateway).answer(Request(format: format, words: words), to: sink)
  return sink
}
