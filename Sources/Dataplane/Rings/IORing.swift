import CKernel
import Glibc

/// One io_uring, made and used by one worker thread (io_uring(7), liburing 2.3).
///
/// Reads and writes are READ_FIXED and WRITE_FIXED of registered files and buffers, so that the kernel neither looks
/// up a descriptor nor pins a page for each frame. The setup is SINGLE_ISSUER with DEFER_TASKRUN where the kernel has
/// it (Linux 6.1): completions then appear only when this thread submits or waits, never in the middle of a burst.
///
/// Invariant: `ring` points to an initialised `io_uring` from `init` to `deinit`, and only the thread that ran `init`
/// touches it.
@safe
package struct IORing: PacketIO, ~Copyable {
  /// How the kernel posts completions, best first.
  package enum Scheme: Int32, Sendable {
    /// When the thread asks (SINGLE_ISSUER, DEFER_TASKRUN).
    case deferred = 0
    /// At the thread's next system call (COOP_TASKRUN).
    case cooperative = 1
    /// By interrupting the thread.
    case plain = 2
  }

  let ring: UnsafeMutablePointer<io_uring>
  /// What the kernel granted.
  package let scheme: Scheme
  package private(set) var outstanding: UInt64 = 0

  package init(entries: UInt32, completionEntries: UInt32) throws(RingError) {
    let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
    unsafe ring.initialize(to: io_uring())
    var granted: Int32 = 0
    let result = unsafe sp_ring_open(ring, entries, completionEntries, &granted)
    guard result == 0 else {
      unsafe ring.deallocate()
      let octets =
        Int(entries) * MemoryLayout<io_uring_sqe>.stride + Int(completionEntries) * MemoryLayout<io_uring_cqe>.stride
      throw RingError(setup: -result, octets: octets)
    }
    unsafe self.ring = ring
    scheme = Scheme(rawValue: granted) ?? .plain
  }

  deinit {
    unsafe sp_ring_close(ring, outstanding)
    unsafe ring.deallocate()
  }

  package var summary: String {
    switch scheme {
    case .deferred: "io_uring, deferred completions"
    case .cooperative: "io_uring, cooperative completions (Linux 6.1 would defer them)"
    case .plain: "io_uring, interrupting completions (Linux 6.1 would defer them)"
    }
  }

  package mutating func register(files: [Int32]) throws(RingError) {
    let result = unsafe io_uring_register_files(ring, files, UInt32(files.count))
    guard result >= 0 else { throw .refused(call: "io_uring_register_files", code: -result) }
  }

  package mutating func register(buffers: [UnsafeMutableRawBufferPointer]) throws(RingError) {
    let vectors = unsafe buffers.map { unsafe iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
    let result = unsafe io_uring_register_buffers(ring, vectors, UInt32(vectors.count))
    guard result >= 0 else {
      throw RingError(registering: unsafe buffers.reduce(0) { $0 + $1.count }, code: -result)
    }
  }

  @inline(__always) package mutating func read(
    file: UInt32, into base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64
  ) {
    outstanding &+= 1
    unsafe sp_ring_read(ring, file, base, count, buffer, token)
  }

  @inline(__always) package mutating func tryRead(
    file: UInt32, into base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64
  ) {
    outstanding &+= 1
    unsafe sp_ring_try_read(ring, file, base, count, buffer, token)
  }

  @inline(__always) package mutating func write(
    file: UInt32, from base: UnsafeMutableRawPointer, count: UInt32, buffer: UInt16, token: UInt64
  ) {
    outstanding &+= 1
    unsafe sp_ring_write(ring, file, base, count, buffer, token)
  }

  package mutating func watch(descriptor: Int32, token: UInt64) {
    outstanding &+= 1
    unsafe sp_ring_watch(ring, descriptor, token)
  }

  package mutating func submit() {
    let result = unsafe sp_ring_submit(ring)
    if result < 0 { judge(-result) }
  }

  package mutating func submitAndWait(atLeast count: UInt32, nanoseconds: UInt64) {
    let result = unsafe sp_ring_wait(ring, count, nanoseconds)
    if result < 0 { judge(-result) }
  }

  package var hasQueued: Bool { unsafe sp_ring_has_queued(ring) }

  package var mayHaveCompletions: Bool { unsafe sp_ring_has_news(ring) }

  package mutating func harvest(into target: UnsafeMutableBufferPointer<Completion>) -> Int {
    let count = unsafe min(sp_ring_ready(ring), UInt32(truncatingIfNeeded: target.count))
    for index in 0..<count {
      let entry = unsafe sp_ring_completion(ring, index)!
      unsafe target[Int(index)] = Completion(token: entry.pointee.user_data, result: entry.pointee.res)
    }
    unsafe sp_ring_advance(ring, count)
    outstanding &-= UInt64(count)
    return Int(count)
  }

  /// Tells what passes by itself from what cannot be: the entries stay queued after the former, and the latter means
  /// that an invariant of this type is broken.
  @inline(never) func judge(_ code: Int32) {
    switch code {
    case ETIME, EINTR, EAGAIN, EBUSY, ENOMEM: break
    default: preconditionFailure("io_uring_enter: \(describe(code))")
    }
  }
}
