import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `Packets larger than the link` {
  private let narrow = BenchSetup().with { $0.outsideMTU = 1000 }
  private let large = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53)).with {
    $0.payload = (0..<1400).map { UInt8($0 % 251) }
  }

  private func join(_ frames: some Sequence<WireFrame>) -> SentPacket? {
    NaiveFragments.join(frames.map { Array($0.packet.packet) }).map { SentPacket(frame: $0, networkOffset: 0) }
  }

  private func isOrdinary(_ frame: WireFrame) -> Bool {
    frame.offload == WireFrame.Offload() && frame.packet.totalLength <= 1000 && frame.payload.count <= 1000
  }

  @Test(arguments: [false, true]) func `leave as fragments in order`(_ partial: Bool) throws {
    let bench = try WorkerBench(narrow)
    let sent = bench.send(large.with { $0.partialChecksum = partial }, from: .alice)
    #expect(sent.map { Int($0.packet.fragmentField) } == [0x2000, 976 / 8])
    #expect(sent.allSatisfy(isOrdinary))
    #expect(sent.allSatisfy { $0.destination == Host.carol.hardwareAddress && $0.vlan == nil })
    let whole = try #require(join(sent))
    #expect(whole.problems(.to(Host.carol.at(53)), .withTimeToLive(63), .carrying(large.payload)) == [])
    #expect(bench.load(.datagramsCut) == 1 && bench.load(.fragmentsMade) == 2)
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `are cut when the neighbour has answered`() throws {
    let bench = try WorkerBench(narrow.with { $0.knowsNeighbors = false })
    _ = bench.send(large, from: .alice)
    let sent = bench.send(.reply(from: .carol, to: .outside), on: .outside)
    #expect(sent.count == 2)
    #expect(join(sent)?.payload == large.payload)
    #expect(bench.problems == [])
  }

  @Test func `are cut further when they are fragments already`() throws {
    let bench = try WorkerBench(narrow.with { $0.outsideMTU = 500 })
    let frames = large.fragments(cutAt: [1200])
    for frame in frames.reversed() {
      var wire = WireFrame(large, from: Host.alice.hardwareAddress, on: .inside)
      wire.payload = Array(frame.octets.dropFirst(14))
      bench.arrive(wire, on: .inside)
    }
    bench.settle()
    let sent = bench.written(on: .outside)
    #expect(sent.count == 4)
    #expect(join(sent)?.problems(.to(Host.carol.at(53)), .carrying(large.payload)) == [])
    #expect(bench.problems == [])
  }

  @Test(arguments: [1200, 960]) func `that are super-frames become their segments first`(_ size: Int) throws {
    let bench = try WorkerBench(narrow.with { $0.superFrames = true })
    let stream = Datagram.tcp(from: Host.alice.at(5000), to: Host.carol.at(80), [.ack, .fin]).with {
      $0.payload = (0..<10_000).map { UInt8($0 % 251) }
      $0.partialChecksum = true
      $0.segmentSize = UInt16(size)
    }
    let opening = stream.with {
      $0.body = .tcp(.syn)
      $0.payload = []
      $0.segmentSize = 0
    }
    _ = bench.send(opening, from: .alice)
    let sent = bench.send(stream, from: .alice)
    if size == 960 {
      #expect(sent.count == 1)
      return
    }
    #expect(sent.allSatisfy(isOrdinary))
    var segments: [SentPacket] = []
    var start = 0
    while start < sent.count {
      let rest = sent[start...]
      let fragments = rest.prefix { $0.packet.identification == rest.first?.packet.identification }
      segments.append(try #require(join(fragments)))
      start += fragments.count
    }
    #expect(segments.count == 9)
    #expect(segments.allSatisfy { $0.problems(.to(Host.carol.at(80))) == [] })
    #expect(segments.flatMap(\.payload) == stream.payload)
    let sequences = segments.map { Int($0.packet[26]) << 8 | Int($0.packet[27]) }
    #expect(sequences == (0..<9).map { 1 + $0 * size })
    #expect(segments.map { $0.packet[33] & 1 } == [0, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(bench.problems == [])
  }

  @Test func `keep their place behind a tag`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.taggedOutsideMTU = 800 })
    let sent = bench.send(large.with { $0.destination = Host.grace.at(7) }, from: .alice)
    #expect(sent.count == 2)
    #expect(sent.allSatisfy { $0.vlan == 30 && $0.type == 0x0800 && $0.packet.totalLength <= 800 })
    #expect(join(sent)?.problems(.to(Host.grace.at(7)), .carrying(large.payload)) == [])
    #expect(bench.problems == [])
  }
}
