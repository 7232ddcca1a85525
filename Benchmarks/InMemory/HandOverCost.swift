import CIntrinsics
import Dataplane
import Forwarding
import Translation
import WireFormats

/// What it costs that a packet arrives at the wrong one of two workers: the first looks at it, finds that it is not the
/// owner and puts it into the ring; the second takes it out, translates it, and sends the buffer back. The figure is the
/// time that both are busy with it, less what the owner needs for a packet that comes to it directly.
///
/// Each worker has a core and its clock counts only rounds with packets in them, so waiting for the other is no cost.
enum HandOverCost {
  private static let sessions = 8_192
  private static let buffers = 1_024

  /// Nanoseconds a packet: one value for each of `rounds` rounds.
  static func measure(rounds: Int, packets: Int) throws -> Samples {
    let cores = Topology.availableCores
    guard cores.count > 1 else { return Samples() }
    let policy = Network.policy(sessions: sessions)
    let addresses = policy.globalAddresses.count
    let neighbors = Network.neighbors()
    guard let portMemory = Region(size: PortMap.size(addresses: addresses)),
      let rings = Region(size: 2 * HandoverRing.octets(capacity: buffers) + 1024),
      let memory = Region(size: buffers * Burst.stride)
    else { throw BenchmarkError.noMemory("two workers") }
    let ports = unsafe PortMap(memory: portMemory.base, addresses: addresses)
    let there = unsafe HandoverRing(memory: rings.base, capacity: buffers)
    let back = unsafe HandoverRing(
      memory: rings.base + (HandoverRing.octets(capacity: buffers) + 127) / 128 * 128, capacity: buffers)
    for buffer in 0..<UInt64(buffers) { precondition(back.stage(buffer), "the ring has room for every buffer") }
    back.publish()
    // Hosts of the second worker only.
    let hosts = (0...).lazy.filter {
      Ownership.worker(ofInside: Flow(number: $0 * Network.flowsPerHost).source, in: .global, of: 2) == 1
    }
    let chosen = Array(hosts.prefix(sessions / Network.flowsPerHost + 1))
    guard
      let frames = Frames(
        flows: sessions, atLeast: sessions, seed: 7,
        flow: { number in
          chosen[number / Network.flowsPerHost] * Network.flowsPerHost + number % Network.flowsPerHost
        }),
      let wrong = Gateway(
        sessions: sessions, policy: policy, portMemory: portMemory, ports: ports, neighbors: neighbors, worker: 0,
        workers: 2),
      var owner = Gateway(
        sessions: sessions, policy: policy, portMemory: portMemory, ports: ports, neighbors: neighbors, worker: 1,
        workers: 2),
      let burst = Burst()
    else { throw BenchmarkError.noMemory("two workers") }
    // Every session is there before anything is measured.
    owner.pass(frames, burst)
    let passes = max(1, packets / frames.count)
    let wanted = passes * frames.count
    let parts = unsafe Parts(there: there, back: back, memory: memory.base)
    let sender = Sender(wrong, parts)
    var samples = Samples()
    for _ in 0..<rounds {
      let direct = seconds { for _ in 0..<passes { owner.pass(frames, burst) } } * 1e9 / Double(wanted)
      let errand = Errand(sender, frames, packets: wanted)
      let thread = try PinnedThread.start(name: "wrong-worker", core: cores[1]) { errand.run() }
      let busy = receive(wanted, &owner, parts)
      thread.join()
      samples.values.append((errand.busy + busy) * 1e9 / Double(wanted) - direct)
    }
    guard owner.counters.value(of: .hits) >= UInt64(2 * rounds * wanted) else {
      throw BenchmarkError.wrong("packets that were handed over did not find their sessions")
    }
    withExtendedLifetime((portMemory, rings, memory)) {}
    return samples
  }

  /// What both sides use.
  @safe struct Parts {
    let there: HandoverRing
    let back: HandoverRing
    private let memory: UnsafeMutableRawPointer

    @unsafe init(there: HandoverRing, back: HandoverRing, memory: UnsafeMutableRawPointer) {
      self.there = there
      self.back = back
      unsafe self.memory = memory
    }

    /// A view of a buffer's frame.
    @inline(__always)
    func octets(_ buffer: UInt64) -> PacketOctets {
      unsafe PacketOctets(base: memory + Int(buffer) * Burst.stride, count: Frames.size)
    }

    /// Asks for a buffer's frame, as a worker does.
    @inline(__always)
    func prefetch(_ buffer: UInt64) { unsafe sp_prefetch_write(memory + Int(buffer) * Burst.stride) }

    /// The packets of a burst, to be used over and over.
    func packets() -> UnsafeMutableBufferPointer<Packet> {
      let packets = UnsafeMutableBufferPointer<Packet>.allocate(capacity: Burst.size)
      unsafe packets.initialize(
        repeating: Packet(octets: octets(0), networkOffset: Ethernet.headerLength, ingress: Network.inside))
      return unsafe packets
    }
  }

  // MARK: The owner

  /// Takes and translates `count` packets; seconds in rounds that had some.
  private static func receive(_ count: Int, _ gateway: inout Gateway, _ parts: Parts) -> Double {
    var words = InlineArray<64, UInt64>(repeating: 0)
    let packets = unsafe parts.packets()
    defer { unsafe packets.deallocate() }
    var received = 0
    var busy: UInt64 = 0
    while received < count {
      let start = monotonicNanoseconds()
      var span = words.mutableSpan
      let taken = unsafe span.withUnsafeMutableBufferPointer { unsafe parts.there.take(into: $0) }
      guard taken > 0 else { continue }
      for index in 0..<taken { parts.prefetch(words[index]) }
      for index in 0..<taken {
        unsafe packets[index].arrive(
          parts.octets(words[index]), networkOffset: Ethernet.headerLength, ingress: Network.inside,
          offload: FrameOffload(partialChecksum: false, segmentSize: 0), passage: .handedOver)
      }
      var burst = unsafe UnsafeMutableBufferPointer(rebasing: packets[..<taken]).mutableSpan
      gateway.translator.process(&burst, now: gateway.now)
      for index in 0..<taken {
        if case .forward(let hop) = burst[index].verdict {
          burst[index].octets.store(hop.address, at: Ethernet.destination)
          burst[index].octets.store(Network.outsideHardware, at: Ethernet.source)
        }
        precondition(parts.back.stage(words[index]), "the ring has room for every buffer")
      }
      parts.back.publish()
      received += taken
      busy += monotonicNanoseconds() - start
    }
    return Double(busy) / 1e9
  }

  // MARK: The wrong worker

  /// The worker that packets arrive at, which is not theirs.
  @safe private final class Sender {
    var gateway: Gateway
    let parts: Parts
    private let packets: UnsafeMutableBufferPointer<Packet>

    init(_ gateway: consuming Gateway, _ parts: Parts) {
      self.gateway = gateway
      self.parts = parts
      unsafe packets = parts.packets()
    }

    deinit { unsafe packets.deallocate() }

    /// Hands over up to a burst of `frames` from `first` on; answers how many.
    func handOver(_ frames: Frames, from first: Int, atMost limit: Int) -> Int {
      var words = InlineArray<64, UInt64>(repeating: 0)
      var span = words.mutableSpan
      let free = unsafe span.withUnsafeMutableBufferPointer { words in
        unsafe parts.back.take(into: UnsafeMutableBufferPointer(rebasing: words[..<min(limit, Burst.size)]))
      }
      for index in 0..<free { parts.prefetch(words[index]) }
      for index in 0..<free {
        let octets = parts.octets(words[index])
        frames.copy(first + index, to: octets)
        unsafe packets[index].arrive(
          octets, networkOffset: Ethernet.headerLength, ingress: Network.inside,
          offload: FrameOffload(partialChecksum: false, segmentSize: 0), passage: [])
      }
      var burst = unsafe UnsafeMutableBufferPointer(rebasing: packets[..<free]).mutableSpan
      gateway.translator.process(&burst, now: gateway.now)
      for index in 0..<free {
        guard case .handOver = burst[index].verdict else { preconditionFailure("a packet that is not the other's") }
        precondition(parts.there.stage(words[index]), "the ring has room for every buffer")
      }
      parts.there.publish()
      return free
    }
  }

  /// One round on a thread of its own. The starting thread reads `busy` after it has joined.
  private final class Errand: @unchecked Sendable {
    private let sender: Sender
    private let frames: Frames
    private let packets: Int
    private(set) var busy = 0.0

    init(_ sender: Sender, _ frames: Frames, packets: Int) {
      self.sender = sender
      self.frames = frames
      self.packets = packets
    }

    func run() {
      var sent = 0
      var time: UInt64 = 0
      while sent < packets {
        let first = sent % frames.count
        let start = monotonicNanoseconds()
        let count = sender.handOver(frames, from: first, atMost: min(packets - sent, frames.count - first))
        if count > 0 { time += monotonicNanoseconds() - start }
        sent += count
      }
      busy = Double(time) / 1e9
    }
  }
}
