import Glibc
import Testing
import Translation

@testable import Configuration

@Suite struct Files {
  /// Runs `body` with a fresh directory, and removes it with its contents.
  private func withDirectory(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/sallyport-configuration-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { unsafe mkdtemp($0.baseAddress!) != nil }
    try #require(made)
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in ["gw.conf", "link", "fifo"] { unsafe unlink(directory + "/" + name) }
      unsafe rmdir(directory)
    }
    try body(directory)
  }

  private func write(_ text: String, to path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let octets = Array(text.utf8)
    let count = unsafe octets.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    try #require(count == octets.count)
  }

  private func failure(_ path: String) -> String? {
    do throws(ConfigurationErrors) {
      _ = try GatewayConfiguration.load(path: path)
      return nil
    } catch {
      return error.rendered()
    }
  }

  @Test func `a file is read, and its errors show its path`() throws {
    try withDirectory { directory in
      let path = directory + "/gw.conf"
      try write(sampleConfiguration, to: path)
      #expect(try GatewayConfiguration.load(path: path) == parse(sampleConfiguration))
      try write("hostname gw\nfrob", to: path)
      #expect(failure(path)?.hasPrefix("\(path):2:1: error: unknown statement 'frob'\n    frob\n    ^\n") == true)
      try write("", to: path)
      #expect(failure(path) == nil)
    }
  }

  @Test func `what cannot be read is refused without a line`() throws {
    try withDirectory { directory in
      #expect(
        failure(directory + "/gw.conf")
          == "\(directory)/gw.conf: error: cannot open the configuration: No such file or directory")
      #expect(failure(directory) == "\(directory): error: the configuration is not a regular file")
      let linked = unsafe symlink("link", directory + "/link")
      try #require(linked == 0)
      #expect(
        failure(directory + "/link")
          == "\(directory)/link: error: cannot open the configuration: Too many levels of symbolic links")
      let piped = unsafe mkfifo(directory + "/fifo", 0o600)
      try #require(piped == 0)
      #expect(failure(directory + "/fifo") == "\(directory)/fifo: error: the configuration is not a regular file")
    }
    #expect(failure("") == ": error: cannot open the configuration: No such file or directory")
    #expect(failure("gw\u{0}.conf")?.hasSuffix("error: cannot open the configuration: Invalid argument") == true)
  }

  @Test func `a file of more than 128 MiB is refused unread`() throws {
    try withDirectory { directory in
      let path = directory + "/gw.conf"
      try write("", to: path)
      let grown = unsafe truncate(path, 200 << 20)
      try #require(grown == 0)
      #expect(failure(path) == "\(path): error: the configuration has more than 128 MiB")
    }
  }

  @Test(arguments: ["gateway.conf", "provider.conf"])
  func `the examples of the documentation are accepted, and come back from what is rendered`(name: String) throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let gateway = try GatewayConfiguration.load(path: "/\(root)/docs/examples/\(name)")
    #expect(try parse(gateway.render()) == gateway)
    #expect(!gateway.translation.dynamicRules.isEmpty)
  }
}
