import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct StaticTableTests {
  private static let red = RoutingInstance(rawValue: 1)

  private static func side(
    _ address: IPv4Address, _ prefixLength: UInt8 = 32, _ transport: IPProtocol? = nil, port: UInt16 = 0,
    in instance: RoutingInstance = .global
  ) -> StaticTable.Side {
    StaticTable.Side(
      address: address, prefixLength: prefixLength, transport: transport, port: port, instance: instance)
  }

  private static func find(
    _ table: StaticTable, _ address: IPv4Address, _ number: IPProtocol = .tcp, port: UInt16 = 80,
    in instance: RoutingInstance = .global
  ) -> Int? {
    table.find(address, number, port: port, in: instance)
  }

  @Test func `an empty table has nobody`() {
    #expect(StaticTable([]).isEmpty)
    #expect(Self.find(StaticTable([]), Host.bob.address) == nil)
  }

  @Test func `a port comes before an address, and an address before a network`() {
    let bob = Host.bob.address
    let table = StaticTable([Self.side(bob, 24), Self.side(bob), Self.side(bob, 32, .tcp, port: 80)])
    #expect(Self.find(table, bob) == 2)
    #expect(Self.find(table, bob, .udp) == 1)
    #expect(Self.find(table, bob, port: 81) == 1)
    #expect(Self.find(table, Host.alice.address) == 0)
    #expect(Self.find(table, Host.carol.address) == nil)
  }

  @Test func `the longest network wins, wherever it stands`() {
    let bob = Host.bob.address
    let table = StaticTable([Self.side(bob, 8), Self.side(bob, 28), Self.side(bob, 16)])
    #expect(Self.find(table, bob) == 1)
    #expect(Self.find(table, IPv4Address(bob.rawValue ^ 0x80)) == 2)
    #expect(Self.find(table, IPv4Address(bob.rawValue ^ 0x80_0000)) == 0)
  }

  @Test func `each instance has its own entries`() {
    let bob = Host.bob.address
    let table = StaticTable([Self.side(bob), Self.side(bob, in: Self.red), Self.side(bob, 24, in: Self.red)])
    #expect(Self.find(table, bob) == 0)
    #expect(Self.find(table, bob, in: Self.red) == 1)
    #expect(Self.find(table, Host.alice.address) == nil)
    #expect(Self.find(table, Host.alice.address, in: Self.red) == 2)
  }

  @Test func `of entries with one key the first that is wanted is found, then wider ones`() {
    let bob = Host.bob.address
    let table = StaticTable([Self.side(bob), Self.side(bob), Self.side(bob, 24), Self.side(bob)])
    func first(unlike refused: Set<Int>) -> Int? {
      table.find(bob, .tcp, port: 80, in: .global) { !refused.contains($0) }
    }
    #expect(first(unlike: []) == 0)
    #expect(first(unlike: [0]) == 1)
    #expect(first(unlike: [0, 1]) == 3)
    #expect(first(unlike: [0, 1, 3]) == 2)
    #expect(first(unlike: [0, 1, 2, 3]) == nil)
  }

  @Test func `an entry for ESP is for no other protocol`() {
    let esp = IPProtocol(rawValue: 50)
    let table = StaticTable([Self.side(Host.bob.address, 32, esp)])
    #expect(Self.find(table, Host.bob.address, esp, port: 0) == 0)
    #expect(Self.find(table, Host.bob.address, .udp, port: 0) == nil)
  }
}
