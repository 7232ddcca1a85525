import Forwarding
import Testing
import WireFormats

@Suite struct IPv6NeighborTableTests {
  private func hop(_ number: UInt64, on interface: UInt8 = 0) -> IPv6NextHop {
    IPv6NextHop(interface: InterfaceID(rawValue: interface), neighbor: IPv6Address(0x2001_0DB8 << 32, number))
  }

  private let station = MACAddress(0x0200_0000_0001)

  @Test func `a neighbour is unresolved until it has answered, and told apart by its interface`() {
    let table = IPv6NeighborTable()
    #expect(table.state(of: hop(1)) == nil)
    #expect(table.resolve(hop(1), now: 1)?.isResolved == false)
    table.learn(hop(1), address: station, now: 1)
    #expect(table.state(of: hop(1))?.address == station)
    #expect(table.state(of: hop(1))?.interface == InterfaceID(rawValue: 0))
    #expect(table.state(of: hop(1, on: 1)) == nil)
    // Nobody asked for it.
    table.learn(hop(2), address: station, now: 1)
    #expect(table.state(of: hop(2)) == nil)
  }

  @Test func `an answer without override does not replace a known address (RFC 4861 section 7.2.5)`() {
    let table = IPv6NeighborTable()
    _ = table.resolve(hop(1), now: 1)
    table.learn(hop(1), address: station, overrides: false, now: 1)
    table.learn(hop(1), address: MACAddress(0x0200_0000_0002), overrides: false, now: 1)
    #expect(table.state(of: hop(1))?.address == station)
    table.learn(hop(1), address: MACAddress(0x0200_0000_0002), now: 1)
    #expect(table.state(of: hop(1))?.address == MACAddress(0x0200_0000_0002))
  }

  @Test func `a neighbour is asked for at most once a second`() {
    let table = IPv6NeighborTable()
    _ = table.resolve(hop(1), now: 1)
    #expect([1, 1, 2, 2].map { table.shouldRequest(hop(1), now: $0) } == [true, false, true, false])
    #expect(!table.shouldRequest(hop(2), now: 1))
  }

  /// One round of the ageing.
  private func age(_ table: IPv6NeighborTable, now: UInt32) -> [IPv6NextHop] {
    var cursor = 0
    return (0..<8).flatMap { _ in table.age(from: &cursor, now: now) }
  }

  @Test func `who does not answer is asked three times and forgotten`() {
    let table = IPv6NeighborTable()
    _ = table.resolve(hop(1), now: 1)
    #expect((2..<5).map { age(table, now: $0) } == [[hop(1)], [hop(1)], [hop(1)]])
    #expect(age(table, now: 5) == [])
    #expect(table.state(of: hop(1)) == nil)
  }

  @Test func `one that is in use is asked again after a minute, one that is not is forgotten`() {
    let table = IPv6NeighborTable()
    for number: UInt64 in 1...2 {
      _ = table.resolve(hop(number), now: 1)
      table.learn(hop(number), address: station, now: 1)
    }
    #expect(age(table, now: 60) == [])
    #expect(Set(age(table, now: 61)) == [hop(1), hop(2)])
    for second: UInt32 in [1, 300, 500] {
      _ = table.resolve(hop(1), now: second)
      for number: UInt64 in 1...2 { table.learn(hop(number), address: station, now: second) }
    }
    _ = age(table, now: 601)
    #expect(table.state(of: hop(1)) != nil)
    #expect(table.state(of: hop(2)) == nil)
  }

  @Test func `a full table has no room near some place, and has it again when some are forgotten`() {
    let table = IPv6NeighborTable()
    for number in 0..<4096 { table.hear(hop(UInt64(number)), address: station, now: 1) }
    let added = (0..<IPv6NeighborTable.capacity).compactMap { table.entry($0, now: 1) }.count
    #expect(added > 900)
    #expect((5000..<5100).contains { table.resolve(hop($0), now: 1) == nil })
    _ = age(table, now: 601)
    #expect((0..<IPv6NeighborTable.capacity).allSatisfy { table.entry($0, now: 602) == nil })
    #expect(table.resolve(hop(9999), now: 602) != nil)
  }

  @Test func `who asks for every address of a network leaves room for those that speak (RFC 6583)`() {
    let table = IPv6NeighborTable()
    for number: UInt64 in 0..<100_000 { _ = table.resolve(hop(number), now: 1) }
    let asked = (0..<IPv6NeighborTable.capacity).compactMap { table.entry($0, now: 1) }.count
    #expect(asked <= IPv6NeighborTable.capacity * 5 / 8)
    let hosts = (0..<100).map { hop(1_000_000 + $0) }
    for host in hosts { table.hear(host, address: station, now: 1) }
    #expect(hosts.allSatisfy { table.state(of: $0)?.address == station })
    for second: UInt32 in 2...6 { _ = age(table, now: second) }
    #expect((0..<IPv6NeighborTable.capacity).compactMap { table.entry($0, now: 7) }.count == hosts.count)
  }

  @Test func `workers that add, learn and read at once see whole neighbours only`() async {
    let table = IPv6NeighborTable()
    await withTaskGroup(of: Int.self) { group in
      for task in 0..<4 {
        group.addTask {
          var wrong = 0
          var cursor = 0
          for round in 0..<20_000 {
            let number = UInt64((round &* 7 + task) % 1500)
            let address = MACAddress(0x0200_0000_0000 | number)
            _ = table.resolve(self.hop(number), now: UInt32(round / 1000))
            table.learn(self.hop(number), address: address, now: UInt32(round / 1000))
            if let state = table.state(of: self.hop(number)), state.isResolved, state.address != address { wrong += 1 }
            if task == 0, round % 10 == 0 { _ = table.age(from: &cursor, now: UInt32(round / 10)) }
          }
          return wrong
        }
      }
      for await wrong in group { #expect(wrong == 0) }
    }
  }
}
