import Dataplane
import Gateways
import Synchronization
import Translation
import WireFormats

/// A worker whose every second packet is for the slow path, which another core runs and which cannot keep up: the ring
/// between them is full, what does not fit is dropped, and the figure is what becomes of the worker's other packets.
///
/// A flood takes its share of what a worker can take in, whatever it consists of: half of the frames here. So the others'
/// rate is compared with their rate among as many ordinary packets, each of which is translated and sent on. The time of a
/// run is all of the worker's, for the others' bursts and for the flood's: finding out whose session a frame is, handing
/// over what there is room for, and dropping the rest. The figure is the run without flood by the one with it. 100 % says
/// that a flood of control traffic costs the others what the same number of any packets would; more, that it costs less.
@safe final class FloodedWorker: @unchecked Sendable {
  private static let flows = 1_024
  private static let controlFlows = 64
  /// Places of the ring to the slow path.
  private static let capacity = 256
  /// Bursts of each kind that a measurement takes.
  private static let bursts = 100_000

  private var scene: ControlScene
  private var sessions: [InspectedSession] = []
  private let plain: Region
  private let flood: Region
  private let memory: Region
  private let rings: Region
  private let there: HandoverRing
  private let back: HandoverRing
  private let stops = Atomic<Bool>(false)
  /// Of the last measurement: seconds, and what the ring had no room for.
  private var time = 0.0
  private var dropped = 0
  /// Frames that the slow path took.
  private var taken = 0

  init() throws {
    scene = try ControlScene(sessions: 8 * Self.flows, looks: true)
    let size = HandoverRing.octets(capacity: 2 * Self.capacity) + 128
    guard let plain = Region(size: Self.flows * Frames.size), let flood = Region(size: Burst.size * Frames.size),
      let memory = Region(size: 2 * Self.capacity * Burst.stride), let rings = Region(size: 2 * size)
    else { throw BenchmarkError.noMemory("a flooded worker") }
    (self.plain, self.flood, self.memory, self.rings) = (plain, flood, memory, rings)
    there = unsafe HandoverRing(memory: rings.base, capacity: Self.capacity)
    back = unsafe HandoverRing(memory: rings.base + size / 128 * 128, capacity: 2 * Self.capacity)
    for buffer in 0..<UInt64(2 * Self.capacity) {
      precondition(back.stage(buffer), "there is a place for every buffer")
    }
    back.publish()
    for number in 0..<Self.flows {
      _ = scene.admit(Flow(number: number), port: 80)
      write(Flow(number: number), port: 80, to: plain, number)
    }
    for number in 0..<Self.controlFlows {
      guard let session = scene.admit(Flow(number: number), port: ControlScene.controlPort) else {
        throw BenchmarkError.wrong("no control session")
      }
      var dialogue = Dialogue(session)
      dialogue.open(&scene.engine, now: monotonicNanoseconds() / 1_000)
      sessions.append(session)
    }
  }

  private func write(_ flow: Flow, port: UInt16, to region: Region, _ place: Int) {
    let frame = ControlScene.frame(
      flow, port: port, flags: .ack, sequence: 1_001, acknowledgment: 5_001, payload: Frames.size - 54)
    unsafe PacketOctets(base: region.base + place * Frames.size, count: Frames.size).store(frame)
  }

  /// The rate of the worker's other packets under the flood, in percent of their rate without.
  func measure(on cores: [Int]) throws -> Double {
    let alone = try run(on: cores, port: 80)
    let beside = try run(on: cores, port: ControlScene.controlPort)
    guard dropped > Self.bursts * Burst.size / 2, taken > 0 else {
      throw BenchmarkError.wrong("\(dropped) frames dropped and \(taken) taken: that was no flood")
    }
    return alone / beside * 100
  }

  /// Seconds that the bursts take, every second one of sessions to a port.
  private func run(on cores: [Int], port: UInt16) throws -> Double {
    for number in 0..<Burst.size { write(Flow(number: number), port: port, to: flood, number) }
    (dropped, taken) = (0, 0)
    stops.store(false, ordering: .relaxed)
    let slowPath = try PinnedThread.start(name: "flooded", core: cores[1]) { self.receive() }
    let worker = try PinnedThread.start(name: "flooding", core: cores[0]) { self.forward() }
    worker.join()
    stops.store(true, ordering: .relaxed)
    slowPath.join()
    return time
  }

  // MARK: The worker

  private func forward() {
    guard let burst = Burst() else { return }
    time = seconds {
      for number in 0..<Self.bursts {
        unsafe burst.arrive(plain.base + number * Burst.size % Self.flows * Frames.size)
        burst.translate(&scene.gateway.translator, now: scene.gateway.now)
        unsafe burst.arrive(flood.base)
        burst.translate(&scene.gateway.translator, now: scene.gateway.now)
        burst.forEachInspected { inspect($0, $1) }
        there.publish()
      }
    }
  }

  /// What a worker does with a packet of a gateway's session.
  private func inspect(_ octets: PacketOctets, _ session: UInt32) {
    guard there.hasRoom, let buffer = freeBuffer() else {
      dropped += 1
      return
    }
    let inspected = scene.gateway.translator.inspected(session)
    let place = unsafe memory.base + Int(buffer) * Burst.stride
    unsafe PacketOctets(base: place, count: Frames.size).copy(Frames.size, from: octets, at: 0, to: 0)
    unsafe (place + Burst.stride / 2).storeBytes(of: inspected, as: InspectedSession.self)
    precondition(there.stage(buffer), "there was room")
  }

  private func freeBuffer() -> UInt64? {
    var words = InlineArray<1, UInt64>(repeating: 0)
    var span = words.mutableSpan
    return unsafe span.withUnsafeMutableBufferPointer { unsafe back.take(into: $0) } == 1 ? words[0] : nil
  }

  // MARK: The slow path

  private func receive() {
    var words = InlineArray<64, UInt64>(repeating: 0)
    while !stops.load(ordering: .relaxed) {
      var span = words.mutableSpan
      let count = unsafe span.withUnsafeMutableBufferPointer { unsafe there.take(into: $0) }
      let now = monotonicNanoseconds() / 1_000
      for index in 0..<count {
        let place = unsafe memory.base + Int(words[index]) * Burst.stride
        let octets = unsafe PacketOctets(base: place, count: Frames.size).suffix(from: Ethernet.headerLength).copied
        let session = unsafe (place + Burst.stride / 2).load(as: InspectedSession.self)
        precondition(back.stage(words[index]), "there is a place for every buffer")
        scene.engine.receive(
          InspectedPacket(
            octets: octets, session: session, direction: .outbound, arrival: Arrival(ingress: Network.inside)),
          more: true, now: now)
        while scene.engine.takeOutput() != nil {}
      }
      scene.engine.flush(now: now)
      while scene.engine.takeOutput() != nil {}
      back.publish()
      taken += count
    }
  }
}
