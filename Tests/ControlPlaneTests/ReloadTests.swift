import Configuration
import Glibc
import Logging
import Synchronization
import Testing
import Translation

@testable import ControlPlane

/// Writes a configuration file anew.
private func write(_ text: String, to path: String) {
  let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  defer { close(descriptor) }
  let octets = Array(text.utf8)
  let count = unsafe octets.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
  precondition(count == octets.count)
}

/// Collects what is logged.
private struct CollectingLog: LogHandler {
  final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  let lines: Lines
  var logLevel = Logger.Level.trace
  var metadata = Logger.Metadata()
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.add("\(event.level) \(event.message)") }
}

@Suite struct `Reloading` {
  /// Lets `body` work with a gateway whose configuration is in a file with `text`.
  private func withGateway(
    _ text: String, _ body: (StubGateway, String) async throws -> Void
  ) async throws {
    let directory = temporaryDirectory()
    defer { removeTree(directory) }
    let path = directory + "/gateway.conf"
    write(text, to: path)
    let gateway = StubGateway(
      configuration: try GatewayConfiguration.parse("hostname before\n", file: "before.conf"), path: path)
    try await body(gateway, path)
  }

  @Test func `puts the file in force and says what became of sessions`() async throws {
    try await withGateway("hostname after\n") { gateway, _ in
      let text = try await answer("reload", from: gateway).text
      #expect(text.wholeMatch(of: #/configuration reloaded in \d+ ms: 40 sessions kept, 2 cleared\n/#) != nil)
      #expect(gateway.configuration.hostname == "after")
      #expect(try await answer("show running-config", from: gateway).text.contains("hostname after"))
      let json = try await answer("reload", .json, from: gateway).text
      #expect(json.wholeMatch(of: #/{"milliseconds":\d+,"sessionsKept":40,"sessionsCleared":2}\n/#) != nil)
    }
  }

  @Test func `changes nothing with a file that has errors, and shows each with its place`() async throws {
    try await withGateway("hostname after\nnonsense\nip nat pool\n") { gateway, path in
      let sink = try await answer("reload", from: gateway)
      guard case .error(let text) = sink.all.first else {
        Issue.record("no error")
        return
      }
      #expect(text.hasPrefix("\(path):2:1: error: "))
      #expect(text.contains("\(path):3:"))
      #expect(gateway.configuration.hostname == "before")
    }
    let missing = try await answer("reload", from: StubGateway())
    #expect(
      missing.all == [
        .error("/nonexistent/gateway.conf: error: cannot open the configuration: No such file or directory")
      ])
  }

  @Test(arguments: [
    ("control-socket /run/other.sock\n", "the control socket cannot move from /run/sallyport/control.sock to ")
  ])
  func `refuses what only a restart can change`(text: String, sentence: String) async throws {
    try await withGateway(text) { gateway, _ in
      guard case .error(let reason) = try await answer("reload", from: gateway).all.first else {
        Issue.record("no error")
        return
      }
      #expect(reason.hasPrefix(sentence))
      #expect(gateway.configuration.hostname == "before")
    }
  }

  @Test func `changes nothing when the dataplane refuses`() async throws {
    try await withGateway("hostname after\n") { gateway, _ in
      gateway.refuse(because: "a device has changed, which needs a restart")
      let refused = try await answer("reload", from: gateway)
      #expect(refused.all == [.error("a device has changed, which needs a restart")])
      #expect(gateway.configuration.hostname == "before")
      gateway.refuse(because: nil)
      let done = try await answer("reload", from: gateway)
      #expect(done.all.last == .end)
    }
  }

  @Test func `is done once at a time`() async throws {
    try await withGateway("hostname after\n") { gateway, path in
      let reloading = ConfigurationReload(path: path)
      let (entered, entering) = AsyncStream<Void>.makeStream()
      let (released, releasing) = AsyncStream<Void>.makeStream()
      let current = gateway.configuration
      let first = Task {
        try await reloading.run(insteadOf: current) { _ throws(ReloadRefusal) in
          entering.yield()
          for await _ in released { break }
          return (1, 0)
        }
      }
      for await _ in entered { break }
      await #expect(throws: ReloadRefusal("another reload is under way")) {
        try await reloading.run(insteadOf: current) { _ throws(ReloadRefusal) in (0, 0) }
      }
      releasing.yield()
      #expect(try await first.value.sessionsKept == 1)
      let again = try await reloading.run(insteadOf: current) { _ throws(ReloadRefusal) in (2, 0) }
      #expect(again.sessionsKept == 2)
    }
  }

  @Test func `by SIGHUP is told in the log, one line an error`() async throws {
    try await withGateway("hostname after\n") { gateway, path in
      let lines = CollectingLog.Lines()
      let service = HangupService(gateway, logger: Logger(label: "test") { _ in CollectingLog(lines: lines) })
      await service.reload()
      #expect(lines.all.count == 1)
      #expect(lines.all[0].hasPrefix("notice SIGHUP: configuration reloaded in "))
      write("nonsense\nno sense\n", to: path)
      await service.reload()
      #expect(lines.all.count == 4)
      #expect(lines.all[1] == "error SIGHUP: the configuration was not reloaded, and nothing has changed")
      #expect(lines.all[2].hasPrefix("error \(path):1:1: error: "))
      #expect(lines.all[3].hasPrefix("error \(path):2:"))
      #expect(!lines.all.contains { $0.contains("\n") })
    }
  }
}
