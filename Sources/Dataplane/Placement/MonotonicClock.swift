import CKernel
import Glibc
import Translation

/// Nanoseconds of CLOCK_MONOTONIC, which neither a clock's setting nor its slewing turns back.
package func monotonicNanoseconds() -> UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }

/// Nanoseconds since the machine's boot, times of sleep included: what two runs can compare.
func bootNanoseconds() -> UInt64 { nanoseconds(of: CLOCK_BOOTTIME) }

private func nanoseconds(of clock: clockid_t) -> UInt64 {
  var now = timespec()
  _ = unsafe clock_gettime(clock, &now)
  return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
}

extension BootIdentity {
  /// This boot; zeros where the kernel does not say, which make every run seem one of this boot.
  static var current: BootIdentity {
    let digits = (firstLine(of: "/proc/sys/kernel/random/boot_id") ?? "").filter(\.isHexDigit)
    guard digits.count == 32, let high = UInt64(digits.prefix(16), radix: 16),
      let low = UInt64(digits.suffix(16), radix: 16)
    else { return BootIdentity() }
    return BootIdentity(high: high, low: low)
  }
}
