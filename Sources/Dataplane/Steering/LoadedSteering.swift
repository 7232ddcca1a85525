import CKernel
import Glibc

/// Why frames cannot be steered by the kernel. The workers then hand over what arrives at the wrong queue.
package enum SteeringError: Error, Equatable, CustomStringConvertible {
  /// bpf(2) is not allowed.
  case notPermitted
  /// The kernel has no bpf(2), or a filter hides it.
  case unsupported
  /// The verifier refused the program; what it said is given.
  case rejected(code: Int32, verdict: String)
  /// The driver refused the program.
  case notAttached(device: String, code: Int32)

  package var description: String {
    switch self {
    case .notPermitted:
      "steering frames to their worker needs CAP_BPF (Linux before 5.8: CAP_SYS_ADMIN) to load a program; without it "
        + "workers hand frames over to each other"
    case .unsupported:
      "steering frames to their worker needs bpf(2), which this kernel or a seccomp filter refuses; workers hand "
        + "frames over to each other"
    case .rejected(let code, let verdict):
      "the kernel rejected the steering program: \(describe(code)): \(verdict)"
    case .notAttached(let device, let code):
      "device \(device): ioctl(TUNSETSTEERINGEBPF): \(describe(code)); workers hand frames over to each other"
    }
  }
}

/// A steering program in the kernel.
package struct LoadedSteering: ~Copyable {
  /// The program's descriptor.
  let descriptor: Int32

  /// Loads `program` for a device with `queues` queues.
  package init(_ program: SteeringProgram, queues: Int) throws(SteeringError) {
    let instructions = program.instructions(queues: queues)
    var log = [CChar](repeating: 0, count: 16_384)
    let result = unsafe sp_bpf_load(instructions, UInt32(instructions.count), &log, UInt32(log.count))
    guard result < 0 else {
      descriptor = result
      return
    }
    switch -result {
    case EPERM: throw .notPermitted
    case ENOSYS: throw .unsupported
    default:
      let words = log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw .rejected(code: -result, verdict: String(decoding: words, as: UTF8.self))
    }
  }

  deinit { close(descriptor) }

  /// Attaches the program to a device, which keeps it for as long as it lives; this value may go.
  package borrowing func attach(to device: TapDevice) throws(SteeringError) {
    let result = sp_tap_set_steering(device.queueDescriptors[0], descriptor)
    guard result >= 0 else { throw .notAttached(device: device.name, code: -result) }
  }

  /// What the program answers for an Ethernet frame (BPF_PROG_TEST_RUN); throws an errno's number when the kernel
  /// refuses to run it. The answer is the queue.
  borrowing func queue(for frame: [UInt8]) throws(SteeringError) -> Int {
    // The kernel strips one Ethernet header before it shows a test's octets to a socket filter, as a socket would see
    // them; the TAP driver shows the whole frame. So one header goes before it.
    let octets = [UInt8](repeating: 0, count: 14) + frame
    var answer: UInt32 = 0
    let result = unsafe sp_bpf_test_run(descriptor, octets, UInt32(octets.count), &answer)
    guard result == 0 else { throw .rejected(code: -result, verdict: "BPF_PROG_TEST_RUN") }
    return Int(answer)
  }
}

extension TapDevice {
  /// Lets the kernel choose the queue of each frame it hands over. A failure leaves the device as it was: it works, and
  /// workers hand over more.
  package func steer(by program: SteeringProgram) throws(SteeringError) {
    try LoadedSteering(program, queues: queueDescriptors.count).attach(to: self)
  }
}
