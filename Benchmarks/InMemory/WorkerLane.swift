import CIntrinsics
import Dataplane
import Forwarding
import Translation
import WireFormats

/// One of two workers with the rings between them, as in the daemon: frames arrive in buffers of its own, those of the
/// other's hosts are handed over as they came, and their buffers come back when the other has done with them.
///
/// A structure as the daemon's worker is: what a class has is asked for the right of access at each use.
@safe struct WorkerLane: ~Copyable {
  /// Buffers of a lane, each of which the ring back has room for, and frames that the ring there holds: fewer, so that a
  /// lane never waits for a buffer.
  private static let buffers = 2_048
  private static let frames = 1_024

  /// The rings between two lanes.
  struct Rings {
    let framesOut: HandoverRing
    let framesIn: HandoverRing
    let buffersOut: HandoverRing
    let buffersIn: HandoverRing

    /// Octets of all four.
    static let octets = 2 * HandoverRing.octets(capacity: frames) + 2 * HandoverRing.octets(capacity: buffers)

    /// Both lanes' ends of four rings in `memory`.
    @unsafe static func pair(in memory: UnsafeMutableRawPointer) -> [Rings] {
      var next = unsafe memory
      let rings = [frames, frames, buffers, buffers].map { capacity in
        defer { unsafe next += HandoverRing.octets(capacity: capacity) }
        return unsafe HandoverRing(memory: next, capacity: capacity)
      }
      return [
        Rings(framesOut: rings[0], framesIn: rings[1], buffersOut: rings[2], buffersIn: rings[3]),
        Rings(framesOut: rings[1], framesIn: rings[0], buffersOut: rings[3], buffersIn: rings[2]),
      ]
    }
  }

  private var gateway: Gateway
  private let rings: Rings
  /// This lane's buffers; the frames of the other's lie in the other's.
  private let memory: Region
  private let otherMemory: Region
  private let packets: UnsafeMutableBufferPointer<Packet>
  private var free: [UInt64]
  private var next = 0
  /// The buffers of a burst that has come.
  private var arrived = InlineArray<64, UInt64>(repeating: 0)
  /// What has been fetched from the other, and how many.
  private let words: UnsafeMutableBufferPointer<UInt64>
  private var fetched = 0
  /// Packets that were translated here, and nanoseconds of a core that this took, in the last run.
  private(set) var translated = 0
  private(set) var nanoseconds: UInt64 = 0
  /// Frames for which the ring had no room.
  private(set) var lost = 0

  init(_ gateway: consuming Gateway, _ rings: Rings, memory: Region, otherMemory: Region) {
    self.gateway = gateway
    self.rings = rings
    self.memory = memory
    self.otherMemory = otherMemory
    free = (0..<UInt64(Self.buffers)).map { $0 }
    unsafe words = .allocate(capacity: Burst.size)
    unsafe words.initialize(repeating: 0)
    unsafe packets = .allocate(capacity: Burst.size)
    let octets = unsafe PacketOctets(base: memory.base, count: Frames.size)
    unsafe packets.initialize(
      repeating: Packet(octets: octets, networkOffset: Ethernet.headerLength, ingress: Network.inside))
  }

  deinit {
    unsafe words.deallocate()
    unsafe packets.deallocate()
  }

  /// The memory of a lane's buffers.
  static func bufferMemory() -> Region? { Region(size: buffers * Burst.stride) }

  /// Packets that found their session.
  var hits: UInt64 { gateway.counters.value(of: .hits) }

  /// Packets that found none.
  var misses: UInt64 { gateway.counters.value(of: .misses) }

  /// Opens a session for each of the frames, which are all this worker's.
  mutating func open(_ frames: Frames, _ burst: borrowing Burst) { gateway.pass(frames, burst) }

  /// Works for so many nanoseconds of the monotonic clock.
  mutating func run(_ frames: Frames, for duration: UInt64) {
    (translated, nanoseconds) = (0, 0)
    let used = threadNanoseconds()
    let end = monotonicNanoseconds() + duration
    read(frames)
    while monotonicNanoseconds() < end {
      fetchHandedOver()
      takeReturned()
      arrive()
      takeHandedOver()
      rings.framesOut.publish()
      rings.buffersOut.publish()
      read(frames)
    }
    for index in 0..<Burst.size { free.append(arrived[index]) }
    nanoseconds = threadNanoseconds() - used
  }

  /// Takes what is left in the rings, when nobody runs.
  mutating func drain() {
    repeat { fetchHandedOver() } while takeHandedOver() > 0
    rings.buffersOut.publish()
    takeReturned()
  }

  /// A burst from the device, which is read at the end of a turn, as a worker's reads are.
  private mutating func read(_ frames: Frames) {
    for index in 0..<Burst.size {
      arrived[index] = free.removeLast()
      frames.copy(next + index, to: octets(arrived[index], in: memory))
    }
    next = next + Burst.size == frames.count ? 0 : next + Burst.size
  }

  /// Translates what has been read. The buffers of those that are handed over leave the free ones.
  private mutating func arrive() {
    for index in 0..<Burst.size { place(octets(arrived[index], in: memory), at: index, passage: []) }
    translate(Burst.size)
    for index in 0..<Burst.size {
      if case .handOver = unsafe packets[index].verdict {
        if rings.framesOut.stage(arrived[index]) { continue }
        lost += 1
      } else {
        depart(index)
      }
      free.append(arrived[index])
    }
  }

  /// Looks what the other has handed over, and asks for it, as a worker does before its own frames.
  private mutating func fetchHandedOver() {
    rings.framesIn.prefetch()
    rings.buffersIn.prefetch()
    fetched = unsafe rings.framesIn.take(into: words)
    for index in 0..<fetched { unsafe sp_prefetch_write(otherMemory.base + Int(words[index]) * Burst.stride) }
  }

  @discardableResult private mutating func takeHandedOver() -> Int {
    let taken = fetched
    guard taken > 0 else { return 0 }
    for index in 0..<taken { place(octets(unsafe words[index], in: otherMemory), at: index, passage: .handedOver) }
    translate(taken)
    for index in 0..<taken {
      depart(index)
      precondition(rings.buffersOut.stage(unsafe words[index]), "the ring has room for every frame that another had")
    }
    fetched = 0
    return taken
  }

  private mutating func takeReturned() {
    var words = InlineArray<64, UInt64>(repeating: 0)
    while true {
      var span = words.mutableSpan
      let taken = unsafe span.withUnsafeMutableBufferPointer { unsafe rings.buffersIn.take(into: $0) }
      for index in 0..<taken {
        unsafe sp_prefetch_write(memory.base + Int(words[index]) * Burst.stride)
        free.append(words[index])
      }
      if taken < 64 { return }
    }
  }

  @inline(__always)
  private func octets(_ buffer: UInt64, in memory: Region) -> PacketOctets {
    unsafe PacketOctets(base: memory.base + Int(buffer) * Burst.stride, count: Frames.size)
  }

  @inline(__always)
  private func place(_ octets: PacketOctets, at index: Int, passage: Packet.Passage) {
    unsafe packets[index].arrive(
      octets, networkOffset: Ethernet.headerLength, ingress: Network.inside,
      offload: FrameOffload(partialChecksum: false, segmentSize: 0), passage: passage)
  }

  private mutating func translate(_ count: Int) {
    var burst = unsafe UnsafeMutableBufferPointer(rebasing: packets[..<count]).mutableSpan
    gateway.translator.process(&burst, now: gateway.now)
  }

  /// Addresses a translated frame to its next hop.
  @inline(__always)
  private mutating func depart(_ index: Int) {
    guard case .forward(let hop) = unsafe packets[index].verdict else { return }
    unsafe packets[index].octets.store(hop.address, at: Ethernet.destination)
    unsafe packets[index].octets.store(Network.outsideHardware, at: Ethernet.source)
    translated += 1
  }
}
