import Gateways
import Translation
import WireFormats

/// How a bulk transfer arrives: as segments or as super-frames of them, and how often its receiver acknowledges it.
struct BulkShape {
  /// Octets that each frame brings.
  let payload: Int
  /// Frames that a worker finds at once. No more than fit into a window without scaling.
  let burst: Int
  /// Acknowledgements of a burst.
  let acknowledgments: Int
  /// How many buffers are used in turn: as much memory as a worker's, so that a copy costs what it costs there, and not
  /// what it costs in the first-level cache.
  let buffers: Int
  /// Octets of the lines that the payload is made of; 0 for octets that are no lines.
  var line = 0
  /// Octets from one buffer to the next.
  static let stride = 65_536

  static var segments: Self { Self(payload: 1_448, burst: 32, acknowledgments: 16, buffers: 1_024) }
  static var superFrames: Self { Self(payload: 44 * 1_448, burst: 1, acknowledgments: 1, buffers: 128) }
  /// Commands of FTP, as the control connection of the end-to-end benchmark has them.
  static var commands: Self {
    Self(payload: 63_000, burst: 1, acknowledgments: 1, buffers: 128, line: 1_000)
  }

  var isSuper: Bool { payload > 1_448 }
  var frame: Int { BulkLane.headers + payload }
}

/// A bulk transfer, burst by burst: from the device into a worker's buffers, through the gateway, and out again; and the
/// acknowledgements of its receiver the other way.
@safe struct BulkLane: ~Copyable {
  /// Octets of the headers of each frame.
  static let headers = 54
  /// What the client has of the server's stream all the time.
  private static let acknowledged: UInt32 = 5_001

  let shape: BulkShape
  private let session: InspectedSession
  private let device: Region
  private let memory: Region
  private let outlet: Region
  private let packets: UnsafeMutableBufferPointer<Packet>
  private var turn = 0
  /// Frames that have passed the slow path where they lie, and are not translated yet.
  private var passed = 0..<0
  /// Whether a stranger's session is back on the fast path.
  private var isReleased = false
  private var sequence: UInt32 = 1_001
  private var reached: UInt32 = 1_001
  private var now: UInt64 = 2_000_000

  init(_ shape: BulkShape, _ session: InspectedSession) throws {
    let size = BulkShape.stride * shape.buffers
    guard let device = Region(size: size), let memory = Region(size: size), let outlet = Region(size: size) else {
      throw BenchmarkError.noMemory("a bulk transfer")
    }
    self.shape = shape
    self.session = session
    (self.device, self.memory, self.outlet) = (device, memory, outlet)
    unsafe packets = .allocate(capacity: 64)
    let octets = unsafe PacketOctets(base: memory.base, count: Self.headers)
    unsafe packets.initialize(
      repeating: Packet(octets: octets, networkOffset: Ethernet.headerLength, ingress: Network.inside))
  }

  deinit { unsafe packets.deallocate() }

  private func part(_ region: Region, _ number: Int, _ count: Int) -> PacketOctets {
    unsafe PacketOctets(base: region.base + number % shape.buffers * BulkShape.stride, count: count)
  }

  /// Octets a second of `frames` frames on the fast path.
  mutating func fast(_ frames: Int, _ flow: Flow, _ scene: inout ControlScene) throws -> Double {
    try prepare(flow, port: 80)
    let time = try seconds {
      for _ in 0..<frames / shape.burst {
        let burst = turn..<turn + shape.burst
        turn += shape.burst
        try arrive(burst)
        try translate(burst, .outbound, &scene)
        try answerBurst(&scene)
      }
    }
    return Double(frames / shape.burst * shape.burst * shape.payload) / time
  }

  /// Octets a second of `frames` frames by virtual TCP.
  mutating func slow(_ frames: Int, _ flow: Flow, _ scene: inout ControlScene) throws -> Double {
    try prepare(flow, port: ControlScene.controlPort)
    let (start, bursts) = (sequence, frames / shape.burst)
    let time = try seconds {
      for _ in 0..<bursts {
        now += 100
        let burst = turn..<turn + shape.burst
        turn += shape.burst
        try arrive(burst)
        for number in burst {
          let frame = part(memory, number, shape.frame)
          frame.store32(sequence, at: 34 + TCPField.sequence)
          sequence &+= UInt32(shape.payload)
          try inspect(number, frame, .outbound, &scene)
        }
        try translatePassed(.outbound, &scene)
        scene.engine.flush(now: now)
        try drain(&scene)
        var patience = 100
        repeat {
          try acknowledge(&scene)
          patience -= 1
        } while reached != sequence && patience > 0
      }
    }
    guard reached == sequence, sequence &- start == UInt32(truncatingIfNeeded: bursts * shape.burst * shape.payload)
    else { throw BenchmarkError.wrong("bulk stopped \(sequence &- reached) octets short") }
    return Double(bursts * shape.burst * shape.payload) / time
  }

  /// Octets a second of a transfer that is not the gateway's protocol: it comes by virtual TCP until the gateway has found
  /// that out and the worker has the session back.
  mutating func stranger(_ frames: Int, _ flow: Flow, _ scene: inout ControlScene) throws -> Double {
    try prepare(flow, port: ControlScene.controlPort)
    isReleased = false
    let bursts = frames / shape.burst
    let time = try seconds {
      for _ in 0..<bursts {
        now += 100
        let burst = turn..<turn + shape.burst
        turn += shape.burst
        try arrive(burst)
        for number in burst {
          part(memory, number, shape.frame).store32(sequence, at: 34 + TCPField.sequence)
          sequence &+= UInt32(shape.payload)
        }
        if isReleased {
          try translate(burst, .outbound, &scene)
          try answerBurst(&scene)
        } else {
          for number in burst { try inspect(number, part(memory, number, shape.frame), .outbound, &scene) }
          try translatePassed(.outbound, &scene)
          scene.engine.flush(now: now)
          try drain(&scene, obeys: true)
          var patience = 100
          while !isReleased, reached != sequence, patience > 0 {
            try acknowledge(&scene, obeys: true)
            patience -= 1
          }
        }
      }
    }
    guard isReleased else { throw BenchmarkError.wrong("a stranger's session was not given back") }
    return Double(bursts * shape.burst * shape.payload) / time
  }

  // MARK: Steps of both

  private func prepare(_ flow: Flow, port: UInt16) throws {
    var frame = ControlScene.frame(
      flow, port: port, flags: .ack, sequence: 1_001, acknowledgment: Self.acknowledged, payload: shape.payload)
    for start in stride(from: Self.headers, to: frame.count, by: shape.line == 0 ? frame.count : shape.line)
    where shape.line > 0 {
      frame.replaceSubrange(start..<start + 5, with: "NOOP ".utf8)
      frame.replaceSubrange(start + shape.line - 2..<start + shape.line, with: "\r\n".utf8)
    }
    for number in 0..<shape.buffers { part(device, number, shape.frame).store(frame) }
  }

  /// The device gives frames: one copy each.
  private func arrive(_ burst: Range<Int>) throws {
    for number in burst {
      part(memory, number, shape.frame).copy(shape.frame, from: part(device, number, shape.frame), at: 0, to: 0)
    }
  }

  /// Translates frames in their buffers as one burst, and lets the device have them: one copy each.
  private func translate(
    _ burst: Range<Int>, _ direction: Direction, passage: Packet.Passage = [], _ scene: inout ControlScene
  ) throws {
    for (place, number) in burst.enumerated() {
      let header = part(memory, number, Self.headers)
      let count = Ethernet.headerLength + Int(header.load16(at: Ethernet.headerLength + IPv4Field.totalLength))
      let isSuper = count > 1_514
      unsafe packets[place].arrive(
        part(memory, number, count), networkOffset: Ethernet.headerLength,
        ingress: direction == .outbound ? Network.inside : Network.outside,
        offload: FrameOffload(partialChecksum: isSuper, segmentSize: isSuper ? 1_448 : 0), passage: passage)
    }
    var span = unsafe packets.extracting(0..<burst.count).mutableSpan
    scene.gateway.translator.process(&span, now: scene.gateway.now)
    for (place, number) in burst.enumerated() {
      let packet = unsafe packets[place]
      guard case .forward = packet.verdict else { throw BenchmarkError.wrong("bulk: \(packet.verdict)") }
      let count = packet.octets.count
      part(outlet, number, count).copy(count, from: packet.octets, at: 0, to: 0)
    }
  }

  /// The receiver acknowledges a burst, and that is translated.
  private mutating func answerBurst(_ scene: inout ControlScene) throws {
    let shown = part(outlet, turn - 1, Self.headers).suffix(from: Ethernet.headerLength)
    let answers = turn..<turn + shape.acknowledgments
    turn += shape.acknowledgments
    for number in answers {
      answer(number, to: shown, acknowledging: shown.load32(at: 20 + TCPField.sequence) &+ UInt32(shape.payload))
    }
    try translate(answers, .inbound, &scene)
  }

  /// Writes the receiver's acknowledgement of what it was shown last.
  private func answer(_ number: Int, to shown: PacketOctets, acknowledging place: UInt32) {
    let octets = part(memory, number, Self.headers)
    octets.store16(Ethernet.typeIPv4, at: Ethernet.type)
    let packet = octets.suffix(from: Ethernet.headerLength)
    packet.store32(0x4500_0028, at: 0)
    packet.store32(0x0000_4000, at: IPv4Field.identification)
    packet.store32(0x4006_0000, at: IPv4Field.timeToLive)
    packet.store32(shown.load32(at: IPv4Field.destination), at: IPv4Field.source)
    packet.store32(shown.load32(at: IPv4Field.source), at: IPv4Field.destination)
    packet.store16(
      InternetChecksum.finish(packet.sum(0..<IPv4Field.minimumLength)), at: IPv4Field.checksum)
    packet.store16(shown.load16(at: 20 + TCPField.destinationPort), at: 20 + TCPField.sourcePort)
    packet.store16(shown.load16(at: 20 + TCPField.sourcePort), at: 20 + TCPField.destinationPort)
    packet.store32(Self.acknowledged, at: 20 + TCPField.sequence)
    packet.store32(place, at: 20 + TCPField.acknowledgment)
    packet.store32(0x5010_FFFF, at: 20 + TCPField.dataOffset)
    packet.store32(0, at: 20 + TCPField.checksum)
  }

  // MARK: Steps of the slow path

  /// A frame reaches the slow path: it passes where it lies if it can, or is copied out of its buffer.
  private mutating func inspect(
    _ number: Int, _ frame: PacketOctets, _ direction: Direction, _ scene: inout ControlScene
  ) throws {
    let isSuper = frame.count > 1_514
    let arrival = Arrival(ingress: direction == .outbound ? Network.inside : Network.outside)
    if scene.engine.pass(
      frame.suffix(from: Ethernet.headerLength), of: session.id, direction, arrival, segmentSize: isSuper ? 1_448 : 0,
      hasPartialChecksum: isSuper, now: now)
    {
      passed = passed.isEmpty ? number..<number + 1 : passed.lowerBound..<number + 1
      return
    }
    try translatePassed(direction, &scene)
    scene.engine.receive(
      InspectedPacket(
        octets: frame.suffix(from: Ethernet.headerLength).copied, session: session, direction: direction,
        arrival: arrival, segmentSize: isSuper ? 1_448 : 0, hasPartialChecksum: isSuper), more: true, now: now)
  }

  /// The worker translates what has passed.
  private mutating func translatePassed(_ direction: Direction, _ scene: inout ControlScene) throws {
    guard !passed.isEmpty else { return }
    try translate(passed, direction, passage: .inspected, &scene)
    if direction == .outbound {
      let last = part(outlet, passed.upperBound - 1, Self.headers)
      reached = last.load32(at: 34 + TCPField.sequence) &+ UInt32(shape.payload)
    }
    passed = 0..<0
  }

  /// What the engine sends goes through a worker's buffers and out.
  private mutating func drain(_ scene: inout ControlScene, obeys: Bool = false) throws {
    while let output = scene.engine.takeOutput() {
      if case .order(let number, _, let order) = output, obeys {
        if case .release = order { isReleased = true }
        scene.engine.answered(number, scene.gateway.translator.perform(order, now: scene.gateway.now), now: now)
      }
      guard case .packet(let packet) = output else { continue }
      let count = Ethernet.headerLength + packet.count
      let frame = part(memory, turn, count)
      frame.store16(Ethernet.typeIPv4, at: Ethernet.type)
      frame.suffix(from: Ethernet.headerLength).store(packet.beginning)
      var end = Ethernet.headerLength + packet.beginning.count
      for piece in packet.pieces {
        frame.suffix(from: end).store(piece)
        end += piece.count
      }
      if packet.direction == .outbound {
        reached = frame.load32(at: 34 + TCPField.sequence) &+ UInt32(count - Self.headers)
      }
      try translate(turn..<turn + 1, packet.direction, passage: .inspected, &scene)
      turn += 1
    }
  }

  /// The server acknowledges what has reached it.
  private mutating func acknowledge(_ scene: inout ControlScene, obeys: Bool = false) throws {
    let shown = part(outlet, turn - 1, Self.headers).suffix(from: Ethernet.headerLength)
    let octets = UInt32(shape.burst * shape.payload / shape.acknowledgments)
    for rest in (0..<UInt32(shape.acknowledgments)).reversed() {
      answer(turn, to: shown, acknowledging: reached &- rest * octets)
      try inspect(turn, part(memory, turn, Self.headers), .inbound, &scene)
      turn += 1
    }
    try translatePassed(.inbound, &scene)
    scene.engine.flush(now: now)
    try drain(&scene, obeys: obeys)
  }
}
