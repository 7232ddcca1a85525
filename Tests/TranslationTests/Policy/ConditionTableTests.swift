import Forwarding
import TestSupport
import Testing
import WireFormats

@testable import Translation

@Suite struct ConditionTableTests {
  /// Lists that permit one host each, as source or, with a D in front, as destination; and a map of entries.
  private static func table(_ entries: [RouteMap.Entry]) -> ConditionTable {
    var translation = TranslationConfiguration()
    for host in [Host.alice, .bob, .router, .carol] {
      let match = AccessList.AddressMatch(address: host.address, wildcard: 0)
      translation.accessLists[host.name] = AccessList(
        name: host.name, entries: [AccessList.Entry(permits: true, source: match)])
      var entry = AccessList.Entry(permits: true, source: .any)
      entry.destination = match
      translation.accessLists["D" + host.name] = AccessList(name: "D" + host.name, isExtended: true, entries: [entry])
    }
    translation.routeMaps["MAP"] = RouteMap(name: "MAP", entries: entries)
    return ConditionTable(translation)
  }

  private static func entry(
    _ permits: Bool = true, lists: [String] = [], interfaces: [InterfaceID] = [], hops: [String] = []
  ) -> RouteMap.Entry {
    var entry = RouteMap.Entry(sequence: 10, permits: permits)
    (entry.accessLists, entry.interfaces, entry.nextHops) = (lists, interfaces, hops)
    return entry
  }

  private static func holds(
    _ entries: [RouteMap.Entry], from host: Host = .alice, to destination: Host = .mallory,
    by interface: InterfaceID = Place.outside, hop: Host = .router
  ) -> Bool {
    let table = table(entries)
    return table.holds(
      table.condition(.routeMap("MAP")),
      PacketFacts(source: host.address, destination: destination.address, protocol: .udp),
      ConditionTable.Egress(interface: interface, nextHop: hop.address))
  }

  private static func mayHold(_ entries: [RouteMap.Entry], from host: Host) -> Bool {
    let table = table(entries)
    return table.mayHold(table.condition(.routeMap("MAP")), source: host.address)
  }

  @Test func `an entry without matches holds for everything, and a map without entries for nothing`() {
    #expect(Self.holds([Self.entry()]))
    #expect(!Self.holds([]))
    #expect(!Self.mayHold([], from: .alice))
  }

  @Test func `a name that nothing defines holds for nothing`() {
    let table = Self.table([Self.entry()])
    let packet = PacketFacts(source: Host.alice.address, destination: Host.carol.address, protocol: .udp)
    let egress = ConditionTable.Egress(interface: Place.outside, nextHop: Host.router.address)
    for condition in [RuleCondition.routeMap("NOBODY"), .accessList("NOBODY")] {
      #expect(!table.holds(table.condition(condition), packet, egress))
      #expect(!table.mayHold(table.condition(condition), source: Host.alice.address))
    }
    #expect(table.holds(table.condition(.accessList("alice")), packet, egress))
  }

  @Test func `one of several lists is enough`() {
    let map = [Self.entry(lists: ["alice", "bob"])]
    #expect(Self.holds(map, from: .alice))
    #expect(Self.holds(map, from: .bob))
    #expect(!Self.holds(map, from: .inside(0)))
  }

  @Test func `every kind of match must hold`() {
    let map = [Self.entry(lists: ["alice"], interfaces: [Place.outside], hops: ["router"])]
    #expect(Self.holds(map))
    #expect(!Self.holds(map, from: .bob))
    #expect(!Self.holds(map, by: Place.aside))
    #expect(!Self.holds(map, hop: .carol))
  }

  @Test func `one of several interfaces is enough, the first and the last that there may be among them`() {
    let last = InterfaceID(rawValue: UInt8(NetworkInterface.maximumCount - 1))
    let map = [Self.entry(interfaces: [Place.inside, last])]
    #expect(Self.holds(map, by: Place.inside))
    #expect(Self.holds(map, by: last))
    #expect(!Self.holds(map, by: Place.outside))
  }

  @Test func `the first entry that matches decides, also by denying`() {
    let map = [Self.entry(false, lists: ["Dcarol"]), Self.entry(lists: ["alice"])]
    #expect(!Self.holds(map, to: .carol))
    #expect(Self.holds(map, to: .dave))
    #expect(!Self.holds(map, from: .bob, to: .dave))
    #expect(Self.holds([map[1], map[0]], to: .carol))
  }

  @Test func `a map may hold for a source as soon as one permitting entry may`() {
    #expect(Self.mayHold([Self.entry(false, lists: ["bob"]), Self.entry(lists: ["alice", "Dcarol"])], from: .alice))
    #expect(Self.mayHold([Self.entry(lists: ["Dcarol"], interfaces: [Place.aside])], from: .bob))
    #expect(!Self.mayHold([Self.entry(lists: ["alice"])], from: .bob))
    #expect(!Self.mayHold([Self.entry(false)], from: .alice))
  }
}
