import CIntrinsics
import Forwarding
import WireFormats

/// A packet buffer: the worker whose pool it is from, and its number there.
struct BufferID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// Worker in the upper 8 bits, number in the lower 24.
  var rawValue: UInt32
  init(rawValue: UInt32) { self.rawValue = rawValue }
  init(worker: Int, number: UInt32) { rawValue = UInt32(worker) << 24 | number }
  var worker: Int { Int(rawValue >> 24) }
  var number: UInt32 { rawValue & 0xFF_FFFF }
}

/// A frame in a packet buffer.
struct Frame: BitwiseCopyable {
  var buffer: BufferID
  /// Where the virtio header begins in the buffer.
  var start: UInt16
  /// The device that it arrived on.
  var device: UInt8
  /// The layer-3 interface that it arrived on; set when it is classified.
  var ingress = InterfaceID(rawValue: 0)
  /// Octets, the virtio header included.
  var length: UInt32
}

/// The packet buffers of all workers.
///
/// Every worker registers every pool with its ring, so that a frame that is handed over is sent from where it lies.
/// A buffer has one holder at a time: a pool's free list, a ring request, a burst, a hand-over ring, a wait for ARP.
///
/// Invariant: `bases` point to `poolOctets` octets each, mapped as long as any worker runs.
@safe struct FrameMemory: Sendable {
  /// Where a frame's virtio header is read to. The IPv4 header then lies at 32, and a tag can be put before it.
  static let readOffset = 8
  /// Octets of a buffer behind the largest frame.
  static let slack = 128

  private nonisolated(unsafe) let bases: [UnsafeMutableRawPointer]
  /// Octets of one buffer, a multiple of 64.
  let bufferOctets: Int
  /// Buffers of one pool.
  let buffersPerPool: UInt32

  /// Octets of the largest frame that a device with `mtu` hands over, its virtio header included.
  static func largestFrame(mtu: Int, superFrames: Bool) -> Int {
    let payload = superFrames ? max(mtu, 65_535) : mtu
    return VirtioHeader.size + Ethernet.headerLength + Ethernet.tagLength + payload
  }

  /// Octets of a buffer that holds a frame of `octets`.
  static func bufferOctets(forFrame octets: Int) -> Int { (readOffset + octets + slack + 63) / 64 * 64 }

  /// Buffers over one region a worker, each of `buffersPerPool * bufferOctets` octets at least.
  @unsafe init(bases: [UnsafeMutableRawPointer], bufferOctets: Int, buffersPerPool: UInt32) {
    unsafe self.bases = bases
    self.bufferOctets = bufferOctets
    self.buffersPerPool = buffersPerPool
  }

  /// Octets that a read may fill.
  var readCapacity: UInt32 { UInt32(bufferOctets - Self.readOffset) }

  /// The pools as the kernel is told of them.
  var pools: [UnsafeMutableRawBufferPointer] {
    unsafe bases.map {
      unsafe UnsafeMutableRawBufferPointer(start: $0, count: bufferOctets * Int(buffersPerPool))
    }
  }

  /// The address of an octet of a buffer.
  @inline(__always)
  func address(_ buffer: BufferID, at offset: Int) -> UnsafeMutableRawPointer {
    precondition(buffer.number < buffersPerPool && offset <= bufferOctets)
    return unsafe bases[buffer.worker] + Int(buffer.number) * bufferOctets + offset
  }

  /// Asks for the first octets of a buffer that another thread had, which are about to be written.
  @inline(__always)
  func prefetch(_ buffer: BufferID) { unsafe sp_prefetch_write(address(buffer, at: Self.readOffset)) }

  /// The whole buffer.
  @inline(__always)
  func octets(of buffer: BufferID) -> PacketOctets {
    unsafe PacketOctets(base: address(buffer, at: 0), count: bufferOctets)
  }

  /// A frame's octets without its virtio header.
  @inline(__always)
  func octets(of frame: Frame) -> PacketOctets {
    let start = Int(frame.start) + VirtioHeader.size
    let length = Int(frame.length) - VirtioHeader.size
    precondition(length >= 0 && start + length <= bufferOctets)
    return unsafe PacketOctets(base: address(frame.buffer, at: start), count: length)
  }

  /// A frame's virtio header.
  @inline(__always)
  func header(of frame: Frame) -> PacketOctets {
    unsafe PacketOctets(base: address(frame.buffer, at: Int(frame.start)), count: VirtioHeader.size)
  }
}

/// The free buffers of one worker's own pool, the last freed first: it is the one that is still in the cache.
///
/// Invariant: the first `count` places hold different numbers, all below the pool's size.
@safe struct BufferPool: ~Copyable {
  private let places: UnsafeMutablePointer<UInt32>
  private let capacity: Int
  private let worker: Int
  /// Free buffers.
  private(set) var count: Int

  /// A pool whose buffers are all free.
  init(worker: Int, count: UInt32) {
    self.worker = worker
    capacity = Int(count)
    self.count = capacity
    unsafe places = .allocate(capacity: capacity)
    for place in 0..<capacity { unsafe places[place] = count - 1 - UInt32(place) }
  }

  deinit { unsafe places.deallocate() }

  /// A free buffer, which is the caller's from now on; nil when there is none.
  @inline(__always)
  mutating func take() -> BufferID? {
    guard count > 0 else { return nil }
    count -= 1
    return unsafe BufferID(worker: worker, number: places[count])
  }

  /// Puts back a buffer of this pool.
  @inline(__always)
  mutating func put(_ buffer: BufferID) {
    precondition(buffer.worker == worker && count < capacity, "a buffer that is not this pool's, or is free already")
    unsafe places[count] = buffer.number
    count += 1
  }
}
