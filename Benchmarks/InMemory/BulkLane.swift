import Gateways
import Translation
import WireFormats

/// A bulk transfer, frame by frame: from the device into a worker's buffer, through the gateway, and out again.
@safe struct BulkLane {
  private let device: UnsafeMutableRawPointer
  private let buffer: UnsafeMutableRawPointer
  private let outlet: UnsafeMutableRawPointer
  private let payload: Int
  private let session: InspectedSession
  private var sequence: UInt32 = 1_001
  private var reached: UInt32 = 1_001
  private var now: UInt64 = 2_000_000

  private var size: Int { 54 + payload }
  private var segmentSize: UInt16 { payload > 1_448 ? 1_448 : 0 }

  @unsafe init(
    device: UnsafeMutableRawPointer, buffer: UnsafeMutableRawPointer, outlet: UnsafeMutableRawPointer, payload: Int,
    session: InspectedSession
  ) {
    unsafe self.device = device
    unsafe self.buffer = buffer
    unsafe self.outlet = outlet
    self.payload = payload
    self.session = session
  }

  private func ofDevice(_ count: Int) -> PacketOctets { unsafe PacketOctets(base: device, count: count) }
  private func ofBuffer(_ count: Int) -> PacketOctets { unsafe PacketOctets(base: buffer, count: count) }
  private func ofOutlet(_ count: Int) -> PacketOctets { unsafe PacketOctets(base: outlet, count: count) }

  private func prepare(_ flow: Flow, port: UInt16) {
    let frame = ControlScene.frame(
      flow, port: port, flags: .ack, sequence: 1_001, acknowledgment: 5_001, payload: payload)
    ofDevice(size).store(frame)
  }

  /// Translates the frame in the buffer and lets the device have it.
  private func translate(_ count: Int, _ scene: inout ControlScene, passage: Packet.Passage = []) throws {
    let octets = ofBuffer(count)
    var packet = Packet(octets: octets, networkOffset: Ethernet.headerLength, ingress: Network.inside)
    packet.arrive(
      octets, networkOffset: Ethernet.headerLength, ingress: Network.inside,
      offload: FrameOffload(partialChecksum: count > 1_514, segmentSize: count > 1_514 ? 1_448 : 0), passage: passage)
    unsafe withUnsafeMutablePointer(to: &packet) {
      var span = unsafe MutableSpan(_unsafeStart: $0, count: 1)
      scene.gateway.translator.process(&span, now: scene.gateway.now)
    }
    guard case .forward = packet.verdict else { throw BenchmarkError.wrong("bulk: \(packet.verdict)") }
    ofOutlet(count).copy(count, from: octets, at: 0, to: 0)
  }

  /// Seconds that `frames` frames take on the fast path.
  func fast(_ frames: Int, _ flow: Flow, _ scene: inout ControlScene) throws -> Double {
    prepare(flow, port: 80)
    return try seconds {
      for _ in 0..<frames {
        ofBuffer(size).copy(size, from: ofDevice(size), at: 0, to: 0)
        try translate(size, &scene)
      }
    }
  }

  /// Seconds that `frames` frames take by virtual TCP.
  mutating func slow(_ frames: Int, _ flow: Flow, _ scene: inout ControlScene) throws -> Double {
    prepare(flow, port: ControlScene.controlPort)
    let start = sequence
    let time = try seconds {
      for number in 0..<frames {
        let frame = ofBuffer(size)
        frame.copy(size, from: ofDevice(size), at: 0, to: 0)
        frame.store32(sequence, at: 34 + TCPField.sequence)
        sequence &+= UInt32(payload)
        now += 5
        scene.engine.receive(
          InspectedPacket(
            octets: frame.suffix(from: Ethernet.headerLength).copied, session: session, direction: .outbound,
            arrival: Arrival(ingress: Network.inside), segmentSize: segmentSize, hasPartialChecksum: segmentSize > 0),
          now: now)
        try drain(&scene)
        if segmentSize > 0 || number % 2 == 1 { try acknowledge(&scene) }
      }
    }
    while reached != sequence {
      let before = reached
      try acknowledge(&scene)
      guard reached != before else { throw BenchmarkError.wrong("bulk stopped \(sequence &- reached) octets short") }
    }
    guard sequence &- start == UInt32(truncatingIfNeeded: frames * payload) else {
      throw BenchmarkError.wrong("bulk is too short")
    }
    return time
  }

  /// What the engine sends towards the server goes through the worker's buffer and out.
  private mutating func drain(_ scene: inout ControlScene) throws {
    while let output = scene.engine.takeOutput() {
      guard case .packet(let packet) = output, packet.direction == .outbound else { continue }
      let count = Ethernet.headerLength + packet.count
      let frame = ofBuffer(count)
      frame.store16(Ethernet.typeIPv4, at: Ethernet.type)
      frame.suffix(from: Ethernet.headerLength).store(packet.beginning)
      var end = Ethernet.headerLength + packet.beginning.count
      for piece in packet.pieces {
        frame.suffix(from: end).store(piece)
        end += piece.count
      }
      reached = frame.load32(at: 34 + TCPField.sequence) &+ UInt32(count - 54)
      try translate(count, &scene, passage: .inspected)
    }
  }

  /// The server acknowledges what has reached it.
  private mutating func acknowledge(_ scene: inout ControlScene) throws {
    let record = session.record
    var octets: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]
    octets.reserveCapacity(40)
    let words = [
      record.outsideGlobal.rawValue, record.insideGlobal.rawValue,
      UInt32(record.outsideGlobalPort) << 16 | UInt32(record.insideGlobalPort), 5_001, reached, 0x5010_FFFF, 0,
    ]
    for word in words {
      for shift in [24, 16, 8, 0] { octets.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }
    scene.engine.receive(
      InspectedPacket(
        octets: octets, session: session, direction: .inbound, arrival: Arrival(ingress: Network.outside)), now: now)
    try drain(&scene)
  }
}
