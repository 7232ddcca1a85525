import Dataplane
import Glibc
import TestSupport

/// A packet engine over devices in memory, which keeps the contract of `PacketIO` and watches that the worker keeps its
/// side: memory within the registered buffers, no two requests for one place, no more requests than agreed.
///
/// Nothing happens before `submit`, as with io_uring. A write copies the frame when it ends, not when it is queued, so
/// that a buffer which is used again too early shows.
///
/// Invariant: the memory of a request stays valid until its completion; whoever queued it vouches for that.
@safe struct MemoryIO: PacketIO, ~Copyable {
  private enum Kind {
    case read, tryRead, write
  }

  @safe private struct Request {
    var kind: Kind
    var file: Int
    var base: UnsafeMutableRawPointer
    var count: Int
    var token: UInt64

    var range: Range<UInt> { unsafe UInt(bitPattern: base)..<UInt(bitPattern: base) + UInt(count) }
  }

  /// The queues that file numbers mean.
  var devices: [MemoryDevice] = []
  var faults = Faults.none
  /// What the worker did against the contract; empty when all is well.
  private(set) var problems: [String] = []
  /// The limits of the waits so far, in nanoseconds.
  private(set) var waits: [UInt64] = []
  private(set) var submissions = 0
  /// Reads that were queued so far, of both kinds.
  private(set) var readsQueued = 0

  private var queued: [Request] = []
  private var active: [Request] = []
  private var watches: [(descriptor: Int32, token: UInt64)] = []
  private var finished: [Completion] = []
  private var buffers: [UnsafeMutableRawBufferPointer]
  private let limit: Int

  init(entries: UInt32, completionEntries: UInt32) throws(RingError) {
    limit = Int(completionEntries)
    unsafe buffers = []
  }

  /// Devices are named by `devices`; descriptors mean nothing here.
  mutating func register(files: [Int32]) throws(RingError) {}
  mutating func register(buffers: [UnsafeMutableRawBufferPointer]) throws(RingError) { unsafe self.buffers = buffers }

  mutating func read(file: UInt32, into base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64) {
    readsQueued += 1
    queue(unsafe Request(kind: .read, file: Int(file), base: base, count: Int(count), token: token), buffer)
  }

  mutating func tryRead(file: UInt32, into base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64)
  {
    readsQueued += 1
    queue(unsafe Request(kind: .tryRead, file: Int(file), base: base, count: Int(count), token: token), buffer)
  }

  mutating func write(file: UInt32, from base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64) {
    queue(unsafe Request(kind: .write, file: Int(file), base: base, count: Int(count), token: token), buffer)
  }

  mutating func watch(descriptor: Int32, token: UInt64) { watches.append((descriptor, token)) }

  private mutating func queue(_ request: Request, _ buffer: UInt16) {
    let start = unsafe UInt(bitPattern: buffers[Int(buffer)].baseAddress)
    let end = unsafe start + UInt(buffers[Int(buffer)].count)
    if request.range.lowerBound < start || request.range.upperBound > end {
      problems.append("\(request.kind) outside of buffer \(buffer)")
    }
    for other in queued + active where other.range.overlaps(request.range) {
      problems.append("\(request.kind) of memory that a \(other.kind) still has")
    }
    queued.append(request)
    if outstanding > limit { problems.append("\(outstanding) requests outstanding") }
  }

  mutating func submit() {
    submissions += 1
    let due = active + queued
    active = []
    queued = []
    for request in due where faults.happens(faults.delays) || !end(request) { active.append(request) }
    for index in watches.indices.reversed() {
      var poll = pollfd(fd: watches[index].descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe Glibc.poll(&poll, 1, 0) > 0 else { continue }
      finished.append(Completion(token: watches[index].token, result: Int32(poll.revents)))
      watches.remove(at: index)
    }
  }

  /// Ends a request if it can end now.
  private mutating func end(_ request: Request) -> Bool {
    let device = devices[request.file]
    var result: Int32
    if request.kind == .write {
      if let error = device.writeError ?? faults.writeError() {
        result = -error
      } else {
        unsafe device.write(Array(UnsafeRawBufferPointer(start: request.base, count: request.count)))
        result = Int32(request.count)
      }
    } else if let error = device.readError ?? faults.readError() {
      result = -error
    } else if let frame = device.take() {
      result = Int32(min(frame.count, request.count))
      unsafe UnsafeMutableRawBufferPointer(start: request.base, count: request.count)
        .copyBytes(from: frame.prefix(Int(result)))
    } else {
      guard request.kind == .tryRead else { return false }
      result = -EAGAIN
    }
    finished.append(Completion(token: request.token, result: result))
    return true
  }

  /// Does not wait: time in these tests is the test's.
  mutating func submitAndWait(atLeast count: UInt32, nanoseconds: UInt64) {
    waits.append(nanoseconds)
    submit()
  }

  var hasQueued: Bool { !queued.isEmpty }
  var mayHaveCompletions: Bool { !isQuiet }

  mutating func harvest(into target: UnsafeMutableBufferPointer<Completion>) -> Int {
    let count = min(finished.count, target.count, faults.harvestLimit)
    for index in 0..<count { unsafe target[index] = finished[index] }
    finished.removeFirst(count)
    return count
  }

  var outstanding: UInt64 { UInt64(queued.count + active.count + watches.count + finished.count) }
  var summary: String { "in memory" }

  /// Whether a submission would change nothing: all that is left are reads that wait for frames which have not come.
  var isQuiet: Bool {
    queued.isEmpty && finished.isEmpty
      && active.allSatisfy {
        $0.kind == .read && devices[$0.file].arriving.isEmpty && devices[$0.file].readError == nil
      }
  }

  /// Reads that wait for a frame: each has a buffer of the worker's pool.
  var waitingReads: Int { active.count { $0.kind == .read } }
}
