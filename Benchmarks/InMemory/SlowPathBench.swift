import CReference
import Dataplane
import Gateways
import Glibc
import Translation
import WireFormats

/// What the slow path can do, and what it costs those who do not use it.
enum SlowPathBench {
  private static let command = Array("PORT 10,0,1,0,200,1\r\n".utf8)
  private static let reply = Array("200 PORT command successful\r\n".utf8)

  /// The rows of a run.
  static func measure(rounds: Int) throws -> [Row] {
    [
      try releasedSessions(rounds: rounds)
    ] + (try bulk(.segments, rounds: rounds)) + (try bulk(.superFrames, rounds: rounds)) + [
      try commands(rounds: rounds), try messages(rounds: rounds), try memory(),
    ] + (try flood(rounds: rounds).map { [$0] } ?? [])
  }

  // MARK: After the gateway stepped aside

  /// Packets through sessions whose numbers are moved, of the rate of plain ones, in turn.
  private static func releasedSessions(rounds: Int) throws -> Row {
    var row = Row(title: "sessions after their gateway stepped aside, of plain ones", unit: "%", aim: 90)
    let count = 1_024
    var scene = try ControlScene(sessions: 4 * count, looks: true)
    for number in 0..<count {
      _ = scene.admit(Flow(number: number), port: 80)
      guard let session = scene.admit(Flow(number: number), port: ControlScene.controlPort),
        scene.gateway.translator.perform(
          .release(session.id, SequenceShift(outbound: 4, inbound: -3)), now: scene.gateway.now) == .done
      else { throw BenchmarkError.wrong("a control session was not given back") }
    }
    for round in 0..<max(3, rounds * 3) {
      var rates: [UInt16: Double] = [:]
      for port in round % 2 == 0 ? [80, ControlScene.controlPort] : [ControlScene.controlPort, 80] {
        rates[port] = try rate(&scene, flows: count, port: port)
      }
      row.samples.values.append((rates[ControlScene.controlPort] ?? 0) / (rates[80] ?? 1) * 100)
    }
    return row
  }

  /// Packets a second of 64 octets through `flows` TCP sessions to a port.
  private static func rate(_ scene: inout ControlScene, flows: Int, port: UInt16) throws -> Double {
    guard let source = Region(size: flows * 64), let burst = Burst() else { throw BenchmarkError.noMemory("frames") }
    for number in 0..<flows {
      let frame = ControlScene.frame(
        Flow(number: number), port: port, flags: .ack, sequence: 1_001, acknowledgment: 5_001, payload: 10)
      unsafe PacketOctets(base: source.base + number * 64, count: 64).store(frame)
    }
    let passes = 2_000
    let time = seconds {
      for _ in 0..<passes {
        for first in stride(from: 0, to: flows, by: Burst.size) {
          unsafe burst.arrive(source.base + first * 64)
          burst.translate(&scene.gateway.translator, now: scene.gateway.now)
        }
      }
    }
    guard burst.isForwarded else { throw BenchmarkError.wrong("packets of released sessions did not go on") }
    return Double(passes * flows) / time
  }

  // MARK: Bulk

  /// A bulk transfer that stays on the slow path, since its worker never answers the order that would give it back, of one
  /// on the fast path; and one that is given back under way since it is not the gateway's protocol. All copy each frame from
  /// the device and to it and translate it, the receiver's acknowledgements too; the slow path also has it go through virtual
  /// TCP, where it lies or through a buffer of its own.
  private static func bulk(_ shape: BulkShape, rounds: Int) throws -> [Row] {
    let title = "bulk in " + (shape.isSuper ? "super-frames of 64 KB" : "segments of 1448 octets")
    var stays = Row(title: title + " by virtual TCP, of the fast path", unit: "%", aim: 50)
    var released = Row(title: title + " of a stranger, of the fast path", unit: "%", aim: 90)
    let frames = shape.isSuper ? 3_000 : 100_000
    var fastest = (slow: 0.0, stranger: 0.0, fast: 0.0)
    for round in 0...rounds {
      let fast = try transfer(shape, frames, port: 80, looks: false) { try $0.fast(frames, $1, &$2) }
      let slow = try transfer(shape, frames, port: ControlScene.controlPort, looks: false) {
        try $0.slow(frames, $1, &$2)
      }
      let stranger = try transfer(shape, frames, port: ControlScene.controlPort, looks: true) {
        try $0.stranger(frames, $1, &$2)
      }
      guard round > 0 else { continue }
      fastest = (max(fastest.slow, slow), max(fastest.stranger, stranger), max(fastest.fast, fast))
      stays.samples.values.append(slow / fast * 100)
      released.samples.values.append(stranger / fast * 100)
    }
    let rates = [fastest.slow, fastest.stranger, fastest.fast].map { format($0 * 8 / 1e9, 1) }
    print("\(title): \(rates[0]) Gbit/s by virtual TCP, \(rates[1]) a stranger's, \(rates[2]) on the fast path")
    return [stays, released]
  }

  /// A bulk transfer of commands, every one of which its gateway reads, as fast as a plain connection goes end to end.
  private static func commands(rounds: Int) throws -> Row {
    var row = Row(title: "bulk of commands of 1000 octets, read by their gateway", unit: "Gbit/s", aim: 10)
    let (shape, frames) = (BulkShape.commands, 2_000)
    for round in 0...rounds {
      let rate = try transfer(shape, frames, port: ControlScene.controlPort, looks: true) {
        let rate = try $0.slow(frames, $1, &$2)
        let messages = $2.counters.value(of: .messages, FTPGateway.id)
        guard messages == UInt64(frames * shape.payload / shape.line) else {
          throw BenchmarkError.wrong("\(messages) commands were read")
        }
        return rate
      }
      if round > 0 { row.samples.values.append(rate * 8 / 1e9) }
    }
    return row
  }

  /// One transfer through a gateway of its own.
  private static func transfer(
    _ shape: BulkShape, _ frames: Int, port: UInt16, looks: Bool,
    _ body: (inout BulkLane, Flow, inout ControlScene) throws -> Double
  ) throws -> Double {
    var scene = try ControlScene(sessions: 64, looks: looks)
    let flow = Flow(number: 0)
    guard let session = scene.admit(flow, port: ControlScene.controlPort), scene.admit(flow, port: 80) == nil else {
      throw BenchmarkError.wrong("no control session")
    }
    var dialogue = Dialogue(session)
    dialogue.open(&scene.engine, now: 1_000_000)
    var lane = try BulkLane(shape, session)
    return try body(&lane, flow, &scene)
  }

  // MARK: Control messages

  /// Control messages a second, half of which are edited and open a door.
  private static func messages(rounds: Int) throws -> Row {
    var row = Row(title: "control messages by one slow path", unit: "k/s", aim: 100)
    for _ in 0..<max(1, rounds) { row.samples.values.append(try talk(exchanges: 50_000) / 1e3) }
    return row
  }

  private static func talk(exchanges: Int) throws -> Double {
    var scene = try ControlScene(sessions: 1_024, looks: true)
    var dialogues: [Dialogue] = []
    var now: UInt64 = 1_000_000
    for number in 0..<32 {
      guard let session = scene.admit(Flow(number: number), port: ControlScene.controlPort) else {
        throw BenchmarkError.wrong("no control session")
      }
      var dialogue = Dialogue(session)
      dialogue.open(&scene.engine, now: now)
      dialogue.send(.inbound, .ack, Array("220 ready\r\n".utf8), &scene.engine, now: now)
      dialogues.append(dialogue)
    }
    let before = scene.counters.value(of: .messages, FTPGateway.id)
    let time = seconds {
      for number in 0..<exchanges {
        now += 10
        let place = number % dialogues.count
        dialogues[place].send(.outbound, .ack, command, &scene.engine, now: now)
        dialogues[place].send(.inbound, .ack, reply, &scene.engine, now: now)
      }
    }
    let messages = scene.counters.value(of: .messages, FTPGateway.id) - before
    let edits = scene.counters.value(of: .edits, FTPGateway.id)
    guard messages == UInt64(2 * exchanges), edits == UInt64(exchanges) else {
      throw BenchmarkError.wrong("\(messages) messages and \(edits) edits in \(exchanges) exchanges")
    }
    return Double(messages) / time
  }

  // MARK: Memory

  /// Octets of memory for each idle connection, by what malloc gave away.
  private static func memory() throws -> Row {
    let count = 10_000
    var scene = try ControlScene(sessions: 2 * count, looks: true)
    let sessions = (0..<count).compactMap { scene.admit(Flow(number: $0), port: ControlScene.controlPort) }
    guard sessions.count == count else { throw BenchmarkError.wrong("\(sessions.count) control sessions") }
    let before = sp_allocated_octets()
    for session in sessions {
      var dialogue = Dialogue(session)
      dialogue.open(&scene.engine, now: 1_000_000)
      dialogue.send(.inbound, .ack, reply, &scene.engine, now: 1_000_000)
      dialogue.send(.outbound, .ack, [], &scene.engine, now: 1_000_000)
    }
    let octets = Double(sp_allocated_octets() - before) / Double(count)
    guard scene.counters.value(of: .connections) == UInt64(count) else {
      throw BenchmarkError.wrong("connections are missing")
    }
    return Row(
      title: "memory of an idle virtual TCP connection", unit: "octets", samples: Samples(values: [octets]), aim: 4_096,
      lowerIsBetter: true)
  }

  // MARK: A flood

  /// A worker's packet rate while its ring to the slow path is full, of its rate without; nil with one core.
  private static func flood(rounds: Int) throws -> Row? {
    let cores = Topology.availableCores
    guard cores.count > 1 else { return nil }
    var row = Row(title: "fast path beside a flooded slow path, of its rate alone", unit: "%", aim: 95)
    let worker = try FloodedWorker()
    for _ in 0..<max(3, rounds) { row.samples.values.append(try worker.measure(on: cores)) }
    return row
  }
}
