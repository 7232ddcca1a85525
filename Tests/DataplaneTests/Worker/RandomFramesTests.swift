import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

/// One run: how many workers, the seed of everything, and whether the machine fails now and then.
private struct Run: CustomTestStringConvertible, Sendable {
  var workers: Int
  var seed: UInt64
  var faulty: Bool
  var testDescription: String { "\(workers) workers, seed \(seed)\(faulty ? ", with faults" : "")" }

  static let all = [1, 2, 3].flatMap { workers in
    [UInt64(1), 2, 3].flatMap { seed in
      [Run(workers: workers, seed: seed, faulty: false), Run(workers: workers, seed: seed, faulty: true)]
    }
  }
}

@Suite struct `Thousands of random frames` {
  @Test(arguments: Run.all)
  fileprivate func `leave every buffer where it belongs, and every frame accounted for`(_ run: Run) throws {
    var storm = try Storm(run)
    for _ in 0..<4000 { storm.step() }
    storm.calm()
    let bench = storm.bench
    #expect(storm.wrongs.prefix(5) == [])
    #expect(bench.problems == [])
    #expect(bench.load(.waiting) == 0)

    // What came in is what was sent in; what was given to the engine has left or is counted as failed.
    #expect(bench.load(.frames) == storm.sentIn)
    #expect(storm.left + bench.drops(.transmitFailed) == bench.sentFrames)
    #expect((bench.drops(.transmitFailed) > 0) == run.faulty)
    let handedOver = bench.handles.reduce(0) { $0 + Int($1.counters.value(of: .handedOver)) }
    #expect(bench.load(.handedIn) + bench.drops(.handOverFull) == handedOver)
    #expect((handedOver > 0) == (run.workers > 1))

    // Frames received or made are sent, dropped, or heard as ARP. An ARP message that is answered becomes the answer.
    let cut = bench.load(.fragmentsMade) - bench.load(.datagramsCut)
    let made = bench.load(.icmpErrorsSent) + bench.load(.arpSent) + cut
    #expect(storm.sentIn + made == bench.sentFrames + bench.droppedFrames + storm.heardARP)

    // The run saw what it is meant to see.
    #expect(bench.allDrops.count > 15)
    #expect(storm.left > 1000)
    #expect(bench.load(.icmpErrorsSent) > 20)
  }
}

extension WorkerBench {
  /// Frames that workers gave to their engines.
  fileprivate var sentFrames: Int {
    handles.reduce(0) { sum, handle in
      sum + Segment.allCases.reduce(0) { $0 + Int(handle.traffic.value($1.interface, .sentPackets)) }
    }
  }

  /// Frames that were dropped, other than ARP messages. Some reasons count what is no frame of its own: a message that
  /// was not made, or a frame that had been sent before its write failed.
  fileprivate var droppedFrames: Int {
    let others: [DropReason] = [.replyRateLimited, .noBuffer, .transmitFailed, .malformedARP, .arpSenderOffLink]
    return allDrops.reduce(0) { others.contains($1.key) ? $0 : $0 + $1.value }
  }
}

/// Random frames at random workers at random times, and the eyes on what leaves.
private struct Storm {
  let bench: WorkerBench
  private(set) var wrongs: [String] = []
  private(set) var sentIn = 0
  private(set) var left = 0
  /// ARP messages that reached the gateway's ARP.
  private(set) var heardARP = 0
  private var frames: RandomFrames
  private let workers: Int
  private static let insideHosts = Set(
    ([Host.alice, .bob, .frank] + (0..<3).map(Host.inside)).map(\.address))

  init(_ run: Run) throws {
    bench = try WorkerBench(
      BenchSetup().with {
        $0.workers = run.workers
        $0.keepsAnnouncements = true
        $0.ringCapacity = 16
        $0.buffers = 160
        $0.outsideMTU = 1400
        $0.knowsNeighbors = false
      })
    frames = RandomFrames(seed: run.seed)
    workers = run.workers
    for host in [Host.alice, .bob, .frank, .carol, .router] { bench.introduce(host, on: Segment(of: host)) }
    if run.faulty {
      for (index, cell) in bench.cells.enumerated() {
        cell.worker.io.faults = Faults(
          random: SeededRandom(seed: run.seed &+ UInt64(index)), failedWrites: 20, failedReads: 40, delays: 3,
          harvestLimit: 5)
      }
    }
    look()
  }

  /// One event: mostly a frame, at times a turn, a while, an answer to a question for an Ethernet address.
  mutating func step() {
    arrive(frames.next())
    let worker = frames.random.number(in: 0...workers - 1)
    if frames.random.oneIn(3) { bench.turn(worker) }
    if frames.random.oneIn(4) { bench.tick(nanoseconds: UInt64(frames.random.number(in: 0...100_000_000))) }
    if frames.random.oneIn(200) { bench.settle() }
    look()
  }

  /// The end: no more faults, nothing more arrives, and what waits for ARP is given up.
  mutating func calm() {
    for cell in bench.cells { cell.worker.io.faults = .none }
    if !bench.settle() { wrongs.append("the workers do not come to rest") }
    look(answering: false)
    bench.pass(seconds: 6)
    look(answering: false)
  }

  private mutating func arrive(_ arrival: RandomFrames.Arrival) {
    sentIn += 1
    let worker = frames.random.number(in: 0...workers - 1)
    bench.cells[worker].devices[arrival.device].arriving.append(arrival.octets)
    guard let frame = WireFrame(written: arrival.octets), frame.isARP,
      let segment = Self.segment(of: frame, arrival.device),
      frame.destination == .broadcast || frame.destination == segment.gateway
    else { return }
    heardARP += 1
  }

  private static func segment(of frame: WireFrame, _ device: Int) -> Segment? {
    Segment.allCases.first { $0.device == device && $0.vlan == frame.vlan }
  }

  /// Looks at everything that left, and forgets it.
  private mutating func look(answering: Bool = true) {
    for cell in bench.cells {
      for (device, queue) in cell.devices.enumerated() {
        let written = queue.written
        queue.forgetWritten()
        for octets in written { look(at: octets, device, answering) }
      }
    }
  }

  private mutating func look(at octets: [UInt8], _ device: Int, _ answering: Bool) {
    left += 1
    guard let frame = WireFrame(written: octets), let segment = Self.segment(of: frame, device) else {
      wrongs.append("\(octets) left by device \(device)")
      return
    }
    if frame.source != segment.gateway { wrongs.append("not from the gateway: \(frame)") }
    if frame.isARP {
      if answering { answer(frame, on: segment) }
      return
    }
    let packet = frame.packet
    if !frame.isIPv4 || frame.payload.count != packet.totalLength { wrongs.append("not a packet alone: \(frame)") }
    if NaiveChecksum.sum(packet.packet.prefix(packet.headerLength)) != 0xFFFF {
      wrongs.append("a wrong IPv4 checksum: \(frame)")
    }
    guard segment.realm == .outside else { return }
    judgeOutside(frame)
    if packet.isICMP, packet.icmpType != 8 { return }
    frames.remember(packet)
  }

  /// Answers a request for a host's Ethernet address, every other time.
  private mutating func answer(_ request: WireFrame, on segment: Segment) {
    guard request.arp?.operation == 1, frames.random.oneIn(2),
      let host = segment.hosts.first(where: { $0.address == request.arp?.target })
    else { return }
    let reply = ARPMessage.reply(from: host, to: segment).frame(on: segment)
    arrive(RandomFrames.Arrival(octets: reply.octets, device: segment.device))
  }

  /// Nothing that is outside may name a host inside. The gateway's own inside address is not a host's: who asks it from
  /// outside knows it.
  private mutating func judgeOutside(_ frame: WireFrame) {
    let source = frame.packet.sourceAddress
    let isInside = source.rawValue >> 16 == 0x0A0A
    if isInside, !Segment.allCases.contains(where: { $0.address == source }) {
      wrongs.append("an inside local source left: \(frame)")
    }
    guard frame.packet.isICMP, [3, 11, 12].contains(frame.packet.icmpType) else { return }
    let quoted = frame.packet.quoted
    if Self.insideHosts.contains(quoted.destinationAddress) || Self.insideHosts.contains(quoted.sourceAddress) {
      wrongs.append("an inside local address left in a quotation: \(frame)")
    }
  }
}
