import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `Fragments at a worker` {
  private let flow = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53)).with {
    $0.payload = (0..<1400).map { UInt8($0 % 251) }
  }

  private func arrive(
    _ datagram: Datagram, cutAt cuts: [Int], order: [Int], from host: Host, _ bench: WorkerBench, at workers: [Int]
  ) {
    let frames = datagram.fragments(cutAt: cuts)
    let segment = Segment(of: host)
    for (number, index) in order.enumerated() {
      var wire = WireFrame(datagram, from: host.hardwareAddress, on: segment)
      wire.payload = Array(frames[index].octets.dropFirst(frames[index].networkOffset))
      bench.arrive(wire, on: segment, at: workers[number % workers.count])
    }
  }

  private func join(_ frames: [WireFrame]) -> SentPacket? {
    NaiveFragments.join(frames.map { Array($0.packet.packet) }).map { SentPacket(frame: $0, networkOffset: 0) }
  }

  @Test(arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]])
  func `find their session, whatever worker they come to and in whatever order`(_ order: [Int]) throws {
    let bench = try WorkerBench(BenchSetup().with { $0.workers = 3 })
    for round in 0..<6 {
      let query = flow.with {
        $0.source.port = UInt16(6000 + round)
        $0.identification = UInt16(round)
      }
      bench.forgetWritten()
      arrive(query, cutAt: [400, 800, 1200], order: order, from: .alice, bench, at: [round % 3, (round + 1) % 3])
      bench.settle()
      let out = try #require(join(bench.written(on: .outside)))
      #expect(out.problems(.to(Host.carol.at(53)), .carrying(flow.payload)) == [])
      let answer = Datagram.udp(from: Host.carol.at(53), to: out.source).with {
        $0.payload = flow.payload
        $0.identification = UInt16(round)
      }
      bench.forgetWritten()
      arrive(answer, cutAt: [400, 800, 1200], order: order, from: .carol, bench, at: [round % 3, (round + 2) % 3])
      bench.settle()
      let back = try #require(join(bench.written(on: .inside)))
      #expect(back.problems(.from(Host.carol.at(53)), .to(query.source), .carrying(flow.payload)) == [])
    }
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `that wait too long give their buffers back`() throws {
    let bench = try WorkerBench()
    arrive(flow, cutAt: [400, 800, 1200], order: [1, 2, 3], from: .alice, bench, at: [0])
    bench.settle()
    #expect(bench.cells[0].worker.translator.fragmentsHeld == 3)
    #expect(bench.problems == [])
    bench.pass(seconds: 5)
    #expect(bench.cells[0].worker.translator.fragmentsHeld == 0)
    #expect(bench.allDrops == [.fragmentTimeout: 3])
    #expect(bench.problems == [])
  }

  @Test func `leave frames for others as they always were`() {
    let frame = Frame(buffer: BufferID(worker: 1, number: 5), start: 8, device: 3, length: 1514)
    #expect(frame.handoverWord & Frame.annotated == 0)
    let again = Frame(handoverWord: frame.handoverWord | Frame.annotated)
    #expect(again.buffer == frame.buffer && again.device == 3 && again.length == 1514)
  }
}

@Suite struct `Packets that arrive anew` {
  /// A packet of alice's to bob's inside global address, as it is when it has been translated on its way out.
  private func translated(_ timeToLive: UInt8 = 63) -> Datagram {
    Datagram.udp(from: SocketAddress(Place.pool.lowerBound, 5000), to: SocketAddress(Place.bobGlobal, 7)).with {
      $0.timeToLive = timeToLive
      $0.dontFragment = true
    }
  }

  /// Lets a worker execute the verdict of a hairpin for a frame of its own.
  private func hairpin(_ datagram: Datagram, _ bench: WorkerBench, at number: Int) throws {
    let cell = bench.cells[number]
    guard var frame = cell.worker.newFrame(device: 0) else {
      Issue.record("there is no buffer")
      return
    }
    frame.ingress = Segment.inside.interface
    let octets = WireFrame(datagram, from: Host.alice.hardwareAddress, on: .inside).octets
    frame.length = UInt32(octets.count)
    let view = cell.worker.memory.octets(of: frame)
    for (offset, octet) in octets.dropFirst(10).enumerated() { view.store8(octet, at: offset) }
    var packet = Packet(octets: view, networkOffset: 14, ingress: Segment.inside.interface)
    packet.verdict = .hairpin(Segment.outside.interface)
    cell.worker.execute(frame, packet)
    cell.worker.processAgain()
    cell.worker.publishHandedOver()
    bench.settle()
  }

  @Test(arguments: [0, 1]) func `go to the inside host from an inside global address`(_ worker: Int) throws {
    let bench = try WorkerBench(BenchSetup().with { $0.workers = 2 })
    try hairpin(translated(), bench, at: worker)
    let sent = bench.written()
    #expect(sent.map(\.destination) == [Host.bob.hardwareAddress])
    #expect(
      sent.first?.packet.problems(
        .from(SocketAddress(Place.pool.lowerBound, 5000)), .to(Host.bob.at(7)), .withTimeToLive(62)) == [])
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `do so once`() throws {
    let bench = try WorkerBench()
    let cell = bench.cells[0]
    guard var frame = cell.worker.newFrame(device: 0) else {
      Issue.record("there is no buffer")
      return
    }
    frame.length = 100
    var packet = Packet(
      octets: cell.worker.memory.octets(of: frame), networkOffset: 14, ingress: Segment.outside.interface,
      passage: .hairpin)
    packet.verdict = .hairpin(Segment.outside.interface)
    cell.worker.execute(frame, packet)
    #expect(bench.allDrops == [.hairpin: 1])
    #expect(bench.problems == [])
  }

  @Test func `and whose time is up are reported to the host that sent them`() throws {
    let bench = try WorkerBench()
    let out = try #require(
      bench.send(.udp(from: Host.alice.at(5000), to: SocketAddress(Host.carol.address, 7)), from: .alice).first)
    let arrived = Datagram.udp(from: out.packet.source, to: Host.carol.at(7)).with { $0.timeToLive = 1 }
    bench.forgetWritten()
    try hairpin(arrived, bench, at: 0)
    let told = bench.written()
    #expect(told.map(\.destination) == [Host.alice.hardwareAddress])
    #expect(
      told.first?.packet.problems(
        .from(Place.outsideAddress), .to(Host.alice.address), .icmp(type: 11),
        .quoting(.from(Host.alice.at(5000)), .to(Host.carol.at(7)))) == [])
    #expect(bench.problems == [])
  }
}

@Suite struct `A SYN that nobody asked for` {
  private let strict = BenchSetup().with { $0.unsolicitedSYN = 6 }

  /// A gateway at which alice has a mapping, and a SYN of dave's to it.
  private func opened() throws -> (WorkerBench, Datagram) {
    let bench = try WorkerBench(strict)
    let out = try #require(bench.send(.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), .syn), from: .alice).first)
    bench.forgetWritten()
    return (bench, .tcp(from: Host.dave.at(4000), to: out.packet.source, .syn))
  }

  @Test func `is answered after six seconds, once, however often it comes`() throws {
    let (bench, syn) = try opened()
    for _ in 0..<3 { #expect(bench.send(syn, from: .dave).isEmpty) }
    bench.pass(seconds: 5.9)
    #expect(bench.written().filter(\.isIPv4).isEmpty)
    bench.pass(seconds: 2)
    let told = bench.written().filter(\.isIPv4)
    #expect(told.map(\.destination) == [Host.dave.hardwareAddress])
    #expect(
      told.first?.packet.problems(
        .from(Place.outsideAddress), .to(Host.dave.address), .icmp(type: 3, code: 3),
        .quoting(.from(syn.source), .to(syn.destination))) == [])
    #expect(bench.problems == [])
  }

  @Test func `is forgotten when the inside host opens the connection meanwhile`() throws {
    let (bench, syn) = try opened()
    _ = bench.send(syn, from: .dave)
    let own = bench.send(.tcp(from: Host.alice.at(5000), to: Host.dave.at(4000), .syn), from: .alice)
    #expect(own.first?.packet.source == syn.destination)
    bench.forgetWritten()
    bench.pass(seconds: 9)
    #expect(bench.written().filter(\.isIPv4).isEmpty)
    #expect(bench.problems == [])
  }

  @Test func `is held for a sender eight times at most`() throws {
    let (bench, syn) = try opened()
    for port in UInt16(0)..<20 { _ = bench.send(syn.with { $0.source.port = 4000 + port }, from: .dave) }
    bench.forgetWritten()
    bench.pass(seconds: 8)
    #expect(bench.written().filter(\.isIPv4).count == 8)
    #expect(bench.problems == [])
  }
}
