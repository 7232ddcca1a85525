import ArgumentParser
import Glibc

/// `connect-serve`: accepts connections on many ports and answers each request.
struct ConnectServe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connect-serve",
    abstract: "Accept TCP connections, answer each 64-byte request with 64 bytes, until the peer closes.")

  @Option(help: ArgumentHelp("The ports to listen on.", valueName: "base+count"))
  var ports: PortsArgument

  @OptionGroup var duration: RunLength

  func run() throws {
    let descriptors = raiseOpenFiles()
    let listeners = try (0..<ports.count).map { index in
      let socket = try Socket(.stream)
      try socket.shareAddress()
      try socket.bind(port: ports[index])
      try socket.listen()
      return socket
    }
    var server = try ConnectionServer(listeners: listeners, descriptors: descriptors)
    announceReady()
    let start = monotonicNanoseconds()
    server.run(until: start + duration.nanoseconds)
    printResult([
      ("accepted", .count(server.accepted)), ("replies", .count(server.replies)),
      ("errors", .count(server.errors)), ("seconds", .real(Double(monotonicNanoseconds() - start) / 1e9)),
    ])
  }
}

/// The serving side's event loop.
@safe
struct ConnectionServer: ~Copyable {
  private(set) var accepted: UInt64 = 0
  private(set) var replies: UInt64 = 0
  private(set) var errors: UInt64 = 0

  private let calls: LinuxCalls
  private let poller: Poller
  private let buffer: ExchangeBuffer
  private let listeners: [Socket]

  init(listeners: [Socket], descriptors: Int) throws {
    let calls = try LinuxCalls()
    let poller = try Poller(calls: calls)
    for listener in listeners
    where !poller.add(listener.descriptor, for: Poller.Interest.readable, isListener: true) {
      throw SystemCallError("epoll_ctl")
    }
    self.calls = calls
    self.poller = poller
    self.listeners = listeners
    buffer = ExchangeBuffer(descriptors: descriptors)
  }

  mutating func run(until end: UInt64) {
    while monotonicNanoseconds() < end {
      let count = poller.wait(milliseconds: 50)
      for index in 0..<count {
        let event = poller[index]
        if event.isListener {
          acceptAll(from: event.descriptor)
        } else {
          answer(on: event.descriptor)
        }
      }
    }
  }

  /// Takes every connection that waits. One that cannot be served, for want of descriptors, is closed and counted.
  private mutating func acceptAll(from listener: Int32) {
    while true {
      let socket = calls.accept4(listener, nil, nil, Int32(SOCK_NONBLOCK.rawValue))
      if socket < 0 {
        if errno != EAGAIN { errors += 1 }
        return
      }
      guard buffer.begin(socket), poller.add(socket, for: Poller.Interest.readable) else {
        errors += 1
        close(socket)
        continue
      }
      accepted += 1
    }
  }

  private mutating func answer(on socket: Int32) {
    switch buffer.receive(on: socket) {
    case .complete:
      if buffer.send(on: socket) {
        replies += 1
      } else {
        errors += 1
        close(socket)
      }
    case .partial: break
    case .ended: close(socket)
    case .failed:
      errors += 1
      close(socket)
    }
  }
}
