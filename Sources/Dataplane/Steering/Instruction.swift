/// One eBPF instruction as the kernel reads it (`struct bpf_insn`, RFC 9669 section 3.1).
///
///     | opcode 8 | destination 4, source 4 | offset 16 | immediate 32 |
struct Instruction: BitwiseCopyable, Equatable {
  var opcode: UInt8
  /// The destination register in the low half, the source register in the high half.
  var registers: UInt8
  /// For jumps: instructions to skip.
  var offset: Int16
  var immediate: Int32

  private init(_ opcode: UInt8, to: Register = .result, from: Register = .result, immediate: UInt32 = 0) {
    self.opcode = opcode
    registers = to.rawValue | from.rawValue << 4
    offset = 0
    self.immediate = Int32(bitPattern: immediate)
  }

  /// The registers that the steering programs use, by what they hold there.
  enum Register: UInt8 {
    /// R0: what a packet load brings and what the program returns.
    case result = 0
    /// R1: the frame, when the program is entered.
    case argument = 1
    /// R6: the frame, where packet loads look for it.
    case frame = 6
    /// R7: where the IP header starts.
    case network = 7
    /// R8: where the transport header starts.
    case transport = 8
    /// R9: the IP protocol.
    case proto = 9
  }

  /// The octets that a packet load takes.
  enum Width: UInt8 {
    case octet = 0x10
    case half = 0x08
    case word = 0x00
  }

  // Legacy packet access (RFC 9669 section 5.5): the number arrives in host order, and a frame that ends before it ends
  // the program with 0. That is why no program here checks a length.

  /// R0 = the number at a fixed offset.
  static func load(_ width: Width, at offset: UInt32) -> Self { Self(0x20 | width.rawValue, immediate: offset) }
  /// R0 = the number at `offset` behind where `base` points.
  static func load(_ width: Width, behind base: Register, at offset: UInt32) -> Self {
    Self(0x40 | width.rawValue, from: base, immediate: offset)
  }

  /// 64-bit copy of a register.
  static func copy(_ source: Register, to target: Register) -> Self { Self(0xBF, to: target, from: source) }

  // 32-bit arithmetic, which clears the upper half of its result.
  static func set(_ target: Register, _ value: UInt32) -> Self { Self(0xB4, to: target, immediate: value) }
  static func add(_ target: Register, _ source: Register) -> Self { Self(0x0C, to: target, from: source) }
  static func and(_ target: Register, _ value: UInt32) -> Self { Self(0x54, to: target, immediate: value) }
  static func xor(_ target: Register, _ value: UInt32) -> Self { Self(0xA4, to: target, immediate: value) }
  static func multiply(_ target: Register, _ value: UInt32) -> Self { Self(0x24, to: target, immediate: value) }
  static func shiftLeft(_ target: Register, _ bits: UInt32) -> Self { Self(0x64, to: target, immediate: bits) }
  static func shiftRight(_ target: Register, _ bits: UInt32) -> Self { Self(0x74, to: target, immediate: bits) }
  static func remainder(_ target: Register, _ divisor: UInt32) -> Self { Self(0x94, to: target, immediate: divisor) }

  /// Jumps when the register equals the number; the assembler fills in how far.
  static func jump(if register: Register, equals value: UInt32) -> Self { Self(0x15, to: register, immediate: value) }
  /// Jumps when the register differs from the number.
  static func jump(if register: Register, differsFrom value: UInt32) -> Self {
    Self(0x55, to: register, immediate: value)
  }
  /// Jumps always.
  static let jump = Self(0x05)
  /// Ends the program; R0 is the queue.
  static let exit = Self(0x95)
}
