import CKernel
import Glibc

/// A small program in the kernel that names the queue of each frame by the server's address in it, which no translation
/// of inside addresses changes: so both directions of a conversation meet in one lane, and lanes share nothing.
struct QueueSteering: ~Copyable {
  /// Where the lower half of the server's address lies in an IPv4 header.
  enum Field: Int32 {
    /// Among frames that come to the outside end: the destination.
    case destination = 18
    /// Among frames that come to the inside end: the source.
    case source = 14
  }

  /// Where the kernel looks for the IPv4 header.
  enum Base: Int32 {
    /// Behind an Ethernet header (a TAP's program is given the frame).
    case frame = 14
    /// From the network header on (SKF_NET_OFF; a packet socket's program is given what a protocol would be).
    case network = -0x100000
  }

  let descriptor: Int32

  /// Loads the program for `queues` queues; `end` is named in errors.
  init(_ field: Field, from base: Base, queues: Int, end: String) throws(EndError) {
    let instructions: [UInt64] = [
      Self.instruction(0xBF, registers: 0x16),  // r6 = r1, where packet loads look for the frame
      Self.instruction(0x28, immediate: base.rawValue + field.rawValue),  // r0 = 16 bits of the packet
      Self.instruction(0x94, immediate: Int32(queues)),  // r0 %= queues
      Self.instruction(0x95),  // return r0
    ]
    var log = [CChar](repeating: 0, count: 4_096)
    let result = unsafe sp_bpf_load(instructions, UInt32(instructions.count), &log, UInt32(log.count))
    guard result >= 0 else { throw .refused(end: end, step: "bpf(BPF_PROG_LOAD)", code: -result) }
    descriptor = result
  }

  deinit { close(descriptor) }

  /// `struct bpf_insn` (RFC 9669 section 3.1) as one number.
  private static func instruction(_ opcode: UInt8, registers: UInt8 = 0, immediate: Int32 = 0) -> UInt64 {
    UInt64(opcode) | UInt64(registers) << 8 | UInt64(UInt32(bitPattern: immediate)) << 32
  }

  /// The queue that the program names for a server's address.
  static func queue(of server: UInt32, among queues: Int) -> Int { Int(server & 0xFFFF) % queues }
}
