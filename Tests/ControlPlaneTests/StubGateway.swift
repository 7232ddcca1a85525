import Configuration
import Dataplane
import Forwarding
import Synchronization
import Translation
import WireFormats

@testable import ControlPlane

/// A gateway made of arrays: one worker unless a test says otherwise.
final class StubGateway: GatewayView {
  let configuration: GatewayConfiguration
  let interfaces: [InterfaceStatus]
  let workers: [WorkerStatus]
  let neighbors: [NeighborRow]
  let limit: LimitStatus
  let staticRows: [TranslationRow]
  let export: ExportStatus
  /// The rows of each worker.
  let rows: [[TranslationRow]]
  /// Rows of one slice.
  let sliceSize: Int
  private let state = Mutex(State())

  private struct State {
    var slicesServed = 0
    var cleared: [ClearRequest] = []
    var isCapturing = false
    var frames: [CapturedFrame] = []
  }

  init(
    configuration: GatewayConfiguration = GatewayConfiguration(), interfaces: [InterfaceStatus] = [],
    workers: [WorkerStatus] = [WorkerStatus(index: 0, core: 0, engine: "io_uring", pageKind: "huge")],
    neighbors: [NeighborRow] = [], limit: LimitStatus = LimitStatus(maximum: 1000, used: 0, peak: 0, missed: 0),
    staticRows: [TranslationRow] = [], rows: [[TranslationRow]] = [[]], sliceSize: Int = 512,
    export: ExportStatus = ExportStatus()
  ) {
    self.configuration = configuration
    self.interfaces = interfaces
    self.workers = workers
    self.neighbors = neighbors
    self.limit = limit
    self.staticRows = staticRows
    self.rows = rows
    self.sliceSize = sliceSize
    self.export = export
  }

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

  func usage(of worker: Int) async -> TranslationUsage {
    var usage = TranslationUsage()
    for row in rows[worker] {
      if row.kind == .address { usage.addressMappings += 1 } else { usage.sessions += 1 }
      if let rule = row.rule { usage.note(rule: rule - 1, address: row.insideGlobal.address) }
    }
    return usage
  }

  func clear(_ request: ClearRequest) async -> Int {
    state.withLock { $0.cleared.append(request) }
    return rows.reduce(0) { $0 + $1.count }
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

  func endCapture() { state.withLock { $0.isCapturing = false } }
}

extension ListedEndpoint: ExpressibleByStringLiteral {
  /// `10.0.0.1` or `10.0.0.1:80`.
  public init(stringLiteral text: String) {
    let parts = text.split(separator: ":")
    self.init(IPv4Address(String(parts[0]))!, port: parts.count > 1 ? UInt16(parts[1]) : nil)
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

/// A generator whose numbers are the same on every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
