import Glibc

/// Nanoseconds of CLOCK_MONOTONIC, which neither a clock's setting nor its slewing turns back.
package func monotonicNanoseconds() -> UInt64 {
  var now = timespec()
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
}
