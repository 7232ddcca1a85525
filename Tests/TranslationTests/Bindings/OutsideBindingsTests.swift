import Forwarding
import Testing
import WireFormats

@testable import Translation

extension IPv4Address {
  /// An outside host of these tests.
  static func host(_ number: Int) -> Self { Self(0xCB00_7100 + UInt32(number)) }
  /// An outside local address of these tests.
  static func alias(_ number: Int) -> Self { Self(0x0A63_0000 + UInt32(number)) }
}

private let red = RoutingInstance(rawValue: 1)
private let blue = RoutingInstance(rawValue: 2)

extension OutsideBindings {
  /// Binds a host of the global instance for inside hosts of the global instance.
  fileprivate func bind(
    _ number: Int, _ pool: [IPv4Address], rule: UInt16 = 0, now: UInt32 = 0
  ) -> IPv4Address? {
    bind(global: .host(number), in: .global, from: pool, for: .global, rule: rule, now: now)
  }

  fileprivate func retain(_ local: IPv4Address, _ host: Int) -> Bool {
    retain(local: local, for: .global, of: .host(host), in: .global)
  }

  /// Lets the hand go round once; returns how many bindings ended.
  func expireAll(now: UInt32, idle: UInt32) -> Int {
    var ended = 0
    for _ in 0...(recordCount / Self.slice) { ended += expire(now: now, idle: idle) }
    return ended
  }

  /// All bindings, asked for in small portions.
  func all() -> [OutsideBinding] {
    var result: [OutsideBinding] = []
    var cursor: UInt32? = 0
    while let from = cursor {
      var some: [OutsideBinding] = []
      cursor = list(from: from, slice: 10, limit: 3, into: &some)
      result += some
    }
    return result
  }
}

@Suite struct OutsideBindingsTests {
  private let bindings = OutsideBindings(capacity: 100, key: (11, 12))
  private let pool = (0..<10).map(IPv4Address.alias)

  @Test func `a host keeps its address, and both are found`() throws {
    let local = try #require(bindings.bind(1, pool, rule: 7))
    #expect(pool.contains(local))
    #expect(bindings.bind(1, pool, rule: 8) == local)
    #expect(bindings.local(ofGlobal: .host(1), in: .global, for: .global) == local)
    let found = try #require(bindings.global(ofLocal: local, for: .global))
    #expect(found == (.host(1), .global, 7))
    #expect(bindings.count == 1)
    #expect(bindings.local(ofGlobal: .host(2), in: .global, for: .global) == nil)
    #expect(bindings.global(ofLocal: .alias(99), for: .global) == nil)
  }

  @Test func `a pool is given out to its last address, and then refused`() {
    let locals = (0..<10).map { bindings.bind($0, pool) }
    #expect(Set(locals) == Set(pool.map { Optional($0) }))
    #expect(bindings.bind(10, pool) == nil)
    #expect(bindings.bind(3, pool) == locals[3])
    #expect(bindings.bind(11, []) == nil)
  }

  @Test func `at most so many addresses are tried`() {
    let table = OutsideBindings(capacity: 1000, key: (1, 1))
    let large = (0..<500).map(IPv4Address.alias)
    var refused = 0
    for host in 0..<500 where table.bind(host, large) == nil { refused += 1 }
    #expect(table.count == 500 - refused)
    // The places of the first are spread, so that hardly a host is refused before the pool is nearly full.
    #expect(refused < 50)
  }

  @Test func `each inside instance has bindings of its own`() throws {
    let one = [IPv4Address.alias(0)]
    #expect(bindings.bind(global: .host(1), in: .global, from: one, for: red, rule: 1, now: 0) == one[0])
    #expect(bindings.bind(global: .host(2), in: .global, from: one, for: blue, rule: 2, now: 0) == one[0])
    #expect(bindings.bind(global: .host(3), in: .global, from: one, for: blue, rule: 2, now: 0) == nil)
    #expect(try #require(bindings.global(ofLocal: one[0], for: red)) == (.host(1), .global, 1))
    #expect(try #require(bindings.global(ofLocal: one[0], for: blue)) == (.host(2), .global, 2))
    #expect(bindings.global(ofLocal: one[0], for: .global) == nil)
  }

  @Test func `one address in two outside instances is two hosts`() throws {
    let shared = try #require(
      bindings.bind(global: .host(1), in: .global, from: pool, for: red, rule: 1, now: 0))
    let own = try #require(bindings.bind(global: .host(1), in: red, from: pool, for: red, rule: 1, now: 0))
    #expect(shared != own)
    #expect(bindings.global(ofLocal: own, for: red)?.instance == red)
    #expect(bindings.local(ofGlobal: .host(1), in: red, for: red) == own)
    #expect(!bindings.retain(local: own, for: red, of: .host(1), in: .global))
    #expect(bindings.retain(local: own, for: red, of: .host(1), in: red))
  }

  @Test func `a binding ends when it has been idle, not while it has sessions`() throws {
    let local = try #require(bindings.bind(1, pool, now: 100))
    #expect(bindings.retain(local, 1))
    #expect(bindings.retain(local, 1))
    #expect(bindings.expireAll(now: 10_000, idle: 60) == 0)
    bindings.release(local: local, for: .global, now: 10_000)
    #expect(bindings.expireAll(now: 20_000, idle: 60) == 0)
    bindings.release(local: local, for: .global, now: 20_000)
    #expect(bindings.expireAll(now: 20_059, idle: 60) == 0)
    #expect(bindings.expireAll(now: 90_000, idle: Timeouts.never) == 0)
    #expect(bindings.expireAll(now: 20_060, idle: 60) == 1)
    #expect(bindings.local(ofGlobal: .host(1), in: .global, for: .global) == nil)
    #expect(bindings.global(ofLocal: local, for: .global) == nil)
    #expect(bindings.count == 0)
  }

  @Test func `asking for a binding keeps it alive, and a clock that is ahead ends none`() {
    #expect(bindings.bind(1, pool, now: 100) != nil)
    #expect(bindings.bind(1, pool, now: 150) != nil)
    #expect(bindings.expireAll(now: 149, idle: 10) == 0)
    #expect(bindings.expireAll(now: 159, idle: 10) == 0)
    #expect(bindings.expireAll(now: 160, idle: 10) == 1)
  }

  @Test func `a session cannot hold a binding that has ended or is another host's`() throws {
    let one = [IPv4Address.alias(0)]
    #expect(bindings.bind(1, one) == one[0])
    #expect(bindings.expireAll(now: 1, idle: 0) == 1)
    #expect(!bindings.retain(one[0], 1))
    #expect(bindings.bind(2, one) == one[0])
    #expect(!bindings.retain(one[0], 1))
    #expect(bindings.retain(one[0], 2))
  }

  @Test func `a removed binding is not found, and its address is free after the last session`() throws {
    let one = [IPv4Address.alias(0)]
    #expect(bindings.bind(1, one) == one[0])
    #expect(bindings.retain(one[0], 1))
    #expect(bindings.remove(local: one[0], for: .global))
    #expect(!bindings.remove(local: one[0], for: .global))
    #expect(bindings.global(ofLocal: one[0], for: .global) == nil)
    #expect(bindings.local(ofGlobal: .host(1), in: .global, for: .global) == nil)
    #expect(!bindings.retain(one[0], 1))
    #expect(bindings.bind(1, one) == nil)
    #expect(bindings.all().map(\.isLeaving) == [true])
    bindings.release(local: one[0], for: .global, now: 5)
    #expect(bindings.expireAll(now: 5, idle: Timeouts.never) == 1)
    #expect(bindings.bind(2, one) == one[0])
  }

  @Test func `a removed binding without sessions is gone at once`() {
    let one = [IPv4Address.alias(0)]
    #expect(bindings.bind(1, one) == one[0])
    #expect(bindings.remove(local: one[0], for: .global))
    #expect(bindings.count == 0)
    #expect(bindings.bind(2, one) == one[0])
    #expect(!bindings.remove(local: .alias(5), for: .global))
  }

  @Test func `a host whose old binding is leaving gets a new one`() throws {
    let old = try #require(bindings.bind(1, pool))
    #expect(bindings.retain(old, 1))
    #expect(bindings.remove(local: old, for: .global))
    let new = try #require(bindings.bind(1, pool))
    #expect(new != old)
    bindings.release(local: old, for: .global, now: 0)
    #expect(bindings.retain(new, 1))
    #expect(bindings.expireAll(now: 9, idle: 0) == 1)
    #expect(bindings.local(ofGlobal: .host(1), in: .global, for: .global) == new)
  }

  @Test func `a reload removes what its rules no longer say`() {
    for host in 0..<10 { #expect(bindings.bind(host, pool, rule: UInt16(host % 2)) != nil) }
    #expect(bindings.removeAll { $0.rule == 1 } == 5)
    #expect(bindings.count == 5)
    #expect(bindings.all().allSatisfy { $0.rule == 0 })
    for host in 10..<15 { #expect(bindings.bind(host, pool) != nil) }
  }

  @Test func `a listing has every binding once, with what is known of it`() throws {
    let local = try #require(bindings.bind(global: .host(1), in: red, from: pool, for: red, rule: 9, now: 50))
    #expect(bindings.retain(local: local, for: red, of: .host(1), in: red))
    for host in 2..<10 { #expect(bindings.bind(host, pool, now: 51) != nil) }
    let all = bindings.all()
    #expect(all.count == 9 && Set(all).count == 9)
    #expect(
      all.filter { $0.inside == red } == [
        OutsideBinding(
          local: local, global: .host(1), inside: red, outside: red, rule: 9, users: 1, created: 50, lastUsed: 50,
          isLeaving: false)
      ])
  }

  @Test func `the table holds its capacity, and as much again after all has ended`() {
    let table = OutsideBindings(capacity: 300, key: (2, 3))
    for round in 0..<3 {
      for host in 0..<300 {
        #expect(table.bind(host + round * 1000, [.alias(host)]) == .alias(host))
      }
      #expect(table.count == 300)
      var more = 0
      while table.bind(5000 + more, [.alias(1000 + more)]) != nil { more += 1 }
      #expect(table.count == table.recordCount)
      #expect(table.expireAll(now: 1, idle: 0) == table.recordCount)
    }
  }
}
