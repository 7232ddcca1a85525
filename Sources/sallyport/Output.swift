import Glibc

/// Writes to a descriptor as it is, without buffering in between.
struct Output {
  let descriptor: Int32

  static let standard = Output(descriptor: STDOUT_FILENO)
  static let error = Output(descriptor: STDERR_FILENO)

  /// What became of a write.
  enum Outcome {
    case written
    /// Nobody reads any more.
    case closed
    case failed(String)
  }

  func write(_ octets: [UInt8]) -> Outcome {
    var rest = octets[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return errno == EPIPE ? .closed : .failed(unsafe String(cString: strerror(errno))) }
      rest = rest.dropFirst(count)
    }
    return .written
  }

  /// Writes a message with its newline; where standard error leads is not this program's business.
  func say(_ text: String) { _ = write(Array((text.hasSuffix("\n") ? text : text + "\n").utf8)) }
}
