import Glibc

/// Why a TAP device could not be opened or set up as asked.
package enum DeviceError: Error, Equatable {
  /// The kernel takes names of 1 to 15 octets without "/" and white space.
  case badName(device: String)
  /// The kernel has no TAP driver, or this container does not show it.
  case noDriver(device: String, code: Int32)
  /// This user may not do it.
  case notPermitted(device: String, step: String)
  /// The device is held by another process, or all its queues are.
  case busy(device: String, step: String, code: Int32)
  /// There is an interface of that name that cannot have `queues` queues, or is no TAP.
  case mismatch(device: String, queues: Int)
  /// The network namespace cannot be entered.
  case namespace(device: String, path: String, step: String, code: Int32)
  /// Another step failed.
  case failed(device: String, step: String, code: Int32)

  /// What a failed step means for the operator.
  init(device: String, step: String, code: Int32, queues: Int) {
    let opening = step.hasPrefix("open(")
    switch code {
    case ENAMETOOLONG: self = .badName(device: device)
    case ENOENT where opening, ENODEV where opening, ENXIO where opening: self = .noDriver(device: device, code: code)
    case EPERM, EACCES: self = .notPermitted(device: device, step: step)
    case EBUSY, E2BIG: self = .busy(device: device, step: step, code: code)
    case EINVAL where step == "ioctl(TUNSETIFF)": self = .mismatch(device: device, queues: queues)
    default: self = .failed(device: device, step: step, code: code)
    }
  }
}

extension DeviceError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .badName(let device):
      "device \(device): an interface's name has 1 to 15 octets, and neither \"/\" nor white space"
    case .noDriver(let device, let code):
      "device \(device): open(/dev/net/tun): \(describe(code)); run `modprobe tun`, or give the container the device "
        + "/dev/net/tun"
    case .notPermitted(let device, let step):
      "device \(device): \(step): not permitted; grant CAP_NET_ADMIN, or make the device for this user beforehand: "
        + "`ip tuntap add dev \(device) mode tap multi_queue vnet_hdr user USER`, then set its mtu and bring it up"
    case .busy(let device, let step, let code):
      "device \(device): \(step): \(describe(code)); another process has it open; `grep \(device) /proc/*/fdinfo/*` "
        + "finds it"
    case .mismatch(let device, let queues):
      "device \(device): ioctl(TUNSETIFF): an interface of that name exists and cannot be opened as a TAP with "
        + "\(queues) \(queues == 1 ? "queue" : "queues"); remove it, or make it anew with "
        + "`ip tuntap add dev \(device) mode tap multi_queue vnet_hdr`"
    case .namespace(let device, let path, let step, let code):
      "device \(device): namespace \(path): \(step): \(describe(code)); "
        + (code == EPERM || code == EACCES
          ? "entering a namespace needs CAP_SYS_ADMIN, or start the gateway inside of it with `ip netns exec`"
          : "`ip netns list` shows the namespaces there are")
    case .failed(let device, let step, let code):
      "device \(device): \(step): \(describe(code))"
    }
  }
}
