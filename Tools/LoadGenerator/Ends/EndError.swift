import Glibc

/// Why the generator cannot stand where it was told to.
enum EndError: Error, Equatable, CustomStringConvertible {
  /// A system call refused.
  case refused(end: String, step: String, code: Int32)
  /// There is no such interface.
  case noDevice(end: String)
  /// There is no such namespace.
  case noNamespace(end: String, path: String)
  /// The interface is down.
  case down(end: String)
  /// The end belongs to the machine's own network, or may lead to a wire.
  case notOurs(end: String)
  /// Nobody answered an address resolution.
  case unresolved(end: String, address: String)

  var description: String {
    switch self {
    case .refused(let end, let step, let code):
      code == EPERM || code == EACCES
        ? "\(end): \(step): \(describe(code)). Raw frames need CAP_NET_RAW, TAP devices and namespaces CAP_NET_ADMIN."
        : "\(end): \(step): \(describe(code))"
    case .noDevice(let end): "\(end): there is no such interface there."
    case .noNamespace(let end, let path): "\(end): there is no network namespace at \(path)."
    case .down(let end): "\(end): the interface is down; set it up first: ip link set DEVICE up"
    case .notOurs(let end):
      "\(end) is in the machine's own network, or leads out of the machine, and load may harm what is there. Generate "
        + "it inside network namespaces, on veth, TAP, dummy or bridge devices, or say --i-own-this-network when all of "
        + "that network is yours to load."
    case .unresolved(let end, let address):
      "\(end): nobody answers for \(address) (ARP) within \(Resolution.seconds) seconds. Is the gateway running, and is "
        + "this its address on this side?"
    }
  }
}

/// The C library's words for an errno.
func describe(_ code: Int32) -> String {
  unsafe String(cString: strerror(code))
}
