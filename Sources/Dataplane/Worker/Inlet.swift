import Glibc
import WireFormats

/// How one device's queue is being read.
///
/// While the queue is empty one read waits on it. When that brings a frame, batches of reads that do not wait follow, until
/// one finds the queue empty. With many waiting reads each frame would wake all of them, and the kernel gives a
/// read that was woken in vain too often to a thread of its own, where frames overtake each other.
///
/// A batch is as large as the queue was deep, but no larger than what fits a cache: with super-frames a few buffers
/// that are used over and over beat many.
struct Inlet: BitwiseCopyable, Sendable {
  /// Octets of one batch at most.
  static let maximumBatchOctets = 256 * 1024
  /// Reads of one batch at least.
  static let minimumBatch: UInt16 = 4

  /// Whether a read waits for a frame.
  var isWaiting = false
  /// Whether the queue may hold frames now.
  var mayHaveFrames = false
  /// Reads of the current batch that have not ended.
  var pending: UInt16 = 0
  /// Reads of the next batch.
  var batch: UInt16 = 8
  /// Frames and octets that the current batch has brought.
  var frames: UInt16 = 0
  var octets: UInt32 = 0
  /// When the device may be read again after a read failed: one that has vanished fails each read at once.
  var retryAt: UInt64 = 0

  /// Notes the end of the batch: whether there may be more, and how large the next one should be.
  mutating func endBatch(limit: UInt16) {
    let isFull = frames >= batch
    mayHaveFrames = isFull
    if isFull { batch = min(batch * 2, limit) } else if frames < batch / 2 { batch = max(batch / 2, Self.minimumBatch) }
    if frames > 0 {
      let fitting = UInt32(Self.maximumBatchOctets) / max(octets / UInt32(frames), 1)
      batch = max(min(batch, UInt16(clamping: fitting)), Self.minimumBatch)
    }
    frames = 0
    octets = 0
  }
}

extension Worker where IO: ~Copyable {
  /// Reads from every device: a batch where there may be frames, otherwise one read that waits.
  mutating func armReads() {
    for device in 0..<plan.deviceCount where inlets[device].pending == 0 {
      if inlets[device].mayHaveFrames {
        for _ in 0..<inlets[device].batch {
          guard let buffer = pool.take() else { break }
          inlets[device].pending += 1
          unsafe io.tryRead(
            file: UInt32(device), into: memory.address(buffer, at: FrameMemory.readOffset),
            count: memory.readCapacity, buffer: UInt16(plan.index),
            token: Token(.tryRead, device: device, buffer: buffer).rawValue)
        }
      } else if !inlets[device].isWaiting, inlets[device].retryAt <= nanoseconds, let buffer = pool.take() {
        inlets[device].isWaiting = true
        unsafe io.read(
          file: UInt32(device), into: memory.address(buffer, at: FrameMemory.readOffset),
          count: memory.readCapacity, buffer: UInt16(plan.index),
          token: Token(.read, device: device, buffer: buffer).rawValue)
      }
    }
  }

  /// The end of a read: a frame for the burst, or a buffer for the pool. Returns the number of frames, 0 or 1.
  @inline(__always)
  mutating func endRead(_ token: Token, _ completion: Completion) -> Int {
    let device = token.device
    if token.kind == .read {
      inlets[device].isWaiting = false
      inlets[device].mayHaveFrames = completion.result > 0
      let isInterrupted = completion.result == -EINTR || completion.result == -EAGAIN
      if completion.result <= 0, !isInterrupted {
        inlets[device].retryAt = nanoseconds + Self.housekeepingInterval
      }
    } else {
      inlets[device].pending -= 1
      if completion.result > 0 {
        inlets[device].frames += 1
        inlets[device].octets += UInt32(completion.result)
      }
      if inlets[device].pending == 0 { inlets[device].endBatch(limit: UInt16(plan.readDepth)) }
    }
    guard completion.result > 0 else {
      pool.put(token.buffer)
      return 0
    }
    addFrame(
      Frame(
        buffer: token.buffer, start: UInt16(FrameMemory.readOffset), device: UInt8(device),
        length: UInt32(completion.result)),
      handedOver: false)
    return 1
  }
}
