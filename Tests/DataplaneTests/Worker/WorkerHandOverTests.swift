import Forwarding
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `Frames for another worker` {
  private let two = BenchSetup().with { $0.workers = 2 }

  /// The worker that owns a host, and the other one.
  private func workers(of host: Host) -> (owner: Int, other: Int) {
    let owner = Ownership.worker(ofInside: host.address, in: .global, of: 2)
    return (owner, 1 - owner)
  }

  @Test func `are translated and sent by their owner, and their buffers come back`() throws {
    let bench = try WorkerBench(two)
    let (owner, other) = workers(of: .alice)
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53))
    for number in 0..<10 {
      bench.arrive(packet.with { $0.payload = [UInt8(number)] }, from: .alice, at: other)
    }
    bench.settle()
    let sent = bench.cells[owner].devices[1].written.compactMap { WireFrame(written: $0) }
    #expect(sent.map(\.packet.payload) == (0..<10).map { [UInt8($0)] })
    #expect(sent.allSatisfy { $0.packet.problems(.to(Host.carol.at(53))) == [] })
    #expect(bench.cells[other].devices[1].written.isEmpty)
    #expect(bench.handles[owner].load.value(.handedIn) == 10)
    #expect(bench.handles[owner].load.value(.frames) == 0)
    #expect(bench.handles[other].counters.value(of: .handedOver) == 10)
    #expect(bench.cells[owner].worker.translator.checkInvariants() == [])
    for cell in bench.cells { #expect(cell.worker.pool.count + cell.worker.io.waitingReads == 128) }
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `that come back to the wrong worker find their session at its owner`() throws {
    let bench = try WorkerBench(two)
    let (owner, other) = workers(of: .alice)
    let out = bench.send(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice, at: owner)
    let back = bench.send(try #require(out.first).packet.answer, from: .carol, at: other)
    #expect(back.map(\.destination) == [Host.alice.hardwareAddress])
    #expect(back.first?.packet.problems(.to(Host.alice.at(5000))) == [])
    #expect(bench.problems == [])
  }

  @Test func `carry their tag and their virtio header with them`() throws {
    let bench = try WorkerBench(two)
    let (_, other) = workers(of: .frank)
    let packet = Datagram.udp(from: Host.frank.at(5000), to: Host.grace.at(53)).with { $0.partialChecksum = true }
    let sent = bench.send(packet, from: .frank, at: other)
    #expect(sent == bench.written(on: .taggedOutside))
    #expect(sent.first?.offload.checksumStart == 38)
    #expect(sent.first?.packet.problems(.to(Host.grace.at(53))) == [])
  }

  @Test func `that wait for ARP at their owner go out when any worker hears the answer`() throws {
    let bench = try WorkerBench(two.with { $0.knowsNeighbors = false })
    let (owner, other) = workers(of: .alice)
    bench.arrive(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice, at: other)
    bench.settle()
    #expect(bench.handles[owner].load.value(.waiting) == 1)
    #expect(bench.problems == [])
    let sent = bench.send(.reply(from: .carol, to: .outside), on: .outside, at: other)
    #expect(sent.map(\.destination) == [Host.carol.hardwareAddress])
    #expect(bench.problems == [])
  }

  @Test func `that are refused at their owner are answered from there`() throws {
    let bench = try WorkerBench(two)
    let (owner, other) = workers(of: .alice)
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53)).with { $0.timeToLive = 1 }
    let sent = bench.send(packet, from: .alice, at: other)
    #expect(sent.first?.packet.problems(.from(Place.insideAddress), .icmp(type: 11)) == [])
    #expect(bench.handles[owner].counters.drops(for: .timeToLiveExceeded) == 1)
    #expect(bench.problems == [])
  }

  @Test func `that find the ring full are dropped and counted, and nothing leaks`() throws {
    let bench = try WorkerBench(two.with { $0.ringCapacity = 16 })
    let (owner, other) = workers(of: .alice)
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53))
    for _ in 0..<40 { bench.arrive(packet, from: .alice, at: other) }
    for _ in 0..<12 { bench.turn(other) }
    #expect(bench.handles[other].counters.drops(for: .handOverFull) == 24)
    #expect(bench.settle())
    #expect(bench.handles[owner].load.value(.handedIn) == 16)
    #expect(bench.written(on: .outside).count == 16)
    #expect(bench.allDrops == [.handOverFull: 24])
    #expect(bench.problems == [])
  }

  @Test func `that exhaust the pool while the owner is busy stop the reading, not the gateway`() throws {
    let bench = try WorkerBench(
      two.with {
        $0.ringCapacity = 64
        $0.buffers = 24
      })
    let (owner, other) = workers(of: .alice)
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53))
    for _ in 0..<60 { bench.arrive(packet, from: .alice, at: other) }
    for _ in 0..<30 { bench.turn(other) }
    #expect(bench.cells[other].worker.pool.count == 0)
    #expect(bench.cells[other].devices[0].arriving.isEmpty == false)
    #expect(bench.settle())
    #expect(bench.written(on: .outside).count == 60)
    #expect(bench.handles[owner].load.value(.handedIn) == 60)
    #expect(bench.allDrops == [:])
    #expect(bench.problems == [])
  }

  @Test func `wake a worker that sleeps`() throws {
    let bench = try WorkerBench(two)
    let (owner, other) = workers(of: .alice)
    bench.arrive(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice, at: other)
    bench.handles[owner].wake.prepareToSleep()
    for _ in 0..<4 { bench.turn(other) }
    let hasFrames = bench.cells[owner].worker.hasHandedOver()
    #expect(hasFrames)
    // The wake-up is a completion of the owner's engine.
    bench.cells[owner].worker.io.submit()
    #expect(bench.cells[owner].worker.io.isQuiet == false)
    bench.handles[owner].wake.awake()
    bench.settle()
    #expect(bench.written(on: .outside).count == 1)
    #expect(bench.problems == [])
  }
}
