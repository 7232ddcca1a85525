import Glibc

/// Sends batches of equal datagrams, one flow after the other. Everything it needs is allocated before the first packet
/// leaves: a batch costs one system call and one look at the clock.
@safe
struct UDPSender: ~Copyable {
  /// What a run did. A packet is a datagram, also where several left in one piece.
  struct Result {
    var sent: UInt64 = 0
    var errors: UInt64 = 0
    var nanoseconds: UInt64 = 0
  }

  /// Messages in one system call.
  private static let batch = 16

  private let calls: LinuxCalls
  private let flows: [Socket]
  private let segments: Int
  private let descriptors: UnsafeMutableBufferPointer<Int32>
  private let payload: UnsafeMutableRawPointer
  private let vectors: UnsafeMutablePointer<iovec>
  private let messages: UnsafeMutablePointer<BatchMessage>

  /// Prepares to send `datagramSize` bytes a packet, `segments` packets a message.
  init(flows: [Socket], datagramSize: Int, segments: Int) throws {
    calls = try LinuxCalls()
    self.flows = flows
    self.segments = segments
    unsafe descriptors = .allocate(capacity: flows.count)
    _ = unsafe descriptors.initialize(from: flows.map(\.descriptor))
    let bytes = datagramSize * segments
    unsafe payload = .allocate(byteCount: max(bytes, 1), alignment: 64)
    unsafe payload.initializeMemory(as: UInt8.self, repeating: 0x5a, count: bytes)
    unsafe vectors = .allocate(capacity: Self.batch)
    unsafe vectors.initialize(repeating: iovec(iov_base: payload, iov_len: bytes), count: Self.batch)
    unsafe messages = .allocate(capacity: Self.batch)
    unsafe messages.initialize(repeating: BatchMessage(), count: Self.batch)
    for index in 0..<Self.batch {
      unsafe messages[index].header.msg_iov = vectors + index
      unsafe messages[index].header.msg_iovlen = 1
    }
  }

  deinit {
    unsafe descriptors.deallocate()
    unsafe payload.deallocate()
    unsafe vectors.deallocate()
    unsafe messages.deallocate()
  }

  /// Sends for `nanoseconds`.
  mutating func run(rate: RateArgument, nanoseconds: UInt64) -> Result {
    let start = monotonicNanoseconds()
    let end = start + nanoseconds
    var result = Result()
    switch rate {
    case .unlimited: sendUnpaced(until: end, &result)
    case .packetsPerSecond(let rate):
      let pace = Pace(packetsPerSecond: rate, batch: Self.batch * segments, now: start)
      sendPaced(pace, until: end, &result)
    }
    result.nanoseconds = monotonicNanoseconds() - start
    return result
  }

  private func sendUnpaced(until end: UInt64, _ result: inout Result) {
    var flow = 0
    while monotonicNanoseconds() < end {
      send(Self.batch, on: flow, &result)
      flow = unsafe flow + 1 == descriptors.count ? 0 : flow + 1
    }
  }

  private func sendPaced(_ pace: Pace, until end: UInt64, _ result: inout Result) {
    var pace = pace
    var flow = 0
    while true {
      let now = monotonicNanoseconds()
      if now >= end { return }
      // A message is the least that can be sent, so a segmented send waits until all its segments are due.
      let due = pace.due(at: now) / segments
      if due == 0 {
        sleepBriefly(min(pace.pause, end - now))
        continue
      }
      let count = min(due, Self.batch)
      send(count, on: flow, &result)
      pace.add(count * segments)
      flow = unsafe flow + 1 == descriptors.count ? 0 : flow + 1
    }
  }

  /// Sends `count` messages on one flow. A send that fails is counted, and the messages left of its batch are dropped:
  /// the next batch is as good.
  private func send(_ count: Int, on flow: Int, _ result: inout Result) {
    let sent = unsafe calls.sendmmsg(descriptors[flow], messages, UInt32(count), 0)
    if sent > 0 {
      result.sent += UInt64(sent) * UInt64(segments)
    } else {
      result.errors += 1
    }
  }
}
