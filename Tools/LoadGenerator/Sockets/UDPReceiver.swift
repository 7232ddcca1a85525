import Glibc

/// One socket's sink. It looks at no payload: the first octets of each datagram are copied and forgotten, so that the
/// sink is as cheap as a sink can be and the path before it shows.
@safe
final class UDPReceiver {
  /// What arrived. Times are of the monotonic clock, in nanoseconds.
  struct Count {
    var received: UInt64 = 0
    var bytes: UInt64 = 0
    var first: UInt64 = 0
    var last: UInt64 = 0
  }

  /// Messages in one system call.
  private static let batch = 64
  /// How much of each datagram is copied, in bytes.
  private static let copied = 64
  /// Room in the socket's queue, in bytes, for what arrives while the sink does not run.
  private static let queue: Int32 = 8 << 20
  /// How long a call waits for the first datagram, in microseconds; the deadline is looked at as often.
  private static let patience = 50_000

  private(set) var count = Count()
  private let calls: LinuxCalls
  private let socket: Socket
  private let octets: UnsafeMutableRawPointer
  private let vectors: UnsafeMutablePointer<iovec>
  private let messages: UnsafeMutablePointer<BatchMessage>

  /// Binds to `port`, which other receivers may share.
  init(port: UInt16) throws {
    calls = try LinuxCalls()
    socket = try Socket(.datagram)
    try socket.shareAddress()
    try socket.setReceiveBuffer(bytes: Self.queue)
    try socket.setReceiveTimeout(microseconds: Self.patience)
    try socket.bind(port: port)
    unsafe octets = .allocate(byteCount: Self.copied * Self.batch, alignment: 64)
    unsafe vectors = .allocate(capacity: Self.batch)
    unsafe messages = .allocate(capacity: Self.batch)
    unsafe messages.initialize(repeating: BatchMessage(), count: Self.batch)
    for index in 0..<Self.batch {
      let base = unsafe octets + index * Self.copied
      unsafe (vectors + index).initialize(to: iovec(iov_base: base, iov_len: Self.copied))
      unsafe messages[index].header.msg_iov = vectors + index
      unsafe messages[index].header.msg_iovlen = 1
    }
  }

  deinit {
    unsafe octets.deallocate()
    unsafe vectors.deallocate()
    unsafe messages.deallocate()
  }

  /// Receives until `end`.
  func run(until end: UInt64) {
    let flags = Int32(MSG_WAITFORONE | MSG_TRUNC)
    let descriptor = socket.descriptor
    var count = Count()
    while true {
      let arrived = unsafe calls.recvmmsg(descriptor, messages, UInt32(Self.batch), flags, nil)
      let now = monotonicNanoseconds()
      if arrived > 0 {
        if count.received == 0 { count.first = now }
        count.last = now
        count.received += UInt64(arrived)
        // With MSG_TRUNC a length is that of the datagram, not of the part copied.
        for index in 0..<Int(arrived) { count.bytes += unsafe UInt64(messages[index].length) }
      }
      if now >= end { break }
    }
    self.count = count
  }
}
