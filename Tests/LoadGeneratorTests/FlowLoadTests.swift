import Testing
import WireFormats

@testable import sallyport_load

@Suite struct `Datagrams of flows` {
  @Test func `through a sound gateway all arrive, and nothing is said against it`() throws {
    let tally = try Bench.flows().load()
    #expect(tally.attempted > 500)
    #expect(tally.completed == tally.attempted)
    #expect(tally.octets == tally.completed * UInt64(Probe.size))
    #expect(tally.latency.count == tally.completed)
    #expect(tally.duplicated + tally.reordered + tally.wrongTranslations + tally.leaks + tally.damaged == 0)
    #expect(tally.unexpected + tally.refused == 0)
  }

  @Test func `flow in both directions, also where sizes change from one to the next`() throws {
    let sizes = try #require(DatagramSizes(argument: "imix"))
    let bench = Bench.flows(direction: .both, sizes: sizes)
    _ = try bench.load()
    // By now every flow has been seen outside, so that each can be answered.
    let tally = try bench.load()
    #expect(tally.completed == tally.attempted)
    #expect(tally.octets > tally.completed * UInt64(Probe.size))
    #expect(tally.wrongTranslations + tally.damaged + tally.unexpected == 0)
  }

  @Test func `of the simple mix are seven small to four middling to one large`() throws {
    // Ethernet, IPv4 and UDP headers before the payload, the frame check sequence behind it.
    let frames = try #require(DatagramSizes(argument: "imix")).all.map { $0 + FrameWriter.udpPayload + 4 }
    #expect(frames.count == 12)
    #expect(frames.count { $0 == 64 } == 7)
    #expect(frames.count { $0 == 594 } == 4)
    #expect(frames.count { $0 == 1_518 } == 1)
  }

  @Test func `that are dropped are counted as lost`() throws {
    let tally = try Bench.flows(.init(dropOneOf: 10)).load()
    #expect((0.08...0.12).contains(tally.loss))
  }

  @Test func `that come twice are counted as duplicates, not as arrivals`() throws {
    let tally = try Bench.flows(.init(repeatOneOf: 10)).load()
    #expect(tally.completed == tally.attempted)
    #expect(tally.duplicated >= tally.attempted / 11)
  }

  @Test func `that overtake each other are counted as reordered`() throws {
    // One flow: the next packet is the same flow's.
    let tally = try Bench.flows(.init(delayOneOf: 7), count: 1).load()
    #expect(tally.reordered >= tally.attempted / 8)
  }

  @Test func `whose mapping changes are counted as wrong translations`() throws {
    let tally = try Bench.flows(.init(forgetAfter: 200)).load()
    #expect(tally.wrongTranslations > 50)
    #expect(tally.completed == tally.attempted)
  }

  @Test func `that are not translated at all are counted as leaks`() throws {
    let tally = try Bench.flows(.init(translatesNothing: true)).load()
    #expect(tally.leaks == tally.attempted)
  }

  @Test func `with a wrong octet are counted as damaged, and as lost`() throws {
    let tally = try Bench.flows(.init(damageOneOf: 5)).load()
    #expect(tally.damaged > 0)
    #expect(tally.damaged == tally.lost)
  }

  @Test func `of one run are nothing to another`() throws {
    let frame = [UInt8](repeating: 0, count: 64)
    let octets = FrameBatch()
    let view = octets.add(64)
    view.store(frame)
    Probe(run: 1, flow: 2, sequence: 3, time: 4).write(to: view, at: 0)
    #expect(Probe(view, in: 0..<64, run: 1) == Probe(run: 1, flow: 2, sequence: 3, time: 4))
    #expect(Probe(view, in: 0..<64, run: 2) == nil)
    #expect(Probe(view, in: 0..<17, run: 1) == nil)
  }

  @Test func `open every flow once, and a second pass leaves the open ones alone`() throws {
    let bench = Bench.flows(count: 200)
    let load = try #require(bench.lane.profile as? FlowLoad)
    load.enter(.opening)
    #expect(try bench.load().attempted == 200)
    #expect(load.opened == 200)
    load.enter(.opening)
    #expect(try bench.load().attempted == 0)
    load.enter(.verifying)
    let verified = try bench.load()
    #expect(verified.completed == 200)
    #expect(verified.wrongTranslations == 0)
  }
}

@Suite struct `A gateway that does not answer` {
  @Test func `is named as such after two seconds`() {
    let bench = Bench.flows(.init(isSilent: true))
    let start = monotonicNanoseconds()
    #expect(throws: EndError.unresolved(end: "memory", address: "10.10.10.1")) { try bench.load() }
    #expect(monotonicNanoseconds() - start < 4_000_000_000)
  }

  @Test func `for what is sent makes all of it lost, in bounded time`() throws {
    let bench = Bench.flows(.init(dropOneOf: 1))
    let start = monotonicNanoseconds()
    let tally = try bench.load()
    #expect(tally.completed == 0)
    #expect(tally.loss == 1)
    #expect(monotonicNanoseconds() - start < 2_000_000_000)
  }
}
