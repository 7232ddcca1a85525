import CReference

/// The C loop with a table and frames of its own, and a loop without memory: what the machine's cores do beside each
/// other when no gateway is there.
@safe final class ReferenceLoop: @unchecked Sendable {
  private let frames: Frames
  private let burst: Burst
  private let table: UnsafeMutablePointer<sp_reference_session>
  private let slots: UInt64
  private var next = 0

  init?(sessions: Int, _ frames: Frames) {
    let slots = sp_reference_slots(UInt64(sessions))
    guard let burst = Burst(), let table = unsafe sp_reference_allocate(slots) else { return nil }
    self.frames = frames
    self.burst = burst
    self.slots = slots
    unsafe self.table = table
  }

  deinit { unsafe sp_reference_free(table, slots) }

  /// Rewrites frames for so many nanoseconds; answers how many, and how long this thread had a core.
  func rewrite(for duration: UInt64) -> (Int, UInt64) {
    let used = threadNanoseconds()
    let end = monotonicNanoseconds() + duration
    var (count, ports): (Int, UInt64) = (0, 0)
    while monotonicNanoseconds() < end {
      burst.arrive(frames, next)
      next = next + Burst.size == frames.count ? 0 : next + Burst.size
      ports &+= unsafe sp_reference_rewrite(burst.octets, UInt32(Burst.size), UInt32(Burst.stride), table, slots, 1)
      count += Burst.size
    }
    precondition(ports > 0, "the C loop has written no port")
    return (count, threadNanoseconds() - used)
  }

  /// Computes in registers for so many nanoseconds.
  static func compute(for duration: UInt64) -> (Int, UInt64) {
    let used = threadNanoseconds()
    let end = monotonicNanoseconds() + duration
    var (count, word): (Int, UInt64) = (0, 0)
    while monotonicNanoseconds() < end {
      word ^= sp_reference_compute(1_000)
      count += 1_000
    }
    precondition(word != 1, "a loop that nobody needs")
    return (count, threadNanoseconds() - used)
  }
}
