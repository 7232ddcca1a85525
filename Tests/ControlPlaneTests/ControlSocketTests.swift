import Glibc
import Logging
import TestSupport
import Testing
import Translation
import WireFormats

@testable import ControlPlane

@Suite(.serialized, .timeLimit(.minutes(1))) struct `The control socket` {
  @Test func `answers a client and ends the connection`() async throws {
    try await withServer { path in
      let frames = try await ask(path, "show workers")
      #expect(frames.count == 2)
      #expect(frames.last == .end)
      #expect(try await ask(path, "show sadness").last?.isError == true)
    }
  }

  @Test func `takes a request in pieces and from a client that has closed its side`() async throws {
    try await withServer { path in
      let client = try RawClient(path)
      client.send("sallyport/1 te")
      try await Task.sleep(for: .milliseconds(30))
      client.send("xt show drops\nand more that is not read")
      client.finishSending()
      let answer = try await client.receiveAll()
      #expect(answer == Array("data 28\nNo packet has been dropped.\nend\n".utf8))
    }
  }

  @Test func `is not disturbed by half a request, and gives up on it in time`() async throws {
    try await withServer(limits: { $0.request = .milliseconds(300) }) { path in
      let slow = try RawClient(path)
      slow.send("sallyport/1 text show work")
      let silent = try RawClient(path)
      #expect(try await ask(path, "show workers").last == .end)
      for client in [slow, silent] {
        #expect(try await client.text().hasSuffix("no complete request came in time"))
      }
      let cut = try RawClient(path)
      cut.send("sallyport/1 text")
      cut.finishSending()
      #expect(try await cut.text().hasSuffix("the connection ended in the middle of the request"))
    }
  }

  @Test func `refuses what is no request, whatever its octets and length`() async throws {
    try await withServer { path in
      let long = try RawClient(path)
      long.send(String(repeating: "a", count: 70_000))
      #expect(try await long.text().hasSuffix("the request is longer than 65536 octets"))
      var generator = SeededRandom(seed: 4)
      for _ in 0..<50 {
        let client = try RawClient(path)
        client.send((0..<100).map { _ in UInt8.random(in: 0...255, using: &generator) } + [10])
        #expect(try await client.text().hasPrefix("error "))
      }
      #expect(try await ask(path, "show workers").last == .end)
    }
  }

  @Test func `turns away more clients than it serves`() async throws {
    try await withServer(limits: { $0.clients = 2 }) { path in
      let others = try [RawClient(path), RawClient(path)]
      try await Task.sleep(for: .milliseconds(100))
      let refused = try RawClient(path)
      #expect(try await refused.text().hasSuffix("the control socket serves 2 clients at a time"))
      for client in others {
        client.send("sallyport/1 text show drops\n")
        #expect(try await client.text().hasSuffix("end\n"))
      }
      #expect(try await ask(path, "show drops").last == .end)
    }
  }

  @Test func `waits for a slow reader without holding others up, and without taking memory`() async throws {
    let gateway = StubGateway(rows: [manyRows(200_000)])
    try await withServer(gateway) { path in
      let slow = try RawClient(path)
      slow.send("sallyport/1 text show ip nat translations\n")
      try await Task.sleep(for: .milliseconds(300))
      let served = gateway.slicesServed
      #expect(served > 0)
      #expect(served * gateway.sliceSize < 20_000, "the tables are read only as far as the client has read")
      #expect(try await ask(path, "show workers").last == .end)
      #expect(gateway.slicesServed == served)
      let answer = try await slow.text()
      #expect(answer.hasSuffix("Total number of translations: 200000\nend\n"))
      #expect(answer.split(separator: "\n").count > 200_000)
    }
  }

  @Test func `lets go of a client that reads nothing for too long`() async throws {
    let gateway = StubGateway(rows: [manyRows(50_000)])
    try await withServer(gateway, limits: { $0.stall = .milliseconds(200) }) { path in
      let stalled = try RawClient(path)
      stalled.send("sallyport/1 text show ip nat translations\n")
      try await Task.sleep(for: .milliseconds(600))
      #expect(try await !stalled.text().hasSuffix("end\n"))
      #expect(gateway.slicesServed * gateway.sliceSize < 50_000)
    }
  }

  @Test func `ends at once even when clients wait or stall`() async throws {
    let gateway = StubGateway(rows: [manyRows(50_000)])
    let clock = ContinuousClock()
    var clients: [RawClient] = []
    var start = clock.now
    try await withServer(gateway) { path in
      clients = try [RawClient(path), RawClient(path)]
      clients[0].send("sallyport/1 text show ip nat translations\n")
      clients[1].send("sallyport/1 text sh")
      try await Task.sleep(for: .milliseconds(100))
      start = clock.now
    }
    #expect(clock.now - start < .seconds(5))
  }

  @Test func `captures until the count is full, one capture at a time`() async throws {
    let gateway = StubGateway()
    try await withServer(gateway) { path in
      let first = try RawClient(path)
      first.send("sallyport/1 text capture all count 2\n")
      try await waitUntil { gateway.isCapturing }
      let second = try await ask(path, "capture all count 1")
      #expect(second == [.error("another capture is under way")])
      gateway.arrive((0..<3).map { frame(UInt8($0)) })
      let answer = try await first.text()
      #expect(answer.hasSuffix("note 25\n2 frames captured, 0 lostend\n"))
      try await waitUntil { !gateway.isCapturing }
      #expect(try await ask(path, "capture nowhere") == [.error("there is no interface nowhere; the interfaces are ")])
      #expect(try await ask(path, "capture all seconds 1").last == .end)
    }
  }

  @Test func `ends a capture whose client has left`() async throws {
    let gateway = StubGateway()
    try await withServer(gateway) { path in
      let client = try RawClient(path)
      client.send("sallyport/1 text capture all\n")
      try await waitUntil { gateway.isCapturing }
      client.close()
      try await waitUntil { !gateway.isCapturing }
    }
  }
}

@Suite(.serialized) struct `The socket file` {
  @Test func `is for its owner and group, in a directory made for it, and goes with the daemon`() async throws {
    let directory = temporaryDirectory()
    defer { removeTree(directory) }
    let path = directory + "/a/b/control.sock"
    let socket = try ListeningSocket(path: path)
    defer { close(socket.descriptor) }
    #expect(mode(path) == S_IFSOCK | 0o660)
    socket.remove()
    #expect(mode(path) == nil)
  }

  @Test func `that a dead daemon left is replaced; a living one's and other files are not`() async throws {
    let directory = temporaryDirectory()
    defer { removeTree(directory) }
    let path = directory + "/control.sock"
    let dead = try ListeningSocket(path: path)
    close(dead.descriptor)
    let living = try ListeningSocket(path: path)
    defer { close(living.descriptor) }
    #expect(throws: ControlSocketError(path: path, problem: "another sallyportd answers on this socket")) {
      try ListeningSocket(path: path)
    }
    let file = directory + "/file"
    close(unsafe open(file, O_CREAT | O_WRONLY, 0o600))
    #expect(throws: ControlSocketError(path: file, problem: "there is something at this path that is not a socket")) {
      try ListeningSocket(path: file)
    }
    #expect(mode(file) == S_IFREG | 0o600)
    #expect(throws: ControlSocketError.self) {
      try ListeningSocket(path: directory + "/" + String(repeating: "x", count: 108))
    }
  }

  @Test func `of another daemon is not taken away at the end`() throws {
    let directory = temporaryDirectory()
    defer { removeTree(directory) }
    let path = directory + "/control.sock"
    let first = try ListeningSocket(path: path)
    defer { close(first.descriptor) }
    #expect(unsafe unlink(path) == 0)
    let second = try ListeningSocket(path: path)
    defer { close(second.descriptor) }
    first.remove()
    #expect(mode(path) != nil)
    second.remove()
    #expect(mode(path) == nil)
  }

  @Test func `that is not there is a clear error for a client`() {
    let path = "/nonexistent/control.sock"
    #expect(throws: ControlSocketError(path: path, problem: "no sallyportd answers here; is it running?")) {
      try ControlClient(path: path).ask(Request(format: .text, words: ["show"])) { _ in true }
    }
  }
}

// MARK: Surroundings

private func manyRows(_ count: Int) -> [TranslationRow] {
  Array(
    repeating: TranslationRow(
      kind: .session, protocolNumber: .udp, insideGlobal: "203.0.113.100:1024", insideLocal: "10.10.10.10:4000",
      outside: .init(local: "203.0.113.10:9", global: "203.0.113.10:9")),
    count: count)
}

/// Serves a gateway at a temporary path for the time of `body`.
private func withServer(
  _ gateway: StubGateway = StubGateway(), limits change: (inout ControlSocketService.Limits) -> Void = { _ in },
  _ body: (String) async throws -> Void
) async throws {
  let directory = temporaryDirectory()
  defer { removeTree(directory) }
  let path = directory + "/control.sock"
  var limits = ControlSocketService.Limits()
  change(&limits)
  let service = ControlSocketService(
    try ListeningSocket(path: path), view: gateway, limits: limits,
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  let running = Task { try await service.run() }
  do {
    try await body(path)
  } catch {
    running.cancel()
    _ = await running.result
    throw error
  }
  running.cancel()
  try await running.value
  #expect(mode(path) == nil, "the socket file is removed")
}

private func ask(_ path: String, _ command: String) async throws -> [AnswerFrame] {
  try await offPool {
    var frames: [AnswerFrame] = []
    let words = command.split(separator: " ").map(String.init)
    try ControlClient(path: path).ask(Request(format: .text, words: words)) { frame in
      frames.append(frame)
      return true
    }
    return frames
  }
}

private func waitUntil(_ condition: () -> Bool) async throws {
  for _ in 0..<500 where !condition() { try await Task.sleep(for: .milliseconds(10)) }
  #expect(condition())
}

extension AnswerFrame {
  fileprivate var isError: Bool { if case .error = self { true } else { false } }
}
