import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

/// One way through the gateway: which tag a frame comes with, and which it leaves with.
private struct Way: CustomTestStringConvertible, Sendable {
  var name: String
  var from: Host
  var to: Host
  var testDescription: String { name }

  static let all = [
    Way(name: "untagged to untagged", from: .alice, to: .carol),
    Way(name: "a tag pushed", from: .alice, to: .grace),
    Way(name: "a tag popped", from: .frank, to: .carol),
    Way(name: "a tag replaced", from: .frank, to: .grace),
  ]
}

@Suite struct `A frame between segments with and without 802.1Q tags` {
  @Test(arguments: Way.all)
  fileprivate func `gets the tag of its new segment, both ways`(_ way: Way) throws {
    let bench = try WorkerBench()
    let out = bench.send(.udp(from: way.from.at(5000), to: way.to.at(53)), from: way.from)
    #expect(out.count == 1)
    #expect(out == bench.written(on: Segment(of: way.to)))
    #expect(out.first?.destination == way.to.hardwareAddress)
    #expect(out.first?.source == Segment(of: way.to).gateway)
    #expect(out.first?.packet.problems(.to(way.to.at(53)), .withTimeToLive(63)) == [])
    let back = bench.send(try #require(out.first).packet.answer, from: way.to)
    #expect(back == bench.written(on: Segment(of: way.from)))
    #expect(back.first?.destination == way.from.hardwareAddress)
    #expect(back.first?.packet.problems(.from(way.to.at(53)), .to(way.from.at(5000))) == [])
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `with a priority but no identifier is an untagged one`() throws {
    let bench = try WorkerBench()
    var frame = WireFrame(
      .udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: Host.alice.hardwareAddress, on: .inside)
    frame.vlan = 0xE000
    bench.arrive(frame, on: .inside)
    #expect(bench.settle())
    let sent = try #require(bench.written(on: .outside).first)
    #expect(sent.vlan == nil)
    #expect(sent.packet.problems(.to(Host.carol.at(53))) == [])
    #expect(bench.problems == [])
  }

  @Test(arguments: Way.all)
  fileprivate func `has its partial checksum's place moved along`(_ way: Way) throws {
    let bench = try WorkerBench()
    let packet = Datagram.udp(from: way.from.at(5000), to: way.to.at(53)).with { $0.partialChecksum = true }
    let sent = try #require(bench.send(packet, from: way.from).first)
    #expect(sent.offload.flags == 1)
    #expect(Int(sent.offload.checksumStart) == sent.networkOffset + 20)
    #expect(sent.offload.checksumOffset == 6)
    #expect(sent.packet.problems(.to(way.to.at(53))) == [])
    #expect(bench.problems == [])
  }

  @Test(arguments: Way.all)
  fileprivate func `that is a super-frame crosses whole, with all its offsets moved along`(_ way: Way) throws {
    let bench = try WorkerBench(BenchSetup().with { $0.superFrames = true })
    var packet = Datagram.tcp(from: way.from.at(5000), to: way.to.at(80), .syn)
    #expect(bench.send(packet, from: way.from).count == 1)
    packet.body = .tcp(.ack)
    packet.tcpOptions = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]
    packet.payload = (0..<60_000).map { UInt8(truncatingIfNeeded: $0) }
    packet.partialChecksum = true
    packet.segmentSize = 1448
    packet.dontFragment = true
    let sent = try #require(bench.send(packet, from: way.from).first)
    #expect(sent.offload.flags == 1)
    #expect(sent.offload.gsoType == 1)
    #expect(sent.offload.gsoSize == 1448)
    #expect(Int(sent.offload.headerLength) == sent.networkOffset + 20 + 32)
    #expect(Int(sent.offload.checksumStart) == sent.networkOffset + 20)
    #expect(sent.offload.checksumOffset == 16)
    #expect(sent.packet.problems(.to(way.to.at(80)), .carrying(packet.payload)) == [])
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `keeps an empty virtio header empty`() throws {
    let bench = try WorkerBench()
    for way in Way.all {
      let sent = bench.send(.udp(from: way.from.at(5000), to: way.to.at(53)), from: way.from)
      #expect(sent.map(\.offload) == [WireFrame.Offload()])
    }
  }

  @Test(arguments: Way.all)
  fileprivate func `gets its tag also when it had to wait for ARP`(_ way: Way) throws {
    let bench = try WorkerBench(BenchSetup().with { $0.knowsNeighbors = false })
    let segment = Segment(of: way.to)
    let packet = Datagram.udp(from: way.from.at(5000), to: way.to.at(53)).with { $0.partialChecksum = true }
    let asked = bench.send(packet, from: way.from)
    #expect(asked == bench.written(on: segment))
    #expect(asked.compactMap(\.arp).map(\.target) == [way.to.address])
    let sent = bench.send(.reply(from: way.to, to: segment), on: segment)
    #expect(sent == bench.written(on: segment))
    #expect(sent.first?.packet.problems(.to(way.to.at(53))) == [])
    #expect(sent.first.map { Int($0.offload.checksumStart) == $0.networkOffset + 20 } == true)
    #expect(bench.problems == [])
  }
}
