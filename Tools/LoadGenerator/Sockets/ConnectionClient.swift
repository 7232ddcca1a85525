import Glibc

/// The connecting side's event loop: a fixed number of connections under way, each replaced as it ends.
@safe
struct ConnectionClient: ~Copyable {
  private(set) var completed: UInt64 = 0
  private(set) var errors: UInt64 = 0

  private let poller: Poller
  private let buffer: ExchangeBuffer
  private let ports: PortsArgument
  private var name: sockaddr_in
  private var nextPort = 0
  /// Connections still to open.
  private var missing: Int

  init(address: in_addr, ports: PortsArgument, concurrency: Int, descriptors: Int) throws {
    poller = try Poller(calls: LinuxCalls())
    buffer = ExchangeBuffer(descriptors: descriptors)
    self.ports = ports
    name = socketAddress(address, ports.base)
    missing = concurrency
  }

  mutating func run(until end: UInt64) {
    while monotonicNanoseconds() < end {
      // One that fails at once is tried again after the next wait, so that an unreachable server makes no busy loop.
      while missing > 0, open() { missing -= 1 }
      let count = poller.wait(milliseconds: missing > 0 ? 1 : 50)
      for index in 0..<count { advance(poller[index]) }
    }
  }

  /// Starts a connection to the next port in turn.
  private mutating func open() -> Bool {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard socket >= 0 else {
      errors += 1
      return false
    }
    name.sin_port = ports[nextPort].bigEndian
    nextPort = nextPort + 1 == ports.count ? 0 : nextPort + 1
    let result = unsafe withSocketAddress(&name) { unsafe Glibc.connect(socket, $0, $1) }
    guard result == 0 || errno == EINPROGRESS, buffer.begin(socket),
      poller.add(socket, for: Poller.Interest.writable)
    else {
      errors += 1
      close(socket)
      return false
    }
    return true
  }

  /// Goes one step on with a connection: the request once it is established, then the reply.
  private mutating func advance(_ event: PollEvent) {
    let socket = event.descriptor
    if event.events & Poller.Interest.failure != 0 {
      finish(socket, succeeded: false)
    } else if event.events & Poller.Interest.writable != 0 {
      if !buffer.send(on: socket) || !poller.change(socket, to: Poller.Interest.readable) {
        finish(socket, succeeded: false)
      }
    } else {
      switch buffer.receive(on: socket) {
      case .complete: finish(socket, succeeded: true)
      case .partial: break
      case .ended, .failed: finish(socket, succeeded: false)
      }
    }
  }

  private mutating func finish(_ socket: Int32, succeeded: Bool) {
    close(socket)
    missing += 1
    if succeeded { completed += 1 } else { errors += 1 }
  }
}
