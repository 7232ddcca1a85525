import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `A datagram of the gateway's own` {
  private let tally = DatagramTally()

  private func datagram(to host: Host, from segment: Segment = .outside, octets: Int = 11) -> OwnDatagram {
    OwnDatagram(
      source: segment.interface, sourcePort: 2055, destination: host.address, destinationPort: 9995,
      payload: (0..<octets).map { UInt8(truncatingIfNeeded: $0) }, tally: tally)
  }

  @Test(arguments: [Host.carol, .mallory, .alice, .frank, .grace])
  func `leaves for its host, from the interface's address, with right checksums`(_ host: Host) throws {
    let bench = try WorkerBench()
    bench.handles[0].send(datagram(to: host))
    bench.settle()
    let station = host == .mallory ? Host.router : host
    let sent = bench.written()
    #expect(sent == bench.written(on: Segment(of: station)))
    #expect(sent.map(\.destination) == [station.hardwareAddress])
    #expect(
      sent.first?.packet.problems(
        .from(SocketAddress(Place.outsideAddress, 2055)), .to(host.at(9995)), .withTimeToLive(64),
        .carrying((0..<11).map { UInt8($0) })) == [])
    #expect(tally.sent == 1 && tally.unsent == 0)
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `waits for its next hop's Ethernet address`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.knowsNeighbors = false })
    bench.handles[0].send(datagram(to: .carol))
    bench.settle()
    #expect(bench.written().compactMap(\.arp).map(\.target) == [Host.carol.address])
    let sent = bench.send(.reply(from: .carol, to: .outside), on: .outside)
    #expect(sent.count == 1)
    #expect(sent.first?.packet.problems(.to(Host.carol.at(9995))) == [])
    #expect(bench.problems == [])
  }

  @Test func `to a host that never answers is given up`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.knowsNeighbors = false })
    bench.handles[0].send(datagram(to: .carol))
    bench.pass(seconds: 6)
    #expect(bench.drops(.neighborUnresolved) == 1)
    #expect(bench.written().filter { !$0.isARP } == [])
    #expect(bench.problems == [])
  }

  @Test func `larger than the link is not sent, and counted`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.outsideMTU = 1000 })
    bench.handles[0].send(datagram(to: .carol, octets: 973))
    bench.settle()
    #expect(bench.written().isEmpty)
    #expect(tally.unsent == 1)
    bench.handles[0].send(datagram(to: .carol, octets: 972))
    bench.settle()
    #expect(bench.written().map(\.packet.totalLength) == [1000])
    #expect(tally.sent == 1)
    #expect(bench.problems == [])
  }

  @Test func `beyond the room is counted, and the others leave in order`() throws {
    let bench = try WorkerBench()
    for octets in 1...Outbox.capacity + 3 { bench.handles[0].send(datagram(to: .carol, octets: octets)) }
    #expect(bench.handles[0].datagramRoom == 0)
    for _ in 0..<Outbox.capacity { bench.settle() }
    #expect(bench.written().map(\.packet.totalLength) == (1...Outbox.capacity).map { $0 + 28 })
    #expect(tally.sent == UInt64(Outbox.capacity) && tally.unsent == 3)
    #expect(bench.handles[0].hasSentDatagrams)
    #expect(bench.problems == [])
  }
}
