import Synchronization
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `A capture on a worker` {
  private func captured(_ bench: WorkerBench) -> [CapturedFrame] {
    var frames: [CapturedFrame] = []
    for handle in bench.handles { _ = handle.capture.drain { frames.append($0) } }
    return frames
  }

  @Test func `records frames as they were received and as they were sent`() throws {
    let bench = try WorkerBench()
    for handle in bench.handles { handle.capture.start(interfaces: 0b11) }
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53))
    let sent = bench.send(packet, from: .alice)
    let frames = captured(bench)
    #expect(frames.map(\.direction) == [.received, .sent])
    #expect(frames.map(\.interface) == [0, 1])
    #expect(frames[0].octets == WireFrame(packet, from: Host.alice.hardwareAddress, on: .inside).ethernet)
    #expect(frames[1].octets == sent[0].ethernet)
    #expect(frames.map(\.timestamp) == [bench.time, bench.time])
  }

  @Test func `keeps to its interfaces`() throws {
    let bench = try WorkerBench()
    for handle in bench.handles { handle.capture.start(interfaces: 1 << 3) }
    _ = bench.send(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice)
    #expect(captured(bench) == [])
    let sent = bench.send(.udp(from: Host.alice.at(5000), to: Host.grace.at(53)), from: .alice)
    #expect(captured(bench).map(\.octets) == sent.map(\.ethernet))
  }

  @Test func `sees what is dropped, and the gateway's own messages`() throws {
    let bench = try WorkerBench()
    for handle in bench.handles { handle.capture.start(interfaces: 1) }
    _ = bench.send(.request(from: .alice, for: Place.insideAddress), on: .inside)
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53)).with { $0.timeToLive = 1 }
    _ = bench.send(packet, from: .alice)
    #expect(captured(bench).map(\.direction) == [.received, .sent, .received, .sent])
    for handle in bench.handles { handle.capture.stop() }
    _ = bench.send(packet, from: .alice)
    #expect(captured(bench) == [])
  }

  @Test func `records a frame that is handed over once as received`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.workers = 2 })
    for handle in bench.handles { handle.capture.start(interfaces: 0b11) }
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53))
    for worker in 0..<2 { _ = bench.send(packet, from: .alice, at: worker) }
    let frames = captured(bench)
    #expect(frames.count { $0.direction == .received } == 2)
    #expect(frames.count { $0.direction == .sent } == 2)
  }
}

@Suite struct `A question to a worker` {
  /// What questions saw, in order.
  private final class Notes: Sendable {
    let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  @Test func `is answered between two turns, one a turn, in order`() throws {
    let bench = try WorkerBench()
    let notes = Notes()
    for number in 0..<3 {
      #expect(bench.handles[0].mailbox.post { _ in notes.add("question \(number)") })
    }
    #expect(notes.all == [])
    bench.turn()
    #expect(notes.all == ["question 0"])
    bench.turn()
    bench.turn()
    bench.turn()
    #expect(notes.all == ["question 0", "question 1", "question 2"])
  }

  @Test func `sees the sessions of the bursts before it`() throws {
    let bench = try WorkerBench()
    let notes = Notes()
    _ = bench.send(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice)
    #expect(
      bench.handles[0].mailbox.post { translator in
        var rows: [SessionRecord] = []
        _ = translator.listSessions(from: 0, slice: .max, limit: .max, into: &rows)
        notes.add("\(rows.map(\.insideLocal))")
      })
    bench.turn()
    #expect(notes.all == ["[10.10.10.10]"])
  }

  @Test func `keeps a worker from sleeping and is turned away after its end`() async throws {
    let bench = try WorkerBench(BenchSetup().with { $0.poll = .interrupt })
    let notes = Notes()
    let handle = bench.handles[0]
    for number in 0..<3 { #expect(handle.mailbox.post { _ in notes.add("\(number)") }) }
    let turns = Countdown(2)
    bench.cells[0].worker.run(until: { turns.isOver })
    // The first turn's rest found more mail; the last question was answered at the end.
    #expect(handle.load.value(.sleeps) == 0)
    #expect(notes.all == ["0", "1", "2"])
    #expect(!handle.mailbox.post { _ in notes.add("late") })
    #expect(await handle.ask { _ in 1 } == nil)
    #expect(notes.all == ["0", "1", "2"])
  }

  @Test func `gets its answer from a worker that runs`() async throws {
    let handle = try await withThrowingTaskGroup(of: Int?.self) { group in
      let bench = try WorkerBench()
      let handle = bench.handles[0]
      group.addTask { await handle.ask { $0.worker + 41 } }
      while handle.mailbox.isEmpty { await Task.yield() }
      bench.turn()
      #expect(try await group.next() == 41)
      return handle
    }
    #expect(handle.mailbox.isEmpty)
  }
}

/// Lets `run` take a number of turns.
final class Countdown {
  private var left: Int
  init(_ turns: Int) { left = turns }

  var isOver: Bool {
    left -= 1
    return left < 0
  }
}
