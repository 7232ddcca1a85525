import CKernel
import Glibc

/// Why a worker's packet engine could not be set up.
package enum RingError: Error, Equatable {
  /// The kernel knows no io_uring, or a seccomp filter pretends so.
  case unsupported
  /// io_uring is switched off: by kernel.io_uring_disabled, whose value is given when it is not 0, else by a filter.
  case notPermitted(sysctl: Int?)
  /// A ring or packet memory of `octets` exceeds the locked memory that the process may have.
  case memoryLock(octets: Int, limit: UInt64)
  /// Another call failed.
  case refused(call: String, code: Int32)

  /// What an errno of io_uring_setup(2) means for a ring of `octets`.
  init(setup code: Int32, octets: Int) {
    switch code {
    case ENOSYS: self = .unsupported
    case EPERM, EACCES: self = .notPermitted(sysctl: Self.disabledSetting)
    case ENOMEM: self = .memoryLock(octets: octets, limit: Self.lockLimit)
    default: self = .refused(call: "io_uring_setup", code: code)
    }
  }

  /// What an errno of registering packet memory means.
  init(registering octets: Int, code: Int32) {
    self =
      code == ENOMEM
      ? .memoryLock(octets: octets, limit: Self.lockLimit) : .refused(call: "io_uring_register_buffers", code: code)
  }

  private static var disabledSetting: Int? {
    guard let text = firstLine(of: "/proc/sys/kernel/io_uring_disabled"), let value = Int(text) else { return nil }
    return value == 0 ? nil : value
  }

  private static var lockLimit: UInt64 { sp_memory_lock_limit() }
}

extension RingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unsupported:
      "io_uring is not available: the kernel has none (5.19 or later has), or a container runtime's seccomp profile "
        + "hides it; allow io_uring_setup, io_uring_enter and io_uring_register there"
    case .notPermitted(let sysctl?):
      "io_uring is disabled by kernel.io_uring_disabled = \(sysctl); run `sysctl kernel.io_uring_disabled=0`"
    case .notPermitted(nil):
      "io_uring is not permitted; a container runtime's seccomp profile or a security module refuses io_uring_setup: "
        + "allow io_uring_setup, io_uring_enter and io_uring_register there"
    case .memoryLock(let octets, let limit):
      "io_uring may not lock \(octets) octets of memory (the limit is \(limit)); raise it with "
        + "LimitMEMLOCK=infinity in the service's unit or `ulimit -l unlimited`, or grant CAP_IPC_LOCK"
    case .refused(let call, let code):
      "\(call): \(describe(code))"
    }
  }
}
