import Dataplane
import Glibc
import Testing

/// Both engines keep one contract, so each test of it runs over both.
enum Engine: CaseIterable, CustomTestStringConvertible {
  case ring, readWrite

  static var available: [Engine] { Surroundings.allowsRings ? allCases : [.readWrite] }
  var testDescription: String { self == .ring ? "io_uring" : "read and write" }

  func run(ring: () throws -> Void, readWrite: () throws -> Void) rethrows {
    switch self {
    case .ring: try ring()
    case .readWrite: try readWrite()
    }
  }
}

/// An engine on a table: file 0 is one end of a socket pair that keeps the bounds of frames, and buffer 0 is memory
/// of 64 slots.
struct EngineBench<IO: PacketIO & ~Copyable>: ~Copyable {
  static var slotSize: UInt32 { 2048 }

  var io: IO
  let pair: FramePair
  private let region: MemoryRegion

  init(entries: UInt32 = 64) throws {
    let region = try MemoryRegion(MemoryRequest(octets: 64 * Int(Self.slotSize), hugePages: false))
    var io = try IO(entries: entries, completionEntries: 256)
    let pair = FramePair()
    try io.register(files: [pair.near])
    unsafe try io.register(buffers: [UnsafeMutableRawBufferPointer(start: region.base, count: region.count)])
    self.io = io
    self.pair = pair
    self.region = region
  }

  deinit { pair.close() }

  private func base(_ slot: Int) -> UnsafeMutableRawPointer { unsafe region.base + slot * Int(Self.slotSize) }

  /// Queues a read into a slot; the slot's number is its token.
  mutating func read(slot: Int) {
    unsafe io.read(file: 0, into: base(slot), count: Self.slotSize, buffer: 0, token: UInt64(slot))
  }

  /// Queues a write of `frame` through a slot.
  mutating func write(_ frame: [UInt8], slot: Int) {
    unsafe UnsafeMutableRawBufferPointer(start: base(slot), count: Int(Self.slotSize)).copyBytes(from: frame)
    unsafe io.write(file: 0, from: base(slot), count: UInt32(frame.count), buffer: 0, token: UInt64(slot))
  }

  func octets(slot: Int, count: Int32) -> [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: base(slot), count: Int(count)))
  }

  /// Waits for `count` completions, for at most `milliseconds`, and returns those that came.
  mutating func completions(_ count: Int, within milliseconds: UInt64 = 2000) -> [Completion] {
    var found: [Completion] = []
    let deadline = monotonicNanoseconds() + milliseconds * 1_000_000
    let burst = UnsafeMutableBufferPointer<Completion>.allocate(capacity: 16)
    defer { unsafe burst.deallocate() }
    while found.count < count, case let now = monotonicNanoseconds(), now < deadline {
      io.submitAndWait(atLeast: 1, nanoseconds: deadline - now)
      while case let taken = unsafe io.harvest(into: burst), taken > 0 { unsafe found += burst.prefix(taken) }
    }
    return found
  }
}
