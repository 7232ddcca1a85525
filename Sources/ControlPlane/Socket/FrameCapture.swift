import Dataplane
import Forwarding
import Glibc

/// `capture`: the frames of an interface as a pcapng file, sent as they pass.
///
/// The workers write into rings of a fixed size and never wait: what this side does not fetch in time, because its
/// client is slow, is lost and counted there.
struct FrameCapture {
  /// Between two looks at the rings.
  private static let interval = Duration.milliseconds(10)

  private let view: any GatewayView
  private let request: CaptureRequest
  private let interface: InterfaceStatus?

  /// Checks the request against the gateway's interfaces.
  init(_ request: CaptureRequest, of view: any GatewayView) throws(Answering.Refusal) {
    self.view = view
    self.request = request
    guard let name = request.interface else {
      interface = nil
      return
    }
    let interfaces = view.interfaces
    guard let interface = interfaces.first(where: { $0.interface.name == name }) else {
      let names = interfaces.map(\.interface.name).joined(separator: ", ")
      throw Answering.Refusal("there is no interface \(name); the interfaces are \(names)")
    }
    self.interface = interface
  }

  /// Captures until the frames or seconds asked for are full, or the task is cancelled because the client left.
  func run(to sink: some AnswerSink) async throws {
    guard view.startCapture(on: interface?.interface.id) else {
      throw Answering.Refusal("another capture is under way")
    }
    defer { view.endCapture() }
    let lostBefore = view.captureLost
    let writer = PcapWriter(epochOffset: Self.epochOffset())
    try await sink.send(writer.header(interfaces: view.interfaces.map(\.interface.name)))
    let end = request.seconds.map { ContinuousClock.now.advanced(by: .seconds($0)) }
    var remaining = request.count ?? Int.max
    while remaining > 0 {
      // What came before the deadline is fetched before it is looked at.
      let isOver = end.map { ContinuousClock.now >= $0 } ?? false
      var octets: [UInt8] = []
      view.drainCapture { frame in
        guard remaining > 0 else { return }
        remaining -= 1
        writer.append(frame, to: &octets)
      }
      try await sink.send(octets)
      if isOver { break }
      if octets.isEmpty { try await Task.sleep(for: Self.interval) } else { try Task.checkCancellation() }
    }
    let count = (request.count ?? Int.max) - remaining
    let lost = view.captureLost &- lostBefore
    try await sink.send(.note("\(count) \(count == 1 ? "frame" : "frames") captured, \(lost) lost"))
  }

  /// Nanoseconds from 1970 to the zero of the workers' clock.
  private static func epochOffset() -> UInt64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec) &- monotonicNanoseconds()
  }
}
