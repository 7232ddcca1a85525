import Glibc
import TestSupport
import Testing
import Translation
import WireFormats

@testable import Dataplane

@Suite struct `A batch of reads` {
  private func ended(_ inlet: Inlet, frames: UInt16, octets: UInt32 = 100) -> Inlet {
    var inlet = inlet
    inlet.frames = frames
    inlet.octets = UInt32(frames) * octets
    inlet.endBatch(limit: 64)
    return inlet
  }

  @Test func `doubles while it comes back full, up to its limit`() {
    var inlet = Inlet()
    var sizes: [UInt16] = []
    for _ in 0..<5 {
      inlet = ended(inlet, frames: inlet.batch)
      #expect(inlet.mayHaveFrames)
      sizes.append(inlet.batch)
    }
    #expect(sizes == [16, 32, 64, 64, 64])
  }

  @Test func `halves when it comes back less than half full, down to four`() {
    var inlet = Inlet()
    inlet.batch = 64
    var sizes: [UInt16] = []
    for _ in 0..<6 {
      inlet = ended(inlet, frames: 1)
      #expect(!inlet.mayHaveFrames)
      sizes.append(inlet.batch)
    }
    #expect(sizes == [32, 16, 8, 4, 4, 4])
  }

  @Test func `stays as it is when it comes back more than half full`() {
    var inlet = Inlet()
    inlet.batch = 32
    inlet = ended(inlet, frames: 20)
    #expect(inlet.batch == 32)
    #expect(!inlet.mayHaveFrames)
  }

  @Test func `of super-frames takes no more than the cache holds`() {
    var inlet = Inlet()
    inlet.batch = 32
    inlet = ended(inlet, frames: 32, octets: 65_000)
    #expect(inlet.batch == 4)
    inlet.batch = 32
    inlet = ended(inlet, frames: 32, octets: 16_000)
    #expect(inlet.batch == 16)
    #expect(inlet.mayHaveFrames)
  }

  @Test func `starts its count anew`() {
    let inlet = ended(Inlet(), frames: 8)
    #expect(inlet.frames == 0)
    #expect(inlet.octets == 0)
  }
}

@Suite struct `A worker's reading` {
  private let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53))

  @Test func `has one read waiting on each idle device`() throws {
    let bench = try WorkerBench()
    #expect(bench.cells[0].worker.io.waitingReads == 2)
    let queued = bench.cells[0].worker.io.readsQueued
    for _ in 0..<50 { bench.turn() }
    #expect(bench.cells[0].worker.io.readsQueued == queued)
  }

  @Test func `drains a deep queue in growing batches and then waits again`() throws {
    let bench = try WorkerBench()
    for _ in 0..<100 { bench.arrive(packet, from: .alice) }
    let before = bench.cells[0].worker.io.readsQueued
    bench.settle()
    #expect(bench.load(.frames) == 100)
    // One waiting read, then 8, 16 and so on until a batch is not full: few reads come back empty.
    #expect(bench.cells[0].worker.io.readsQueued - before <= 100 + 2 * 16)
    #expect(bench.cells[0].worker.inlets[0].batch <= 16)
    #expect(bench.cells[0].worker.io.waitingReads == 2)
    #expect(bench.problems == [])
  }

  @Test func `of a device that failed is tried again ten times a second and does not spin`() throws {
    let bench = try WorkerBench()
    let device = bench.cells[0].devices[0]
    device.readError = EBADFD
    bench.settle()
    let before = bench.cells[0].worker.io.readsQueued
    for _ in 0..<1000 {
      bench.tick(nanoseconds: 1_000_000)
      bench.turn()
      bench.turn()
    }
    let tries = bench.cells[0].worker.io.readsQueued - before
    #expect((8...10).contains(tries), "\(tries) reads in a second")
    #expect(bench.allDrops == [:])

    // The other device goes on, and this one as soon as it is sound.
    #expect(bench.send(.echoRequest(from: .carol, to: Place.outsideAddress, identifier: 1), from: .carol).count == 1)
    device.readError = nil
    bench.arrive(packet, from: .alice)
    bench.pass(seconds: 0.2)
    #expect(bench.written(on: .outside).filter { $0.packet.protocolNumber == 17 }.count == 1)
    #expect(bench.problems == [])
  }

  @Test func `that fails in the middle of a batch loses no buffer`() throws {
    let bench = try WorkerBench()
    let device = bench.cells[0].devices[0]
    for _ in 0..<50 { bench.arrive(packet, from: .alice) }
    bench.turn()
    bench.turn()
    device.readError = EBADFD
    bench.turn()
    bench.turn()
    bench.turn()
    #expect(bench.load(.frames) < 50)
    device.readError = nil
    bench.pass(seconds: 0.3)
    #expect(bench.load(.frames) == 50)
    #expect(bench.problems == [])
  }
}

@Suite struct `A write that fails` {
  @Test(arguments: [EIO, EAGAIN])
  func `is counted, and its buffer is free again`(_ error: Int32) throws {
    let bench = try WorkerBench()
    bench.cells[0].devices[1].writeError = error
    for _ in 0..<300 { bench.arrive(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice) }
    bench.settle()
    #expect(bench.written(on: .outside).isEmpty)
    #expect(bench.allDrops == [.transmitFailed: 300])
    #expect(bench.problems == [])
    bench.cells[0].devices[1].writeError = nil
    #expect(bench.send(.udp(from: Host.alice.at(5000), to: Host.carol.at(53)), from: .alice).count == 1)
  }

  @Test func `at another worker gives the buffer back to its owner`() throws {
    let bench = try WorkerBench(BenchSetup().with { $0.workers = 2 })
    for cell in bench.cells { cell.devices[1].writeError = EIO }
    let packet = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(53))
    for worker in 0..<2 {
      for _ in 0..<100 { bench.arrive(packet, from: .alice, at: worker) }
    }
    bench.settle()
    #expect(bench.drops(.transmitFailed) + bench.drops(.handOverFull) == 200)
    #expect(bench.problems == [])
  }
}
