import Glibc

/// What a connection carries: one request and one reply of the same size, whose octets nobody looks at.
enum Exchange {
  /// The size of a request and of a reply, in bytes.
  static let size = 64
}

/// One message's octets, and how far each connection has got with reading one, by descriptor.
@safe
struct ExchangeBuffer: ~Copyable {
  /// How reading went on.
  enum Progress {
    /// A whole message is in.
    case complete
    /// More is to come.
    case partial
    /// The peer has closed.
    case ended
    /// The connection has failed.
    case failed
  }

  private let octets: UnsafeMutableRawPointer
  private let received: UnsafeMutableBufferPointer<UInt8>

  /// Has room for descriptors below `descriptors`.
  init(descriptors: Int) {
    unsafe octets = .allocate(byteCount: Exchange.size, alignment: 64)
    unsafe octets.initializeMemory(as: UInt8.self, repeating: 0x5a, count: Exchange.size)
    unsafe received = .allocate(capacity: descriptors)
    unsafe received.initialize(repeating: 0)
  }

  deinit {
    unsafe octets.deallocate()
    unsafe received.deallocate()
  }

  /// Forgets what a descriptor's last connection had received; answers false when there is no room for it.
  func begin(_ socket: Int32) -> Bool {
    guard unsafe received.indices.contains(Int(socket)) else { return false }
    unsafe received[Int(socket)] = 0
    return true
  }

  /// Writes a message; answers false unless all of it was taken at once, as an idle connection takes it.
  func send(on socket: Int32) -> Bool {
    unsafe Glibc.send(socket, octets, Exchange.size, Int32(MSG_NOSIGNAL)) == Exchange.size
  }

  /// Reads what there is of a message.
  func receive(on socket: Int32) -> Progress {
    let index = Int(socket)
    let missing = unsafe Exchange.size - Int(received[index])
    let count = unsafe recv(socket, octets, missing, 0)
    if count == 0 { return .ended }
    if count < 0 { return errno == EAGAIN || errno == EINTR ? .partial : .failed }
    if count < missing {
      unsafe received[index] += UInt8(count)
      return .partial
    }
    unsafe received[index] = 0
    return .complete
  }
}
