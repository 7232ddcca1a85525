import Glibc
import TestSupport

/// One queue of a device that exists in memory only: frames on their way in and out, their virtio header first.
final class MemoryDevice {
  /// Frames that have arrived and not been read.
  var arriving: [[UInt8]] = []
  /// Frames that were written, oldest first.
  private(set) var written: [[UInt8]] = []
  /// The errno that every read ends with; nil while the device is sound.
  var readError: Int32?
  /// The errno that every write ends with; nil while the device is sound.
  var writeError: Int32?

  func take() -> [UInt8]? { arriving.isEmpty ? nil : arriving.removeFirst() }
  func write(_ frame: [UInt8]) { written.append(frame) }
  func forgetWritten() { written = [] }
}

/// What goes wrong in an engine now and then: each is a chance of one in so many, nil for never.
struct Faults {
  var random = SeededRandom(seed: 1)
  var failedWrites: Int?
  var failedReads: Int?
  /// Requests that do not end with the submission that they were due with.
  var delays: Int?
  /// Completions that one harvest hands out at most.
  var harvestLimit = Int.max

  static let none = Faults()

  mutating func happens(_ chances: Int?) -> Bool { chances.map { random.oneIn($0) } ?? false }
  mutating func writeError() -> Int32? { happens(failedWrites) ? random.pick([EIO, EAGAIN]) : nil }
  mutating func readError() -> Int32? { happens(failedReads) ? EBADFD : nil }
}
