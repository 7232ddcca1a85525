import Forwarding
import Synchronization
import TestSupport
import Testing
import WireFormats

@Suite struct NeighborTableTests {
  private func hop(_ number: Int, interface: UInt8 = 1) -> NextHop {
    NextHop(interface: InterfaceID(rawValue: interface), neighbor: IPv4Address(0x0A00_0000 + UInt32(number)))
  }

  @Test func `a neighbour is unresolved until it answers`() throws {
    let table = NeighborTable()
    let neighbor = try #require(table.findOrAdd(hop(1), now: 10))
    #expect(!table.state(of: neighbor).isResolved)
    #expect(table.state(of: neighbor).interface.rawValue == 1)
    table.learn(hop(1), address: Host.carol.hardwareAddress, now: 12)
    #expect(table.state(of: neighbor).isResolved)
    #expect(table.state(of: neighbor).address == Host.carol.hardwareAddress)
    #expect(table.age(of: neighbor, now: 20) == 8)
    #expect(table.hop(of: neighbor) == hop(1))
    #expect(table.find(hop(1)) == neighbor)
    #expect(table.count == 1)
  }

  @Test func `one address on two interfaces is two neighbours`() throws {
    let table = NeighborTable()
    let one = try #require(table.findOrAdd(hop(1, interface: 1), now: 0))
    let other = try #require(table.findOrAdd(hop(1, interface: 2), now: 0))
    #expect(one != other)
    table.learn(hop(1, interface: 2), address: Host.dave.hardwareAddress, now: 0)
    #expect(!table.state(of: one).isResolved)
    #expect(table.state(of: other).isResolved)
  }

  @Test func `who was not asked for is not learned`() {
    let table = NeighborTable()
    table.learn(hop(5), address: Host.mallory.hardwareAddress, now: 0)
    #expect(table.find(hop(5)) == nil)
    #expect(table.count == 0)
  }

  @Test func `requests go out at most once a second`() throws {
    let table = NeighborTable()
    let neighbor = try #require(table.findOrAdd(hop(1), now: 5))
    #expect(table.shouldRequest(neighbor, now: 5))
    #expect(!table.shouldRequest(neighbor, now: 5))
    #expect(table.shouldRequest(neighbor, now: 6))
    table.learn(hop(1), address: Host.carol.hardwareAddress, now: 6)
    #expect(table.shouldRequest(neighbor, now: 6))
  }

  @Test func `most of the capacity can be used, and a full neighbourhood is said to be full`() {
    let table = NeighborTable()
    var added = 0
    for number in 0..<NeighborTable.capacity * 2 where table.findOrAdd(hop(number), now: 0) != nil { added += 1 }
    #expect(added == table.count)
    #expect(added <= NeighborTable.capacity)
    #expect(added >= NeighborTable.capacity * 3 / 4)
  }

  @Test func `the generation is never 0 and moves when routes change`() {
    let table = NeighborTable()
    var seen: Set<UInt16> = []
    for _ in 0..<40_000 {
      #expect(table.generation != 0)
      seen.insert(table.generation)
      table.invalidate()
    }
    #expect(seen.count == 32_768)
  }

  @Test func `threads that add the same neighbours agree, and all learn the answer`() async {
    let table = NeighborTable()
    let found = await withTaskGroup(of: [NeighborID?].self) { group in
      for worker in 0..<4 {
        group.addTask {
          // Each begins elsewhere, so that they meet in the middle.
          (0..<1000).map { table.findOrAdd(self.hop(($0 + worker * 250) % 1000), now: 0) }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(!found.contains(nil))
    for number in 0..<1000 {
      let address = MACAddress(UInt64(number))
      table.learn(hop(number), address: address, now: 1)
    }
    for neighbor in found.compactMap({ $0 }) {
      let hop = table.hop(of: neighbor)
      let number = (hop?.neighbor.rawValue ?? 0) - 0x0A00_0000
      #expect(table.state(of: neighbor).address == MACAddress(UInt64(number)))
      #expect(table.state(of: neighbor).isResolved)
    }
  }
}

@Suite struct NeighborAgeingTests {
  private let hop = NextHop(interface: InterfaceID(rawValue: 1), neighbor: Host.carol.address)

  /// One round over the whole table.
  private func round(_ ageing: inout NeighborAgeing, _ table: NeighborTable, now: UInt32) -> [NextHop] {
    var asked: [NextHop] = []
    for _ in 0..<NeighborTable.capacity / NeighborAgeing.slice {
      ageing.turn(table, now: now) { asked.append($1) }
    }
    return asked
  }

  @Test func `who never answers is asked once a second, three times, and forgotten`() throws {
    let table = NeighborTable()
    var ageing = NeighborAgeing()
    _ = try #require(table.findOrAdd(hop, now: 100))
    let generation = table.generation
    for now in UInt32(100)...102 {
      #expect(round(&ageing, table, now: now) == [hop])
      #expect(round(&ageing, table, now: now) == [])
    }
    #expect(table.count == 1)
    #expect(round(&ageing, table, now: 103) == [])
    #expect(table.count == 0)
    #expect(table.find(hop) == nil)
    #expect(table.generation != generation)
  }

  @Test func `who answers is left alone for a minute, then asked again`() throws {
    let table = NeighborTable()
    var ageing = NeighborAgeing()
    let neighbor = try #require(table.findOrAdd(hop, now: 100))
    table.learn(hop, address: Host.carol.hardwareAddress, now: 100)
    #expect(round(&ageing, table, now: 159) == [])
    #expect(round(&ageing, table, now: 160) == [hop])
    table.learn(hop, address: Host.carol.hardwareAddress, now: 160)
    #expect(round(&ageing, table, now: 161) == [])
    #expect(table.state(of: neighbor).isResolved)
  }

  @Test func `an address that is no longer answered for stays in use while it is asked for, then goes`() throws {
    let table = NeighborTable()
    var ageing = NeighborAgeing()
    let neighbor = try #require(table.findOrAdd(hop, now: 0))
    table.learn(hop, address: Host.carol.hardwareAddress, now: 0)
    for now in UInt32(60)...62 {
      #expect(round(&ageing, table, now: now) == [hop])
      #expect(table.state(of: neighbor).isResolved)
    }
    _ = round(&ageing, table, now: 63)
    #expect(table.hop(of: neighbor) == nil)
    #expect(!table.state(of: neighbor).isResolved)
  }

  @Test func `a freed slot is not used again while a session may remember it`() throws {
    let table = NeighborTable()
    var ageing = NeighborAgeing()
    let before = try #require(table.findOrAdd(hop, now: 0))
    for now in UInt32(0)...3 { _ = round(&ageing, table, now: now) }
    #expect(table.count == 0)
    let during = try #require(table.findOrAdd(hop, now: 4))
    #expect(during != before)
    for now in UInt32(4)...7 { _ = round(&ageing, table, now: now) }
    #expect(table.count == 0)
    #expect(try #require(table.findOrAdd(hop, now: 10)) == before)
  }

  @Test func `one turn looks at a bounded slice`() {
    let table = NeighborTable()
    for number in 0..<3000 {
      _ = table.findOrAdd(NextHop(interface: hop.interface, neighbor: IPv4Address(UInt32(number))), now: 0)
    }
    var ageing = NeighborAgeing()
    var asked = 0
    ageing.turn(table, now: 1) { _, _ in asked += 1 }
    #expect(asked > 0 && asked <= NeighborAgeing.slice)
  }
}

@Suite struct NetworkInterfaceTests {
  @Test func `an interface is connected to the network of its address`() {
    let setup = TestSetup()
    #expect(setup.interfaces[0].connected?.description == "10.10.10.0/24")
    var bare = setup.interfaces[0]
    bare.address = nil
    #expect(bare.connected == nil)
  }
}
