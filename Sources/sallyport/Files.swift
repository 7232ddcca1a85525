import Glibc
import Replay

/// Why a file could not be read or written.
struct FileError: Error, CustomStringConvertible {
  let path: String
  let reason: String

  /// The error that a system call has just left.
  static func last(_ path: String) -> FileError {
    FileError(path: path, reason: unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)")
  }

  var description: String { "\(path): \(reason)" }
}

/// A capture on its way in.
enum InputFile {
  /// Octets of the largest capture that is taken in at once.
  private static let maximumOctets = 1 << 30

  /// The octets of a regular file, or of standard input for `-`.
  static func read(_ path: String) throws(FileError) -> [UInt8] {
    guard !path.utf8.contains(0) else { throw FileError(path: path, reason: "not a path") }
    if path == "-" { return try readAll(STDIN_FILENO, "standard input", expecting: 0) }
    // Without O_NONBLOCK a FIFO would wait for its writer.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .last(path) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last(path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(path: path, reason: "not a regular file") }
    guard status.st_size <= maximumOctets else { throw tooLarge(path) }
    return try readAll(descriptor, path, expecting: Int(status.st_size))
  }

  private static func tooLarge(_ path: String) -> FileError {
    FileError(path: path, reason: "more than \(maximumOctets >> 20) MiB; editcap(1) cuts captures into pieces")
  }

  private static func readAll(_ descriptor: Int32, _ path: String, expecting size: Int) throws(FileError) -> [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(size)
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last(path) }
      if count == 0 { return octets }
      guard octets.count + count <= maximumOctets else { throw tooLarge(path) }
      octets += piece[..<count]
    }
  }
}

/// The files of the two sides.
final class SideFiles {
  private let directory: String
  private let inside: Int32
  private let outside: Int32

  /// Opens both, in a directory that is made if it does not exist.
  init(directory: String) throws(FileError) {
    guard !directory.utf8.contains(0), !directory.isEmpty else {
      throw FileError(path: directory, reason: "not a path")
    }
    guard unsafe mkdir(directory, 0o777) == 0 || errno == EEXIST else { throw .last(directory) }
    self.directory = directory
    inside = try Self.create(directory + "/inside.pcap")
    outside = try Self.create(directory + "/outside.pcap")
  }

  deinit {
    close(inside)
    close(outside)
  }

  private static func create(_ path: String) throws(FileError) -> Int32 {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .last(path) }
    return descriptor
  }

  /// Appends to one of them.
  func write(_ octets: [UInt8], of side: CaptureSide) throws(FileError) {
    let name = side == .inside ? "inside.pcap" : "outside.pcap"
    switch Output(descriptor: side == .inside ? inside : outside).write(octets) {
    case .written: return
    case .closed: throw FileError(path: "\(directory)/\(name)", reason: "nobody reads it")
    case .failed(let reason): throw FileError(path: "\(directory)/\(name)", reason: reason)
    }
  }
}
