import Glibc

/// The client's side of the control socket: sends one request and hands on the parts of its answer.
package struct ControlClient: Sendable {
  package let path: String

  /// A client of the daemon that listens at `path`.
  package init(path: String) { self.path = path }

  /// Sends a request and gives every part of the answer to `body`, the last one included.
  ///
  /// Ends early, without an error, when `body` returns false. Throws when nobody answers at the socket, or the answer
  /// breaks off.
  package func ask(_ request: Request, _ body: (AnswerFrame) -> Bool) throws(ControlSocketError) {
    guard let line = request.line else {
      throw ControlSocketError(path: path, problem: "a word of the command is empty, has white space, or is too long")
    }
    let descriptor = try connect()
    defer { close(descriptor) }
    try send(line, to: descriptor)
    var reader = AnswerReader()
    var octets = [UInt8](repeating: 0, count: AnswerFrame.maximumSize)
    while true {
      let count = unsafe octets.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw ControlSocketError(path: path, problem: "the daemon closed the connection before the answer was complete")
      }
      reader.append(octets[..<count])
      do {
        while let frame = try reader.next() {
          guard body(frame), !frame.isLast else { return }
        }
      } catch {
        throw ControlSocketError(path: path, problem: "what answers here is not sallyportd")
      }
    }
  }

  private func connect() throws(ControlSocketError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ControlSocketError(path, "socket") }
    do throws(ControlSocketError) {
      guard unsafe try ListeningSocket.with(path, { unsafe Glibc.connect(descriptor, $0, $1) }) == 0 else {
        throw unreachable()
      }
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// What a failed connection means for the operator.
  private func unreachable() -> ControlSocketError {
    switch errno {
    case ENOENT, ECONNREFUSED: ControlSocketError(path: path, problem: "no sallyportd answers here; is it running?")
    case EACCES, EPERM:
      ControlSocketError(path: path, problem: "not permitted; the socket is for its owner and group")
    default: ControlSocketError(path, "connect")
    }
  }

  private func send(_ octets: [UInt8], to descriptor: Int32) throws(ControlSocketError) {
    var rest = octets[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      // A daemon that refuses a client may answer and close before it has read the request.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
