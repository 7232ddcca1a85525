import Synchronization
package import WireFormats

/// Frames on their way from one worker to whoever captures.
///
/// The worker writes, one reader drains, and the worker never waits: a frame that does not fit is counted as lost.
/// While nobody captures, a worker pays one relaxed load of `interfaces` a burst.
///
/// A record is a header of 32 octets and the frame's octets, padded to a multiple of 32, so that a header never wraps
/// around the ring's end; the frame may.
///
///     0        4       8           16       20         24
///     | length | kept  | timestamp | number | direction | unused
///
/// Invariant: the octets between the published head and tail are whole records, written by the worker before the tail
/// passed them. Only the worker moves the tail, only the reader the head.
@safe package final class CaptureRing: @unchecked Sendable {
  /// Octets of the ring: a power of two.
  package static let capacity = 1 << 20
  /// Interfaces that a mask can name.
  package static let maximumInterfaces = 64
  private static let headerSize = 32

  private let memory: UnsafeMutableRawPointer
  private let mask = Atomic<UInt64>(0)
  private let snapLength = Atomic<Int>(Int.max)
  private let lostCount = Atomic<UInt64>(0)
  private let tail = Atomic<UInt64>(0)
  private let head = Atomic<UInt64>(0)

  /// An empty ring that captures nothing yet.
  package init() {
    unsafe memory = .allocate(byteCount: Self.capacity, alignment: 128)
  }

  deinit { unsafe memory.deallocate() }

  /// The interfaces being captured, bit *i* for interface *i*; 0 almost always. The worker reads it once a burst.
  @inline(__always) package var interfaces: UInt64 { mask.load(ordering: .relaxed) }

  /// The frames that found no room since the ring was made.
  package var lost: UInt64 { lostCount.load(ordering: .relaxed) }

  /// Starts capturing on the interfaces of `interfaces`, up to `snapLength` octets of each frame.
  package func start(interfaces: UInt64, snapLength: Int = 262_144) {
    precondition(snapLength > 0)
    self.snapLength.store(snapLength, ordering: .relaxed)
    mask.store(interfaces, ordering: .releasing)
  }

  /// Stops capturing; what is in the ring can still be drained.
  package func stop() { mask.store(0, ordering: .relaxed) }

  /// Worker: records a frame (without its virtio header), or counts it as lost.
  @inline(never) package func record(
    _ frame: PacketOctets, interface: Int, direction: CaptureDirection, timestamp: UInt64
  ) {
    let kept = min(frame.count, snapLength.load(ordering: .relaxed))
    let size = Self.recordSize(kept)
    let start = tail.load(ordering: .relaxed)
    guard start &+ size &- head.load(ordering: .acquiring) <= UInt64(Self.capacity) else {
      lostCount.store(lostCount.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
      return
    }
    let record = unsafe memory + place(start)
    unsafe record.storeBytes(of: UInt32(frame.count), as: UInt32.self)
    unsafe record.storeBytes(of: UInt32(kept), toByteOffset: 4, as: UInt32.self)
    unsafe record.storeBytes(of: timestamp, toByteOffset: 8, as: UInt64.self)
    unsafe record.storeBytes(of: UInt32(interface), toByteOffset: 16, as: UInt32.self)
    unsafe record.storeBytes(of: direction.rawValue, toByteOffset: 20, as: UInt8.self)
    let octets = place(start &+ UInt64(Self.headerSize))
    let first = min(kept, Self.capacity - octets)
    let ring = unsafe PacketOctets(base: memory, count: Self.capacity)
    ring.copy(first, from: frame, at: 0, to: octets)
    ring.copy(kept - first, from: frame, at: first, to: 0)
    tail.store(start &+ size, ordering: .releasing)
  }

  /// Reader: hands every record that is in the ring now to `body`, oldest first, and returns how many there were.
  package func drain(_ body: (CapturedFrame) -> Void) -> Int {
    let end = tail.load(ordering: .acquiring)
    var position = head.load(ordering: .relaxed)
    var count = 0
    while position != end {
      let record = unsafe memory + place(position)
      let kept = unsafe Int(record.load(fromByteOffset: 4, as: UInt32.self))
      let frame = unsafe CapturedFrame(
        timestamp: record.load(fromByteOffset: 8, as: UInt64.self),
        interface: Int(record.load(fromByteOffset: 16, as: UInt32.self)),
        direction: CaptureDirection(rawValue: record.load(fromByteOffset: 20, as: UInt8.self)) ?? .received,
        originalLength: Int(record.load(as: UInt32.self)),
        octets: octets(at: place(position &+ UInt64(Self.headerSize)), count: kept))
      position &+= Self.recordSize(kept)
      // Each record's place is free as soon as it has been copied, so that the worker loses fewer.
      head.store(position, ordering: .releasing)
      body(frame)
      count += 1
    }
    return count
  }

  /// A copy of `count` octets that may go on at the ring's start.
  private func octets(at place: Int, count: Int) -> [UInt8] {
    let first = min(count, Self.capacity - place)
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      unsafe UnsafeMutableRawBufferPointer(target)
        .copyMemory(from: UnsafeRawBufferPointer(start: memory + place, count: first))
      unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[first...])
        .copyMemory(from: UnsafeRawBufferPointer(start: memory, count: count - first))
      initialized = count
    }
  }

  private func place(_ position: UInt64) -> Int { Int(position & UInt64(Self.capacity - 1)) }

  private static func recordSize(_ kept: Int) -> UInt64 {
    UInt64((headerSize + kept + headerSize - 1) / headerSize * headerSize)
  }
}
