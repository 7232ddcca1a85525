import CKernel
import Glibc
import Synchronization

/// Wakes a worker that may be asleep in its engine's wait (eventfd(2)), and costs nothing while it is awake.
///
/// The sleeper says so before it looks at its rings for the last time, and who has published something looks at that
/// word afterwards; a full fence on both sides means that at least one of them sees the other. A system call is
/// made only for a worker that really sleeps.
package final class WakeDescriptor: Sendable {
  /// To be watched for readability.
  package let descriptor: Int32
  let asleep = Atomic<Bool>(false)

  /// Makes a descriptor that nobody has signalled.
  package init() throws(RingError) {
    descriptor = sp_event_descriptor()
    guard descriptor >= 0 else { throw .refused(call: "eventfd", code: -descriptor) }
  }

  deinit { close(descriptor) }

  /// Sleeper: announces the wait. Look at every ring once more after this, and wait only if all are empty.
  package func prepareToSleep() {
    asleep.store(true, ordering: .relaxed)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }

  /// Sleeper: takes the announcement back after the wait.
  package func awake() { asleep.store(false, ordering: .relaxed) }

  /// Sleeper: takes the signals that have come, so that the descriptor can be watched again.
  package func clear() {
    var count: UInt64 = 0
    _ = unsafe read(descriptor, &count, MemoryLayout<UInt64>.size)
  }

  /// Anyone: wakes the worker if it sleeps. Call it after publishing to one of its rings.
  package func wakeIfAsleep() {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if asleep.load(ordering: .relaxed) { signal() }
  }

  /// Anyone: makes the descriptor readable.
  package func signal() {
    var one: UInt64 = 1
    _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
  }
}
