import CKernel
import Glibc

/// The packet engine for where io_uring is refused: plain read(2), write(2) and ppoll(2), one frame a call.
///
/// It keeps `IORing`'s contract. A write happens when it is queued, since a TAP never makes a writer wait; reads happen
/// when the worker submits, as many as each file has frames and outstanding requests for. Slower than io_uring by a
/// third to a half on small frames, and otherwise the same.
///
/// Invariant: the memory of a queued read stays valid until its completion; whoever queued it vouches for that.
@safe
package struct ReadWriteQueue: PacketIO, ~Copyable {
  /// A read that waits for its frame; the memory is the requester's promise.
  @safe struct PendingRead {
    let base: UnsafeMutableRawPointer
    let count: Int
    let token: UInt64
    /// Whether the read stays until there is a frame.
    let waits: Bool
  }

  /// A registered file and its reads; they share one FIFO that never grows beyond the engine's limit.
  struct File {
    let descriptor: Int32
    var reads: Queue<PendingRead>
  }

  private var files: [File] = []
  private var watches: [(descriptor: Int32, token: UInt64)] = []
  private var finished: Queue<Completion>
  private var polls: [pollfd] = []
  private let limit: Int
  package private(set) var outstanding: UInt64 = 0

  package init(entries: UInt32, completionEntries: UInt32) throws(RingError) {
    limit = Int(completionEntries)
    finished = Queue(capacity: limit)
    watches.reserveCapacity(16)
  }

  package var summary: String { "read and write, one frame a system call" }

  package mutating func register(files descriptors: [Int32]) throws(RingError) {
    for descriptor in descriptors where fcntl(descriptor, F_GETFD) < 0 {
      throw .refused(call: "fcntl", code: errno)
    }
    files = descriptors.map { File(descriptor: $0, reads: Queue(capacity: limit)) }
    polls.reserveCapacity(files.count + 16)
  }

  /// Plain reads and writes take any memory, so there is nothing to register.
  package mutating func register(buffers: [UnsafeMutableRawBufferPointer]) throws(RingError) {}

  package mutating func read(
    file: UInt32, into base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64
  ) {
    outstanding += 1
    unsafe files[Int(file)].reads.append(PendingRead(base: base, count: Int(count), token: token, waits: true))
  }

  package mutating func tryRead(
    file: UInt32, into base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64
  ) {
    outstanding += 1
    unsafe files[Int(file)].reads.append(PendingRead(base: base, count: Int(count), token: token, waits: false))
  }

  package mutating func write(
    file: UInt32, from base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64
  ) {
    outstanding += 1
    let moved = unsafe Glibc.write(files[Int(file)].descriptor, base, Int(count))
    finished.append(Completion(token: token, result: moved < 0 ? -errno : Int32(truncatingIfNeeded: moved)))
  }

  package mutating func watch(descriptor: Int32, token: UInt64) {
    outstanding += 1
    watches.append((descriptor, token))
  }

  package mutating func submit() {
    for index in files.indices { readAll(from: index) }
    if !watches.isEmpty { _ = poll(nanoseconds: 0, watchesOnly: true) }
  }

  package mutating func submitAndWait(atLeast count: UInt32, nanoseconds: UInt64) {
    submit()
    let deadline = nanoseconds == .max ? UInt64.max : monotonicNanoseconds() &+ nanoseconds
    while finished.count < Int(count) {
      let now = monotonicNanoseconds()
      guard now < deadline, poll(nanoseconds: deadline == .max ? .max : deadline - now, watchesOnly: false) else {
        return
      }
      for index in files.indices { readAll(from: index) }
    }
  }

  /// Writes happen when they are queued, and reads whenever there is a submission.
  package var hasQueued: Bool { false }

  /// Nothing but a system call tells whether frames have come, so an outstanding read is reason enough to make one.
  package var mayHaveCompletions: Bool { outstanding > 0 }

  package mutating func harvest(into target: UnsafeMutableBufferPointer<Completion>) -> Int {
    var count = 0
    while count < target.count, let completion = finished.popFirst() {
      unsafe target[count] = completion
      count += 1
    }
    outstanding -= UInt64(count)
    return count
  }

  /// Turns waiting frames of a file into completions until there are no more frames or no more reads.
  private mutating func readAll(from index: Int) {
    while let next = files[index].reads.first {
      let moved = unsafe Glibc.read(files[index].descriptor, next.base, next.count)
      if moved < 0 && (errno == EAGAIN || errno == EINTR) && next.waits { return }
      finished.append(
        Completion(token: next.token, result: moved < 0 ? -errno : Int32(truncatingIfNeeded: moved)))
      _ = files[index].reads.popFirst()
    }
  }

  /// Waits until something is readable and completes the watches that are. False after a timeout or a signal.
  private mutating func poll(nanoseconds: UInt64, watchesOnly: Bool) -> Bool {
    polls.removeAll(keepingCapacity: true)
    for watch in watches { polls.append(pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)) }
    if !watchesOnly {
      for file in files where !file.reads.isEmpty {
        polls.append(pollfd(fd: file.descriptor, events: Int16(POLLIN), revents: 0))
      }
    }
    let ready = unsafe sp_poll(&polls, UInt32(polls.count), nanoseconds)
    guard ready > 0 else { return false }
    for index in watches.indices.reversed() where polls[index].revents != 0 {
      finished.append(Completion(token: watches[index].token, result: Int32(polls[index].revents)))
      watches.remove(at: index)
    }
    return true
  }
}

/// A first-in first-out queue of a fixed capacity, which it never leaves: a caller that outruns it breaks its contract.
struct Queue<Element> {
  private var places: [Element?]
  private var head = 0
  private(set) var count = 0

  init(capacity: Int) { places = Array(repeating: nil, count: capacity) }

  var isEmpty: Bool { count == 0 }
  var first: Element? { count == 0 ? nil : places[head] }

  mutating func append(_ element: Element) {
    precondition(count < places.count, "more requests outstanding than the engine was made for")
    places[(head + count) % places.count] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    defer {
      places[head] = nil
      head = (head + 1) % places.count
      count -= 1
    }
    return places[head]
  }
}
