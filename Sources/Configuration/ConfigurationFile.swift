import Glibc

extension GatewayConfiguration {
  /// Reads a configuration from a file: a regular one of at most 128 MiB of UTF-8.
  package static func load(path: String) throws(ConfigurationErrors) -> GatewayConfiguration {
    let octets: [UInt8]
    do throws(FileFailure) {
      octets = try FileFailure.read(path)
    } catch {
      throw ConfigurationErrors([
        ConfigurationError(location: .wholeFile(path), message: error.description)
      ])
    }
    return try parse(octets, file: path)
  }
}

/// Why a file could not be read.
private enum FileFailure: Error, CustomStringConvertible {
  case opening(Int32)
  case reading(Int32)
  case notRegular
  case tooLarge

  var description: String {
    switch self {
    case .opening(let code): "cannot open the configuration: \(Self.text(of: code))"
    case .reading(let code): "cannot read the configuration: \(Self.text(of: code))"
    case .notRegular: "the configuration is not a regular file"
    case .tooLarge: "the configuration has more than \(SourceText.maximumOctets >> 20) MiB"
    }
  }

  private static func text(of code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }

  /// The octets of a file. One that is being written ends where it ended at the first look, or earlier.
  static func read(_ path: String) throws(FileFailure) -> [UInt8] {
    // A NUL would end the path early. Without O_NONBLOCK a FIFO would wait for its writer.
    guard !path.utf8.contains(0) else { throw .opening(EINVAL) }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .opening(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .reading(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    guard status.st_size <= SourceText.maximumOctets else { throw .tooLarge }
    var octets = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < octets.count {
      let count = unsafe octets.withUnsafeMutableBytes { buffer in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        return unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .reading(errno) }
      if count == 0 { break }
      filled += count
    }
    octets.removeLast(octets.count - filled)
    return octets
  }
}
