import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `Packets for a neighbour that is not known yet` {
  private let unacquainted = BenchSetup().with { $0.knowsNeighbors = false }

  private func query(_ number: UInt16) -> Datagram {
    Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53)).with { $0.payload = WireFrame.big(number) }
  }

  @Test func `wait for the answer to one request and leave in order`() throws {
    let bench = try WorkerBench(unacquainted)
    for number in 0..<5 { bench.arrive(query(UInt16(number)), from: .alice) }
    bench.settle()
    let request = bench.written()
    #expect(request.count == 1)
    #expect(request[0].destination == .broadcast)
    #expect(
      request[0].arp
        == ARPMessage(
          operation: 1, senderMAC: Segment.outside.gateway, sender: Place.outsideAddress, targetMAC: .zero,
          target: Host.carol.address))
    #expect(bench.load(.waiting) == 5)
    #expect(bench.problems == [])

    let sent = bench.send(.reply(from: .carol, to: .outside), on: .outside)
    #expect(sent.map(\.packet.payload) == (0..<5).map { WireFrame.big($0) })
    for frame in sent {
      #expect(frame.destination == Host.carol.hardwareAddress)
      #expect(frame.source == Segment.outside.gateway)
      #expect(Place.pool.contains(frame.packet.sourceAddress))
      #expect(frame.packet.problems(.to(Host.carol.at(53)), .withTimeToLive(63)) == [])
    }
    #expect(bench.load(.waiting) == 0)
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `are not overtaken by those that come together with the answer`() throws {
    let bench = try WorkerBench(unacquainted)
    for number in 0..<2 { bench.arrive(query(UInt16(number)), from: .alice) }
    bench.settle()
    bench.forgetWritten()
    bench.arrive(ARPMessage.reply(from: .carol, to: .outside).frame(on: .outside), on: .outside)
    for number in 2..<5 { bench.arrive(query(UInt16(number)), from: .alice) }
    bench.settle()
    #expect(bench.written(on: .outside).filter(\.isIPv4).map(\.packet.payload) == (0..<5).map { WireFrame.big($0) })
  }

  @Test func `are not overtaken when the answer came to another worker`() throws {
    let bench = try WorkerBench(unacquainted.with { $0.workers = 2 })
    let owner = (0..<2).first { Ownership.worker(ofInside: Host.alice.address, in: .global, of: 2) == $0 } ?? 0
    for number in 0..<2 { bench.arrive(query(UInt16(number)), from: .alice, at: owner) }
    bench.settle()
    bench.forgetWritten()
    bench.arrive(ARPMessage.reply(from: .carol, to: .outside).frame(on: .outside), on: .outside, at: 1 - owner)
    while bench.turn(1 - owner) > 0 {}
    for number in 2..<5 { bench.arrive(query(UInt16(number)), from: .alice, at: owner) }
    bench.settle()
    #expect(bench.written(on: .outside).filter(\.isIPv4).map(\.packet.payload) == (0..<5).map { WireFrame.big($0) })
  }

  @Test func `are asked for once a second`() throws {
    let bench = try WorkerBench(unacquainted)
    _ = bench.send(query(0), from: .alice)
    #expect(bench.send(query(1), from: .alice).isEmpty)
    bench.forgetWritten()
    bench.pass(seconds: 1.9)
    let asked = bench.written(on: .outside).compactMap(\.arp).filter { $0.target == Host.carol.address }
    #expect(asked.count == 1)
  }

  @Test func `wait sixteen for one neighbour, and sixty-four in all`() throws {
    let bench = try WorkerBench(unacquainted)
    for number in 0..<20 { bench.arrive(query(UInt16(number)), from: .alice) }
    bench.settle()
    #expect(bench.load(.waiting) == WaitingFrames<NextHop>.maximumPerNeighbor)
    #expect(bench.allDrops == [.neighborQueueFull: 4])
    for host in 60..<70 {
      let destination = SocketAddress(IPv4Address(0xCB00_7100 + UInt32(host)), 53)
      for _ in 0..<8 { bench.arrive(.udp(from: Host.alice.at(5000), to: destination), from: .alice) }
      bench.settle()
    }
    #expect(bench.load(.waiting) == WaitingFrames<NextHop>.capacity)
    #expect(bench.allDrops == [.neighborQueueFull: 4 + 16 + 80 - 64])
    #expect(bench.problems == [])
    let sent = bench.send(.reply(from: .carol, to: .outside), on: .outside)
    #expect(sent.map(\.packet.payload) == (0..<16).map { WireFrame.big($0) })
    #expect(bench.load(.waiting) == 48)
    #expect(bench.problems == [])
  }

  @Test func `are given up after a while, and the sender inside is told in its own words`() throws {
    let bench = try WorkerBench(unacquainted)
    bench.introduce(.alice, on: .inside)
    _ = bench.send(query(7), from: .alice)
    bench.forgetWritten()
    bench.pass(seconds: 3)
    #expect(bench.load(.waiting) == 1)
    #expect(bench.written(on: .inside).filter(\.isIPv4).isEmpty)
    bench.pass(seconds: 2)
    #expect(bench.load(.waiting) == 0)
    #expect(bench.allDrops == [.neighborUnresolved: 1])
    let told = bench.written(on: .inside).filter(\.isIPv4)
    #expect(told.count == 1)
    #expect(told.first?.destination == Host.alice.hardwareAddress)
    #expect(
      told.first?.packet.problems(
        .from(Place.outsideAddress), .to(Host.alice.address), .icmp(type: 3, code: 1),
        .quoting(.from(Host.alice.at(5000)), .to(Host.carol.at(53)))) == [])
    #expect(bench.load(.icmpErrorsSent) == 1)
    #expect(bench.problems == [])
  }

  @Test func `from outside are given up too, and their sender is told of the inside global address`() throws {
    let bench = try WorkerBench(unacquainted)
    bench.introduce(.carol, on: .outside)
    let ping = Datagram.echoRequest(from: .carol, to: Place.bobGlobal, identifier: 9)
    _ = bench.send(ping, from: .carol)
    bench.forgetWritten()
    bench.pass(seconds: 5)
    let told = bench.written(on: .outside).filter(\.isIPv4)
    #expect(told.count == 1)
    #expect(
      told.first?.packet.problems(
        .from(Place.bobGlobal), .to(Host.carol.address), .icmp(type: 3, code: 1),
        .quoting(.from(Host.carol.address), .to(Place.bobGlobal))) == [])
    #expect(bench.allDrops == [.neighborUnresolved: 1])
  }

  @Test func `that are ICMP errors are given up in silence`() throws {
    let bench = try WorkerBench(unacquainted)
    bench.introduce(.carol, on: .outside)
    let out = bench.send(query(0), from: .alice)
    let quoted = try #require(out.first).packet
    let error = Datagram.icmpError(
      type: 3, code: 3, from: Host.carol.address, to: quoted.sourceAddress, about: quoted.packet)
    _ = bench.send(error, from: .carol)
    #expect(bench.load(.waiting) == 1)
    bench.forgetWritten()
    bench.pass(seconds: 5)
    #expect(bench.written().filter(\.isIPv4).isEmpty)
    #expect(bench.load(.icmpErrorsSent) == 0)
    #expect(bench.problems == [])
  }

  @Test func `are given up in silence when their session is gone and their port is another worker's`() throws {
    let bench = try WorkerBench(unacquainted.with { $0.workers = 2 })
    let owner = Ownership.worker(ofInside: Host.alice.address, in: .global, of: 2)
    _ = bench.send(query(0), from: .alice, at: owner)
    var sessions: [SessionRecord] = []
    _ = bench.cells[owner].worker.translator.listSessions(from: 0, slice: .max, limit: .max, into: &sessions)
    let session = try #require(sessions.first)
    var cleared = 0
    _ = bench.cells[owner].worker.translator.clear(ClearRequest(), from: 0, slice: .max, cleared: &cleared)
    #expect(cleared == 1)
    let address = try #require(bench.policy.globalAddresses.number(of: session.insideGlobal))
    let mark = UInt8(2 - owner)
    let isTaken = bench.ports.claim(address: address, protocol: .udp, port: session.insideGlobalPort, for: mark)
    #expect(isTaken)
    bench.pass(seconds: 5)
    #expect(bench.allDrops == [.neighborUnresolved: 1, .handOverTwice: 1])
    #expect(bench.load(.handedIn) == 0)
    #expect(bench.problems == [])
  }

  @Test func `do not go to whoever gets the forgotten neighbour's place in the table`() throws {
    let bench = try WorkerBench(unacquainted)
    bench.introduce(.alice, on: .inside)
    _ = bench.send(query(0), from: .alice)
    let carol = NextHop(interface: Segment.outside.interface, neighbor: Host.carol.address)
    let place = try #require(bench.neighbors.find(carol))
    // Two requests later a second packet joins, and outlives the neighbour's place.
    bench.pass(seconds: 2.5)
    bench.arrive(query(1), from: .alice)
    bench.settle()
    bench.pass(seconds: 1.6)
    #expect(bench.neighbors.find(carol) == nil)
    bench.tick(nanoseconds: 1_400_000_000)
    let heir = try #require(bench.occupy(place, on: .outside))
    bench.forgetWritten()
    bench.settle()
    #expect(bench.written().filter { $0.destination == heir.hardwareAddress } == [])
    bench.pass(seconds: 2)
    #expect(bench.allDrops == [.neighborUnresolved: 2])
    #expect(bench.problems == [])
  }
}

extension WorkerBench {
  /// Adds neighbours until one of them gets `place` in the table, and makes that one known.
  fileprivate func occupy(_ place: NeighborID, on segment: Segment) -> Host? {
    for number in 0..<UInt32(NeighborTable.capacity) {
      let hop = NextHop(interface: segment.interface, neighbor: IPv4Address(0x0101_0000 + number))
      guard neighbors.findOrAdd(hop, now: tick) == place else { continue }
      let heir = Host("heir", "\(hop.neighbor)", 0x02_00_00_00_99_99)
      introduce(heir, on: segment)
      return heir
    }
    return nil
  }
}
