import Forwarding
import Synchronization
import Testing
import WireFormats

@testable import Translation

/// Who uses what while threads bind, retain, release and end bindings.
private final class Ledger: Sendable {
  /// By local address: the host above the count of its sessions.
  private let locals: InlineArray<32, Atomic<UInt64>> = InlineArray { _ in Atomic(0) }
  /// By host: the local address above the count of sessions.
  private let hosts: InlineArray<64, Atomic<UInt64>> = InlineArray { _ in Atomic(0) }
  let faults = Atomic<Int>(0)
  let sessions = Atomic<Int>(0)
  let refusals = Atomic<Int>(0)
  let isDone = Atomic<Bool>(false)

  private func enter(_ word: borrowing Atomic<UInt64>, _ name: UInt64) {
    var seen = word.load(ordering: .acquiring)
    while true {
      if seen & 0xFFFF != 0, seen >> 16 != name { faults.add(1, ordering: .relaxed) }
      let (exchanged, original) = word.compareExchange(
        expected: seen, desired: name << 16 | (seen & 0xFFFF) + 1, ordering: .acquiringAndReleasing)
      if exchanged { return }
      seen = original
    }
  }

  func enter(_ host: Int, _ local: Int, checksHost: Bool) {
    enter(locals[local], UInt64(host))
    if checksHost { enter(hosts[host], UInt64(local)) }
    sessions.add(1, ordering: .relaxed)
  }

  func leave(_ host: Int, _ local: Int, checksHost: Bool) {
    locals[local].subtract(1, ordering: .acquiringAndReleasing)
    if checksHost { hosts[host].subtract(1, ordering: .acquiringAndReleasing) }
  }
}

@Suite struct OutsideBindingsThreadTests {
  @Test func `threads that bind the same hosts at once get the same answers`() async {
    let bindings = OutsideBindings(capacity: 40_000, key: (5, 6))
    let pool = (0..<40_000).map(IPv4Address.alias)
    let answers = await withTaskGroup(of: [IPv4Address?].self) { group in
      for _ in 0..<4 {
        group.addTask {
          (0..<20_000).map {
            bindings.bind(global: .host($0), in: .global, from: pool, for: .global, rule: 0, now: 0)
          }
        }
      }
      return await group.reduce(into: [[IPv4Address?]]()) { $0.append($1) }
    }
    #expect(answers.allSatisfy { $0 == answers[0] })
    #expect(answers[0].allSatisfy { $0 != nil })
    #expect(Set(answers[0]).count == 20_000)
    #expect(bindings.count == 20_000)
  }

  /// Four threads with sessions of 60 hosts at 24 addresses, and one that ends bindings all the time.
  private func work(_ bindings: OutsideBindings, _ ledger: Ledger, removes: Bool) async {
    let pool = (0..<24).map(IPv4Address.alias)
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<4 {
        group.addTask {
          var random = KeyedRandom(key: (UInt64(thread), 77))
          var held: [(host: Int, local: IPv4Address)] = []
          for round in 0..<10_000 {
            let word = random.next()
            if held.count < 6, word & 1 == 0 {
              let host = Int(word >> 8) % 60
              let local = bindings.bind(
                global: .host(host), in: .global, from: pool, for: .global, rule: 0, now: 0)
              guard let local, bindings.retain(local: local, for: .global, of: .host(host), in: .global) else {
                ledger.refusals.add(1, ordering: .relaxed)
                continue
              }
              ledger.enter(host, Int(local.rawValue & 31), checksHost: !removes)
              held.append((host, local))
            } else if !held.isEmpty {
              let (host, local) = held.remove(at: Int(word >> 20) % held.count)
              if !removes, bindings.global(ofLocal: local, for: .global)?.address != .host(host) {
                ledger.faults.add(1, ordering: .relaxed)
              }
              ledger.leave(host, Int(local.rawValue & 31), checksHost: !removes)
              bindings.release(local: local, for: .global, now: 0)
            }
            if round % 512 == 0 { await Task.yield() }
          }
          for (host, local) in held {
            ledger.leave(host, Int(local.rawValue & 31), checksHost: !removes)
            bindings.release(local: local, for: .global, now: 0)
          }
        }
      }
      group.addTask {
        var random = KeyedRandom(key: (9, 9))
        while !ledger.isDone.load(ordering: .relaxed) {
          for _ in 0..<50 {
            bindings.expire(now: 0, idle: 0)
            if removes { bindings.remove(local: .alias(Int(random.next() >> 8) % 24), for: .global) }
          }
          await Task.yield()
        }
      }
      for _ in 0..<4 { await group.next() }
      ledger.isDone.store(true, ordering: .relaxed)
    }
  }

  @Test(arguments: [false, true]) func `no address has two hosts, and nothing is left behind`(_ removes: Bool) async {
    let bindings = OutsideBindings(capacity: 24, key: (7, 8))
    let ledger = Ledger()
    await work(bindings, ledger, removes: removes)
    #expect(ledger.faults.load(ordering: .relaxed) == 0)
    #expect(ledger.sessions.load(ordering: .relaxed) > 2000)
    _ = bindings.expireAll(now: 1, idle: 0)
    #expect(bindings.count == 0)
    #expect(bindings.all() == [])
    // Every address and every record can be had again.
    var locals: Set<IPv4Address> = []
    while let local = bindings.bind(
      global: .host(1000 + locals.count), in: .global, from: (0..<60).map { .alias($0 + 500) }, for: .global, rule: 0,
      now: 0), locals.count < 60
    {
      locals.insert(local)
    }
    #expect(locals.count == 60)
    let again = (0..<24).compactMap {
      bindings.bind(
        global: .host(2000 + $0), in: .global, from: (0..<24).map(IPv4Address.alias), for: .global, rule: 0, now: 0)
    }
    #expect(Set(again).count == 24)
    #expect(bindings.count == 84)
  }
}
