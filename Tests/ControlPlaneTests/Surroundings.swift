import Dataplane
import Dispatch
import Glibc

@testable import ControlPlane

/// Runs what waits in system calls on a thread of its own: the tasks of a server need theirs.
func offPool<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Swift.Result(catching: body)) }
  }
}

/// A client that sends what it likes.
final class RawClient: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var timeout = timeval(tv_sec: 20, tv_usec: 0)
    _ = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    guard unsafe try ListeningSocket.with(path, { unsafe connect(descriptor, $0, $1) }) == 0 else {
      throw ControlSocketError(path, "connect")
    }
  }

  deinit { Glibc.close(descriptor) }

  /// Ends the connection; the descriptor stays taken until the client goes.
  func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ octets: [UInt8]) {
    var rest = octets[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Everything until the server closes the connection.
  func receiveAll() async throws -> [UInt8] {
    let descriptor = descriptor
    return try await offPool {
      var all: [UInt8] = []
      var octets = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = unsafe octets.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return all }
        all += octets[..<count]
      }
    }
  }

  func text() async throws -> String { String(decoding: try await receiveAll(), as: UTF8.self) }
}

/// A new, empty directory.
func temporaryDirectory() -> String {
  var template = Array("/tmp/sallyport-test-XXXXXX".utf8CString)
  let name = unsafe template.withUnsafeMutableBufferPointer { unsafe mkdtemp($0.baseAddress!) }
  precondition(unsafe name != nil, "mkdtemp")
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Removes a directory of a test with everything in it.
func removeTree(_ directory: String) {
  precondition(directory.hasPrefix("/tmp/sallyport-test-"))
  guard let entries = unsafe opendir(directory) else { return }
  while let entry = unsafe readdir(entries) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
      unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    guard name != ".", name != ".." else { continue }
    let path = directory + "/" + name
    if let mode = mode(path), mode & S_IFMT == S_IFDIR { removeTree(path) } else { unsafe unlink(path) }
  }
  unsafe closedir(entries)
  unsafe rmdir(directory)
}

/// A file's type and permissions, or nil when there is none.
func mode(_ path: String) -> mode_t? {
  var status = stat()
  return unsafe lstat(path, &status) == 0 ? status.st_mode : nil
}

/// A captured frame of 60 octets.
func frame(_ number: UInt8) -> CapturedFrame {
  CapturedFrame(
    timestamp: UInt64(number), interface: 0, direction: .received, originalLength: 60,
    octets: [UInt8](repeating: number, count: 60))
}
