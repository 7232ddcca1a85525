import Glibc

/// The socket file that clients connect to, from its making to its removal.
///
/// A socket file that another run left behind is replaced only when nobody answers on it; anything else at that path is
/// left alone.
package struct ListeningSocket: Sendable {
  /// Connections that wait to be accepted.
  private static let backlog: Int32 = 64

  /// Where clients find it.
  package let path: String
  /// The listening descriptor; whoever serves it closes it.
  let descriptor: Int32
  /// What was bound, so that no other daemon's socket is ever removed.
  private let device: dev_t
  private let inode: ino_t

  /// Makes the directory, binds the path with mode 0660 and listens.
  package init(path: String) throws(ControlSocketError) {
    let directory = try Self.makeDirectory(of: path)
    defer { close(directory) }
    // Two daemons that start at one moment must not each find the other's socket dead.
    guard flock(directory, LOCK_EX) == 0 else { throw ControlSocketError(path, "flock") }
    try Self.removeStale(path)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ControlSocketError(path, "socket") }
    self.descriptor = descriptor
    self.path = path
    do throws(ControlSocketError) {
      // The mode that the file is bound with is that of the socket, less the umask; it is never wider than 0660.
      guard fchmod(descriptor, 0o660) == 0 else { throw ControlSocketError(path, "fchmod") }
      guard unsafe try Self.with(path, { unsafe bind(descriptor, $0, $1) }) == 0 else {
        throw ControlSocketError(path, "bind")
      }
      guard unsafe chmod(path, 0o660) == 0 else { throw ControlSocketError(path, "chmod") }
      guard listen(descriptor, Self.backlog) == 0 else { throw ControlSocketError(path, "listen") }
      var status = stat()
      guard unsafe lstat(path, &status) == 0 else { throw ControlSocketError(path, "lstat") }
      (device, inode) = (status.st_dev, status.st_ino)
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Removes the socket file, if it is still this socket's.
  func remove() {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
    unsafe unlink(path)
  }

  /// Closes a socket that will not be served.
  func abandon() {
    remove()
    close(descriptor)
  }

  /// The directory of the path, made if it is not there; open for locking.
  private static func makeDirectory(of path: String) throws(ControlSocketError) -> Int32 {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
    var directory = path.hasPrefix("/") ? "/" : "."
    for part in parts {
      directory += "/" + part
      guard unsafe mkdir(directory, 0o755) == 0 || errno == EEXIST || errno == EROFS else {
        throw ControlSocketError(directory, "mkdir")
      }
    }
    let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ControlSocketError(directory, "open") }
    return descriptor
  }

  /// Removes a socket file that nobody listens on.
  private static func removeStale(_ path: String) throws(ControlSocketError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ControlSocketError(path: path, problem: "there is something at this path that is not a socket")
    }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw ControlSocketError(path, "socket") }
    defer { close(probe) }
    if unsafe try with(path, { unsafe connect(probe, $0, $1) }) == 0 {
      throw ControlSocketError(path: path, problem: "another sallyportd answers on this socket")
    }
    guard errno == ECONNREFUSED else { throw ControlSocketError(path, "connect") }
    guard unsafe unlink(path) == 0 else { throw ControlSocketError(path, "unlink") }
  }

  /// Calls `body` with the path as a socket address.
  static func with(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(ControlSocketError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let octets = Array(path.utf8)
    guard octets.count < MemoryLayout.size(ofValue: address.sun_path), !octets.isEmpty, !octets.contains(0) else {
      throw ControlSocketError(path: path, problem: "the path of a socket has 1 to 107 octets")
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: octets) }
    return unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

/// Why the control socket cannot be served or reached.
package struct ControlSocketError: Error, Hashable, Sendable, CustomStringConvertible {
  package var path: String
  package var problem: String

  init(path: String, problem: String) {
    self.path = path
    self.problem = problem
  }

  /// The last system call failed.
  init(_ path: String, _ call: String) {
    self.init(path: path, problem: "\(call): \(unsafe String(cString: strerror(errno)))")
  }

  package var description: String { "control socket \(path): \(problem)" }
}
