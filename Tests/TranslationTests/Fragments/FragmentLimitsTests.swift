import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct `What fragments may claim` {
  /// A table, a clock, and fragments by their numbers.
  private struct Bench: ~Copyable {
    var table = FragmentTable(seed: 7)
    var limits = ReassemblyLimits()
    var now: UInt32 = 100

    mutating func arrive(
      _ range: Range<Int>, last: Bool = false, of identification: UInt16 = 1, from source: Host = .alice
    ) -> FragmentTable.Arrival {
      let key = DatagramKey(
        source: source.address, destination: Host.carol.address, identification: identification, instance: .global,
        protocolNumber: .udp, direction: .outbound)
      return table.arrive(
        key, FragmentRange(start: range.lowerBound, end: range.upperBound, isLast: last), from: Place.inside, limits,
        identification: { 9 }, now: now)
    }
  }

  private func reason(_ arrival: FragmentTable.Arrival) -> DropReason? {
    if case .drop(let reason) = arrival { return reason }
    return nil
  }

  @Test func `one source may have a quarter of the interface's datagrams`() {
    var bench = Bench()
    #expect(reason(bench.arrive(0..<800, of: 99, from: .bob)) == nil)
    for number in UInt16(0)..<40 { #expect(reason(bench.arrive(0..<800, of: number)) == nil) }
    #expect(bench.table.count == 17)
    // The newest are still there, the oldest are not, and bob's is.
    #expect(reason(bench.arrive(0..<800, of: 39)) == .fragmentDuplicate)
    #expect(reason(bench.arrive(0..<800, of: 24)) == .fragmentDuplicate)
    #expect(reason(bench.arrive(0..<800, of: 99, from: .bob)) == .fragmentDuplicate)
    #expect(reason(bench.arrive(0..<800, of: 23)) == nil)
    #expect(bench.table.count == 17)
  }

  @Test func `all sources have the interface's datagrams, and no more`() {
    var bench = Bench()
    for host in 0..<65 { #expect(reason(bench.arrive(0..<800, from: .inside(host))) == nil) }
    #expect(bench.table.count == 64)
    for host in 1..<65 { #expect(reason(bench.arrive(0..<800, from: .inside(host))) == .fragmentDuplicate) }
    #expect(reason(bench.arrive(0..<800, from: .inside(0))) == nil)
    bench.now += 4
    for _ in 0..<16 { bench.table.expire(now: bench.now) }
    #expect(bench.table.count == 0)
    #expect(reason(bench.arrive(0..<800, from: .inside(64))) == nil)
  }

  @Test func `a frame whose datagram has to go is given back`() {
    var bench = Bench()
    for host in 0..<65 { _ = bench.arrive(800..<1600, from: .inside(host)) }
    #expect(bench.table.takeAbandoned()?.reason == .fragmentTableFull)
    #expect(bench.table.framesHeld == 64)
  }

  @Test func `a datagram may have as many fragments as the interface says`() {
    var bench = Bench()
    bench.limits.maximumFragments = 3
    for number in 0..<3 { #expect(reason(bench.arrive(number * 800..<number * 800 + 800)) == nil) }
    #expect(reason(bench.arrive(2400..<3200)) == .fragmentsTooMany)
    #expect(reason(bench.arrive(3200..<3300, last: true)) == .fragmentsTooMany)
  }

  @Test func `one source may have sixty-four frames held, and all together twice as many`() {
    var bench = Bench()
    bench.limits.maximumFragments = 80
    for number in 1...64 { #expect(reason(bench.arrive(number * 8..<number * 8 + 8)) == nil) }
    #expect(reason(bench.arrive(640..<648)) == .fragmentTableFull)
    for number in 1...64 { #expect(reason(bench.arrive(number * 8..<number * 8 + 8, from: .inside(0))) == nil) }
    #expect(reason(bench.arrive(8..<16, from: .bob)) == .fragmentTableFull)
    #expect(bench.table.framesHeld == 128)
    #expect(reason(bench.arrive(0..<8, of: 9, from: .bob)) == nil)
  }

  @Test func `a datagram leaves the table with its last fragment`() {
    var bench = Bench()
    for number in UInt16(0)..<2000 {
      guard case .first(let datagram) = bench.arrive(0..<800, of: number) else {
        Issue.record("it is not the first")
        return
      }
      bench.table.settle(datagram, .translated)
      bench.table.leave(datagram)
      #expect(bench.table.count == 1)
      guard case .follower(datagram) = bench.arrive(800..<810, last: true, of: number) else {
        Issue.record("it does not follow")
        return
      }
      bench.table.leave(datagram)
      #expect(bench.table.count == 0)
    }
  }

  @Test func `each interface counts what it follows, and what became of it`() {
    var bench = Bench()
    bench.limits.maximumFragments = 2
    // 1 is complete, 2 overlaps, 3 is dropped with its first fragment, 4 has too many, 5 and 6 are never complete.
    for number in UInt16(1)..<3 {
      if case .first(let datagram) = bench.arrive(0..<800, of: number) { bench.table.settle(datagram, .translated) }
    }
    if case .follower(let datagram) = bench.arrive(800..<810, last: true, of: 1) { bench.table.leave(datagram) }
    #expect(reason(bench.arrive(400..<1200, of: 2)) == .fragmentOverlap)
    #expect(reason(bench.arrive(1200..<1208, of: 2)) == .fragmentOverlap)
    if case .first(let datagram) = bench.arrive(0..<800, of: 3) { bench.table.settle(datagram, .refused(.filtered)) }
    for number in 0..<3 { _ = bench.arrive(number * 800..<number * 800 + 800, of: 4) }
    _ = bench.arrive(0..<800, of: 5)
    _ = bench.arrive(0..<800, of: 6)
    _ = bench.arrive(800..<1600, of: 6)
    var tally = bench.table.tally(on: Place.inside)
    #expect(tally.completed == 1 && tally.refused == 3 && tally.timedOut == 0)
    #expect(tally.datagrams == 5 && tally.fragments == 1 + 1 + 2 + 1 + 2)
    #expect(bench.table.tally(on: Place.outside) == ReassemblyTally())
    bench.now += 4
    // One finds out by its next fragment, the others by the search; the refused ones have been counted.
    _ = bench.arrive(800..<1600, of: 5)
    for _ in 0..<16 { bench.table.expire(now: bench.now) }
    tally = bench.table.tally(on: Place.inside)
    #expect(tally.completed == 1 && tally.refused == 3 && tally.timedOut == 2)
    #expect(tally.datagrams == 1 && tally.fragments == 1)
    // What makes room for others is counted too.
    for number in UInt16(100)..<120 { _ = bench.arrive(0..<800, of: number) }
    tally = bench.table.tally(on: Place.inside)
    #expect(tally.datagrams == 16 && tally.refused == 3 + 5)
    tally += tally
    #expect(tally.datagrams == 32 && tally.refused == 16 && tally.completed == 2)
  }

  @Test func `a table that has been full and is empty again has room for all`() {
    var bench = Bench()
    bench.limits.maximumDatagrams = 4096
    for _ in 0..<3 {
      for host in 0..<128 {
        for number in UInt16(0)..<8 {
          #expect(reason(bench.arrive(0..<800, of: number, from: .inside(host))) == nil)
          #expect(reason(bench.arrive(1600..<2400, of: number, from: .inside(host))) != .fragmentMalformed)
        }
      }
      #expect(bench.table.count == FragmentTable.maximumDatagrams)
      #expect(reason(bench.arrive(0..<800, of: 9)) == nil)
      #expect(bench.table.count == FragmentTable.maximumDatagrams)
      bench.now += 10
      for _ in 0..<16 { bench.table.expire(now: bench.now) }
      #expect(bench.table.count == 0)
      var given = 0
      while bench.table.takeAbandoned() != nil { given += 1 }
      #expect(given > 0 && bench.table.framesHeld == 0)
    }
  }

  @Test func `an interface may refuse all fragments`() {
    let gateway = TestGateway(.overloadedPool.with { $0.refusesFragments = true })
    let datagram = Datagram.udp(from: Host.alice.at(5000), to: Host.carol.at(7)).with { $0.fragment = 0x2000 }
    let whole = datagram.with { $0.payload = [UInt8](repeating: 0, count: 80) }
    #expect(gateway.sendOut(whole).dropReason == .fragmentsRefused)
  }
}
