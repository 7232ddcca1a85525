import Forwarding
import Gateways
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

/// Frames through workers and a slow path, turn by turn, over devices in memory.
@Suite struct `The slow path` {
  private static let client = SocketAddress(Host.alice.address, 40_000)
  private static let server = SocketAddress(Host.carol.address, 21)

  /// A control connection of alice with carol's FTP server.
  private final class Control {
    let bench: WorkerBench
    private(set) var global = SocketAddress(IPv4Address(0), 0)
    private var next: (alice: UInt32, carol: UInt32) = (5000, 9000)

    init(_ setup: BenchSetup = BenchSetup().with { $0.slowPaths = 1 }) throws {
      bench = try WorkerBench(setup)
      let syn = try #require(say(.alice, "", .syn).first)
      global = syn.packet.source
      _ = say(.carol, "", [.syn, .ack])
      _ = say(.alice, "")
    }

    /// A segment of one side, in order; what left because of it.
    func say(
      _ host: Host, _ text: String, _ flags: TCPFlags = .ack, at worker: Int = 0, segmentSize: UInt16 = 0
    ) -> [WireFrame] {
      let isAlice = host == .alice
      var segment = Datagram.tcp(
        from: isAlice ? client : server, to: isAlice ? server : global, flags)
      segment.payload = Array(text.utf8)
      segment.sequence = isAlice ? next.alice : next.carol
      segment.acknowledgment = isAlice ? next.carol : next.alice
      (segment.segmentSize, segment.partialChecksum) = (segmentSize, segmentSize > 0)
      let length = UInt32(text.utf8.count) + (flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1)
      if isAlice { next.alice += length } else { next.carol += length }
      return bench.send(segment, from: host, at: worker)
    }
  }

  /// The payloads that left by a segment.
  private static func texts(_ frames: [WireFrame], on segment: Segment) -> [String] {
    frames.filter { $0.vlan == segment.vlan }.map { String(decoding: $0.packet.payload, as: UTF8.self) }
      .filter { !$0.isEmpty }
  }

  @Test func `opens the door before the message that announces it leaves`() throws {
    let control = try Control()
    _ = control.say(.carol, "220 ready\r\n")
    let frames = control.say(.alice, "PORT 10,10,10,10,200,1\r\n")
    let told = try #require(Self.texts(frames, on: .outside).first { $0.hasPrefix("PORT") })
    // CR and LF are one character.
    let numbers = told.dropFirst(5).dropLast().split(separator: ",").compactMap { UInt16($0) }
    try #require(numbers.count == 6)
    let global = SocketAddress(
      IPv4Address(numbers[..<4].reduce(0) { $0 << 8 | UInt32($1) }), numbers[4] << 8 | numbers[5])
    #expect(global.address == control.global.address)
    #expect(frames.allSatisfy { $0.packet.checksumProblems.isEmpty })
    _ = control.say(.carol, "200 ok\r\n")
    let data = Datagram.tcp(from: SocketAddress(Host.carol.address, 20), to: global, .syn)
    let arrived = try #require(control.bench.send(data, from: .carol).first)
    #expect(arrived.packet.destination == SocketAddress(Host.alice.address, 51_201))
    #expect(control.bench.problems == [])
  }

  @Test(arguments: [(1, 1), (2, 1), (3, 2)])
  func `gives every buffer back, however many workers and slow paths there are`(
    _ workers: Int, _ slowPaths: Int
  ) throws {
    let control = try Control(
      BenchSetup().with {
        $0.workers = workers
        $0.slowPaths = slowPaths
      })
    for number in 0..<50 {
      _ = control.say(.alice, "NOOP \(number)\r\n", at: number % workers)
      _ = control.say(.carol, "200 fine\r\n", at: number % workers)
    }
    #expect(control.bench.problems == [])
    #expect(control.bench.drops(.slowPathFull) == 0)
    let messages = control.bench.slowHandles.reduce(0) { sum, handle in
      sum + Int(handle.counters.value(of: .messages, GatewayCatalog.gateway(named: "ftp")!.id))
    }
    #expect(messages == 100)
  }

  @Test func `that is stuck fills its ring, and the worker goes on`() throws {
    let bench = try WorkerBench(
      BenchSetup().with {
        $0.slowPaths = 1
        $0.ringCapacity = 8
      })
    // Requests to a server of a gateway, and nobody turns the slow path.
    for port in UInt16(0)..<20 {
      bench.arrive(
        .udp(from: SocketAddress(Host.alice.address, 41_000 + port), to: SocketAddress(Host.carol.address, 69)),
        from: .alice)
    }
    for _ in 0..<8 { bench.turn() }
    #expect(bench.drops(.slowPathFull) == 12)
    bench.arrive(.udp(from: Self.client, to: SocketAddress(Host.carol.address, 9)), from: .alice)
    for _ in 0..<4 { bench.turn() }
    #expect(bench.written(on: .outside).count == 1, "others' packets pass")
    bench.settle()
    #expect(bench.written(on: .outside).count == 9)
    #expect(bench.problems == [])
  }

  @Test func `hears of sessions that have ended, and forgets them`() throws {
    let control = try Control()
    let handle = control.bench.slowHandles[0]
    #expect(handle.counters.value(of: .connections) == 1)
    control.bench.tick(nanoseconds: 90_000_000_000_000)
    control.bench.pass(seconds: 3)
    #expect(handle.counters.value(of: .connections) == 0)
    #expect(control.bench.problems == [])
  }

  @Test func `has room for those that live, however many sessions end at once`() throws {
    let bench = try WorkerBench(
      BenchSetup().with {
        $0.slowPaths = 1
        $0.ringCapacity = 16
      })
    func ask(_ ports: Range<UInt16>) {
      for port in ports {
        bench.arrive(
          .tcp(from: SocketAddress(Host.alice.address, port), to: Self.server, .syn), from: .alice)
      }
    }
    for first in stride(from: UInt16(41_000), to: 41_040, by: 8) {
      ask(first..<first + 8)
      #expect(bench.settle())
    }
    var cleared = 0
    _ = bench.cells[0].worker.translator.clear(ClearRequest(), from: 0, slice: .max, cleared: &cleared)
    #expect(cleared == 40)
    // Nobody turns the slow path, and the worker has more to tell it than the ring holds.
    for _ in 0..<4 { #expect(bench.turn() > 0, "it does not sleep while there is something to tell") }
    bench.tick(nanoseconds: 2_000_000_000)
    ask(42_000..<42_008)
    for _ in 0..<4 { bench.turn() }
    #expect(bench.drops(.slowPathFull) == 0)
    bench.forgetWritten()
    #expect(bench.settle())
    #expect(bench.written(on: .outside).count == 8)
    for _ in 0..<40 { bench.settle() }
    #expect(bench.turn() == 0, "all has been told")
    #expect(bench.problems == [])
  }

  @Test func `has packets of a VLAN arrive where they came from`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.slowPaths = 1 })
    let request = Datagram.udp(
      from: SocketAddress(Host.frank.address, 41_000), to: SocketAddress(Host.carol.address, 69)
    ).with { $0.payload = [0, 1] + Array("file\0octet\0".utf8) }
    let sent = try #require(bench.send(request, from: .frank).first)
    #expect(sent.packet.payload == request.payload)
    // The server answers from a port of its own, through the door that the request opened.
    let answer = Datagram.udp(from: SocketAddress(Host.carol.address, 50_123), to: sent.packet.source)
    #expect(bench.send(answer, from: .carol).first?.packet.destination == request.source)
    let stranger = Datagram.udp(from: SocketAddress(Host.dave.address, 50_123), to: sent.packet.source)
    #expect(bench.send(stranger, from: .dave).isEmpty)
    #expect(bench.problems == [])
  }

  @Test func `puts super-frames together and takes them`() throws {
    let control = try Control(
      BenchSetup().with {
        $0.slowPaths = 1
        $0.superFrames = true
      })
    // A help text of several segments, and no more than the initial window lets through at once.
    let text = "214-\r\n" + String(repeating: " help\r\n", count: 700) + "214 end\r\n"
    let frames = control.say(.carol, text, segmentSize: 1400).filter { !$0.packet.payload.isEmpty }
    #expect(frames.flatMap { $0.packet.payload } == Array(text.utf8))
    let large = try #require(frames.first { $0.offload.gsoSize > 0 })
    #expect(large.offload.gsoType == 1 && large.offload.checksumStart == 34 && large.offload.checksumOffset == 16)
    #expect(large.packet.checksumProblems.isEmpty)
    #expect(control.bench.problems == [])
  }

  @Test func `fragments of a gateway's datagram are put together, and cut again behind it`() throws {
    let bench = try WorkerBench(
      BenchSetup().with {
        $0.slowPaths = 1
        $0.outsideMTU = 600
      })
    let whole = Datagram.udp(
      from: SocketAddress(Host.alice.address, 41_000), to: SocketAddress(Host.carol.address, 69)
    ).with { $0.payload = [0, 1] + Array(repeating: UInt8(ascii: "a"), count: 1200) + [0] + Array("octet\0".utf8) }
    let octets = whole.packet()
    let transport = Array(octets[20...])
    bench.forgetWritten()
    for (offset, isLast) in [(0, false), (800, true)] {
      let part = Array(transport[offset..<(isLast ? transport.count : 800)])
      var frame = Array(octets[..<20]) + part
      frame[2] = UInt8(frame.count >> 8)
      frame[3] = UInt8(frame.count & 255)
      frame[6] = UInt8((offset / 8) >> 8) | (isLast ? 0 : 0x20)
      frame[7] = UInt8((offset / 8) & 255)
      (frame[10], frame[11]) = (0, 0)
      let checksum = ~NaiveChecksum.sum(frame[..<20])
      frame[10] = UInt8(checksum >> 8)
      frame[11] = UInt8(checksum & 255)
      var wire = WireFrame(whole, from: Host.alice.hardwareAddress, on: .inside)
      wire.payload = frame
      bench.arrive(wire, on: .inside)
    }
    bench.settle()
    let fragments = bench.written(on: .outside)
    #expect(fragments.count == 3)
    #expect(fragments.allSatisfy { $0.packet.packet.count <= 600 })
    #expect(Int(bench.slowHandles[0].counters.value(of: .reassembled)) == 1)
    #expect(bench.problems == [])
  }
}
