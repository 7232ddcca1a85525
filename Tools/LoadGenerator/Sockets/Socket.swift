import Glibc

/// An IPv4 socket, closed when the last reference goes.
final class Socket {
  enum Kind {
    case datagram
    case stream
  }

  /// `UDP_SEGMENT` of <linux/udp.h>: the kernel cuts each send into datagrams of the size given.
  private static let segmentOption: Int32 = 103

  let descriptor: Int32

  /// Opens a socket; a stream socket is non-blocking.
  init(_ kind: Kind) throws {
    switch kind {
    case .datagram: descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    case .stream: descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    }
    if descriptor < 0 { throw SystemCallError("socket") }
  }

  deinit { close(descriptor) }

  /// Lets another socket bind the same port: at once for datagrams, after a restart for streams.
  func shareAddress() throws {
    try set(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR")
    try set(SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT")
  }

  /// Binds to `port` on every address.
  func bind(port: UInt16) throws {
    var name = socketAddress(in_addr(s_addr: 0), port)
    let result = unsafe withSocketAddress(&name) { unsafe Glibc.bind(descriptor, $0, $1) }
    if result != 0 { throw SystemCallError("bind to port \(port)") }
  }

  /// Connects to `port` at `address`; for a stream socket the connection is then under way.
  func connect(to address: in_addr, port: UInt16) throws {
    var name = socketAddress(address, port)
    let result = unsafe withSocketAddress(&name) { unsafe Glibc.connect(descriptor, $0, $1) }
    if result != 0 && errno != EINPROGRESS { throw SystemCallError("connect to port \(port)") }
  }

  /// Starts to accept connections.
  func listen() throws {
    if Glibc.listen(descriptor, 4_096) != 0 { throw SystemCallError("listen") }
  }

  /// Gives the receive queue `bytes` of room: whatever the system's limit where the process may, else up to the limit.
  func setReceiveBuffer(bytes: Int32) throws {
    do {
      try set(SOL_SOCKET, SO_RCVBUFFORCE, bytes, "SO_RCVBUFFORCE")
    } catch {
      try set(SOL_SOCKET, SO_RCVBUF, bytes, "SO_RCVBUF")
    }
  }

  /// Makes a receive call return after `microseconds` (below a second) without data.
  func setReceiveTimeout(microseconds: Int) throws {
    var time = timeval(tv_sec: 0, tv_usec: microseconds)
    let size = socklen_t(MemoryLayout<timeval>.size)
    if unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size) != 0 {
      throw SystemCallError("SO_RCVTIMEO")
    }
  }

  /// Has the kernel cut every send into datagrams of `size` bytes.
  func setSegmentSize(_ size: Int) throws {
    try set(Int32(IPPROTO_UDP), Self.segmentOption, Int32(size), "UDP_SEGMENT")
  }

  private func set(_ level: Int32, _ option: Int32, _ value: Int32, _ name: String) throws {
    var value = value
    if unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) != 0 {
      throw SystemCallError(name)
    }
  }
}

/// The socket address of `port` at `address`.
func socketAddress(_ address: in_addr, _ port: UInt16) -> sockaddr_in {
  var name = sockaddr_in()
  name.sin_family = sa_family_t(AF_INET)
  name.sin_port = port.bigEndian
  name.sin_addr = address
  return name
}

/// Calls `body` with `name` as the C library wants it.
func withSocketAddress(
  _ name: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  unsafe withUnsafePointer(to: &name) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
      unsafe body(rebound, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}

/// Raises the number of open files to what the system allows: a flow is a socket. Answers the limit now in force.
@discardableResult
func raiseOpenFiles() -> Int {
  var limit = rlimit()
  guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
  limit.rlim_cur = min(limit.rlim_max, 131_072)
  unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  return Int(limit.rlim_cur)
}
