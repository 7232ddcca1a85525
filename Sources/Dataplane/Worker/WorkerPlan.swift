import Forwarding
import Translation
import WireFormats

/// Everything that one worker needs to know of the gateway; the same for all but for the first fields.
struct WorkerPlan: Sendable {
  var index: Int
  var workers: Int
  /// The slow paths, which follow the workers in rings and buffer pools.
  var slowPaths = 0
  /// The queue of each device that is this worker's.
  var queues: [Int32]
  var memory: FrameMemory
  var neighbors: NeighborTable
  var ipv6Neighbors: IPv6NeighborTable
  /// `rings[from * parties + to]`: frames from one worker or slow path to another.
  var rings: [HandoverRing]
  /// `returns[from * parties + to]`: buffers on their way back to the pool they are from.
  var returns: [HandoverRing]
  /// Of the workers, then of the slow paths.
  var wakes: [WakeDescriptor]
  var interfaces: [NetworkInterface]
  var deviceCount: Int
  var poll: PollMode
  /// Frames of a burst, 1 to 64.
  var burst: Int
  /// Requests that the engine takes between two submissions.
  var ringEntries: UInt32
  /// Reads of one batch at most.
  var readDepth: Int
  var originNanoseconds: UInt64

  /// Workers and slow paths.
  var parties: Int { workers + slowPaths }

  /// The ring to another worker or slow path.
  func ring(to party: Int) -> HandoverRing { rings[index * parties + party] }
}

/// How a worker waits for frames (`poll` in the configuration).
package enum PollMode: String, Sendable, CaseIterable {
  /// Never sleeps: lowest latency, one core always busy.
  case busy
  /// Spins for a short while after frames as long as that pays, sleeps otherwise.
  case adaptive
  /// Always sleeps when there is nothing to do.
  case interrupt
}

/// A frame in a hand-over ring: one 64-bit element.
///
///     bits 0-31 buffer, 32-51 length, 52-59 device, 60 annotated, 61-62 no frame (`SlowPathWords`)
extension Frame {
  /// Set when the buffer has a `FrameAnnotation`.
  static var annotated: UInt64 { 1 << 60 }

  var handoverWord: UInt64 {
    UInt64(buffer.rawValue) | UInt64(length) << 32 | UInt64(device) << 52
  }

  init(handoverWord word: UInt64) {
    buffer = BufferID(rawValue: UInt32(truncatingIfNeeded: word))
    length = UInt32(truncatingIfNeeded: word >> 32) & 0xF_FFFF
    device = UInt8(truncatingIfNeeded: word >> 52)
    start = UInt16(FrameMemory.readOffset)
  }
}

/// What a ring request was for: kind, device and buffer in one 64-bit token.
struct Token: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case read = 1
    case tryRead = 2
    case write = 3
    case wake = 4
  }

  var rawValue: UInt64
  init(_ kind: Kind, device: Int = 0, buffer: BufferID = BufferID(rawValue: 0)) {
    rawValue = UInt64(kind.rawValue) << 56 | UInt64(device) << 48 | UInt64(buffer.rawValue)
  }
  init(rawValue: UInt64) { self.rawValue = rawValue }

  var kind: Kind? { Kind(rawValue: UInt8(truncatingIfNeeded: rawValue >> 56)) }
  var device: Int { Int(rawValue >> 48 & 0xFF) }
  var buffer: BufferID { BufferID(rawValue: UInt32(truncatingIfNeeded: rawValue)) }
}
